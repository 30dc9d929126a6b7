/**
 * The direct way of SSE floating point: Wasm's own operations, and beside each the question whether they give value and flags as the processor
 * would. Where the answer is no, the helper of sse-compute.ts does it all again.
 *
 * Wasm rounds to nearest and raises nothing. That is enough in the fast state of MXCSR (state/sse-op.ts: PE is set already, all is masked) for an
 * operation whose operands are neither denormal, infinite nor NaN and whose result is neither of them, nor tiny, nor overflowed. In the quiet state, as a
 * program begins, PE is not set, and a program that counts in floats never sets it: there a sum or product is good if it is exact besides. What does
 * not round (comparisons, minimum, widening) needs no state at all. DAZ and FTZ are open in all: no denormal takes the direct way.
 *
 * The state is part of the question, not of a block's identity: else every block, of the kernel too, would exist twice as soon as some program
 * computes. What a question compares with lies in the state structure (`sseFast` and its neighbours) and is zero in other states.
 *
 * The questions are asked for all lanes at once; of a scalar operation only the lowest counts, and the others may hold anything.
 */
import { Cond, FCond, MO_128, MO_32, Op, type Temp, Type, type VopName } from '@wasm-tcg/ir';
import { X86_LAYOUT, X86_STATE } from '../state/cpu-state.ts';
import { SseOp, SseRounding } from '../state/sse-op.ts';
import type { Ctx } from './context.ts';
import { Shape, compute, computeTo } from './sse-compute.ts';
import { vbinary, vconst, vextract, vrepeat, vshuffle, vtest, vunary, vzero } from './vector.ts';

/** A value, and what tells whether it is good: lanes of all ones where it is. */
export interface Direct {
  /** A local of its own. */
  readonly value: Temp;
  /** A vector; of `toInteger` an i32, not zero if it is. */
  readonly good: Temp;
  /**
   * Then good lanes are good in the fast state only; in the quiet one they also have to be exact. Emits code that tells: an i32 with the lanes' bits, which
   * are zero where it is not sure.
   */
  readonly exact?: () => Temp;
}

const { stateOffset } = X86_LAYOUT;
const { offset } = X86_STATE;
const SSE_FAST = stateOffset + offset.sseFast;

// ---- formats -----------------------------------------------------------------------------------------------------------------------------

/** What differs between f32 and f64. Values are given by their upper 32 bits (of an f32: all), the others are zero. */
interface Format {
  readonly type: typeof Type.f32 | typeof Type.f64;
  readonly lane: 'f32x4' | 'f64x2';
  readonly bitmask: VopName;
  readonly bytes: 4 | 8;
  /** Least normal number. */
  readonly least: number;
  /** 2^31 and 2^63: integers of 32 and 64 bits are below. */
  readonly limit32: number;
  readonly limit64: number;
  /** The significand's lower half, and one bit more if it is odd: two numbers that have zeros there have an exact product. */
  readonly lower: number;
  /** Offsets from env of what a magnitude must reach and be below in the fast and in the quiet state. */
  readonly surely: number;
  readonly below: number;
}
const SINGLE: Format = {
  type: Type.f32, lane: 'f32x4', bitmask: 'i32x4.bitmask', bytes: 4, least: 0x0080_0000, limit32: 0x4f00_0000, limit64: 0x5f00_0000,
  lower: 0xfff,
  surely: stateOffset + offset.sseLeast32, below: stateOffset + offset.sseBound32,
};
const DOUBLE: Format = {
  type: Type.f64, lane: 'f64x2', bitmask: 'i64x2.bitmask', bytes: 8, least: 0x0010_0000, limit32: 0x41e0_0000, limit64: 0x43e0_0000,
  lower: 0x7ff_ffff,
  surely: stateOffset + offset.sseLeast64, below: stateOffset + offset.sseBound64,
};

const formatOf = ({ double }: { readonly double: boolean }): Format => (double ? DOUBLE : SINGLE);

/** Every lane the float whose upper 32 bits are `high`. */
function floats(c: Ctx, format: Format, high: number): Temp {
  const bytes = new Uint8Array(16);
  const view = new DataView(bytes.buffer);
  for (let at = format.bytes - 4; at < 16; at += format.bytes) view.setUint32(at, high, true);
  return c.tb.constV128(bytes);
}

