/** Transcendental functions of the softfloat against an independent reference: half a unit in the last place, everywhere. */
import { beforeAll, describe, expect, it } from 'vitest';
import { SoftfloatModule } from '../src/softfloat/module.ts';
import { OPERATIONS } from '../src/softfloat/operations.ts';
import { RECORD_BYTES } from '../src/softfloat/record.ts';
import { ONE, atan2, cos, exp2m1, log2, real, sin, tan, times } from './big-real.ts';

const BIAS = 16383;
const COUNT = 120;
const COMPILE_TIMEOUT = 120_000;

interface Operand {
  readonly significand: bigint;
  readonly exponent: number;
  readonly negative: boolean;
}

/** A generator of its own: the same operands in every run. */
function generator(seed: number): (below: number) => number {
  let state = BigInt(seed);
  return (below) => {
    state = (state * 6364136223846793005n + 1442695040888963407n) & 0xffff_ffff_ffff_ffffn;
    return Number((state >> 33n) % BigInt(below));
  };
}

/** Numbers with an exponent in low…high, a third of them with few bits set or next to a power of two. */
function operands(seed: number, low: number, high: number): Operand[] {
  const random = generator(seed);
  return Array.from({ length: COUNT }, () => {
    const bits = (BigInt(random(1 << 21)) << 42n) | (BigInt(random(1 << 21)) << 21n) | BigInt(random(1 << 21));
    const kind = random(6);
    const fraction = kind === 0 ? bits >> BigInt(random(63)) : kind === 1 ? (1n << 63n) - 1n - (bits >> BigInt(random(63))) : bits;
    return { significand: (1n << 63n) | fraction, exponent: low + random(high - low + 1), negative: random(2) === 1 };
  });
}

const value = ({ significand, exponent, negative }: Operand): bigint => {
  const magnitude = real(significand, BigInt(exponent - 63));
  return negative ? -magnitude : magnitude;
};

const positive = (list: readonly Operand[]): Operand[] => list.map((operand) => ({ ...operand, negative: false }));
const ones = (seed: number): Operand[] => operands(seed, -8, 8);

/** Numbers next to a multiple of π/2. */
const nearPi = (seed: number): Operand[] => {
  const random = generator(seed);
  return Array.from({ length: COUNT }, () => {
    const product = 0x3_243f_6a88_85a3_08d3n * BigInt(1 + random(1 << 20)) + BigInt(random(9) - 4);
    const length = product.toString(2).length;
    return { significand: product >> BigInt(length - 64), exponent: length - 1 - 65, negative: random(2) === 1 };
  });
};

interface Row {
  readonly name: string;
  readonly what: string;
  readonly x: readonly Operand[];
  readonly y?: readonly Operand[];
  readonly reference: (x: bigint, y: bigint) => bigint;
  /** Where the result is in a record. */
  readonly at?: number;
}

const ROWS: readonly Row[] = [
  { name: 'f80_f2xm1', what: 'near its bounds', x: operands(1, -4, -1), reference: exp2m1 },
  { name: 'f80_f2xm1', what: 'small', x: operands(2, -60, -5), reference: exp2m1 },
  { name: 'f80_yl2x', what: 'near one', x: positive(operands(3, -1, 0)), y: ones(4), reference: (x, y) => times(log2(x), y) },
  { name: 'f80_yl2x', what: 'anywhere', x: positive(operands(5, -60, 60)), y: ones(6), reference: (x, y) => times(log2(x), y) },
  { name: 'f80_yl2xp1', what: 'near its bounds', x: operands(7, -5, -3), y: ones(8), reference: (x, y) => times(log2(ONE + x), y) },
  { name: 'f80_yl2xp1', what: 'small', x: operands(9, -50, -6), y: ones(10), reference: (x, y) => times(log2(ONE + x), y) },
  { name: 'f80_yl2xp1', what: 'beyond', x: positive(operands(11, -2, 20)), y: ones(12), reference: (x, y) => times(log2(ONE + x), y) },
  { name: 'f80_patan', what: 'alike', x: operands(13, -3, 3), y: operands(14, -3, 3), reference: (x, y) => atan2(y, x) },
  { name: 'f80_patan', what: 'apart', x: operands(15, -25, 25), y: operands(16, -14, 14), reference: (x, y) => atan2(y, x) },
  { name: 'f80_sin', what: 'below π', x: operands(17, -30, 1), reference: sin },
  { name: 'f80_sin', what: 'large', x: operands(18, 2, 62), reference: sin },
  { name: 'f80_sin', what: 'near multiples of π/2', x: nearPi(19), reference: sin },
  { name: 'f80_cos', what: 'below π', x: operands(20, -30, 1), reference: cos },
  { name: 'f80_cos', what: 'large', x: operands(21, 2, 62), reference: cos },
  { name: 'f80_cos', what: 'near multiples of π/2', x: nearPi(22), reference: cos },
  { name: 'f80_tan', what: 'below π', x: operands(23, -30, 1), reference: tan, at: 64 },
  { name: 'f80_tan', what: 'large', x: operands(24, 2, 62), reference: tan, at: 64 },
  { name: 'f80_tan', what: 'near multiples of π/2', x: nearPi(25), reference: tan, at: 64 },
];

let module: SoftfloatModule;
beforeAll(async () => {
  module = await SoftfloatModule.compile(false);
}, COMPILE_TIMEOUT);

/** Distance of a result from the reference in units in the last place, to a thousandth. */
function error({ name, reference, at = 48 }: Row, x: Operand, y: Operand): number {
  const record = new DataView(new ArrayBuffer(RECORD_BYTES));
  record.setUint8(0, OPERATIONS.findIndex((operation) => operation.name === name));
  record.setUint8(2, 64);
  record.setUint8(3, 63);
  [x, y].forEach((operand, i) => {
    record.setBigUint64(16 + 16 * i, operand.significand, true);
    record.setUint16(24 + 16 * i, (operand.exponent + BIAS) | (operand.negative ? 0x8000 : 0), true);
  });
  const out = new DataView(module.run(new Uint8Array(record.buffer)).buffer);
  const head = out.getUint16(at + 8, true);
  const exponent = (head & 0x7fff) - BIAS - 63;
  const magnitude = real(out.getBigUint64(at, true), BigInt(exponent));
  const difference = (head & 0x8000 ? -magnitude : magnitude) - reference(value(x), value(y));
  return Number((1000n * difference) / real(1n, BigInt(exponent))) / 1000;
}

describe('accuracy', () => {
  it.each(ROWS)('$name, $what', (row) => {
    const errors = row.x.map((x, i) => Math.abs(error(row, x, row.y?.[i] ?? x)));
    expect(Math.max(...errors)).toBeLessThanOrEqual(0.5);
    // A reference that is far off on every operand would show here.
    expect(Math.min(...errors)).toBeLessThan(0.1);
  });
});
