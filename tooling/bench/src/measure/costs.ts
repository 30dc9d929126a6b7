/** What translation and compilation cost, measured on 10,000 distinct TBs. */
import { GuestRunner } from '../guest/runner.ts';
import type { Bits } from '../kernels/kernel.ts';
import { STRAIGHT_BLOCKS, straightKernel } from '../kernels/straight.ts';
import { NO_REGIONS } from './modes.ts';
import { median } from './stats.ts';

const MICROSECONDS = 1000;
/** Translations of all blocks: the first is that of a process that has just started. */
const TRANSLATIONS = 10;
/** Executions before a TB is compiled, here: soon, so that few passes are needed. */
const THRESHOLD = 4;
const MAX_PASSES = 24;
/** The largest threshold there is. */
const NEVER = 2 ** 30 - 1;
export const BATCHES: readonly number[] = [1, 8, 64];

export interface TranslationCost {
  readonly bits: Bits;
  /**
   * µs per guest instruction in a fresh process, and once V8 has optimised the translator (median): a pass through new code,
   * less one through known code. So it holds all that happens to a TB of mode `tiered` before it can be interpreted.
   */
  readonly cold: number;
  readonly warm: number;
  /** Guest instructions per TB. */
  readonly instructionsPerTb: number;
  /** Bytes of header, TCI code and restore table per TB. */
  readonly arenaBytesPerTb: number;
}

export function measureTranslation(bits: Bits): TranslationCost {
  const runner = new GuestRunner(straightKernel(bits), { mode: 'tiered', moduleThreshold: NEVER });
  const arenaBefore = runner.machine.counters().arenaBytes;
  const costs: number[] = [];
  let instructionsPerTb = 0;
  let arenaBytesPerTb = 0;
  for (let i = 0; i < TRANSLATIONS; i++) {
    const before = runner.machine.counters();
    const first = runner.run(1).seconds;
    const after = runner.machine.counters();
    const instructions = after.translatedInstructions - before.translatedInstructions;
    const tbs = after.translatedTbs - before.translatedTbs;
    costs.push((1e6 * (first - runner.run(1).seconds)) / instructions);
    if (i === 0) {
      instructionsPerTb = instructions / tbs;
      arenaBytesPerTb = (after.arenaBytes - arenaBefore) / tbs;
    }
    runner.machine.flush();
  }
  return { bits, cold: costs[0], warm: median(costs.slice(1)), instructionsPerTb, arenaBytesPerTb };
}

export interface BatchCost {
  /** TBs per module asked for, and got on average. */
  readonly batch: number;
  readonly tbsPerModule: number;
  /** µs per TB: emit, compile and instantiate, as the emulator counts it. */
  readonly compile: number;
  /** µs per TB: the passes in which it happened, first calls included, less what they take in the interpreter. */
  readonly wall: number;
  /** Bytes of Wasm and of the process (resident) per TB. */
  readonly wasmBytes: number;
  readonly residentBytes: number;
}

/** Compiles all blocks in modules of `batch` TBs. */
export function measureBatch(batch: number): BatchCost {
  const kernel = straightKernel(64);
  const interpreted = new GuestRunner(kernel, { mode: 'tci' });
  interpreted.run(1);
  const pass = median([1, 2, 3].map(() => interpreted.run(1).seconds));

  const pool = { modules: 2 * STRAIGHT_BLOCKS, heldModules: 1.5 * STRAIGHT_BLOCKS, instances: 2 * STRAIGHT_BLOCKS, bytes: 2 ** 30 };
  const runner = new GuestRunner(kernel, { mode: 'tiered', moduleThreshold: THRESHOLD, regionThreshold: NO_REGIONS, batch, pool });
  runner.run(1);
  const residentBefore = process.memoryUsage.rss();
  let seconds = 0;
  let compiled = 0;
  for (let i = 0; i < MAX_PASSES && compiled < STRAIGHT_BLOCKS; i++) {
    const run = runner.run(1);
    const now = runner.machine.counters().compiledModuleTbs;
    if (now > compiled) seconds += run.seconds - pass;
    compiled = now;
  }
  const counters = runner.machine.counters();
  const tbs = counters.compiledModuleTbs;
  return {
    batch,
    tbsPerModule: tbs / counters.compiledModules,
    compile: (MICROSECONDS * counters.compileMs) / tbs,
    wall: (1e6 * seconds) / tbs,
    wasmBytes: counters.wasmBytes / tbs,
    residentBytes: (process.memoryUsage.rss() - residentBefore) / tbs,
  };
}
