/** The adapter to the emulator: it runs vectors in every mode in the tier that the mode is about, and sees what an emulator gets wrong. */
import { describe, expect, it } from 'vitest';
import { Runner, emptyTally, openGroup } from '@wasm-tcg/conformance';
import type { Vector } from '@wasm-tcg/conformance';
import { CodeShadow } from '../src/emulator/code-shadow.ts';
import { PTE, PageTables } from '../src/emulator/page-tables.ts';
import { TARGETS, EmulatorTarget } from '../src/emulator-target.ts';
import type { TargetName } from '../src/emulator-target.ts';
import { describeFailure } from '../src/report.ts';

/** The first vectors of each form. */
function* some(group: string, perForm: number): Generator<Vector> {
  for (const v of openGroup(group).vectors()) if (v.index < perForm) yield v;
}

function first(group: string, wanted: (v: Vector) => boolean): Vector {
  for (const v of openGroup(group).vectors()) if (wanted(v)) return v;
  throw new Error(`no such vector in ${group}`);
}

const vector = first('32-alu', (v) => v.writes.length > 0 && v.fault === undefined);
const faulting = first('32-alu', (v) => v.fault?.vector === 14);

describe.each(Object.keys(TARGETS) as TargetName[])('%s', (name) => {
  const target = new EmulatorTarget(TARGETS[name]);
  const groups = ['16-stack', '16-control', '32-stack', '64-string', '64-bits', '32-control', '64-program', '32-refused'];

  it('passes some vectors, in its own tier', () => {
    for (const group of groups.filter((g) => target.supports(openGroup(g).header.mode))) {
      const tally = emptyTally();
      new Runner(target, openGroup(group).header.mode).runAll(group.endsWith('program') ? [...some(group, 1)].slice(0, 50) : some(group, 2), tally, 3);
      expect(tally.failures.map(describeFailure)).toEqual([]);
      expect(tally.passed).toBeGreaterThanOrEqual(50);
    }
    const interpreted = TARGETS[name].execution.mode === 'tci';
    const { instructions, tciInstructions, compiledModules, compiledRegions } = target.counters();
    expect(tciInstructions / instructions)[interpreted ? 'toBeGreaterThan' : 'toBeLessThan'](interpreted ? 0.5 : 0.1);
    expect(compiledModules > 0).toBe(!interpreted);
    expect(compiledRegions > 0).toBe(name === 'tiered');
  });

  it.each<[string, Vector, RegExp]>([
    ['a flag', { ...vector, flagsAfter: vector.flagsAfter ^ 1 }, /CF differ/],
    ['a register', { ...vector, after: vector.after.map((w, i) => (i === 3 ? w ^ 1n : w)) }, /^rbx: /],
    ['memory that was not written', { ...vector, writes: [] }, /^memory at /],
    ['memory that was', { ...vector, writes: [{ address: 0x20_3ff0n, bytes: Uint8Array.of(1) }, ...vector.writes] }, /^memory at 203ff0/],
    ['the end', { ...vector, ripAfter: vector.ripAfter + 1n }, /rip: expected/],
    ['a missing fault', { ...vector, fault: { vector: 13, error: 0, cr2: 0n }, ripAfter: vector.codeAddress }, /rip: expected/],
    ['an unexpected fault', { ...faulting, fault: undefined, ripAfter: faulting.stop }, /expected no exception, got exception 14/],
    ['another address', { ...faulting, fault: { vector: 14, error: 4, cr2: 5n } }, /expected exception 14, error code 4, cr2 5, got/],
  ])('%s shows', (_, wrong, text) => {
    const runner = new Runner(target, 32);
    expect(runner.run(wrong).verdict.differences.join('\n')).toMatch(text);
    const right = wrong.code === vector.code ? vector : faulting;
    expect(runner.run(right).verdict.differences).toEqual([]);
  });
});

describe('page tables', () => {
  const entries = (tables: PageTables, page: number): BigUint64Array => new BigUint64Array(tables.bytes().buffer).subarray(page * 512, page * 512 + 512);

  it('have four levels for 64-bit code', () => {
    const tables = new PageTables(64, 0x5000);
    tables.map({ linear: 0xffff_8000_0020_3000n, physical: 0x9000, length: 0x2000, bits: PTE.user | PTE.noExecute });
    expect(entries(tables, 0)[256]).toBe(0x6007n);
    expect(entries(tables, 1)[0]).toBe(0x7007n);
    expect(entries(tables, 2)[1]).toBe(0x8007n);
    expect([...entries(tables, 3).subarray(2, 6)]).toEqual([0n, PTE.noExecute | 0x9005n, PTE.noExecute | 0xa005n, 0n]);
  });

  it('have three for 32-bit code, with no rights in the first', () => {
    const tables = new PageTables(32, 0x5000);
    tables.map({ linear: 0xffe0_0000n, physical: 0x9000, length: 0x1000, bits: PTE.writable });
    expect(tables.pdptes).toEqual([0n, 0n, 0n, 0x6001n]);
    expect(entries(tables, 1)[511]).toBe(0x7007n);
    expect(entries(tables, 2)[0]).toBe(0x9003n);
  });
});

describe('code shadow', () => {
  it('writes what differs, once', () => {
    const actual = new Uint8Array(8);
    const shadow = new CodeShadow(8);
    const written: string[] = [];
    const flush = (): void => {
      shadow.flush(actual, (offset, bytes) => {
        written.push(`${offset}:${[...bytes].join()}`);
        actual.set(bytes, offset);
      });
    };
    shadow.set(1, Uint8Array.of(1, 0, 3));
    shadow.set(6, Uint8Array.of(4, 5));
    flush();
    expect(written).toEqual(['1:1', '3:3', '6:4,5']);
    shadow.set(1, Uint8Array.of(9));
    shadow.set(1, Uint8Array.of(1));
    expect(shadow.pending).toBe(true);
    flush();
    expect(shadow.pending).toBe(false);
    expect(written).toHaveLength(3);
  });
});
