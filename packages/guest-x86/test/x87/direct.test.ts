/**
 * The direct ways of x87 instructions against the exact helpers: the same instruction on the same state, once as it is, once with every helper of the usual
 * case saying that it is none. Operands are chosen so that sums carry, cancel and tie, exponents meet the ends of the range, and tags are missing.
 */
import type { HelperDef } from '@wasm-tcg/ir';
import { expect, test } from 'vitest';
import { DATA, FpuCpu, ST } from './support.ts';

/** The answers of helpers that have found no usual case. */
const REFUSALS: Readonly<Record<string, bigint>> = { fpu_quick_compare: 0xffff_ffffn, fpu_quick_compare_memory: 0xffff_ffffn, fpu_quick_integer: 1n << 63n };

/** Counts the usual cases. */
class DirectCpu extends FpuCpu {
  usual = 0;
  override call(name: string, ...args: (number | bigint)[]): string;
  override call(helper: HelperDef, args: readonly bigint[]): bigint;
  override call(helper: HelperDef | string, ...rest: unknown[]): bigint | string {
    if (typeof helper === 'string') return super.call(helper, ...(rest as (number | bigint)[]));
    const answer = super.call(helper, rest[0] as readonly bigint[]);
    if (helper.name.startsWith('fpu_quick_') && answer !== (REFUSALS[helper.name] ?? 0n)) this.usual++;
    return answer;
  }
}

class ExactCpu extends FpuCpu {
  override call(name: string, ...args: (number | bigint)[]): string;
  override call(helper: HelperDef, args: readonly bigint[]): bigint;
  override call(helper: HelperDef | string, ...rest: unknown[]): bigint | string {
    if (typeof helper === 'string') return super.call(helper, ...(rest as (number | bigint)[]));
    if (helper.name.startsWith('fpu_quick_')) return REFUSALS[helper.name] ?? 0n;
    return super.call(helper, rest[0] as readonly bigint[]);
  }
}

class Random {
  #state: number;
  constructor(seed: number) {
    this.#state = seed;
  }

