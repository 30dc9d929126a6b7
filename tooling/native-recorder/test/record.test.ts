/** Choosing is reproducible, and this machine, if it can record, confirms what is committed where the manual defines it. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openGroup } from '@wasm-tcg/conformance';
import { INTEGER_GROUPS, RecorderError, buildRecorder, plan, planPrograms, record } from '@wasm-tcg/native-recorder';
import type { Plan } from '@wasm-tcg/native-recorder';

const group = (name: string) => {
  const found = INTEGER_GROUPS.find((g) => g.name === name);
  if (!found) throw new Error(`no group ${name}`);
  return found;
};

/** Records, or says why that is not possible here. */
function attempt(planned: Plan): ReturnType<Plan['assemble']> | RecorderError {
  const folder = mkdtempSync(join(tmpdir(), 'recorder-test-'));
  try {
    return planned.assemble(record(buildRecorder(64, folder), 64, planned.cases));
  } catch (error) {
    if (error instanceof RecorderError) return error;
    throw error;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

describe('choosing', () => {
  it('gives the same cases for the same seed and others for another', () => {
    const cases = (seed: number) => plan(group('crc32'), 64, seed).cases.map((c) => [Buffer.from(c.code).toString('hex'), [...c.words].join(), c.flags]);
    expect(cases(1)).toEqual(cases(1));
    expect(cases(1)).not.toEqual(cases(2));
  });

  it('makes programs that stay in the code region', () => {
    for (const c of planPrograms(32, 3).cases) {
      expect(c.codeAddress).toBeGreaterThanOrEqual(0x10_0000n);
      expect(c.stop).toBeLessThan(0x10_2000n);
    }
  });
});

describe('recording', () => {
  it.each(['crc32', 'multiply'])('%s gives the committed vectors', (name) => {
    const forms = attempt(plan(group(name), 64, 1));
    if (forms instanceof RecorderError) {
      expect(['no-compiler', 'not-x86-64', 'run']).toContain(forms.code); // another machine, an unprivileged user
      return;
    }
    const states = forms.flatMap((f) => f.encodings.flatMap((e) => e.vectors));
    let i = 0;
    for (const v of openGroup(`64-${name}`).vectors()) {
      const s = states[i++];
      expect(s.before).toEqual(v.before);
      expect(s.ripAfter).toBe(v.ripAfter);
      expect(s.fault).toEqual(v.fault);
      expect(s.flagsAfter & ~s.flagsUndefined).toBe(v.flagsAfter & ~v.flagsUndefined);
      if (!v.resultUndefined) expect([s.after, s.writes]).toEqual([v.after, v.writes]);
    }
    expect(i).toBe(states.length);
  });
});