const unary = (c: Ctx, f: Format, op: 'abs' | 'sqrt' | Rounding, a: Temp): Temp => vunary(c, `${f.lane}.${op}`, a);
const binary = (c: Ctx, f: Format, op: 'add' | 'sub' | 'mul' | 'div' | 'pmin' | 'pmax' | Relation, a: Temp, b: Temp): Temp => vbinary(c, `${f.lane}.${op}`, a, b);
const both = (c: Ctx, a: Temp, b: Temp): Temp => vbinary(c, 'v128.and', a, b);

type Relation = 'eq' | 'ne' | 'lt' | 'le' | 'gt' | 'ge';
type Rounding = 'nearest' | 'floor' | 'ceil' | 'trunc';

// ---- questions --------------------------------------------------------------------------------------------------------------------------------

/** A vector of the state. */
function stateVector(c: Ctx, at: number): Temp {
  const d = c.tb.newLocal(Type.v128);
  c.b.ld(Type.v128, d, c.tb.env, at, MO_128);
  return d;
}

/** All ones in the fast state. */
const fast = (c: Ctx): Temp => stateVector(c, SSE_FAST);
/** The state is fast or quiet, and lanes of `magnitude` are at least what is surely not tiny. */
const isLarge = (c: Ctx, f: Format, magnitude: Temp): Temp => binary(c, f, 'ge', magnitude, stateVector(c, f.surely));
/** The state is fast or quiet, and lanes of `magnitude` are finite. */
const isBounded = (c: Ctx, f: Format, magnitude: Temp): Temp => binary(c, f, 'lt', magnitude, stateVector(c, f.below));

/** −1 in the fast state, else 0: an i32. */
function fastWord(c: Ctx): Temp {
  const d = c.tb.newLocal(Type.i32);
  c.b.ld(Type.i32, d, c.tb.env, SSE_FAST, MO_32);
  return d;
}

/** Branch to `label` in the fast state. */
export function branchIfFast(c: Ctx, label: number): void {
  c.b.brcond(Type.i32, fastWord(c), c.k32(0), Cond.ne, label);
}

/** Normal, or zero, or infinite: neither denormal nor NaN. */
function tame(c: Ctx, f: Format, a: Temp): Temp {
  return vbinary(c, 'v128.or', binary(c, f, 'ge', unary(c, f, 'abs', a), floats(c, f, f.least)), binary(c, f, 'eq', a, vzero(c)));
}

/**
 * The state is fast or quiet, `result` is finite and surely not tiny, and so are all operands. A NaN among the operands shows in the result, an infinity there
 * or as a zero.
 */
function ordinary(c: Ctx, f: Format, result: Temp, ...operands: readonly Temp[]): Temp {
  const magnitude = unary(c, f, 'abs', result);
  const least = operands.reduce((m, a) => binary(c, f, 'pmin', m, unary(c, f, 'abs', a)), magnitude);
  return both(c, isLarge(c, f, least), isBounded(c, f, magnitude));
}

/** Branch to `label` if all lanes that count have their bits, or if not all have. */
function branchIfLanes(c: Ctx, { double, lanes }: Pick<Shape, 'double' | 'lanes'>, bits: Temp, all: boolean, label: number): void {
  if (lanes === 1) {
    c.b.brcond(Type.i32, bits, c.k32(1), all ? Cond.tstne : Cond.tsteq, label);
  } else {
    const wanted = (1 << lanes) - 1;
    const counting = double || lanes === 4 ? bits : c.binary(Op.and, Type.i32, bits, c.k32(wanted));
    c.b.brcond(Type.i32, counting, c.k32(wanted), all ? Cond.eq : Cond.ne, label);
  }
}

/** Branch to `label` if the lanes that count are good. */
export function branchIfGood(c: Ctx, shape: Pick<Shape, 'double' | 'lanes'>, good: Temp, label: number): void {
  branchIfLanes(c, shape, vtest(c, formatOf(shape).bitmask, good), true, label);
}

/** Branch to `label` if they are good in the fast state, or good and exact. */
function branchIfGoodOrExact(c: Ctx, shape: Pick<Shape, 'double' | 'lanes'>, good: Temp, exact: () => Temp, label: number): void {
  const otherwise = c.tb.newLabel();
  const bits = vtest(c, formatOf(shape).bitmask, good);
  branchIfLanes(c, shape, c.binary(Op.and, Type.i32, bits, fastWord(c)), true, label);
  branchIfLanes(c, shape, bits, false, otherwise);
  branchIfLanes(c, shape, exact(), true, label);
  c.label(otherwise);
}

