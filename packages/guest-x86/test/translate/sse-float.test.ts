/**
 * SSE floating point one instruction at a time: rounding modes, DAZ and FTZ, every flag, unmasked exceptions, faults. Values come from a processor
 * (Sapphire Rapids). The recorded vectors (tooling/conformance) prove the breadth, packages/emulator/test/sse-fast.test.ts the direct code.
 */
import { describe, expect, test } from 'vitest';
import type { RegisterName } from '@wasm-tcg/guest-x86';
import { EvalCpu } from './eval-cpu.ts';

const hex = (text: string): Uint8Array => Uint8Array.from(text.trim().split(/\s+/), (byte) => parseInt(byte, 16));

type Registers = Partial<Record<RegisterName, bigint | number>>;

const OSFXSR = 0x200;
const OSXMMEXCPT = 0x400;
const DATA = 0x3000;

function make(): EvalCpu {
  const cpu = new EvalCpu().flat('protected32');
  cpu.optimize = true;
  cpu.maxInsns = 1;
  cpu.set({ cr4: cpu.get('cr4') | BigInt(OSFXSR | OSXMMEXCPT), rsi: DATA });
  return cpu;
}

/** `xmm1 OP xmm2` under MXCSR. @returns outcome, xmm1, MXCSR */
function run(code: string, a: bigint, b: bigint, mxcsr: number, registers: Registers = {}): string {
  const cpu = make();
  cpu.set({ xmm1: a, xmm2: b, mxcsr, ...registers });
  const outcome = cpu.run(hex(code), 0x1000);
  return `${outcome === 'goto_tb' ? '' : `${outcome} `}${cpu.get('xmm1').toString(16)} ${cpu.get('mxcsr').toString(16)}`;
}

const ADDSD = 'f2 0f 58 ca';
const MULSD = 'f2 0f 59 ca';
const DIVSD = 'f2 0f 5e ca';
const SQRTSD = 'f2 0f 51 ca';
const DIVPS = '0f 5e ca';
const MULPS = '0f 59 ca';

/** f64. */
const ONE = 0x3ff0000000000000n;
const THREE = 0x4008000000000000n;
const TWO = 0x4000000000000000n;
const HALF = 0x3fe0000000000000n;
const LEAST = 0x0010000000000000n;
const MOST = 0x7fefffffffffffffn;
const SIGN = 1n << 63n;
const SNAN = 0x7ff0000000000001n;

/** Four f32 lanes, the lowest first. */
const ps = (...lanes: readonly number[]): bigint => lanes.reduceRight((all, lane) => (all << 32n) | BigInt(lane >>> 0), 0n);
const F = { zero: 0, one: 0x3f800000, three: 0x40400000, snan: 0x7f800001, denormal: 1, most: 0x7f7fffff, least: 0x00800000, half: 0x3f000000, two: 0x40000000 } as const;

/** MXCSR of each rounding mode. */
const [NEAREST, DOWN, UP, ZERO] = [0x1f80, 0x3f80, 0x5f80, 0x7f80];

describe('rounding modes', () => {
  test.each<[string, string, bigint, bigint, readonly string[]]>([
    ['1 / 3', DIVSD, ONE, THREE, ['3fd5555555555555', '3fd5555555555555', '3fd5555555555556', '3fd5555555555555']],
    ['-1 / 3', DIVSD, ONE | SIGN, THREE, ['bfd5555555555555', 'bfd5555555555556', 'bfd5555555555555', 'bfd5555555555555']],
    ['overflow', MULSD, MOST, TWO, ['7ff0000000000000', '7fefffffffffffff', '7ff0000000000000', '7fefffffffffffff']],
    ['underflow', MULSD, LEAST, 0x3fd5555555555555n, ['5555555555555', '5555555555555', '5555555555556', '5555555555555']],
    ['√2', SQRTSD, 0n, TWO, ['3ff6a09e667f3bcd', '3ff6a09e667f3bcc', '3ff6a09e667f3bcd', '3ff6a09e667f3bcc']],
    ['cvtsd2ss 0.1', 'f2 0f 5a ca', 0n, 0x3fb999999999999an, ['3dcccccd', '3dcccccc', '3dcccccd', '3dcccccc']],
    ['cvtps2dq 1.5 -0.5 2.5 -2.5', '66 0f 5b ca', 0n, ps(0x3fc00000, 0xbf000000, 0x40200000, 0xc0200000),
      ['fffffffe000000020000000000000002', 'fffffffd00000002ffffffff00000001', 'fffffffe000000030000000000000002', 'fffffffe000000020000000000000001']],
    ['roundsd 2.5 as MXCSR says', '66 0f 3a 0b ca 04', 0n, 0x4004000000000000n, ['4000000000000000', '4000000000000000', '4008000000000000', '4000000000000000']],
  ])('%s', (_, code, a, b, expected) => {
    const results = [NEAREST, DOWN, UP, ZERO].flatMap((mode) => [mode, mode | 0x20].map((mxcsr) => run(code, a, b, mxcsr).split(' ')));
    expect(results.map(([value]) => value)).toEqual(expected.flatMap((value) => [value, value]));
    for (const [, mxcsr] of results) expect(parseInt(mxcsr!, 16) & 0x20).toBe(0x20);
  });
});

