/**
 * Algebra: rules that replace an op by a cheaper one, looking at its inputs and at the ops that defined them. One rule
 * per op, in a table; a rule either rewrites the op at hand or leaves it.
 *
 * Canonical forms that later rules rely on: a constant stands on the right of a commutative op or a comparison; a subtraction of a
 * constant is an addition; and-not, or-not and equivalence with a constant are and, or, xor.
 */
import { Cond, swapCond, type Cond as CondCode } from '../cond.ts';
import { Op, OP_NAMES, type OpName } from '../ops.ts';
import type { Temp } from '../tb-ir.ts';
import { Type } from '../types.ts';
import { foldCond } from './fold.ts';
import { vbinary } from './vector-identities.ts';
import type { Walk } from './walk.ts';

type Rule = (w: Walk) => void;

/** log2 of the integer constant `t` if it is a power of two, else −1. */
function log2Const(w: Walk, t: Temp): number {
  if (!w.isConst(t)) return -1;
  const lo = w.tb.constLo[t]!;
  const hi = w.tb.tempType[t] === Type.i64 ? w.tb.constHi[t]! : 0;
  if (hi === 0 && lo !== 0 && (lo & (lo - 1)) === 0) return 31 - Math.clz32(lo);
  if (lo === 0 && hi !== 0 && (hi & (hi - 1)) === 0) return 63 - Math.clz32(hi);
  return -1;
}

/** n when the constant `t` is 2^n − 1 (1 ≤ n < width), else 0. */
function lowMask(w: Walk, t: Temp): number {
  const lo = w.tb.constLo[t]!;
  const hi = w.tb.tempType[t] === Type.i64 ? w.tb.constHi[t]! : 0;
  if (hi === 0) return lo !== 0 && ((lo + 1) & lo) === 0 && (lo !== -1 || w.tb.tempType[t] === Type.i64) ? 32 - Math.clz32(lo) : 0;
  return lo === -1 && hi !== -1 && ((hi + 1) & hi) === 0 ? 64 - Math.clz32(hi) : 0;
}

/** Put a constant first input of a commutative op second. */
function swapConst(w: Walk): void {
  const a = w.x(1);
  if (!w.isConst(a) || w.isConst(w.x(2))) return;
  w.set(1, w.x(2));
  w.set(2, a);
}

/**
 * If input 0 is `(x op c1)` and input 1 the constant c2, make the op `x op (c1 op c2)` with the bits that `join` gives; a move
 * of input 0 if that is what it was already.
 */
function chain(w: Walk, op: number, join: (w: Walk, c1: Temp, c2: Temp) => Temp): void {
  const def = w.definition(w.x(1), op);
  if (def < 0) return;
  const { code } = w;
  const c1 = code[def + 3]!;
  if (!w.isConst(c1)) return;
  const joined = join(w, c1, w.x(2));
  if (joined === c1) {
    w.toMov(w.x(1));
    return;
  }
  w.set(1, code[def + 2]!);
  w.set(2, joined);
}

function addConsts(w: Walk, c1: Temp, c2: Temp): Temp {
  const { constLo, constHi } = w.tb;
  const lo = (constLo[c1]! >>> 0) + (constLo[c2]! >>> 0);
  return w.constant(w.type, lo | 0, (constHi[c1]! + constHi[c2]! + (lo > 0xffffffff ? 1 : 0)) | 0);
}
const andConsts = (w: Walk, c1: Temp, c2: Temp): Temp => w.constant(w.type, w.tb.constLo[c1]! & w.tb.constLo[c2]!, w.tb.constHi[c1]! & w.tb.constHi[c2]!);
const orConsts = (w: Walk, c1: Temp, c2: Temp): Temp => w.constant(w.type, w.tb.constLo[c1]! | w.tb.constLo[c2]!, w.tb.constHi[c1]! | w.tb.constHi[c2]!);
const xorConsts = (w: Walk, c1: Temp, c2: Temp): Temp => w.constant(w.type, w.tb.constLo[c1]! ^ w.tb.constLo[c2]!, w.tb.constHi[c1]! ^ w.tb.constHi[c2]!);
const notConst = (w: Walk, c: Temp): Temp => w.constant(w.type, ~w.tb.constLo[c]!, ~w.tb.constHi[c]!);