/** The direct value where it is good, else the request's. `a` −1: the request needs none. */
export function guarded(c: Ctx, shape: Pick<Shape, 'double' | 'lanes'>, way: Direct | undefined, what: number, a: Temp, b: Temp): Temp {
  if (way === undefined) return compute(c, what, a, b);
  const done = c.tb.newLabel();
  if (way.exact === undefined) branchIfGood(c, shape, way.good, done);
  else branchIfGoodOrExact(c, shape, way.good, way.exact, done);
  computeTo(c, way.value, what, a, b);
  c.label(done);
  return way.value;
}

// ---- lanes --------------------------------------------------------------------------------------------------------------------------------------

/** The lowest lane as a float. */
export function lowest(c: Ctx, { double }: Pick<Shape, 'double'>, a: Temp): Temp {
  const f = formatOf({ double });
  const d = c.tb.newLocal(f.type);
  c.b.vget0(f.type, d, a);
  return d;
}

/** `a` with its lowest lane replaced by a float. */
function withLowest(c: Ctx, { double }: Pick<Shape, 'double'>, a: Temp, value: Temp): Temp {
  const d = c.tb.newLocal(Type.v128);
  c.b.vset0(formatOf({ double }).type, d, a, value);
  return d;
}

/** A packed result as the instruction leaves it: of a scalar one only the lowest lane is taken, the others are those of `a`. */
const merged = (c: Ctx, shape: Shape, a: Temp, result: Temp): Temp => (shape.scalar ? withLowest(c, shape, a, lowest(c, shape, result)) : result);

// ---- arithmetic ---------------------------------------------------------------------------------------------------------------------------------

const FLOAT_OP = { add: Op.fadd, sub: Op.fsub, mul: Op.fmul, div: Op.fdiv } as const;
type FourOps = keyof typeof FLOAT_OP;

/** Scalars are computed as scalars: whatever denormals lie in the upper lanes would be slow. */
const arithmetic = (op: FourOps): Maker => (c, shape, a, b) => {
  const f = formatOf(shape);
  const [x, y] = shape.scalar ? [lowest(c, shape, a), lowest(c, shape, b)] : [a, b];
  const compute = (name: FourOps, p: Temp, q: Temp): Temp => (shape.scalar ? c.binary(FLOAT_OP[name], f.type, p, q) : binary(c, f, name, p, q));
  const result = compute(op, x, y);
  const value = shape.scalar ? withLowest(c, shape, a, result) : result;
  const good = ordinary(c, f, value, a, b);
  switch (op) {
    case 'add': case 'sub': return { value, good, exact: () => isExactSum(c, shape, compute, op, result, x, y) };
    case 'mul': return { value, good, exact: () => isExactProduct(c, shape, a, b) };
    case 'div': return { value, good: both(c, good, fast(c)) };
  }
};

/** Knuth's error of a sum (TAOCP vol. 2, 4.2.2, theorem B) or difference is zero. Where an intermediate overflows it is NaN. */
function isExactSum(c: Ctx, shape: Shape, compute: (op: FourOps, a: Temp, b: Temp) => Temp, op: 'add' | 'sub', result: Temp, a: Temp, b: Temp): Temp {
  const f = formatOf(shape);
  const ofB = compute('sub', result, a);
  const restA = compute('sub', a, compute('sub', result, ofB));
  // The errors of both operands cancel out.
  const restB = op === 'add' ? compute('sub', ofB, b) : compute('add', ofB, b);
  return shape.scalar ? setcond(c, f, FCond.eq, restA, restB) : vtest(c, f.bitmask, binary(c, f, 'eq', restA, restB));
}

/** Both factors have zeros in the lower halves of their significands. Other exact products are left to the helper. */
function isExactProduct(c: Ctx, shape: Shape, a: Temp, b: Temp): Temp {
  const f = formatOf(shape);
  if (!shape.scalar) {
    const lower = new Uint8Array(16);
    const view = new DataView(lower.buffer);
    for (let at = 0; at < 16; at += f.bytes) view.setUint32(at, f.lower, true);
    const rest = both(c, vbinary(c, 'v128.or', a, b), c.tb.constV128(lower));
    return vtest(c, f.bitmask, vbinary(c, shape.double ? 'i64x2.eq' : 'i32x4.eq', rest, vzero(c)));
  }
  const log2 = shape.double ? 3 : 2;
  const bits = c.binary(Op.or, Type.i64, vextract(c, a, log2, 0), vextract(c, b, log2, 0));
  const d = c.tb.newLocal(Type.i32);
  c.b.setcond(Type.i64, d, bits, c.tb.constI64(f.lower), Cond.tsteq);
  return d;
}