describe('DAZ and FTZ', () => {
  test.each<[string, string, bigint, bigint, number, string]>([
    ['a tiny result is flushed although exact', MULSD, LEAST, HALF, 0x9f80, '0 9fb0'],
    ['not while underflow is unmasked', MULSD, LEAST, HALF, 0x9780, '#XM(0) 10000000000000 9790'],
    ['a denormal without DAZ', ADDSD, 1n, ONE, 0x1f80, '3ff0000000000000 1fa2'],
    ['a denormal with DAZ', ADDSD, 1n, ONE, 0x1fc0, '3ff0000000000000 1fc0'],
    ['a denormal factor with DAZ', MULSD, 1n, MOST, 0x1fc0, '0 1fc0'],
    ['in the fast state', MULSD, 1n, MOST, 0x9fe0, '0 9fe0'],
    ['minps returns zeros', '0f 5d ca', ps(1, F.one, 1, 0x80000001), ps(F.one, 1, 0, 1), 0x1fc0, '0 1fc0'],
    ['roundps', '66 0f 3a 08 ca 02', 0n, ps(0x80000001, 1, 0x80000000, F.one), 0x1fc0, '3f800000800000000000000080000000 1fc0'],
    ['sqrtps of a negative one', '0f 51 ca', 0n, ps(0x80000001, 1, 0x80000000, F.one), 0x1fc0, '3f800000800000000000000080000000 1fc0'],
  ])('%s', (_, code, a, b, mxcsr, expected) => {
    expect(run(code, a, b, mxcsr)).toBe(expected);
  });
});

describe('flags', () => {
  test.each<[string, string, bigint, bigint, string]>([
    ['none', ADDSD, ONE, ONE, '4000000000000000 1f80'],
    ['IE of a signaling NaN', ADDSD, SNAN, ONE, '7ff8000000000001 1f81'],
    ['IE of ∞ − ∞', 'f2 0f 5c ca', 0x7ff0000000000000n, 0x7ff0000000000000n, 'fff8000000000000 1f81'],
    ['IE of √−1', SQRTSD, 0n, ONE | SIGN, 'fff8000000000000 1f81'],
    ['DE', MULSD, 1n, ONE, '1 1f82'],
    ['ZE', DIVSD, ONE, 0n, '7ff0000000000000 1f84'],
    ['DE does not go with ZE', DIVSD, 1n, 0n, '7ff0000000000000 1f84'],
    ['OE and PE', MULSD, MOST, MOST, '7ff0000000000000 1fa8'],
    ['UE and PE', MULSD, 0x0010000000000001n, HALF, '8000000000000 1fb0'],
    ['no UE of an exact denormal', MULSD, LEAST, HALF, '8000000000000 1f80'],
    ['PE', DIVSD, ONE, THREE, '3fd5555555555555 1fa0'],
    ['of all lanes', DIVPS, ps(F.snan, 1, F.one, F.most), ps(F.one, F.one, 0, F.least), '7f8000007f800000000000017fc00001 1faf'],
    ['minsd: any NaN is invalid, the second operand stays as it is', 'f2 0f 5d ca', ONE, 0x7ff8000000000000n, '7ff8000000000000 1f81'],
    ['cmpeqsd: a quiet NaN is not', 'f2 0f c2 ca 00', ONE, 0x7ff8000000000000n, '0 1f80'],
    ['cmpltsd: it is', 'f2 0f c2 ca 01', ONE, 0x7ff8000000000000n, '0 1f81'],
    ['cvttsd2si: out of range is not DE', '66 0f e6 ca', 0n, 1n, '0 1fa0'],
    ['roundsd hides PE', '66 0f 3a 0b ca 09', 0n, 0x3ff8000000000000n, '3ff0000000000000 1f80'],
    ['dpps: stages', '66 0f 3a 40 ca ff', ps(0x3f800001, F.one, 0x7f800000, 0xff800000), ps(0x3f800001, F.one, F.one, F.one),
      'ffc00000ffc00000ffc00000ffc00000 1fa1'],
    ['rcpps raises none', '0f 53 ca', 0n, ps(0, 1, F.snan, F.three), '3eaaa0007fc000017f8000007f800000 1f80'],
  ])('%s', (_, code, a, b, expected) => {
    expect(run(code, a, b, 0x1f80)).toBe(expected);
  });
});

