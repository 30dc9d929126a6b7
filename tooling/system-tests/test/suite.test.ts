/** A part of the programs in every mode (all of them: `npm run system-tests`), and that a difference is found. */
import { describe, expect, it } from 'vitest';
import { EXECUTION_MODES, readHarness, readVectors, runSuite, Target } from '@wasm-tcg/system-tests';

describe.each([...EXECUTION_MODES])('%s', (mode) => {
  it.each(['v86/', 'unreal/', 'compat/', 'idt-protected/'])('%s', (only) => {
    const failures: string[] = [];
    const { passed, failed } = runSuite({ modes: [mode], only, onFailure: (title, difference) => failures.push(`${title}: ${difference}`) });
    expect(failures).toEqual([]);
    expect([passed > 7, failed]).toEqual([true, 0]);
  });
});

it('under stress', () => {
  expect(runSuite({ modes: ['tiered'], stress: 3, only: 'self-modifying/' }).failed).toBe(0);
});

it('a difference is shown with its line', () => {
  const vector = readVectors().find((set) => set.topic === 'v86')!.vectors[0]!;
  const wrong = { ...vector, expect: ['end eax=00000001 flags=00000002'] };
  expect(new Target(readHarness(), { mode: 'tci' }).run(wrong)).toMatch(/^round 1, line 1\n {2}expected\n {4}end eax=00000001 flags=00000002\n {2}got\n {4}end eax=/);
});