function add(w: Walk): void {
  swapConst(w);
  const b = w.x(2);
  if (!w.isConst(b)) return;
  if (!w.isInt(b, 0)) chain(w, Op.add, addConsts);
  if (w.op === Op.add && w.isInt(w.x(2), 0)) w.toMov(w.x(1));
}

function sub(w: Walk): void {
  const [d, a, b] = [w.x(0), w.x(1), w.x(2)];
  if (a === b) w.toConst(0, 0);
  else if (w.isInt(a, 0)) w.become(Op.neg, w.type, 2, d, b);
  else if (w.isConst(b)) {
    const lo = -w.tb.constLo[b]! | 0;
    const hi = (~w.tb.constHi[b]! + (lo === 0 ? 1 : 0)) | 0;
    w.become(Op.add, w.type, 3, d, a, w.constant(w.type, lo, hi));
    add(w);
  }
}

function mul(w: Walk): void {
  swapConst(w);
  const [d, a, b] = [w.x(0), w.x(1), w.x(2)];
  if (!w.isConst(b)) return;
  const log = log2Const(w, b);
  if (w.isInt(b, 0)) w.toConst(0, 0);
  else if (log === 0) w.toMov(a);
  else if (w.isInt(b, -1)) w.become(Op.neg, w.type, 2, d, a);
  else if (log > 0) w.become(Op.shl, w.type, 3, d, a, w.int(w.type, log));
}

/** −(−x) and ~(~x). */
function involution(w: Walk): void {
  const def = w.definition(w.x(1), w.op);
  if (def >= 0) w.toMov(w.code[def + 2]!);
}

function and(w: Walk): void {
  swapConst(w);
  const [d, a, b] = [w.x(0), w.x(1), w.x(2)];
  if (a === b) return w.toMov(a);
  if (!w.isConst(b)) return undefined;
  if (w.isInt(b, 0)) return w.toConst(0, 0);
  if (w.isInt(b, -1)) return w.toMov(a);
  chain(w, Op.and, andConsts);
  if (w.op !== Op.and) return undefined;
  const n = lowMask(w, w.x(2));
  if (n === 0) return undefined;
  const { code } = w;
  const shr = w.definition(w.x(1), Op.shr);
  if (shr >= 0 && w.isConst(code[shr + 3]!)) {
    const count = w.tb.constLo[code[shr + 3]!]! & (w.width - 1);
    if (count + n <= w.width) w.become(Op.extract, w.type, 4, d, code[shr + 2]!, count, n);
    return undefined;
  }
  const extract = w.definition(w.x(1), Op.extract);
  if (extract >= 0) w.become(Op.extract, w.type, 4, d, code[extract + 2]!, code[extract + 3]!, Math.min(n, code[extract + 4]!));
  return undefined;
}

function or(w: Walk): void {
  swapConst(w);
  const [a, b] = [w.x(1), w.x(2)];
  if (a === b || w.isInt(b, 0)) w.toMov(a);
  else if (w.isInt(b, -1)) w.toConst(-1, -1);
  else if (w.isConst(b)) chain(w, Op.or, orConsts);
}

function xor(w: Walk): void {
  swapConst(w);
  const [d, a, b] = [w.x(0), w.x(1), w.x(2)];
  if (a === b) w.toConst(0, 0);
  else if (w.isInt(b, 0)) w.toMov(a);
  else if (w.isInt(b, -1)) {
    w.become(Op.not, w.type, 2, d, a);
    involution(w);
  } else if (w.isConst(b)) {
    chain(w, Op.xor, xorConsts);
    if (w.op === Op.xor && w.isInt(w.x(2), 0)) w.toMov(w.x(1));
  }
}

function andc(w: Walk): void {
  const [d, a, b] = [w.x(0), w.x(1), w.x(2)];
  if (a === b) w.toConst(0, 0);
  else if (w.isConst(b)) {
    w.become(Op.and, w.type, 3, d, a, notConst(w, b));
    and(w);
  }
}

function orc(w: Walk): void {
  const [d, a, b] = [w.x(0), w.x(1), w.x(2)];
  if (a === b) w.toConst(-1, -1);
  else if (w.isConst(b)) {
    w.become(Op.or, w.type, 3, d, a, notConst(w, b));
    or(w);
  }
}

function eqv(w: Walk): void {
  swapConst(w);
  const [d, a, b] = [w.x(0), w.x(1), w.x(2)];
  if (a === b) w.toConst(-1, -1);
  else if (w.isConst(b)) {
    w.become(Op.xor, w.type, 3, d, a, notConst(w, b));
    xor(w);
  }
}