describe('unmasked exceptions', () => {
  /** MXCSR with one exception unmasked, by its flag. */
  const without = (flag: number): number => 0x1f80 & ~(flag << 7);
  test.each<[string, string, bigint, bigint, number, Registers, string]>([
    ['IE', ADDSD, SNAN, ONE, 1, {}, '#XM(0) 7ff0000000000001 1f01'],
    ['DE', ADDSD, 1n, ONE, 2, {}, '#XM(0) 1 1e82'],
    ['ZE', DIVSD, ONE, 0n, 4, {}, '#XM(0) 3ff0000000000000 1d84'],
    ['OE: PE tells whether the unbounded result is exact', MULSD, 0x7fe0000000000000n, TWO, 8, {}, '#XM(0) 7fe0000000000000 1b88'],
    ['UE of an exact result', MULSD, LEAST, HALF, 16, {}, '#XM(0) 10000000000000 1790'],
    ['PE', DIVSD, ONE, THREE, 32, {}, '#XM(0) 3ff0000000000000 fa0'],
    ['#UD without CR4.OSXMMEXCPT', DIVSD, ONE, 0n, 4, { cr4: OSFXSR }, '#UD(0) 3ff0000000000000 1d84'],
    ['nothing when the flag is only sticky', ADDSD, ONE, ONE, 1, { mxcsr: 0x1f01 }, '4000000000000000 1f01'],
    ['exceptions of operands come first in all lanes', DIVPS, ps(F.snan, 1, F.one, F.most), ps(F.one, F.one, 0, F.least), 1, {}, `#XM(0) ${ps(F.snan, 1, F.one, F.most).toString(16)} 1f07`],
    ['masked ones go with an unmasked result', DIVPS, ps(F.one, 1, F.one, F.one), ps(F.three, F.one, F.one, F.one), 32, {}, `#XM(0) ${ps(F.one, 1, F.one, F.one).toString(16)} fa2`],
    ['overflow and inexactness of different lanes', DIVPS, ps(F.one, F.one, F.one, F.most), ps(F.three, F.one, F.one, F.least), 8, {}, `#XM(0) ${ps(F.one, F.one, F.one, F.most).toString(16)} 1ba8`],
    ['underflow beside others', MULPS, ps(F.one, F.one, F.one, F.least), ps(F.one, F.one, F.one, F.half), 16, {}, `#XM(0) ${ps(F.one, F.one, F.one, F.least).toString(16)} 1790`],
    ['dpps: flags of the stages before', '66 0f 3a 40 ca ff', ps(0x3f800001, F.one, 0x7f800000, 0xff800000), ps(0x3f800001, F.one, F.one, F.one), 1, {},
      `#XM(0) ${ps(0x3f800001, F.one, 0x7f800000, 0xff800000).toString(16)} 1f21`],
  ])('%s', (_, code, a, b, flag, registers, expected) => {
    expect(run(code, a, b, without(flag), registers)).toBe(expected);
  });

  test('a comparison that faults leaves EFLAGS', () => {
    const cpu = make();
    cpu.set({ xmm1: ONE, xmm2: SNAN, mxcsr: without(1), rflags: 0x8d7 });
    expect(cpu.run(hex('66 0f 2f ca'), 0x1000)).toBe('#XM(0)');
    expect(cpu.dump('rflags', 'mxcsr')).toBe('rflags=8d7 mxcsr=1f01');
  });

  test('a conversion that faults leaves its register, but the state of an MMX instruction', () => {
    const cpu = make();
    cpu.set({ rax: 5, xmm2: SNAN, mxcsr: without(1) });
    expect(cpu.run(hex('f2 0f 2c c2'), 0x1000)).toBe('#XM(0)');
    expect(cpu.dump('rax')).toBe('rax=5');
    cpu.set({ mm1: 7, xmm2: 0x7f800001, mxcsr: without(1), ftw: 0 });
    expect(cpu.run(hex('0f 2d ca'), 0x1000)).toBe('#XM(0)');
    expect(cpu.dump('mm1', 'ftw')).toBe('mm1=7 ftw=ff');
  });
});

