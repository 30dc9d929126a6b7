/**
 * Runs the recorded system-mode programs on our emulator.
 *
 *   node dist/main.js [--mode tci|tb-per-module|tiered] [--stress seed] [--only text]
 *
 * Prints every difference and closes with `N passed, N failed`; exit code 1 if any failed.
 */
import type { ExecutionMode } from '@wasm-tcg/emulator';
import { parseArgs } from 'node:util';
import { SystemTestError } from './error.ts';
import { EXECUTION_MODES, runSuite } from './suite.ts';

function modesOf(text: string | undefined): readonly ExecutionMode[] {
  if (text === undefined) return EXECUTION_MODES;
  const mode = EXECUTION_MODES.find((name) => name === text);
  if (mode === undefined) throw new SystemTestError('bad-option', `--mode ${text}`, `use one of ${EXECUTION_MODES.join(', ')}`);
  return [mode];
}

function seedOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const seed = Number(text);
  if (!Number.isSafeInteger(seed) || seed < 1) throw new SystemTestError('bad-option', `--stress ${text}`, 'use an integer ≥ 1');
  return seed;
}

try {
  const { values } = parseArgs({ options: { mode: { type: 'string' }, stress: { type: 'string' }, only: { type: 'string' } } });
  const { passed, failed } = runSuite({
    modes: modesOf(values.mode), stress: seedOf(values.stress), only: values.only,
    onFailure: (title, difference) => process.stdout.write(`FAILED ${title}: ${difference}\n`),
  });
  process.stdout.write(`${passed} passed, ${failed} failed\n`);
  process.exitCode = failed === 0 ? 0 : 1;
} catch (error) {
  if (!(error instanceof SystemTestError)) throw error;
  process.stderr.write(`system-tests: ${error.message}\n  ${error.hint}\n`);
  process.exitCode = 1;
}