const squareRoot: Maker = (c, shape, a, b) => {
  const f = formatOf(shape);
  const value = shape.scalar ? withLowest(c, shape, a, c.unary(Op.fsqrt, f.type, lowest(c, shape, b))) : unary(c, f, 'sqrt', b);
  return { value, good: both(c, both(c, isLarge(c, f, b), isBounded(c, f, b)), fast(c)) };
};

/** The pseudo-minimum of Wasm with its operands exchanged is the processor's, zeros and NaNs included. */
const extreme = (op: 'pmin' | 'pmax'): Maker => (c, shape, a, b) => {
  const f = formatOf(shape);
  return { value: merged(c, shape, a, binary(c, f, op, b, a)), good: both(c, tame(c, f, a), tame(c, f, b)) };
};

/** Even lanes of b change their signs, then all are added. */
const addsub: Maker = (c, shape, a, b) => {
  const f = formatOf(shape);
  const signs = vconst(c, Array.from({ length: 16 }, (_, i) => (i % (2 * f.bytes) === f.bytes - 1 ? 0x80 : 0)));
  const value = binary(c, f, 'add', a, vbinary(c, 'v128.xor', b, signs));
  return { value, good: both(c, ordinary(c, f, value, a, b), fast(c)) };
};

const horizontal = (op: 'add' | 'sub'): Maker => (c, shape, a, b) => {
  const f = formatOf(shape);
  const everyOther = (first: 0 | 1): Temp =>
    vshuffle(c, a, b, Array.from({ length: 16 }, (_, i) => (2 * Math.floor(i / f.bytes) + first) * f.bytes + (i % f.bytes)));
  const [even, odd] = [everyOther(0), everyOther(1)];
  const value = binary(c, f, op, even, odd);
  return { value, good: both(c, ordinary(c, f, value, even, odd), fast(c)) };
};

/** A local with the value of a constant. */
function local(c: Ctx, constant: Temp): Temp {
  const d = c.tb.newLocal(Type.v128);
  c.b.mov(Type.v128, d, constant);
  return d;
}

/** Relations by predicate, of operands that are ordered. 3 never holds, 7 always. */
const RELATIONS: readonly (Relation | boolean)[] = ['eq', 'lt', 'le', false, 'ne', 'ge', 'gt', true];

const comparison: Maker = (c, shape, a, b, imm) => {
  const f = formatOf(shape);
  const relation = RELATIONS[imm & 7]!;
  const mask = typeof relation === 'string' ? binary(c, f, relation, a, b) : local(c, relation ? vrepeat(c, 0xff, 1) : vzero(c));
  return { value: merged(c, shape, a, mask), good: both(c, tame(c, f, a), tame(c, f, b)) };
};

const ROUNDINGS: readonly Rounding[] = ['nearest', 'floor', 'ceil', 'trunc'];

/** With inexactness hidden and a mode of its own it needs no state. */
const integral: Maker = (c, shape, a, b, imm) => {
  const f = formatOf(shape);
  const rounded = unary(c, f, imm & 4 ? 'nearest' : ROUNDINGS[imm & 3]!, b);
  const good = tame(c, f, b);
  return { value: merged(c, shape, a, rounded), good: (imm & 12) === 8 ? good : both(c, good, fast(c)) };
};

/** Makes the direct form of an operation on a and b. */
type Maker = (c: Ctx, shape: Shape, a: Temp, b: Temp, imm: number) => Direct;

const MAKERS: { readonly [K in SseOp]?: Maker } = {
  [SseOp.add]: arithmetic('add'),
  [SseOp.sub]: arithmetic('sub'),
  [SseOp.mul]: arithmetic('mul'),
  [SseOp.div]: arithmetic('div'),
  [SseOp.sqrt]: squareRoot,
  [SseOp.min]: extreme('pmin'),
  [SseOp.max]: extreme('pmax'),
  [SseOp.addsub]: addsub,
  [SseOp.hadd]: horizontal('add'),
  [SseOp.hsub]: horizontal('sub'),
  [SseOp.cmp]: comparison,
  [SseOp.round]: integral,
};

/** Direct form of an arithmetic operation, undefined when there is none. */
export function direct(c: Ctx, op: SseOp, shape: Shape, a: Temp, b: Temp, imm: number): Direct | undefined {
  return MAKERS[op]?.(c, shape, a, b, imm);
}

// ---- conversions ----------------------------------------------------------------------------------------------------------------------------------

function promote(c: Ctx, value: Temp): Temp {
  const d = c.tb.newLocal(Type.f64);
  c.b.fpromote(d, value);
  return d;
}

