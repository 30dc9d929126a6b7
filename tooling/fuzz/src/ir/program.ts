/** A random program of TBs, and its form as text, in which failures are kept. */
import { parseTb, printTb, type TbIr } from '@wasm-tcg/ir';
import { FUZZ_LAYOUT, HELPERS } from './guest.ts';

/** One TB and where its code is: `page` counts from the first code page. */
export interface PlacedTb {
  readonly tb: TbIr;
  readonly page: number;
  readonly offset: number;
}

/** Start state: registers and memory from a seed, and how many guest instructions may run. */
export interface Start {
  readonly seed: number;
  readonly budget: number;
}

export interface IrProgram {
  readonly wide: boolean;
  /** Code segment base, signed 32 bits. */
  readonly csBase: number;
  /** It starts at the first. */
  readonly tbs: readonly PlacedTb[];
  readonly starts: readonly Start[];
}

/** The file is none that {@link printProgram} wrote. */
export class ProgramFormatError extends Error {
  readonly code = 'FUZZ_PROGRAM';
  readonly hint = 'Give a file that the fuzzer wrote to its failures folder.';
  constructor(line: number, message: string) {
    super(`line ${line}: ${message}`);
    this.name = 'ProgramFormatError';
  }
}

export function printProgram(program: IrProgram, comments: readonly string[]): string {
  const lines = [
    'fuzz ir',
    ...comments.flatMap((text) => text.split('\n')).map((text) => `; ${text}`),
    ...program.starts.map(({ seed, budget }) => `start seed=${seed} budget=${budget}`),
  ];
  for (const { tb, page, offset } of program.tbs) lines.push('', `at page=${page} offset=${offset}`, printTb(tb, HELPERS).trimEnd());
  return `${lines.join('\n')}\n`;
}

export function parseProgram(text: string): IrProgram {
  const lines = text.split('\n');
  const starts: Start[] = [];
  const tbs: PlacedTb[] = [];
  lines.forEach((line, i) => {
    const start = /^start seed=(\d+) budget=(\d+)$/.exec(line);
    if (start) starts.push({ seed: Number(start[1]), budget: Number(start[2]) });
    const at = /^at page=(\d+) offset=(\d+)$/.exec(line);
    if (!at) return;
    const next = lines.findIndex((other, n) => n > i && other.startsWith('at '));
    const body = lines.slice(i + 1, next < 0 ? lines.length : next).join('\n');
    tbs.push({ tb: parseTb(body, FUZZ_LAYOUT, HELPERS, i + 2), page: Number(at[1]), offset: Number(at[2]) });
  });
  if (tbs.length === 0) throw new ProgramFormatError(lines.length, 'there is no TB ("at page=… offset=…")');
  if (starts.length === 0) throw new ProgramFormatError(lines.length, 'there is no start state ("start seed=… budget=…")');
  return { wide: tbs[0].tb.wide, csBase: tbs[0].tb.csBase, tbs, starts };
}
