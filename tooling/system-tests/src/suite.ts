/** All vectors in one mode after the other. */
import type { ExecutionMode } from '@wasm-tcg/emulator';
import { Target } from './target.ts';
import { readHarness, readVectors, type VectorSet } from './vectors.ts';

export const EXECUTION_MODES = ['tci', 'tb-per-module', 'tiered'] as const satisfies readonly ExecutionMode[];

export interface SuiteOptions {
  readonly modes?: readonly ExecutionMode[];
  readonly stress?: number | undefined;
  /** Only cases with this text in `topic/name`. */
  readonly only?: string | undefined;
  /** Called for every failed case. */
  readonly onFailure?: (title: string, difference: string) => void;
}

export interface SuiteResult {
  readonly passed: number;
  readonly failed: number;
}

/** @throws SystemTestError `bad-vectors` */
export function runSuite(options: SuiteOptions = {}): SuiteResult {
  const sets: readonly VectorSet[] = readVectors();
  const harness = readHarness();
  let passed = 0;
  let failed = 0;
  for (const mode of options.modes ?? EXECUTION_MODES) {
    let target = new Target(harness, { mode, stress: options.stress });
    for (const { topic, vectors } of sets) {
      for (const vector of vectors) {
        if (options.only !== undefined && !`${topic}/${vector.name}`.includes(options.only)) continue;
        let difference: string | undefined;
        try {
          difference = target.run(vector);
        } catch (error) {
          difference = error instanceof Error ? (error.stack ?? error.message) : String(error);
          target = new Target(harness, { mode, stress: options.stress });
        }
        if (difference === undefined) passed++;
        else {
          failed++;
          options.onFailure?.(`${topic}/${vector.name} [${vector.mode}, ${mode}]`, difference);
        }
      }
    }
  }
  return { passed, failed };
}
