/** Speed of one kernel in all alternatives, interleaved in one process, next to the processor itself. */
import { BenchError } from '../errors.ts';
import { GuestRunner, type Run } from '../guest/runner.ts';
import type { Kernel } from '../kernels/kernel.ts';
import type { NativeRunner } from '../native/native.ts';
import { ALTERNATIVE_NAMES, ALTERNATIVES, type Alternative, type Effort } from './modes.ts';
import { median, spread } from './stats.ts';

/** Instructions of the run whose result is compared. */
const CHECK_INSTRUCTIONS = 300_000;
const MIPS = 1e6;

export interface Speed {
  /** Million guest instructions per second, median. */
  readonly mips: number;
  /** Half the range of the repetitions, as a share of the median. */
  readonly spread: number;
  /** Shares of the tiers in the measured runs, 0 … 1. */
  readonly interpreter: number;
  readonly modules: number;
  readonly regions: number;
}

export interface KernelRow {
  readonly name: string;
  readonly bits: 32 | 64;
  readonly speeds: Readonly<Record<Alternative, Speed>>;
  /** Million instructions per second on the processor, where it could be run. */
  readonly native: number | undefined;
  readonly expected: number | undefined;
}

/** @throws BenchError `wrong-result` when two of them disagree */
export function measureKernel(kernel: Kernel, native: NativeRunner | undefined, effort: Effort): KernelRow {
  const runners = ALTERNATIVE_NAMES.map((name) => ({ name, runner: new GuestRunner(kernel, ALTERNATIVES[name]), runs: [] as Run[], iterations: 0 }));
  const perIteration = runners[0].runner.run(1).instructions;
  const checked = Math.max(1, Math.round(CHECK_INSTRUCTIONS / perIteration));
  const results = new Map<string, string>();
  for (const entry of runners) {
    const rate = warm(entry.runner, checked, effort.warmSeconds);
    entry.iterations = Math.max(1, Math.round((rate * effort.runSeconds) / perIteration));
    entry.runner.resetData();
    entry.runner.run(checked);
    results.set(entry.name, entry.runner.result());
  }
  const nativeRuns: number[] = [];
  let nativeIterations = 0;
  if (native !== undefined) {
    const { result, seconds } = native.run(kernel, checked, 3);
    results.set('native', result);
    nativeIterations = Math.max(1, Math.round((checked * effort.runSeconds) / Math.min(...seconds)));
  }
  compare(kernel, results);

  for (let repetition = 0; repetition < effort.repetitions; repetition++) {
    for (const { runner, runs, iterations } of runners) runs.push(runner.run(iterations));
    if (native !== undefined) nativeRuns.push((perIteration * nativeIterations) / native.run(kernel, nativeIterations, 1).seconds[0] / MIPS);
  }
  const speeds = Object.fromEntries(runners.map(({ name, runs }) => [name, speedOf(runs)])) as Record<Alternative, Speed>;
  return { name: kernel.name, bits: kernel.bits, speeds, native: nativeRuns.length > 0 ? median(nativeRuns) : undefined, expected: kernel.expected };
}

/** Runs for a while, and until all is warm, and returns instructions per second at the end. */
function warm(runner: GuestRunner, iterations: number, seconds: number): number {
  const until = performance.now() + seconds * 1000;
  let rate = 0;
  let done = 0;
  do {
    const run = runner.run(iterations);
    rate = run.instructions / run.seconds;
    done += iterations;
  } while (performance.now() < until || done < runner.kernel.warmIterations);
  return rate;
}

function compare(kernel: Kernel, results: ReadonlyMap<string, string>): void {
  const distinct = new Set(results.values());
  if (distinct.size === 1) return;
  const lines = [...results].map(([name, result]) => `  ${name.padEnd(14)} ${result}`);
  throw new BenchError('wrong-result', `${kernel.name} (${kernel.bits}-bit) has ${distinct.size} results\n${lines.join('\n')}`, 'A tier miscompiles: npm run fuzz -- --x86.');
}

function speedOf(runs: readonly Run[]): Speed {
  const mips = runs.map(({ instructions, seconds }) => instructions / seconds / MIPS);
  const total = runs.reduce((sum, { instructions }) => sum + instructions, 0);
  const share = (key: 'interpreter' | 'modules' | 'regions'): number => runs.reduce((sum, run) => sum + run[key] * run.instructions, 0) / total;
  return { mips: median(mips), spread: spread(mips), interpreter: share('interpreter'), modules: share('modules'), regions: share('regions') };
}
