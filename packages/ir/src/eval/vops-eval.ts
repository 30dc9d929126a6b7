/**
 * Meaning of each vector operation, from the parts of its name: shape, operation, saturation, sign, operand shape.
 * Values are bits (see `bits.ts`); float results that are NaN come out canonical unless the operation only moves bits.
 */
import { VOP_DEFS, type VopDef } from '../vops.ts';
import {
  floatToInt, fromFloat, fromLanes, intToFloat, nearest, signed, toFloat, toLanes, unsigned, vectorFromBytes, vectorToBytes, type FloatBits,
} from './bits.ts';

type Int1 = (a: bigint) => bigint;
type Int2 = (a: bigint, b: bigint) => bigint;

/** Operands come signed unless the name ends in `_u`; the result wraps, or saturates when the name says `_sat`. */
const INT_UNARY: Readonly<Record<string, Int1>> = {
  abs: (a) => (a < 0n ? -a : a),
  neg: (a) => -a,
};
const INT_BINARY: Readonly<Record<string, Int2>> = {
  add: (a, b) => a + b,
  sub: (a, b) => a - b,
  mul: (a, b) => a * b,
  min: (a, b) => (a < b ? a : b),
  max: (a, b) => (a > b ? a : b),
  avgr: (a, b) => (a + b + 1n) >> 1n,
  q15mulr: (a, b) => (a * b + 0x4000n) >> 15n,
};
const COMPARE: Readonly<Record<string, (a: bigint | number, b: bigint | number) => boolean>> = {
  eq: (a, b) => a === b,
  ne: (a, b) => a !== b,
  lt: (a, b) => a < b,
  gt: (a, b) => a > b,
  le: (a, b) => a <= b,
  ge: (a, b) => a >= b,
};
const BITWISE: Readonly<Record<string, Int2>> = {
  and: (a, b) => a & b,
  andnot: (a, b) => a & ~b,
  or: (a, b) => a | b,
  xor: (a, b) => a ^ b,
};
const FLOAT_UNARY: Readonly<Record<string, (a: number) => number>> = {
  ceil: Math.ceil, floor: Math.floor, trunc: Math.trunc, nearest, sqrt: Math.sqrt,
};
const FLOAT_BINARY: Readonly<Record<string, (a: number, b: number) => number>> = {
  add: (a, b) => a + b,
  sub: (a, b) => a - b,
  mul: (a, b) => a * b,
  div: (a, b) => a / b,
  min: Math.min,
  max: Math.max,
};

interface Name {
  readonly op: string;
  readonly saturates: boolean;
  readonly isSigned: boolean;
}

function parseName(op: string): Name {
  const m = /^(.*?)(_sat)?(?:_([su]))?$/.exec(op)!;
  return { op: m[1]!, saturates: m[2] !== undefined, isSigned: m[3] !== 'u' };
}

const laneBits = (shape: string): number => Number(/^[if](\d+)x/.exec(shape)?.[1] ?? 128);
const isFloat = (shape: string): boolean => shape.startsWith('f');
const read = (a: bigint, bits: number, isSigned: boolean): bigint[] => (isSigned ? toLanes(a, bits).map((x) => signed(bits, x)) : toLanes(a, bits));
const floats = (a: bigint, bits: FloatBits): number[] => toLanes(a, bits).map((x) => toFloat(bits, x));
const popcount = (a: bigint): bigint => BigInt(a.toString(2).replaceAll('0', '').length);

function saturate(a: bigint, bits: number, isSigned: boolean): bigint {
  const min = isSigned ? -(1n << BigInt(bits - 1)) : 0n;
  const max = (1n << BigInt(isSigned ? bits - 1 : bits)) - 1n;
  return a < min ? min : a > max ? max : a;
}

/** Value of a `vunary`. */
export function evalVunary(vop: number, a: bigint): bigint {
  const def = VOP_DEFS[vop]!;
  const op = opOf(def);
  if (def.name === 'v128.not') return unsigned(128, ~a);
  const bits = laneBits(def.lane);
  const convert = CONVERT[op];
  if (convert) return convert(a);
  const widen = /^(extend_low|extend_high|extadd_pairwise)_i\d+x\d+_([su])$/.exec(op);
  if (widen) {
    const lanes = read(a, bits / 2, widen[2] === 's');
    const half = lanes.length / 2;
    if (widen[1] === 'extadd_pairwise') return fromLanes(Array.from({ length: half }, (_, i) => lanes[2 * i]! + lanes[2 * i + 1]!), bits);
    return fromLanes(widen[1] === 'extend_low' ? lanes.slice(0, half) : lanes.slice(half), bits);
  }
  if (op === 'popcnt') return fromLanes(toLanes(a, bits).map(popcount), bits);
  if (!isFloat(def.lane)) return fromLanes(read(a, bits, true).map(INT_UNARY[op]!), bits);
  const sign = 1n << BigInt(bits - 1);
  if (op === 'neg') return fromLanes(toLanes(a, bits).map((x) => x ^ sign), bits);
  if (op === 'abs') return fromLanes(toLanes(a, bits).map((x) => x & ~sign), bits);
  return fromLanes(floats(a, bits as FloatBits).map((x) => fromFloat(bits as FloatBits, FLOAT_UNARY[op]!(x))), bits);
}

