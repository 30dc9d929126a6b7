/** IR before and after the optimiser as one text: block by block, what stayed, what went, what came. */
import type { CodeLine } from '@wasm-tcg/emulator';
import { diffArrays } from 'diff';
import type { DiffLine } from '../../protocol.ts';

/** More lines than this are not compared one with another: the time would grow with their product. */
const MOST_COMPARED = 20_000;

/**
 * Lines are the same when text and instruction are. Blocks come in the order in which `after` has them; what `after` has no line of, at the end.
 * @param merged `after` is one piece of code made of the blocks: headings of their own are no loss, and numbers of labels and temps, which are others, no difference
 */
export function diffLines(before: readonly CodeLine[], after: readonly CodeLine[], merged: boolean): DiffLine[] {
  const old = byBlock(merged ? before.filter(({ insn }) => insn >= 0) : before);
  const normal = merged ? withoutNumbers : (text: string): string => text;
  const left = byBlock(after);
  const out: DiffLine[] = [];
  for (const [block, lines] of left) out.push(...diffBlock(old.get(block) ?? [], lines, normal));
  for (const [block, lines] of old) if (!left.has(block)) out.push(...lines.map((line) => changed(line, 'removed')));
  return out;
}

function byBlock(lines: readonly CodeLine[]): Map<number, CodeLine[]> {
  const blocks = new Map<number, CodeLine[]>();
  for (const line of lines) {
    const block = blocks.get(line.block);
    if (block === undefined) blocks.set(line.block, [line]);
    else block.push(line);
  }
  return blocks;
}

/** Labels, temps, and what an instruction's mark holds besides its place. */
function withoutNumbers(text: string): string {
  return text.replace(/^( *insn_start [^,]*),.*/, '$1').replace(/\b[Lt]\d+\b/g, 'n');
}

function diffBlock(before: CodeLine[], after: CodeLine[], normal: (text: string) => string): DiffLine[] {
  if (before.length + after.length > MOST_COMPARED) return [...before.map((line) => changed(line, 'removed')), ...after.map((line) => changed(line, 'added'))];
  const parts = diffArrays(before, after, { comparator: (a, b) => a.insn === b.insn && (a.text === b.text || normal(a.text) === normal(b.text)) });
  return parts.flatMap(({ added, removed, value }) => value.map((line) => changed(line, added ? 'added' : removed ? 'removed' : 'same')));
}

function changed({ text, block, insn }: CodeLine, change: DiffLine['change']): DiffLine {
  return { text, block, insn, change };
}
