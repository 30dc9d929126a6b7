import { describe, expect, it } from 'vitest';
import { FLAGS_ALWAYS, FormatError, REGIONS, RUN, WORD, WORD_COUNT, baseContent, baseRegisters, decodeFile, encodeFile, mix32, regionsOf } from '@wasm-tcg/conformance';
import type { Form, State } from '@wasm-tcg/conformance';

function state(seed: number, change: (words: BigUint64Array) => void, more: Partial<State> = {}): State {
  const before = new BigUint64Array(WORD_COUNT);
  baseRegisters(64, seed, before);
  const after = before.slice();
  change(after);
  return {
    before, after, flagsBefore: FLAGS_ALWAYS | 1, flagsAfter: FLAGS_ALWAYS | 0x200000, flagsUndefined: 0, resultUndefined: false,
    ripAfter: 0x10_0003n, memory: [], writes: [], fault: undefined, ...more,
  };
}

const header = { group: '64-test', mode: 64, cpu: 'a processor', seed: 7 } as const;

function roundTrip(states: readonly State[]) {
  const form: Form = {
    name: 'a form', seed: 100, usesFp: true, statusUndefined: 0x4500, run: RUN.past,
    encodings: [{ codeAddress: 0x10_0000n, code: new Uint8Array([1, 2, 3]), stop: 0x10_0003n, vectors: states }],
  };
  const file = decodeFile(encodeFile(header, [form]));
  expect(file.header).toEqual(header);
  return [...file.vectors()];
}

describe('vector files', () => {
  it.each([
    ['a small value', 5n], ['the largest', 0xffff_ffff_ffff_ffffn], ['a negative byte', 0xffff_ffff_ffff_ff80n], ['a negative long', 0xffff_ffff_8000_0000n],
    ['16 bits', 0x8000n], ['32 bits', 0x8000_0000n], ['64 bits', 0x0123_4567_89ab_cdefn],
  ])('keep %s', (_, value) => {
    const [vector] = roundTrip([state(100, (w) => { w[3] = value; })]);
    expect(vector.after[3]).toBe(value);
  });

  it('keep values near what was there, and low bytes replaced', () => {
    const states = [-1n, 1n, 127n, -128n, 0x7fff_ffffn, -0x8000_0000n].map((d, i) => state(100 + i, (w) => { w[4] = BigInt.asUintN(64, w[4] + d); }));
    const merged = state(106, (w) => { w[0] = w[0] ^ 0xa5n; w[1] = w[1] ^ 0xa500n; });
    const vectors = roundTrip([...states, merged]);
    expect(vectors.map((v) => v.after)).toEqual([...states, merged].map((s) => s.after));
  });

  it('keep everything else', () => {
    const given = state(100, (w) => { w[WORD.xmm] = 1n; w[WORD.st + 1] = 0xffffn; }, {
      flagsUndefined: 0x811, resultUndefined: true, ripAfter: 0x7fff_1234_5678n,
      memory: [{ address: REGIONS.high.address + 5n, bytes: new Uint8Array([9, 8]) }],
      writes: [{ address: 0x20_4fffn, bytes: new Uint8Array([7]) }, { address: REGIONS.upper.address, bytes: new Uint8Array([1, 2, 3]) }],
    });
    const faulting = state(101, () => {}, { ripAfter: 0x10_0000n, fault: { vector: 14, error: 0x15, cr2: 0xffff_8000_0000_0001n } });
    const [first, second] = roundTrip([given, faulting]);
    expect(first).toEqual({ ...given, ...first, before: given.before, after: given.after, memory: given.memory, writes: given.writes, ripAfter: given.ripAfter, flagsUndefined: 0x811, resultUndefined: true });
    expect({ form: first.form, index: first.index, run: first.run, usesFp: first.usesFp, statusUndefined: first.statusUndefined, code: [...first.code] })
      .toEqual({ form: 'a form', index: 0, run: RUN.past, usesFp: true, statusUndefined: 0x4500, code: [1, 2, 3] });
    expect(second.fault).toEqual(faulting.fault);
    expect(second.ripAfter).toBe(0x10_0000n);
    expect(second.flagsAfter).toBe(faulting.flagsAfter);
  });

  it('refuse what is not one, of another version, or damaged', () => {
    const good = encodeFile(header, []);
    const code = (bytes: Uint8Array): string => {
      try {
        return `${[...decodeFile(bytes).vectors()].length} vectors`;
      } catch (error) {
        return error instanceof FormatError ? error.code : String(error);
      }
    };
    expect(code(new Uint8Array(3))).toBe('corrupt');
    expect(code(good.map((b, i) => (i === 0 ? 0 : b)))).toBe('corrupt');
    expect(code(good.map((b, i) => (i === 4 ? 99 : b)))).toBe('version');
    expect(code(good.subarray(0, good.length - 3))).toBe('corrupt');
    expect(code(good)).toBe('0 vectors');
  });

  it('cannot hold an address outside all regions', () => {
    expect(() => roundTrip([state(100, () => {}, { writes: [{ address: 0x1000n, bytes: new Uint8Array(1) }] })])).toThrow(FormatError);
  });
});

describe('environment', () => {
  it('has regions on page boundaries that do not overlap', () => {
    const sorted = regionsOf(64);
    sorted.forEach((r, i) => {
      expect(r.address % 4096n).toBe(0n);
      expect(r.length % 4096).toBe(0);
      if (i > 0) expect(r.address).toBeGreaterThanOrEqual(sorted[i - 1].address + BigInt(sorted[i - 1].length));
    });
    expect(regionsOf(32).map((r) => r.name)).not.toContain('high');
  });

  it('fills memory by address and code with HLT', () => {
    const data = baseContent(REGIONS.data);
    expect(new DataView(data.buffer).getUint32(8, true)).toBe(mix32(0x20_0008 / 4));
    expect(new Set(baseContent(REGIONS.code))).toEqual(new Set([0xf4]));
  });

  it('gives 32-bit code 32-bit registers', () => {
    const words = new BigUint64Array(WORD_COUNT);
    baseRegisters(32, 12345, words);
    expect(words.subarray(0, 8).every((w) => w < 1n << 32n)).toBe(true);
    expect(words.subarray(8, 16).every((w) => w === 0n)).toBe(true);
  });
});