/** Count of a shift by a constant, reduced; −1 when it is no constant. */
function shiftCount(w: Walk, t: Temp): number {
  return w.isConst(t) ? w.tb.constLo[t]! & (w.width - 1) : -1;
}

function shift(w: Walk): void {
  const [d, a] = [w.x(0), w.x(1)];
  if (w.isInt(a, 0)) return w.toConst(0, 0);
  const count = shiftCount(w, w.x(2));
  if (count < 0) return undefined;
  if (count === 0) return w.toMov(a);
  w.set(2, w.int(w.type, count));
  const { code, op, width } = w;
  if (op === Op.rotl || op === Op.rotr) return undefined;
  const same = w.definition(a, op);
  const inner = same < 0 ? -1 : shiftCount(w, code[same + 3]!);
  if (inner > 0 && inner + count < width) {
    w.set(1, code[same + 2]!);
    w.set(2, w.int(w.type, inner + count));
    return undefined;
  }
  if (op === Op.shl) return undefined;
  const shl = w.definition(a, Op.shl);
  if (shl >= 0 && shiftCount(w, code[shl + 3]!) === count) w.become(op === Op.shr ? Op.extract : Op.sextract, w.type, 4, d, code[shl + 2]!, 0, width - count);
  return undefined;
}

/** extract, sextract: of a part of an inner field op, take it from that op's input. */
function extract(w: Walk): void {
  const a = w.x(1);
  const [pos, len] = [w.x(2), w.x(3)];
  if (pos === 0 && len === w.width) return w.toMov(a);
  const { code } = w;
  const isSigned = w.op === Op.sextract;
  let def = w.definition(a, Op.extract);
  if (def >= 0) {
    const rest = code[def + 4]! - pos;
    if (pos === 0 && (isSigned ? rest < len : rest <= len)) return w.toMov(a);
    // A field that reaches into the zeros above the inner one is shorter; its sign is then zero.
    if (rest <= 0) return w.toConst(0, 0);
    if (rest < len && isSigned) return void w.become(Op.extract, w.type, 4, w.x(0), code[def + 2]!, code[def + 3]! + pos, rest);
    return field(w, code[def + 2]!, code[def + 3]! + pos, Math.min(len, rest));
  }
  def = w.definition(a, Op.sextract);
  if (def >= 0 && pos === 0 && isSigned && len >= code[def + 4]!) return w.toMov(a);
  if (def >= 0 && pos + len <= code[def + 4]!) return field(w, code[def + 2]!, code[def + 3]! + pos, len);
  def = w.definition(a, Op.deposit);
  if (def >= 0) {
    const [at, n] = [code[def + 4]!, code[def + 5]!];
    if (pos >= at && pos + len <= at + n) return field(w, code[def + 3]!, pos - at, len);
    if (pos + len <= at || pos >= at + n) return field(w, code[def + 2]!, pos, len);
    return undefined;
  }
  def = w.definition(a, Op.shr);
  if (def >= 0) {
    const count = shiftCount(w, code[def + 3]!);
    if (count >= 0 && pos + len + count <= w.width) field(w, code[def + 2]!, pos + count, len);
    return undefined;
  }
  def = w.definition(a, Op.shl);
  if (def >= 0) {
    const count = shiftCount(w, code[def + 3]!);
    if (count >= 0 && pos >= count) field(w, code[def + 2]!, pos - count, len);
    return undefined;
  }
  def = w.definition(a, Op.and);
  if (def >= 0 && w.isConst(code[def + 3]!) && coversField(w, code[def + 3]!, pos, len)) field(w, code[def + 2]!, pos, len);
  return undefined;
}

function field(w: Walk, source: Temp, pos: number, len: number): void {
  w.set(1, source);
  w.set(2, pos);
  w.set(3, len);
  if (pos === 0 && len === w.width) w.toMov(source);
}

/** Are bits pos … pos+len−1 of the constant all ones? */
function coversField(w: Walk, c: Temp, pos: number, len: number): boolean {
  const { constLo, constHi } = w.tb;
  for (let i = pos; i < pos + len; i++) if ((((i < 32 ? constLo[c]! : constHi[c]!) >>> (i & 31)) & 1) === 0) return false;
  return true;
}

