/** Assembles a text whose parts start on pages of their own, separated by lines `@page`. */
import { assemble, AssemblyError, type Assembled } from './assemble.ts';

const PAGE = 4096;
/** Passes until no part moves: the first says how long the parts are, the second places them. */
const MAX_PASSES = 4;
const QUADS_PER_LINE = 16;

/**
 * @param source parts separated by `@page` alone on a line
 * @throws AssemblyError when a part does not fit on a page
 */
export function assemblePages(source: string, bits: 32 | 64, origin: number): Assembled {
  const parts = source.split(/^[ \t]*@page[ \t]*$/m);
  const text = (paddings: readonly number[]): string =>
    parts.map((part, i) => `part_${i}:\n${part}\npart_${i}_end:\n${padding(paddings[i])}`).join('\n');
  // Whole pages between all parts: no branch to another part is short, now or later.
  let paddings: number[] = parts.map(() => PAGE);
  for (let pass = 0; pass < MAX_PASSES; pass++) {
    const assembled = assemble(text(paddings), bits, origin);
    const length = (i: number): number => (assembled.symbols.get(`part_${i}_end`) ?? 0) - (assembled.symbols.get(`part_${i}`) ?? 0);
    const next = parts.map((_, i) => (i === parts.length - 1 ? 0 : PAGE - length(i)));
    const tooLong = parts.findIndex((_, i) => length(i) > PAGE - 128);
    if (tooLong >= 0) throw new AssemblyError(`part ${tooLong} has ${length(tooLong)} bytes`, 'Parts are shorter than a page.');
    if (next.every((bytes, i) => bytes === paddings[i])) return assembled;
    paddings = next;
  }
  throw new AssemblyError('parts keep moving', 'Write branches to other parts without short forms.');
}

/** INT3 up to the next part. In quadwords as far as it goes: the assembler's time is per operand. */
function padding(bytes: number): string {
  const lines: string[] = [];
  for (let left = bytes >> 3; left > 0; left -= QUADS_PER_LINE) lines.push(`dq ${repeat('0xcccccccccccccccc', Math.min(QUADS_PER_LINE, left))}`);
  if ((bytes & 7) !== 0) lines.push(`db ${repeat('0xcc', bytes & 7)}`);
  return lines.join('\n');
}

function repeat(operand: string, times: number): string {
  return Array.from({ length: times }, () => operand).join(', ');
}
