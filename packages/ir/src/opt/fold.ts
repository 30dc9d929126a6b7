/**
 * Constant folding: an op without effects whose inputs are all constants becomes a move of its value; branches on constants
 * become plain ones or go.
 *
 * The value is what the evaluator says. Frequent integer ops have a shortcut on 32-bit halves, which the tests compare with it.
 * (64-bit code that a guest writes anew all the time spent a quarter of its time in the evaluator's BigInts.)
 */
import { Cond } from '../cond.ts';
import { evalCond, evalOp, isPure } from '../eval/eval-op.ts';
import { TYPE_BITS } from '../eval/bits.ts';
import { Op, OP_DEFS, OP_NAMES, type OpName } from '../ops.ts';
import type { Temp } from '../tb-ir.ts';
import { constantBits, constantOf } from '../text/constant.ts';
import { Type } from '../types.ts';
import { FOLD_WIDE, FOLD_WIDE_1, holdsWide, type FoldWide, type FoldWide1 } from './fold-wide.ts';
import type { Walk } from './walk.ts';

type Fold1 = (a: number, x: number, y: number) => number;
type Fold2 = (a: number, b: number) => number;

/** With the attributes of the op. */
const FOLD_I32_1: Partial<Record<OpName, Fold1>> = {
  neg: (a) => -a | 0,
  not: (a) => ~a,
  extract: (a, at, length) => (length === 32 ? a : (a >>> at) & ((1 << length) - 1)),
  sextract: (a, at, length) => (a << (32 - at - length)) >> (32 - length),
};
const FOLD_I32: Partial<Record<OpName, Fold2>> = {
  add: (a, b) => (a + b) | 0,
  sub: (a, b) => (a - b) | 0,
  mul: (a, b) => Math.imul(a, b),
  and: (a, b) => a & b,
  or: (a, b) => a | b,
  xor: (a, b) => a ^ b,
  andc: (a, b) => a & ~b,
  shl: (a, b) => a << (b & 31),
  shr: (a, b) => (a >>> (b & 31)) | 0,
  sar: (a, b) => a >> (b & 31),
  rotl: (a, b) => (a << (b & 31)) | (a >>> (-b & 31)),
  rotr: (a, b) => (a >>> (b & 31)) | (a << (-b & 31)),
};
const I32_BY_CODE: readonly (Fold2 | undefined)[] = OP_NAMES.map((name) => FOLD_I32[name]);
const I32_1_BY_CODE: readonly (Fold1 | undefined)[] = OP_NAMES.map((name) => FOLD_I32_1[name]);
const WIDE_BY_CODE: readonly (FoldWide | undefined)[] = OP_NAMES.map((name) => FOLD_WIDE[name]);
const WIDE_1_BY_CODE: readonly (FoldWide1 | undefined)[] = OP_NAMES.map((name) => FOLD_WIDE_1[name]);
const PURE = Uint8Array.from(OP_NAMES, (_, op) => (isPure(op) && op !== Op.mov ? 1 : 0));
const FIRST_IN = Uint8Array.from(OP_DEFS, (def) => def.out.length);
const INS = Uint8Array.from(OP_DEFS, (def) => def.in.length);

/** Does `a cond b` hold for two integer constants of a type? */
export function foldCond(w: Walk, cond: number, type: Type, a: Temp, b: Temp): boolean {
  const { constLo, constHi } = w.tb;
  if (type === Type.i64) return holdsWide(cond as Cond, constLo[a]!, constHi[a]!, constLo[b]!, constHi[b]!);
  if (type === Type.i32) {
    const [x, y] = [constLo[a]!, constLo[b]!];
    switch (cond as Cond) {
      case Cond.eq: return x === y;
      case Cond.ne: return x !== y;
      case Cond.lt: return x < y;
      case Cond.ge: return x >= y;
      case Cond.le: return x <= y;
      case Cond.gt: return x > y;
      case Cond.ltu: return x >>> 0 < y >>> 0;
      case Cond.geu: return x >>> 0 >= y >>> 0;
      case Cond.leu: return x >>> 0 <= y >>> 0;
      case Cond.gtu: return x >>> 0 > y >>> 0;
      case Cond.tsteq: return (x & y) === 0;
      case Cond.tstne: return (x & y) !== 0;
    }
  }
  return evalCond(cond, TYPE_BITS[type], constantBits(w.tb, a), constantBits(w.tb, b));
}