/** Conversions between integer and float lanes, and between the float widths. Unused lanes of the result are zero. */
const CONVERT: Readonly<Record<string, (a: bigint) => bigint>> = {
  demote_f64x2_zero: (a) => fromLanes(floats(a, 64).map((x) => fromFloat(32, x)), 32),
  promote_low_f32x4: (a) => fromLanes(floats(a, 32).slice(0, 2).map((x) => fromFloat(64, x)), 64),
  trunc_sat_f32x4_s: (a) => fromLanes(floats(a, 32).map((x) => floatToInt(x, 32, true)), 32),
  trunc_sat_f32x4_u: (a) => fromLanes(floats(a, 32).map((x) => floatToInt(x, 32, false)), 32),
  trunc_sat_f64x2_s_zero: (a) => fromLanes(floats(a, 64).map((x) => floatToInt(x, 32, true)), 32),
  trunc_sat_f64x2_u_zero: (a) => fromLanes(floats(a, 64).map((x) => floatToInt(x, 32, false)), 32),
  convert_i32x4_s: (a) => fromLanes(read(a, 32, true).map((x) => intToFloat(32, x)), 32),
  convert_i32x4_u: (a) => fromLanes(read(a, 32, false).map((x) => intToFloat(32, x)), 32),
  convert_low_i32x4_s: (a) => fromLanes(read(a, 32, true).slice(0, 2).map((x) => intToFloat(64, x)), 64),
  convert_low_i32x4_u: (a) => fromLanes(read(a, 32, false).slice(0, 2).map((x) => intToFloat(64, x)), 64),
};

/** Value of a `vbinary`. */
export function evalVbinary(vop: number, a: bigint, b: bigint): bigint {
  const def = VOP_DEFS[vop]!;
  const op = opOf(def);
  if (def.lane === 'v128') return unsigned(128, BITWISE[op]!(a, b));
  const bits = laneBits(def.lane);
  if (op === 'swizzle') {
    const bytes = vectorToBytes(a);
    return vectorFromBytes(vectorToBytes(b).map((i) => bytes[i] ?? 0));
  }
  if (op === 'dot_i16x8_s') {
    const [x, y] = [read(a, 16, true), read(b, 16, true)];
    return fromLanes(Array.from({ length: 4 }, (_, i) => x[2 * i]! * y[2 * i]! + x[2 * i + 1]! * y[2 * i + 1]!), 32);
  }
  const narrow = /^narrow_i\d+x\d+_([su])$/.exec(op);
  if (narrow) return fromLanes([...read(a, 2 * bits, true), ...read(b, 2 * bits, true)].map((x) => saturate(x, bits, narrow[1] === 's')), bits);
  const extmul = /^extmul_(low|high)_i\d+x\d+_([su])$/.exec(op);
  if (extmul) {
    const [x, y] = [read(a, bits / 2, extmul[2] === 's'), read(b, bits / 2, extmul[2] === 's')];
    const first = extmul[1] === 'low' ? 0 : x.length / 2;
    return fromLanes(Array.from({ length: x.length / 2 }, (_, i) => x[first + i]! * y[first + i]!), bits);
  }
  return isFloat(def.lane) ? floatBinary(op, a, b, bits as FloatBits) : intBinary(op, a, b, bits);
}

function intBinary(name: string, a: bigint, b: bigint, bits: number): bigint {
  const { op, saturates, isSigned } = parseName(name);
  const [x, y] = [read(a, bits, isSigned), read(b, bits, isSigned)];
  const compare = COMPARE[op];
  if (compare) return fromLanes(x.map((v, i) => (compare(v, y[i]!) ? -1n : 0n)), bits);
  const f = INT_BINARY[op]!;
  return fromLanes(x.map((v, i) => (saturates ? saturate(f(v, y[i]!), bits, isSigned) : f(v, y[i]!))), bits);
}

function floatBinary(op: string, a: bigint, b: bigint, bits: FloatBits): bigint {
  const [x, y] = [floats(a, bits), floats(b, bits)];
  const compare = COMPARE[op];
  if (compare) return fromLanes(x.map((v, i) => (compare(v, y[i]!) ? -1n : 0n)), bits);
  // The "pseudo" forms select an operand, bits untouched.
  if (op === 'pmin' || op === 'pmax') {
    const [p, q] = [toLanes(a, bits), toLanes(b, bits)];
    return fromLanes(x.map((v, i) => ((op === 'pmin' ? y[i]! < v : v < y[i]!) ? q[i]! : p[i]!)), bits);
  }
  return fromLanes(x.map((v, i) => fromFloat(bits, FLOAT_BINARY[op]!(v, y[i]!))), bits);
}

/** Value of a `vshift`; `count` is taken modulo the lane width. */
export function evalVshift(vop: number, a: bigint, count: bigint): bigint {
  const def = VOP_DEFS[vop]!;
  const bits = laneBits(def.lane);
  const n = count % BigInt(bits);
  const { op, isSigned } = parseName(opOf(def));
  return fromLanes(read(a, bits, isSigned).map((x) => (op === 'shl' ? x << n : x >> n)), bits);
}

/** Value (i32) of a `vtest`. */
export function evalVtest(vop: number, a: bigint): bigint {
  const def = VOP_DEFS[vop]!;
  const op = opOf(def);
  if (op === 'any_true') return a === 0n ? 0n : 1n;
  const lanes = toLanes(a, laneBits(def.lane));
  if (op === 'all_true') return lanes.every((x) => x !== 0n) ? 1n : 0n;
  const top = BigInt(laneBits(def.lane) - 1);
  return lanes.reduceRight((mask, x) => (mask << 1n) | (x >> top), 0n);
}

const opOf = (def: VopDef): string => def.name.slice(def.lane.length + 1);