describe('comparisons set EFLAGS', () => {
  test.each<[string, bigint, bigint, string]>([
    ['greater', TWO, ONE, 'rflags=2'],
    ['less', ONE, TWO, 'rflags=3'],
    ['equal', ONE, ONE, 'rflags=42'],
    ['unordered', SNAN, ONE, 'rflags=47'],
    ['zeros of both signs', 0n, SIGN, 'rflags=42'],
  ])('%s', (_, xmm1, xmm2, expected) => {
    for (const code of ['66 0f 2e ca', '66 0f 2f ca']) {
      const cpu = make();
      cpu.set({ xmm1, xmm2, rflags: 0x8d7 });
      cpu.run(hex(code), 0x1000);
      expect(cpu.dump('rflags')).toBe(expected);
    }
  });
});

describe('MXCSR', () => {
  test('LDMXCSR, STMXCSR', () => {
    const cpu = make().u64(DATA, 0x7fffn);
    cpu.run(hex('0f ae 16'), 0x1000);
    expect(cpu.dump('mxcsr')).toBe('mxcsr=7fff');
    cpu.run(hex('0f ae 5e 08'), 0x1000);
    expect(cpu.read(DATA + 8, 4)).toBe(0x7fffn);
  });

  test('bits that do not exist: #GP(0), nothing is loaded', () => {
    const cpu = make().u64(DATA, 0x11f80n);
    cpu.set({ mxcsr: 0x1f80 });
    expect(cpu.run(hex('0f ae 16'), 0x1000)).toBe('#GP(0)');
    expect(cpu.dump('mxcsr')).toBe('mxcsr=1f80');
  });

  test('a new rounding mode counts for the next instruction of the block', () => {
    const cpu = make().u64(DATA, 0x5f80n);
    cpu.maxInsns = 8;
    // divsd xmm1, xmm2 in the fast state; ldmxcsr [rsi]; divsd xmm3, xmm2; ud2
    cpu.set({ xmm1: ONE, xmm2: THREE, xmm3: ONE, mxcsr: 0x1fa0 });
    cpu.run(hex('f2 0f 5e ca 0f ae 16 f2 0f 5e da 0f 0b'), 0x1000);
    expect(cpu.dump('xmm1', 'xmm3')).toBe('xmm1=3fd5555555555555 xmm3=3fd5555555555556');
  });

  test.each<[string, string, Registers, string]>([
    ['LDMXCSR under EM', '0f ae 16', { cr0: 5 }, '#UD(0)'],
    ['STMXCSR under TS', '0f ae 1e', { cr0: 9 }, '#NM(0)'],
    ['ADDSD without OSFXSR', ADDSD, { cr4: 0 }, '#UD(0)'],
    ['ADDSD under TS', ADDSD, { cr0: 9 }, '#NM(0)'],
    ['CVTPI2PS with a pending x87 exception', '0f 2a c9', { cr0: 0x21, fsw: 0x8081 }, '#MF(0)'],
    ['ADDPS from a misaligned address', '0f 58 4e 08', {}, '#GP(0)'],
    ['CVTPS2PD from any address', '0f 5a 4e 01', {}, 'goto_tb'],
    ['ADDSS from any address', 'f3 0f 58 4e 01', {}, 'goto_tb'],
  ])('%s', (_, code, registers, expected) => {
    const cpu = make();
    cpu.set(registers);
    expect(cpu.run(hex(code), 0x1000)).toBe(expected);
  });
});