/** Fold the op at hand if all its inputs are constants; true when it has become a move (or two). */
export function foldConstants(w: Walk): boolean {
  const { op } = w;
  if (!PURE[op]) return false;
  const first = FIRST_IN[op]!;
  const ins = INS[op]!;
  for (let i = 0; i < ins; i++) if (!w.isConst(w.x(first + i))) return false;
  if (op === Op.setcond || op === Op.negsetcond) {
    const holds = foldCond(w, w.x(3), w.type, w.x(1), w.x(2)) ? 1 : 0;
    w.toConst(op === Op.setcond ? holds : -holds, op === Op.setcond ? 0 : -holds);
    return true;
  }
  return foldIntegers(w, first, ins) || foldExactly(w, first, ins);
}

/** Ops of one output for which there is a shortcut. */
function foldIntegers(w: Walk, first: number, ins: number): boolean {
  if (first !== 1) return false;
  const { op, type, halves } = w;
  const { constLo, constHi } = w.tb;
  const a = w.x(1);
  switch (op) {
    case Op.extu: w.toConst(constLo[a]!, 0); return true;
    case Op.exts: w.toConst(constLo[a]!, constLo[a]! >> 31); return true;
    case Op.trunc: w.toConst(constLo[a]!, 0); return true;
    case Op.trunch: w.toConst(constHi[a]!, 0); return true;
    case Op.concat: w.toConst(constLo[a]!, constLo[w.x(2)]!); return true;
  }
  if (type === Type.i32) {
    const fold1 = ins === 1 ? I32_1_BY_CODE[op] : undefined;
    const fold2 = ins === 2 ? I32_BY_CODE[op] : undefined;
    if (fold1) w.toConst(fold1(constLo[a]!, w.x(2), w.x(3)), 0);
    else if (fold2) w.toConst(fold2(constLo[a]!, constLo[w.x(2)]!), 0);
    return fold1 !== undefined || fold2 !== undefined;
  }
  if (type !== Type.i64) return false;
  const fold1 = ins === 1 ? WIDE_1_BY_CODE[op] : undefined;
  const fold2 = ins === 2 ? WIDE_BY_CODE[op] : undefined;
  if (fold1) fold1(halves, constLo[a]!, constHi[a]!, w.x(2), w.x(3));
  else if (fold2) fold2(halves, constLo[a]!, constHi[a]!, constLo[w.x(2)]!, constHi[w.x(2)]!);
  else return false;
  w.toConst(halves.lo, halves.hi);
  return true;
}

/** Ask the evaluator. Rare enough that its BigInts do not matter. */
function foldExactly(w: Walk, first: number, ins: number): boolean {
  const { tb, op, type } = w;
  const def = OP_DEFS[op]!;
  if (first === 2 && w.room < 6) return false;
  const inputs: bigint[] = [];
  for (let i = 0; i < ins; i++) inputs.push(constantBits(tb, w.x(first + i)));
  const attrs = def.attrs.map((_, i) => w.x(first + ins + i));
  const values = evalOp(op, type, inputs, attrs);
  const outs = Array.from({ length: first }, (_, i) => w.x(i));
  const moves = outs.map((d, i) => constantOf(tb, tb.tempType[d] as Type, values[i]!));
  w.fit();
  w.toMov(moves[0]!);
  if (first === 2) w.extraMove(outs[1]!, moves[1]!);
  return true;
}
