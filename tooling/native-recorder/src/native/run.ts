/** Runs cases through the built recorder, in batches that fit a 32-bit process. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SELECTORS } from '@wasm-tcg/conformance';
import type { Mode } from '@wasm-tcg/conformance';
import { RecorderError } from './build.ts';
import { CaseFile, readOutcomes } from './protocol.ts';
import type { Case, Outcome } from './protocol.ts';

/** Input is under 1 KiB and output space 5 KiB per case: 20,000 stay far below the 2 GiB of a 32-bit process. */
const BATCH = 20_000;

/** Records cases in order. Throws `RecorderError` when the recorder fails or the system's selectors are not those of the format. */
export function record(program: string, mode: Mode, cases: readonly Case[]): Outcome[] {
  const outcomes: Outcome[] = [];
  for (let i = 0; i < cases.length; i += BATCH) outcomes.push(...recordBatch(program, mode, cases.slice(i, i + BATCH)));
  return outcomes;
}

function recordBatch(program: string, mode: Mode, cases: readonly Case[]): readonly Outcome[] {
  const folder = mkdtempSync(join(tmpdir(), 'recorder-'));
  try {
    const input = join(folder, 'in');
    const output = join(folder, 'out');
    const file = new CaseFile(mode);
    for (const c of cases) file.add(c);
    writeFileSync(input, file.finish());
    const run = spawnSync(program, [input, output], { encoding: 'utf8' });
    if (run.status !== 0) {
      throw new RecorderError('run', `the recorder ended with ${run.signal ?? `status ${run.status}`}: ${run.stderr}${run.error ? run.error.message : ''}`, 'Bisect the cases of this group; one of them breaks out of its sandbox.');
    }
    const { selectors, outcomes } = readOutcomes(new Uint8Array(readFileSync(output)), cases);
    const expected = Object.values(SELECTORS[mode]);
    if (selectors.some((s, n) => s !== expected[n])) {
      throw new RecorderError('run', `segment selectors here are ${selectors.join(', ')}, the format says ${expected.join(', ')}`, 'Record under Linux on x86-64, or raise FORMAT_VERSION with new selectors.');
    }
    return outcomes;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
