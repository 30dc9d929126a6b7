/**
 * Meaning of every op without effects, one function per row, straight from the op docs: the truth that all tiers and the
 * constant folder are compared with. Values are bits (`bits.ts`).
 */
import { Cond, FCond } from '../cond.ts';
import { OP_NAMES, OPS, type OpName } from '../ops.ts';
import { Type } from '../types.ts';
import {
  floatBitsOf, floatToInt, fromFloat, fromLanes, intToFloat, nearest, signed, toFloat, toLanes, TYPE_BITS, unsigned, vectorFromBytes,
  vectorToBytes,
} from './bits.ts';
import { evalVbinary, evalVshift, evalVtest, evalVunary } from './vops-eval.ts';

/** Ops that compute outputs from inputs and do nothing else. */
export type PureOpName = { [K in OpName]: (typeof OPS)[K]['effects'] extends readonly [] ? K : never }[OpName];

/** Inputs, then attributes as `x`, width of T in bits as `w`; the result may be wider than the output, it is cut. */
type Eval = (v: readonly bigint[], x: readonly number[], w: number, type: Type) => bigint | readonly bigint[];

const mask = (len: number): bigint => (1n << BigInt(len)) - 1n;
const shift = (w: number, b: bigint): bigint => b & BigInt(w - 1);

/** Does `a cond b` hold for integers of `w` bits? */
export function evalCond(cond: number, w: number, a: bigint, b: bigint): boolean {
  const [sa, sb] = [signed(w, a), signed(w, b)];
  switch (cond as Cond) {
    case Cond.eq: return a === b;
    case Cond.ne: return a !== b;
    case Cond.lt: return sa < sb;
    case Cond.ge: return sa >= sb;
    case Cond.le: return sa <= sb;
    case Cond.gt: return sa > sb;
    case Cond.ltu: return a < b;
    case Cond.geu: return a >= b;
    case Cond.leu: return a <= b;
    case Cond.gtu: return a > b;
    case Cond.tsteq: return (a & b) === 0n;
    case Cond.tstne: return (a & b) !== 0n;
  }
}

/** Does `a fcond b` hold? */
export function evalFCond(fcond: number, a: number, b: number): boolean {
  switch (fcond as FCond) {
    case FCond.eq: return a === b;
    case FCond.ne: return a !== b;
    case FCond.lt: return a < b;
    case FCond.le: return a <= b;
    case FCond.gt: return a > b;
    case FCond.ge: return a >= b;
    case FCond.ord: return a === a && b === b;
    case FCond.uno: return a !== a || b !== b;
  }
}

const two = (w: number, wide: bigint): readonly bigint[] => [wide, wide >> BigInt(w)];
const join = (w: number, lo: bigint, hi: bigint): bigint => (hi << BigInt(w)) | lo;

function divide2(w: number, a: bigint, b: bigint, min: bigint, max: bigint): readonly bigint[] {
  if (b === 0n) return [0n, 0n];
  const q = a / b;
  return q < min || q > max ? [0n, 0n] : [q, a % b];
}

const float1 = (f: (a: number) => number): Eval => (v, _x, _w, type) => {
  const bits = floatBitsOf(type);
  return fromFloat(bits, f(toFloat(bits, v[0]!)));
};
const float2 = (f: (a: number, b: number) => number): Eval => (v, _x, _w, type) => {
  const bits = floatBitsOf(type);
  return fromFloat(bits, f(toFloat(bits, v[0]!), toFloat(bits, v[1]!)));
};

