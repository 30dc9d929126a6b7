/** A listing as the page shows it. */
import type { CodeBlock, CodeListing } from '@wasm-tcg/emulator';
import type { BlockView, ListingView } from '../../protocol.ts';
import { diffLines } from './diff-lines.ts';

/** An op in the text of IR is indented; labels and headings are not ops. */
const isOp = ({ text, insn }: { readonly text: string; readonly insn: number }): boolean => insn >= 0 && /^\s/.test(text);

/** @param lineAt source line of an address */
export function viewListing(listing: CodeListing, lineAt: (pc: bigint) => number | undefined): ListingView {
  const { unit, edges, ir, opt, tci, wasm } = listing;
  const blocks = listing.blocks.map((block) => viewBlock(block, lineAt));
  const sum = (of: (block: BlockView) => number): number => blocks.reduce((total, block) => total + of(block), 0);
  return {
    unit, blocks, edges, ir, opt: diffLines(ir, opt, unit === 'region'), tci,
    sizes: {
      x86: sum(({ size }) => size), irOps: ir.filter(isOp).length, optOps: opt.filter(isOp).length,
      tci: sum(({ tciBytes }) => tciBytes), wasm: wasm.bytes.length,
    },
  };
}

function viewBlock({ pc, tier, executions, insns, tciBytes }: CodeBlock, lineAt: (pc: bigint) => number | undefined): BlockView {
  return {
    pc, tier, executions, tciBytes,
    size: insns.reduce((total, { bytes }) => total + bytes.length, 0),
    insns: insns.map(({ pc: at, bytes, text }) => {
      const line = lineAt(at);
      return { pc: at, bytes, text, ...(line === undefined ? {} : { line }) };
    }),
  };
}
