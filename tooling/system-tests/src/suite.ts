/** All vectors in one mode after the other. */
import { compileModules, type ExecutionMode } from '@wasm-tcg/emulator';
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
  const modules = compileModules();
  let passed = 0;
  let failed = 0;
  for (const mode of options.modes ?? EXECUTION_MODES) {
    for (const { topic, vectors } of sets) {
      // A machine per topic: its limits of modules then never leave the last programs to the interpreter.
      let target = new Target(harness, { mode, stress: options.stress, modules });
      for (const vector of vectors) {
        if (options.only !== undefined && !`${topic}/${vector.name}`.includes(options.only)) continue;
        let difference: string | undefined;
        try {
          difference = target.run(vector);
        } catch (error) {
          difference = error instanceof Error ? (error.stack ?? error.message) : String(error);
          target = new Target(harness, { mode, stress: options.stress, modules });
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