/** A temp whose low `len` bits are those of `t`, with an extension or mask stripped off. */
function stripExtension(w: Walk, t: Temp, len: number): Temp {
  const { code } = w;
  let def = w.definition(t, Op.extract);
  if (def < 0) def = w.definition(t, Op.sextract);
  if (def >= 0) return code[def + 3] === 0 && code[def + 4]! >= len ? code[def + 2]! : t;
  def = w.definition(t, Op.and);
  if (def >= 0 && w.isConst(code[def + 3]!) && coversField(w, code[def + 3]!, 0, len)) return code[def + 2]!;
  return t;
}

function deposit(w: Walk): void {
  const [d, a, pos, len] = [w.x(0), w.x(1), w.x(3), w.x(4)];
  const { code } = w;
  if (pos === 0 && len === w.width) return w.toMov(w.x(2));
  const b = stripExtension(w, w.x(2), len);
  w.set(2, b);
  if (a === b && pos === 0) return w.toMov(a);
  const same = w.definition(w.x(2), Op.extract);
  if (same >= 0 && code[same + 2] === a && code[same + 3] === pos && code[same + 4]! >= len) return w.toMov(a);
  if (pos === 0 && w.isInt(a, 0)) return void w.become(Op.extract, w.type, 4, d, b, 0, len);
  const inner = w.definition(a, Op.deposit);
  if (inner >= 0 && code[inner + 4]! >= pos && code[inner + 4]! + code[inner + 5]! <= pos + len) w.set(1, code[inner + 2]!);
  return undefined;
}

function extract2(w: Walk): void {
  const [d, a, b, pos] = [w.x(0), w.x(1), w.x(2), w.x(3)];
  if (pos === 0) w.toMov(a);
  else if (pos === w.width) w.toMov(b);
  else if (a === b) w.become(Op.rotr, w.type, 3, d, a, w.int(w.type, pos));
  else if (w.isInt(b, 0)) w.become(Op.shr, w.type, 3, d, a, w.int(w.type, pos));
  else if (w.isInt(a, 0)) w.become(Op.shl, w.type, 3, d, b, w.int(w.type, w.width - pos));
}

function trunc(w: Walk): void {
  const a = w.x(1);
  const { code } = w;
  let def = w.definition(a, Op.extu);
  if (def < 0) def = w.definition(a, Op.exts);
  if (def < 0) def = w.definition(a, Op.concat);
  if (def >= 0) return w.toMov(code[def + 2]!);
  w.set(1, stripExtension(w, a, 32));
  def = w.definition(a, Op.deposit);
  if (def >= 0 && code[def + 4]! >= 32) w.set(1, code[def + 2]!);
  else if (def >= 0 && code[def + 4] === 0 && code[def + 5]! >= 32) w.set(1, code[def + 3]!);
  return undefined;
}

function trunch(w: Walk): void {
  const { code } = w;
  const concat = w.definition(w.x(1), Op.concat);
  if (concat >= 0) w.toMov(code[concat + 3]!);
  else if (w.definition(w.x(1), Op.extu) >= 0) w.toConst(0, 0);
}

/** Zero-extension of the low half of an i64 is a field of it. */
function extu(w: Walk): void {
  const def = w.definition(w.x(1), Op.trunc);
  if (def >= 0 && w.become(Op.extract, Type.i64, 4, w.x(0), w.code[def + 2]!, 0, 32)) extract(w);
}

function exts(w: Walk): void {
  const def = w.definition(w.x(1), Op.trunc);
  if (def >= 0 && w.become(Op.sextract, Type.i64, 4, w.x(0), w.code[def + 2]!, 0, 32)) extract(w);
}

function concat(w: Walk): void {
  const [d, a, b] = [w.x(0), w.x(1), w.x(2)];
  const { code } = w;
  if (w.isInt(b, 0)) return void w.become(Op.extu, 0, 2, d, a);
  const [lo, hi] = [w.definition(a, Op.trunc), w.definition(b, Op.trunch)];
  if (lo >= 0 && hi >= 0 && code[lo + 2] === code[hi + 2]) w.toMov(code[lo + 2]!);
  return undefined;
}

/**
 * Simplify `a cond b`, whose operands are words `at` and `at + 1` and whose condition is word `cond` of the op at hand.
 * @returns 1 always, 0 never, −1 unknown
 */