function demote(c: Ctx, value: Temp): Temp {
  const d = c.tb.newLocal(Type.f32);
  c.b.fdemote(d, value);
  return d;
}

/** f32 to f64: exact. */
export function widened(c: Ctx, scalar: boolean, a: Temp, b: Temp): Direct {
  const value = scalar ? withLowest(c, Shape.sd, a, promote(c, lowest(c, Shape.ss, b))) : vunary(c, 'f64x2.promote_low_f32x4', b);
  return { value, good: tame(c, SINGLE, b) };
}

/** f64 to f32. The lanes of the question that count are those of the result. */
export function narrowed(c: Ctx, scalar: boolean, a: Temp, b: Temp): Direct {
  if (!scalar) {
    const value = vunary(c, 'f32x4.demote_f64x2_zero', b);
    return { value, good: both(c, ordinary(c, SINGLE, value), fast(c)) };
  }
  const value = withLowest(c, Shape.ss, a, demote(c, lowest(c, Shape.sd, b)));
  return { value, good: vbinary(c, 'v128.or', both(c, ordinary(c, SINGLE, value), fast(c)), binary(c, DOUBLE, 'eq', b, vzero(c))) };
}

/** Signed 32-bit integers to f32, the lowest two or all four lanes. */
export function singlesFromIntegers(c: Ctx, lanes: 2 | 4, a: Temp, b: Temp): Direct {
  const all = vunary(c, 'f32x4.convert_i32x4_s', b);
  return { value: lanes === 4 ? all : vshuffle(c, all, a, [0, 1, 2, 3, 4, 5, 6, 7, 24, 25, 26, 27, 28, 29, 30, 31]), good: fast(c) };
}

/** A signed 64-bit integer to the lowest lane. */
export function fromInteger(c: Ctx, shape: Shape, a: Temp, value: Temp): Temp {
  return withLowest(c, shape, a, c.unary(Op.fcvt_s, formatOf(shape).type, value));
}

/** Lanes to signed 32-bit integers; of f64 the upper half of the result is zero. */
export function lanesToIntegers(c: Ctx, shape: Pick<Shape, 'double'>, mode: SseRounding, b: Temp): Direct {
  const f = formatOf(shape);
  const rounded = mode === SseRounding.truncate ? b : unary(c, f, 'nearest', b);
  const value = vunary(c, shape.double ? 'i32x4.trunc_sat_f64x2_s_zero' : 'i32x4.trunc_sat_f32x4_s', rounded);
  const inRange = binary(c, f, 'lt', unary(c, f, 'abs', rounded), floats(c, f, f.limit32));
  return { value, good: both(c, inRange, fast(c)) };
}

/**
 * A float to a signed integer (i64 local, of which the low `wide ? 64 : 32` bits count); `good` is an i32 that is not zero when it is.
 */
export function toInteger(c: Ctx, shape: Shape, mode: SseRounding, wide: boolean, value: Temp): Direct {
  const f = formatOf(shape);
  const rounded = mode === SseRounding.truncate ? value : c.unary(Op.fnearest, f.type, value);
  const result = c.tb.newLocal(Type.i64);
  c.b.ftoi_s(f.type, result, rounded);
  const limit = wide ? f.limit64 : f.limit32;
  const inRange = setcond(c, f, FCond.lt, c.unary(Op.fabs, f.type, rounded), c.tb.constant(f.type, f.bytes === 4 ? limit : 0, f.bytes === 4 ? 0 : limit));
  return { value: result, good: c.binary(Op.and, Type.i32, inRange, fastWord(c)) };
}

function setcond(c: Ctx, f: Format, cond: FCond, a: Temp, b: Temp): Temp {
  const d = c.tb.newLocal(Type.i32);
  c.b.fsetcond(f.type, d, a, b, cond);
  return d;
}

// ---- comparisons that set EFLAGS --------------------------------------------------------------------------------------------------------------------

/** ZF and CF of the lowest lanes in their EFLAGS positions, as a local of type i32. */
export function comparisonFlags(c: Ctx, shape: Shape, a: Temp, b: Temp): Direct {
  const f = formatOf(shape);
  const [x, y] = [lowest(c, shape, a), lowest(c, shape, b)];
  const zf = c.binary(Op.shl, Type.i32, setcond(c, f, FCond.eq, x, y), c.k32(6));
  return { value: c.binary(Op.or, Type.i32, setcond(c, f, FCond.lt, x, y), zf), good: both(c, tame(c, f, a), tame(c, f, b)) };
}
