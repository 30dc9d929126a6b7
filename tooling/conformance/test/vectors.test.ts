/** The committed files themselves: complete, small, and in agreement with a plain model of a few instructions. */
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { FLAG, VECTOR_FOLDER, groupNames, openGroup } from '@wasm-tcg/conformance';
import type { Vector } from '@wasm-tcg/conformance';

const MOST_BYTES = 20 * 1024 * 1024;
const PER_FORM = 200;
const PROGRAMS = 1000;
const FLOAT_GROUPS = [
  '64-simd-integer', '64-sse-arithmetic', '64-sse-convert', '64-sse-move', '64-sse42-aes', '64-ssse3-sse4', '64-x87-arithmetic', '64-x87-move', '64-x87-transcendental',
];

describe('recorded files', () => {
  it('are there for all modes and stay small', () => {
    const names = groupNames();
    expect(names.filter((n) => n.startsWith('64-')).length).toBeGreaterThanOrEqual(12 + FLOAT_GROUPS.length);
    expect(names).toEqual(expect.arrayContaining(FLOAT_GROUPS));
    expect(names.filter((n) => n.startsWith('32-')).length).toBeGreaterThanOrEqual(12);
    expect(names.filter((n) => n.startsWith('16-')).length).toBeGreaterThanOrEqual(12);
    expect(names.reduce((sum, n) => sum + statSync(join(VECTOR_FOLDER, `${n}.vec`)).size, 0)).toBeLessThan(MOST_BYTES);
  });

  it.each(groupNames())('%s has enough vectors of each form', (name) => {
    const file = openGroup(name);
    const counts = new Map<string, number>();
    for (const { form } of file.vectors()) counts.set(form, (counts.get(form) ?? 0) + 1);
    expect(file.header.group).toBe(name);
    expect(file.header.cpu).not.toBe('');
    if (name.endsWith('program')) expect(counts.size).toBeGreaterThanOrEqual(PROGRAMS);
    else for (const [form, n] of counts) expect(n, form).toBeGreaterThanOrEqual(PER_FORM);
  });
});

/** Two's-complement arithmetic with flags, for operands of `bits`. */
function model(operation: string, a: bigint, b: bigint, carry: bigint, bits: number): { result: bigint; flags: number } | undefined {
  const cut = (n: bigint): bigint => BigInt.asUintN(bits, n);
  const signed = (n: bigint): bigint => BigInt.asIntN(bits, n);
  const c = operation === 'adc' || operation === 'sbb' ? carry : 0n;
  let wide: bigint;
  let exact: bigint;
  let half = false;
  switch (operation) {
    case 'add': case 'adc':
      wide = a + b + c;
      exact = signed(a) + signed(b) + c;
      half = (a & 15n) + (b & 15n) + c > 15n;
      break;
    case 'sub': case 'sbb': case 'cmp':
      wide = a - b - c;
      exact = signed(a) - signed(b) - c;
      half = (a & 15n) < (b & 15n) + c;
      break;
    case 'and': wide = a & b; exact = signed(wide); break;
    case 'or': wide = a | b; exact = signed(wide); break;
    case 'xor': wide = a ^ b; exact = signed(wide); break;
    default: return undefined;
  }
  const result = cut(wide);
  let ones = 0;
  for (let i = 0n; i < 8n; i++) ones += Number((result >> i) & 1n);
  const flags = (wide !== result ? FLAG.CF : 0) | (ones % 2 === 0 ? FLAG.PF : 0) | (half ? FLAG.AF : 0) | (result === 0n ? FLAG.ZF : 0) |
    (signed(result) < 0n ? FLAG.SF : 0) | (exact !== signed(result) ? FLAG.OF : 0);
  return { result, flags };
}

const ARITHMETIC = FLAG.CF | FLAG.PF | FLAG.AF | FLAG.ZF | FLAG.SF | FLAG.OF;

describe.each(['64-alu', '32-alu', '16-alu'])('%s', (group) => {
  it('agrees with a model of accumulator and immediate', () => {
    let checked = 0;
    const check = (v: Vector): void => {
      const found = /^(\w+) \[\w+\] (AL,Ib|rAX,Iz (\d+))$/.exec(v.form);
      if (!found || v.fault) return;
      const bits = found[3] === undefined ? 8 : Number(found[3]);
      const size = Math.min(bits, 32) / 8;
      let immediate = 0n;
      for (let i = 0; i < size; i++) immediate |= BigInt(v.code[v.code.length - size + i]) << BigInt(i * 8);
      const b = BigInt.asUintN(bits, BigInt.asIntN(size * 8, immediate));
      const a = BigInt.asUintN(bits, v.before[0]);
      const expected = model(found[1], a, b, BigInt(v.flagsBefore & FLAG.CF), bits);
      if (!expected) return;
      const result = found[1] === 'cmp' ? a : expected.result;
      expect(BigInt.asUintN(bits, v.after[0]), `${v.form} ${v.index}`).toBe(result);
      const mask = ARITHMETIC & ~v.flagsUndefined;
      expect(v.flagsAfter & mask, `${v.form} ${v.index}`).toBe(expected.flags & mask);
      checked++;
    };
    for (const vector of openGroup(group).vectors()) check(vector);
    expect(checked).toBeGreaterThan(4000);
  });
});

describe('faults', () => {
  it('of pages carry the address and the kind of access', () => {
    for (const v of openGroup('64-move').vectors()) {
      if (v.fault?.vector !== 14) continue;
      expect([4, 6, 7]).toContain(v.fault.error);
      expect(v.fault.cr2).not.toBe(0n);
      expect(v.ripAfter).toBe(v.codeAddress);
      expect(v.after).toEqual(v.before);
      expect(v.writes).toEqual([]);
    }
  });

  it('of division leave everything as it was', () => {
    let divisions = 0;
    for (const v of openGroup('64-multiply').vectors()) {
      if (v.fault?.vector !== 0) continue;
      divisions++;
      expect(v.form).toMatch(/^i?div/);
      expect(v.after).toEqual(v.before);
    }
    expect(divisions).toBeGreaterThan(200);
  });
});