  below(n: number): number {
    this.#state = (Math.imul(this.#state, 1664525) + 1013904223) >>> 0;
    return Math.floor((this.#state / 2 ** 32) * n);
  }

  pick<T>(items: readonly T[]): T {
    return items[this.below(items.length)]!;
  }

  bits(n: number): bigint {
    let value = 0n;
    for (let i = 0; i < n; i += 16) value = (value << 16n) | BigInt(this.below(0x1_0000));
    return BigInt.asUintN(n, value);
  }
}

const ONE = 1n << 63n;
const LAST = (1n << 64n) - 1n;
const SPECIAL = [ST.zero, ST.zero | (1n << 79n), ST.infinity, ST.indefinite, ST.denormal, ST.signaling, ST.unnormal, ST.greatest, ST.least] as const;

/** A significand whose low bits are those of ties, carries, f64 and f32 values. */
function significand(r: Random): bigint {
  switch (r.below(6)) {
    case 0: return ONE;
    case 1: return LAST - BigInt(r.below(3));
    case 2: return ONE | (r.bits(52) << 11n);
    case 3: return ONE | (r.bits(23) << 40n) | BigInt(r.pick([0, 0x400, 0x3ff, 0x401]));
    case 4: return ONE | (1n << BigInt(r.below(63)));
    default: return ONE | r.bits(63);
  }
}

function value(r: Random): bigint {
  if (r.below(12) === 0) return r.pick(SPECIAL);
  if (r.below(8) === 0) return r.pick([ST.zero, ST.zero | (1n << 79n)]);
  const exponent = r.pick([0x3fff, 0x3fff + r.below(5) - 2, 0x3fff + r.below(40) - 20, 0x3fff + r.below(140) - 70, 0x3c01 + r.below(3), 0x43fe + r.below(3), 1 + r.below(3), 0x7ffc + r.below(3)]);
  return (BigInt(exponent | (r.below(2) << 15)) << 64n) | significand(r);
}

/** Bits of a memory operand: any, or those of usual floats and small integers. */
function operand(r: Random): bigint {
  return r.pick([
    r.bits(64), (BigInt(0x3f0 + r.below(0x20)) << 52n) | r.bits(52), (BigInt(0x70 + r.below(0x20)) << 23n) | r.bits(23), BigInt(r.below(2000)), 0n, 1n << 63n, 1n << 31n, 1n << 15n,
  ]);
}

const MODES = [0x37f, 0x37f, 0x37f, 0x37f, 0x27f, 0x07f, 0xf7f, 0x77f, 0xb7f, 0x35f, 0x37e] as const;

const CODES: readonly (readonly [name: string, code: string])[] = [
  ['fadd st, st1', 'd8 c1'], ['fadd st, st', 'd8 c0'], ['fsub st, st1', 'd8 e1'], ['fsubr st, st1', 'd8 e9'], ['fmul st, st1', 'd8 c9'], ['fdiv st, st1', 'd8 f1'],
  ['fdivr st, st1', 'd8 f9'], ['faddp', 'de c1'], ['fsubp', 'de e9'], ['fsubrp', 'de e1'], ['fmulp', 'de c9'], ['fdivp', 'de f9'], ['fdivrp', 'de f1'],
  ['fsub st1, st', 'dc e9'], ['fsqrt', 'd9 fa'], ['fadd m64', 'dc 03'], ['fsub m64', 'dc 23'], ['fsubr m64', 'dc 2b'], ['fmul m64', 'dc 0b'], ['fdiv m64', 'dc 33'],
  ['fdivr m64', 'dc 3b'], ['fadd m32', 'd8 03'], ['fsubr m32', 'd8 2b'], ['fmul m32', 'd8 0b'], ['fiadd m32', 'da 03'], ['fisubr m16', 'de 2b'], ['fidiv m32', 'da 33'],
  ['fcom st1', 'd8 d1'], ['fcompp', 'de d9'], ['fucomp st1', 'dd e9'], ['fcom m64', 'dc 13'], ['fcomp m32', 'd8 1b'], ['ficom m32', 'da 13'], ['fucomip', 'df e9'],
  ['fcomi', 'db f1'], ['ftst', 'd9 e4'], ['fistp m16', 'df 1b'], ['fist m32', 'db 13'], ['fistp m64', 'df 3b'], ['fisttp m32', 'db 0b'],
  // What follows must find the stack where it is.
  ['several', 'd9 c9 d8 c1 dd 03 de c9 d9 e8 de c2 d9 e0 dd 1b'],
];

function observe(cpu: FpuCpu, code: string): string {
  const outcome = cpu.go(code);
  const registers = Array.from({ length: 8 }, (_, i) => cpu.get(`st${i as 0}`).toString(16)).join(' ');
  return `${outcome} fsw ${cpu.get('fsw').toString(16)} tags ${cpu.get('ftw').toString(16)} flags ${cpu.get('rflags').toString(16)} ${registers} memory ${cpu.memory(DATA, 8, 2)}`;
}

test.each(CODES)('%s', (_, code) => {
  const [direct, exact] = [new DirectCpu('protected32'), new ExactCpu('protected32')];
  direct.verify = false;
  exact.verify = false;
  const r = new Random(code.length * 31 + parseInt(code.slice(0, 2) + code.slice(3, 5), 16));
  let normal = value(r);
  for (let round = 0; round < 150; round++) {
    // Now and then the other operand is close, so that differences cancel.
    const next = r.below(5) === 0 ? normal ^ (BigInt(r.below(8)) | (BigInt(r.below(2)) << 79n)) : value(r);
    const fcw = r.pick(MODES);
    const fsw = r.pick([0, 0x20, 0x4720]);
    const bits = operand(r);
    const ftw = r.below(15) === 0 ? 0x80 : 0xc0;
    const states = [direct, exact].map((cpu) => {
      cpu.fninit().push(normal, next).set({ fcw, fsw: BigInt(fsw) | (cpu.get('fsw') & 0x3800n), ftw, rflags: 2 }).write(DATA, Uint8Array.from({ length: 16 }, (__, i) => Number((bits >> BigInt(8 * (i & 7))) & 0xffn)));
      return observe(cpu, code);
    });
    expect(states[0], `${normal.toString(16)} ${next.toString(16)} control ${fcw.toString(16)} memory ${bits.toString(16)}`).toBe(states[1]);
    normal = next;
  }
  expect(direct.usual).toBeGreaterThan(2);
});

test('an unmasked exception leaves the block behind its instruction', () => {
  const cpu = new FpuCpu('protected32').push(ST.one, ST.signaling).set({ fcw: 0x37e });
  // fadd; fld1: the sum says invalid, and FLD1 of the next block finds it pending.
  expect(cpu.run(Uint8Array.of(0xd8, 0xc1, 0xd9, 0xe8, 0xeb, 0xfe), 0x1000)).toBe('goto_ptr');
  expect([cpu.get('rip'), cpu.get('fsw') & 0x80n, cpu.get('ftw'), cpu.get('st0')]).toEqual([0x1002n, 0x80n, 0xc0n, ST.signaling]);
  expect(cpu.run(Uint8Array.of(0xd9, 0xe8, 0xeb, 0xfe), 0x1002)).not.toMatch(/goto/);
  expect(cpu.get('st0')).toBe(ST.signaling);
});