function compare(w: Walk, at: number, cond: number): number {
  if (w.isConst(w.x(at)) && !w.isConst(w.x(at + 1))) {
    const a = w.x(at);
    w.set(at, w.x(at + 1));
    w.set(at + 1, a);
    w.set(cond, swapCond(w.x(cond) as CondCode));
  }
  fuse(w, at, cond);
  const [a, b] = [w.x(at), w.x(at + 1)];
  if (w.isConst(a) && w.isConst(b)) return foldCond(w, w.x(cond), w.type, a, b) ? 1 : 0;
  const c = w.x(cond) as CondCode;
  if (a === b) {
    if (c === Cond.tsteq || c === Cond.tstne) return -1;
    return c === Cond.eq || c === Cond.ge || c === Cond.le || c === Cond.geu || c === Cond.leu ? 1 : 0;
  }
  if (!w.isInt(b, 0)) return -1;
  if (c === Cond.ltu || c === Cond.tstne) return 0;
  if (c === Cond.geu || c === Cond.tsteq) return 1;
  if (c === Cond.leu) w.set(cond, Cond.eq);
  if (c === Cond.gtu) w.set(cond, Cond.ne);
  return -1;
}

/** `x eq/ne 0` where x is a setcond, an and, a difference: compare what x was made of. */
function fuse(w: Walk, at: number, cond: number): void {
  const { code } = w;
  const c = w.x(cond);
  if ((c !== Cond.eq && c !== Cond.ne) || !w.isInt(w.x(at + 1), 0)) return;
  const a = w.x(at);
  const take = (def: number, newCond: number): void => {
    w.set(at, code[def + 2]!);
    w.set(at + 1, code[def + 3]!);
    w.set(cond, newCond);
  };
  let def = w.definition(a, Op.setcond);
  if (def >= 0 && w.retype(((code[def]! >> 8) & 7) as Type)) return take(def, code[def + 4]! ^ (c === Cond.eq ? 1 : 0));
  def = w.definition(a, Op.negsetcond);
  if (def >= 0) return take(def, code[def + 4]! ^ (c === Cond.eq ? 1 : 0));
  def = w.definition(a, Op.and);
  if (def >= 0) return take(def, c === Cond.eq ? Cond.tsteq : Cond.tstne);
  def = w.definition(a, Op.xor);
  if (def < 0) def = w.definition(a, Op.sub);
  if (def >= 0) take(def, c);
  return undefined;
}

function setcond(w: Walk): void {
  const result = compare(w, 1, 3);
  if (result >= 0) w.toConst(result, 0);
}

function negsetcond(w: Walk): void {
  const result = compare(w, 1, 3);
  if (result >= 0) w.toConst(-result, -result);
}

function movcond(w: Walk): void {
  const result = compare(w, 1, 5);
  if (w.x(3) === w.x(4)) w.toMov(w.x(3));
  else if (result >= 0) w.toMov(w.x(result ? 3 : 4));
}

function brcond(w: Walk): void {
  const result = compare(w, 0, 2);
  const label = w.x(3);
  if (result === 1) w.become(Op.br, 0, 1, label);
  else if (result === 0) {
    w.release(label);
    w.drop();
  }
}

/** Division by a constant. */
function divide(w: Walk): void {
  const [d, a, b] = [w.x(0), w.x(1), w.x(2)];
  const log = log2Const(w, b);
  if (log < 0) return;
  const isRemainder = w.op === Op.remu || w.op === Op.rems;
  if (log === 0) {
    if (isRemainder) w.toConst(0, 0);
    else w.toMov(a);
  } else if (w.op === Op.divu) w.become(Op.shr, w.type, 3, d, a, w.int(w.type, log));
  else if (w.op === Op.remu) w.become(Op.extract, w.type, 4, d, a, 0, log);
}

const RULES: Partial<Record<OpName, Rule>> = {
  add, sub, mul, neg: involution, divs: divide, divu: divide, rems: divide, remu: divide,
  and, or, xor, not: involution, andc, orc, eqv, shl: shift, shr: shift, sar: shift, rotl: shift, rotr: shift,
  extract, sextract: extract, deposit, extract2, extu, exts, trunc, trunch, concat,
  setcond, negsetcond, movcond, brcond, vbinary,
};
const BY_CODE: readonly (Rule | undefined)[] = OP_NAMES.map((name) => RULES[name]);

/** Apply the rule of the op at hand, if it has one. */
export function simplify(w: Walk): void {
  BY_CODE[w.op]?.(w);
}
