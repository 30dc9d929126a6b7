/** From samples to medians, ratios, means and the verdict on the goal. Pure. */
import type { Bits } from '../kernels/kernel.ts';
import { geometricMean, median, spread } from '../measure/stats.ts';
import { BZIMAGE } from './measure.ts';
import type { Phase, Samples } from './samples.ts';

export interface Cell {
  /** Seconds for `1×` the work, median over the rounds. */
  readonly seconds: number;
  /** Half the distance between best and worst, as a share. */
  readonly spread: number;
  /** Million guest instructions per second, where the peer counts them. */
  readonly mips: number | undefined;
}

/** Cells by peer. A program that failed on a peer, or gave a wrong result, has none there. */
export type Row = { readonly program: string; readonly cells: Readonly<Record<string, Cell>> };

export interface WrongResult {
  readonly program: string;
  readonly peer: string;
  readonly text: string;
}

export interface BootRow {
  readonly peer: string;
  readonly way: string;
  readonly seconds: number;
  readonly patching: number | undefined;
  readonly cpu: number | undefined;
  readonly instructions: number | undefined;
  /** At the shell, bytes. */
  readonly peakBytes: number | undefined;
}

export interface Summary {
  readonly bits: Bits;
  readonly peers: readonly string[];
  /** `first`: 1× in a fresh guest. `again`: per 1× of the 4× behind it: the steady state. */
  readonly phases: Readonly<Record<Phase, readonly Row[]>>;
  readonly wrong: readonly WrongResult[];
  readonly boots: readonly BootRow[];
  /** Peak resident memory behind all programs, bytes, by peer. */
  readonly memory: Readonly<Record<string, number>>;
}

export const PHASES = ['first', 'again'] as const satisfies readonly Phase[];

/** @param baseUnits units of work of `1×` */
export function summarise(bits: Bits, samples: Samples, baseUnits: number): Summary {
  const runs = samples.runs.filter((run) => run.bits === bits);
  const programs = unique(runs.map(({ program }) => program));
  const peers = unique(runs.map(({ peer }) => peer));
  const wrong = programs.flatMap((program) => wrongResults(program, runs.filter((run) => run.program === program)));
  const rows = (phase: Phase): readonly Row[] => programs.map((program) => {
    const cells = peers.flatMap((peer): [string, Cell][] => {
      const own = runs.filter((run) => run.program === program && run.peer === peer && run.phase === phase);
      if (own.length === 0 || wrong.some((one) => one.program === program && one.peer === peer)) return [];
      const seconds = own.map((run) => (run.seconds * baseUnits) / run.units);
      const speeds = own.flatMap((run) => (run.instructions === undefined || run.seconds === 0 ? [] : run.instructions / run.seconds / 1e6));
      return [[peer, { seconds: median(seconds), spread: spread(seconds), mips: optionalMedian(speeds) }]];
    });
    return { program, cells: Object.fromEntries(cells) };
  });
  return {
    bits, peers, wrong,
    phases: { first: rows('first'), again: rows('again') },
    boots: bootRows(samples.boots.filter((boot) => boot.bits === bits)),
    memory: Object.fromEntries(peers.flatMap((peer): [string, number][] => {
      const bytes = optionalMedian(samples.memory.flatMap((sample) => (sample.bits === bits && sample.peer === peer ? sample.peakBytes : [])));
      return bytes === undefined ? [] : [[peer, bytes]];
    })),
  };
}

/**
 * Results that differ from the processor's, or, where nothing ran natively, from those of most peers; and programs that failed.
 */
function wrongResults(program: string, runs: Samples['runs']): readonly WrongResult[] {
  const wrong = new Map<string, WrongResult>();
  for (const phase of PHASES) {
    const own = runs.filter((run) => run.phase === phase);
    const expected = own.find(({ peer, status }) => peer === 'native' && status === 0)?.checksum ?? mostFrequent(own.flatMap(({ checksum }) => checksum ?? []));
    for (const { peer, status, checksum } of own) {
      if (status === 0 && checksum !== undefined && checksum === expected) continue;
      wrong.set(peer, { program, peer, text: status === 0 ? `checksum ${checksum ?? 'missing'} instead of ${expected}` : `exit status ${status}` });
    }
  }
  return [...wrong.values()];
}

/** The way all peers go first. */
function bootRows(boots: Samples['boots']): readonly BootRow[] {
  const inOrder = [...boots.filter(({ way }) => way === BZIMAGE), ...boots.filter(({ way }) => way !== BZIMAGE)];
  return unique(inOrder.map(({ peer, way }) => `${peer}\n${way}`)).map((key): BootRow => {
    const [peer, way] = key.split('\n');
    const own = boots.filter((boot) => boot.peer === peer && boot.way === way);
    const of = (figure: 'patching' | 'cpu' | 'instructions' | 'peakBytes'): number | undefined => optionalMedian(own.flatMap((boot) => boot[figure] ?? []));
    return { peer, way, seconds: median(own.map(({ seconds }) => seconds)), patching: of('patching'), cpu: of('cpu'), instructions: of('instructions'), peakBytes: of('peakBytes') };
  });
}

/** How many times as long `other` takes as `own` for a program; undefined where one of them has no time, or one too short for the clock. */
export function ratioOf({ cells }: Row, other: string, own: string): number | undefined {
  const [a, b] = [cells[other]?.seconds, cells[own]?.seconds];
  return a && b ? a / b : undefined;
}

/** The same by program; programs that have none are left out. */
export function ratios(rows: readonly Row[], other: string, own: string): readonly { readonly program: string; readonly ratio: number }[] {
  return rows.flatMap((row) => {
    const ratio = ratioOf(row, other, own);
    return ratio === undefined ? [] : [{ program: row.program, ratio }];
  });
}

/** NaN when there is nothing to take the mean of. */
export const meanRatio = (rows: readonly Row[], other: string, own: string): number => {
  const list = ratios(rows, other, own);
  return list.length === 0 ? NaN : geometricMean(list.map(({ ratio }) => ratio));
};

export const bootOf = ({ boots }: Summary, peer: string, way: string = BZIMAGE): BootRow | undefined =>
  boots.find((boot) => boot.peer === peer && boot.way === way);

const unique = (words: readonly string[]): readonly string[] => [...new Set(words)];
const optionalMedian = (values: readonly number[]): number | undefined => (values.length === 0 ? undefined : median(values));

function mostFrequent(words: readonly string[]): string | undefined {
  const counts = new Map<string, number>();
  for (const word of words) counts.set(word, (counts.get(word) ?? 0) + 1);
  return [...counts].sort(([, a], [, b]) => b - a)[0]?.[0];
}
