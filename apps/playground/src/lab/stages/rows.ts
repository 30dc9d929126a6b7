/** What stands in each pane, row by row, and how to move in it by instruction. */
import type { CodeTier } from '@wasm-tcg/emulator';
import { formatBytes, formatCount, hex } from '../../ui/format.ts';
import type { BlockView, ListingView, OpView, Stage, WatView } from '../protocol.ts';
import { placeOf, samePlace, type Place } from './linking.ts';

export interface Row extends Place {
  readonly text: string;
  /** `head`: belongs to no instruction and says what follows. */
  readonly kind: 'code' | 'head' | 'added' | 'removed';
  /** Of an x86 row: what it is made of. */
  readonly address?: string;
  readonly bytes?: string;
}

export const STAGE_TITLES: Readonly<Record<Stage, string>> = { x86: 'x86', ir: 'IR', opt: 'IR optimised', tci: 'TCI', wat: 'WAT' };

export const TIER_TEXTS: Readonly<Record<CodeTier, string>> = { tci: 'interpreted', module: 'module', region: 'region' };

/** Most bytes of an instruction that are shown beside it; an x86 instruction has at most 15. */
const BYTES_SHOWN = 8;

export function bytesText(bytes: Uint8Array, shown = BYTES_SHOWN): string {
  const text = Array.from(bytes.subarray(0, shown), (byte) => hex(byte, 8)).join(' ');
  return bytes.length > shown ? `${text} …` : text;
}

/** An address in as many digits as its neighbours need. */
export function addressText(pc: bigint): string {
  return hex(pc, pc > 0xffff_ffffn ? 64 : 32);
}

export function blockTitle(block: BlockView, index: number): string {
  return `TB ${index} at ${addressText(block.pc)}, ${block.size} B, ${TIER_TEXTS[block.tier]}${ranText(block)}`;
}

function ranText({ executions }: BlockView): string {
  return executions > 0 ? `, ran ${formatCount(executions)}×` : '';
}

function x86Rows(listing: ListingView): Row[] {
  const rows: Row[] = [];
  for (const [block, view] of listing.blocks.entries()) {
    rows.push({ text: `TB ${block}, ${view.size} B, ${TIER_TEXTS[view.tier]}${ranText(view)}`, kind: 'head', block, insn: -1 });
    for (const [insn, { pc, bytes, text }] of view.insns.entries()) {
      rows.push({ text, kind: 'code', block, insn, address: addressText(pc), bytes: bytesText(bytes) });
    }
  }
  return rows;
}

function codeRows(lines: readonly (Place & { readonly text: string; readonly change?: 'same' | 'added' | 'removed' })[]): Row[] {
  return lines.map(({ text, block, insn, change = 'same' }) => ({
    text,
    block,
    insn,
    kind: change !== 'same' ? change : insn < 0 && !text.startsWith(' ') ? 'head' : 'code',
  }));
}

/** The ops of a TB that is stepped through, as lines of the block that it is in the listing; −1: it is not there. */
export interface SteppedOps {
  readonly ops: OpView;
  readonly block: number;
}

/** Rows of a stage; while a TB is stepped through op by op, the optimised IR is the code that runs. */
export function stageRows(stage: Stage, listing: ListingView | undefined, wat: WatView | undefined, stepped: SteppedOps | undefined): readonly Row[] {
  if (stage === 'opt' && stepped !== undefined) return codeRows(stepped.ops.lines.map((line) => ({ ...line, block: stepped.block })));
  if (stage === 'wat') return wat === undefined ? [] : codeRows(wat.lines);
  if (listing === undefined) return [];
  switch (stage) {
    case 'x86': return x86Rows(listing);
    case 'ir': return codeRows(listing.ir);
    case 'opt': return codeRows(listing.opt);
    case 'tci': return codeRows(listing.tci);
  }
}

/** Sizes for a pane's header. */
export function stageSize(stage: Stage, listing: ListingView | undefined, wat: WatView | undefined): string {
  if (listing === undefined) return '';
  const { sizes } = listing;
  switch (stage) {
    case 'x86': {
      const insns = listing.blocks.reduce((sum, block) => sum + block.insns.length, 0);
      return `${insns} insns, ${formatBytes(sizes.x86)}`;
    }
    case 'ir': return `${sizes.irOps} ops`;
    case 'opt': return `${sizes.optOps} ops${sizes.irOps > 0 ? ` (${signed(sizes.optOps - sizes.irOps)})` : ''}`;
    case 'tci': return formatBytes(sizes.tci);
    case 'wat': return formatBytes(wat?.bytes ?? sizes.wasm);
  }
}

function signed(n: number): string {
  return n < 0 ? `−${-n}` : `+${n}`;
}

/** First row of a place; −1: none. */
export function rowOfPlace(rows: readonly Row[], place: Place): number {
  return rows.findIndex((row) => samePlace(row, place));
}

/** First row of the block, when the place itself has none in this stage. */
export function rowNear(rows: readonly Row[], place: Place): number {
  const exact = rowOfPlace(rows, place);
  return exact >= 0 ? exact : rows.findIndex((row) => row.block === place.block && row.insn >= place.insn);
}

/** First row of the next instruction (or the one before) as seen from a row; the same row when there is none. From −1: the first instruction. */
export function moveByInsn(rows: readonly Row[], from: number, direction: 1 | -1): number {
  const here = from < 0 ? undefined : rows[from];
  let i = from < 0 ? 0 : from + direction;
  while (i >= 0 && i < rows.length) {
    const row = rows[i]!;
    if (placeOf(row) !== undefined && !(here !== undefined && samePlace(row, here))) return direction === 1 ? i : startOf(rows, i);
    i += direction;
  }
  return from;
}

/** First row of the run of rows of one instruction that `at` is in. */
function startOf(rows: readonly Row[], at: number): number {
  let i = at;
  while (i > 0 && samePlace(rows[i - 1], rows[at])) i--;
  return i;
}