const EVAL: { readonly [K in PureOpName]: Eval } = {
  mov: (v) => v[0]!,

  add: (v) => v[0]! + v[1]!,
  sub: (v) => v[0]! - v[1]!,
  mul: (v) => v[0]! * v[1]!,
  neg: (v) => -v[0]!,
  divs: (v, _, w) => (v[1] === 0n ? -1n : signed(w, v[0]!) / signed(w, v[1]!)),
  divu: (v) => (v[1] === 0n ? -1n : v[0]! / v[1]!),
  rems: (v, _, w) => (v[1] === 0n ? v[0]! : signed(w, v[0]!) % signed(w, v[1]!)),
  remu: (v) => (v[1] === 0n ? v[0]! : v[0]! % v[1]!),
  add2: (v, _, w) => two(w, join(w, v[0]!, v[1]!) + join(w, v[2]!, v[3]!)),
  sub2: (v, _, w) => two(w, join(w, v[0]!, v[1]!) - join(w, v[2]!, v[3]!)),
  mulu2: (v, _, w) => two(w, v[0]! * v[1]!),
  muls2: (v, _, w) => two(w, signed(w, v[0]!) * signed(w, v[1]!)),
  divu2: (v, _, w) => divide2(w, join(w, v[0]!, v[1]!), v[2]!, 0n, mask(w)),
  divs2: (v, _, w) => divide2(w, signed(2 * w, join(w, v[0]!, v[1]!)), signed(w, v[2]!), -(1n << BigInt(w - 1)), mask(w - 1)),

  and: (v) => v[0]! & v[1]!,
  or: (v) => v[0]! | v[1]!,
  xor: (v) => v[0]! ^ v[1]!,
  not: (v) => ~v[0]!,
  andc: (v) => v[0]! & ~v[1]!,
  orc: (v) => v[0]! | ~v[1]!,
  eqv: (v) => ~(v[0]! ^ v[1]!),
  shl: (v, _, w) => v[0]! << shift(w, v[1]!),
  shr: (v, _, w) => v[0]! >> shift(w, v[1]!),
  sar: (v, _, w) => signed(w, v[0]!) >> shift(w, v[1]!),
  rotl: (v, _, w) => join(w, v[0]!, v[0]!) >> (BigInt(w) - shift(w, v[1]!)),
  rotr: (v, _, w) => join(w, v[0]!, v[0]!) >> shift(w, v[1]!),
  clz: (v, _, w) => BigInt(w - (v[0] === 0n ? 0 : v[0]!.toString(2).length)),
  ctz: (v, _, w) => BigInt(v[0] === 0n ? w : /0*$/.exec(v[0]!.toString(2))![0].length),
  ctpop: (v) => BigInt(v[0]!.toString(2).replaceAll('0', '').length),
  bswap: (v, x) => {
    let d = 0n;
    for (let i = 0; i < x[0]!; i += 8) d = (d << 8n) | ((v[0]! >> BigInt(i)) & 0xffn);
    return d;
  },
  extract: (v, x) => (v[0]! >> BigInt(x[0]!)) & mask(x[1]!),
  sextract: (v, x) => signed(x[1]!, v[0]! >> BigInt(x[0]!)),
  deposit: (v, x) => (v[0]! & ~(mask(x[1]!) << BigInt(x[0]!))) | ((v[1]! & mask(x[1]!)) << BigInt(x[0]!)),
  extract2: (v, x, w) => join(w, v[0]!, v[1]!) >> BigInt(x[0]!),

  extu: (v) => v[0]!,
  exts: (v) => signed(32, v[0]!),
  trunc: (v) => v[0]!,
  trunch: (v) => v[0]! >> 32n,
  concat: (v) => join(32, v[0]!, v[1]!),

  setcond: (v, x, w) => (evalCond(x[0]!, w, v[0]!, v[1]!) ? 1n : 0n),
  negsetcond: (v, x, w) => (evalCond(x[0]!, w, v[0]!, v[1]!) ? -1n : 0n),
  movcond: (v, x, w) => (evalCond(x[0]!, w, v[0]!, v[1]!) ? v[2]! : v[3]!),

  fadd: float2((a, b) => a + b),
  fsub: float2((a, b) => a - b),
  fmul: float2((a, b) => a * b),
  fdiv: float2((a, b) => a / b),
  fsqrt: float1(Math.sqrt),
  fneg: (v, _, w) => v[0]! ^ (1n << BigInt(w - 1)),
  fabs: (v, _, w) => v[0]! & mask(w - 1),
  ffloor: float1(Math.floor),
  fceil: float1(Math.ceil),
  ftrunc: float1(Math.trunc),
  fnearest: float1(nearest),
  fsetcond: (v, x, _w, type) => {
    const bits = floatBitsOf(type);
    return evalFCond(x[0]!, toFloat(bits, v[0]!), toFloat(bits, v[1]!)) ? 1n : 0n;
  },
  fpromote: (v) => fromFloat(64, toFloat(32, v[0]!)),
  fdemote: (v) => fromFloat(32, toFloat(64, v[0]!)),
  fcvt_s: (v, _x, _w, type) => intToFloat(floatBitsOf(type), signed(64, v[0]!)),
  fcvt_u: (v, _x, _w, type) => intToFloat(floatBitsOf(type), v[0]!),
  ftoi_s: (v, _x, _w, type) => floatToInt(toFloat(floatBitsOf(type), v[0]!), 64, true),
  ftoi_u: (v, _x, _w, type) => floatToInt(toFloat(floatBitsOf(type), v[0]!), 64, false),
  fbits: (v) => v[0]!,
  ibits: (v) => v[0]!,

  vunary: (v, x) => evalVunary(x[0]!, v[0]!),
  vbinary: (v, x) => evalVbinary(x[0]!, v[0]!, v[1]!),
  vshift: (v, x) => evalVshift(x[0]!, v[0]!, v[1]!),
  vselect: (v) => (v[0]! & v[2]!) | (v[1]! & ~v[2]!),
  vtest: (v, x) => evalVtest(x[0]!, v[0]!),
  vsplat: (v, x) => fromLanes(Array.from({ length: 16 >> x[0]! }, () => v[0]!), 8 << x[0]!),
  vextract: (v, x) => toLanes(v[0]!, 8 << x[0]!)[x[1]!]!,
  vinsert: (v, x) => fromLanes(toLanes(v[0]!, 8 << x[0]!).map((lane, i) => (i === x[1] ? v[1]! : lane)), 8 << x[0]!),
  vget0: (v, _x, w) => v[0]! & mask(w),
  vset0: (v, _x, w) => (v[0]! & ~mask(w)) | v[1]!,
  vshuffle: (v) => {
    const bytes = [...vectorToBytes(v[0]!), ...vectorToBytes(v[1]!)];
    return vectorFromBytes([...vectorToBytes(v[2]!)].map((i) => bytes[i]!));
  },
};

/** Evaluators in code order; undefined for ops with effects. */
const BY_CODE: readonly (Eval | undefined)[] = OP_NAMES.map((name) => (EVAL as Partial<Record<OpName, Eval>>)[name]);
const OUT_TYPES = OP_NAMES.map((name) => OPS[name].out);

/** Has the op no effect besides its outputs, so that {@link evalOp} knows it? */
export function isPure(op: number): boolean {
  return BY_CODE[op] !== undefined;
}

/**
 * Outputs of an op without effects.
 * @param op op code; must be pure
 * @param inputs bits of each input, zero-extended
 * @param attrs attributes in table order
 * @returns bits of each output, zero-extended. A NaN that was computed is canonical
 */
export function evalOp(op: number, type: Type, inputs: readonly bigint[], attrs: readonly number[]): readonly bigint[] {
  const result = BY_CODE[op]!(inputs, attrs, TYPE_BITS[type], type);
  const values = typeof result === 'bigint' ? [result] : result;
  return values.map((value, i) => {
    const out = OUT_TYPES[op]![i]!;
    return unsigned(TYPE_BITS[out === 'T' ? type : Type[out as 'i32']], value);
  });
}
