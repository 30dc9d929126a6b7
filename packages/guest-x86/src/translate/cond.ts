/**
 * Asking the lazy flags: each of CF PF ZF SF OF as a bit, and the sixteen conditions as one comparison of two values, from the
 * static cc_op where it is known.
 *
 * Nothing here writes a global, so it may come before an op that faults. Results are locals or globals as they are now.
 */
import { Cond, Op, type Temp, Type } from '@wasm-tcg/ir';
import { CC_OVERRIDE, CcKind, Eflag } from '../state/cc-op.ts';
import type { Comparison } from './comparison.ts';
import { G, type Ctx } from './context.ts';
import type { Size } from './emit.ts';

/** Conditions by bits 3–1 of the opcode; bit 0 inverts (SDM vol. 1, appendix B.1). */
const CC_O = 0;
const CC_B = 1;
const CC_Z = 2;
const CC_BE = 3;
const CC_S = 4;
const CC_P = 5;
const CC_L = 6;

const kindOf = (c: Ctx): number => (c.ccOp & 0x7f) >> 2;
const sizeOfOp = (c: Ctx): Size => (1 << (c.ccOp & 3)) as Size;
const overridden = (c: Ctx): boolean => (c.ccOp & CC_OVERRIDE) !== 0;

function set(out: Comparison, cond: Cond, type: Type, a: Temp, b: Temp): void {
  out.cond = cond;
  out.type = type;
  out.a = a;
  out.b = b;
}

/** Low `size` bytes of a raw value = 0. */
function isZero(c: Ctx, out: Comparison, value: Temp, size: Size): void {
  if (size === c.wordSize) set(out, Cond.eq, c.W, value, c.k(0));
  else if (size === 4) set(out, Cond.eq, Type.i32, c.toI32(value), c.k32(0));
  else set(out, Cond.tsteq, c.W, value, c.mask(size));
}

/** Top bit of the low `size` bytes of a raw value. */
function isNegative(c: Ctx, out: Comparison, value: Temp, size: Size): void {
  if (size === c.wordSize) set(out, Cond.lt, c.W, value, c.k(0));
  else if (size === 4) set(out, Cond.lt, Type.i32, c.toI32(value), c.k32(0));
  else set(out, Cond.tstne, c.W, value, c.k(size === 2 ? 0x8000 : 0x80));
}

/** a cond b on the low `size` bytes of raw values. */
function compare(c: Ctx, out: Comparison, cond: Cond, a: Temp, b: Temp, size: Size): void {
  if (size === c.wordSize) {
    set(out, cond, c.W, a, b);
  } else if (size === 4) {
    set(out, cond, Type.i32, c.toI32(a), c.toI32(b));
  } else if (cond >= Cond.lt && cond <= Cond.gt) {
    set(out, cond, c.W, c.sext(a, size), c.sext(b, size));
  } else {
    set(out, cond, c.W, c.zext(a, size), c.zext(b, size));
  }
}

/** Word 0 or 1 from a comparison. */
function bitOf(c: Ctx, x: Comparison): Temp {
  return c.setcond(x.type, x.cond, x.a, x.b);
}

/** First operand of the subtraction or addition that set the flags, raw. */
export function firstOperand(c: Ctx): Temp {
  switch (kindOf(c)) {
    case CcKind.sub: return c.ccA >= 0 ? c.ccA : c.add(G.cc_dst, G.cc_src);
    case CcKind.sbb: return c.add(c.add(G.cc_dst, G.cc_src), G.cc_src2);
    case CcKind.adc: return c.sub(c.sub(G.cc_dst, G.cc_src), G.cc_src2);
    case CcKind.inc: return c.addI(G.cc_dst, -1);
    case CcKind.dec: return c.addI(G.cc_dst, 1);
    default: return c.sub(G.cc_dst, G.cc_src);
  }
}

/** Raw word whose top bit (of the operand size) is OF; −1 when OF is 0. Not for flags, mul, overrides. */
function overflowWord(c: Ctx): Temp {
  switch (kindOf(c)) {
    case CcKind.add:
    case CcKind.adc: {
      const a = firstOperand(c);
      return c.and(c.xor(a, G.cc_dst), c.xor(G.cc_src, G.cc_dst));
    }
    case CcKind.sub:
    case CcKind.sbb: {
      const a = firstOperand(c);
      return c.and(c.xor(a, G.cc_src), c.xor(a, G.cc_dst));
    }
    case CcKind.inc: return c.andc(G.cc_dst, firstOperand(c));
    case CcKind.dec: return c.andc(firstOperand(c), G.cc_dst);
    case CcKind.shl: return c.xor(G.cc_src2, c.shlI(G.cc_src2, 1));
    case CcKind.shr: return G.cc_src2;
    default: return -1;
  }
}

function flagBit(c: Ctx, pos: number): Temp {
  return c.extract(c.flagsWord(), pos, 1);
}

/** CF as a word 0 or 1. */
export function carryBit(c: Ctx): Temp {
  if (c.hasFlagsWord) return flagBit(c, 0);
  if (overridden(c)) return c.andI(G.cc_src2, 1);
  const x = c.comparison;
  const size = sizeOfOp(c);
  switch (kindOf(c)) {
    case CcKind.logic: return c.k(0);
    case CcKind.inc:
    case CcKind.dec:
    case CcKind.mul:
    case CcKind.bits: return G.cc_src;
    case CcKind.shr: return c.andI(G.cc_src, 1);
    case CcKind.adc:
    case CcKind.sbb: {
      // The first sum or difference carries, or it is all ones (zero) and the carry that came in does.
      const adc = kindOf(c) === CcKind.adc;
      const left = adc ? G.cc_dst : firstOperand(c);
      compare(c, x, Cond.ltu, left, G.cc_src, size);
      const below = bitOf(c, x);
      compare(c, x, Cond.eq, left, G.cc_src, size);
      return c.or(below, c.and(bitOf(c, x), G.cc_src2));
    }
    default:
      carry(c, x);
      return bitOf(c, x);
  }
}

/** OF as a word 0 or 1. */
export function overflowBit(c: Ctx): Temp {
  if (c.hasFlagsWord) return flagBit(c, 11);
  if (overridden(c)) return c.extract(G.cc_src2, 11, 1);
  if (kindOf(c) === CcKind.mul) return G.cc_src;
  const word = overflowWord(c);
  return word < 0 ? c.k(0) : c.extract(word, sizeOfOp(c) * 8 - 1, 1);
}

export function zeroBit(c: Ctx): Temp {
  if (c.hasFlagsWord) return flagBit(c, 6);
  if (kindOf(c) === CcKind.mul) return c.k(0);
  isZero(c, c.comparison, G.cc_dst, sizeOfOp(c));
  return bitOf(c, c.comparison);
}

export function signBit(c: Ctx): Temp {
  if (c.hasFlagsWord) return flagBit(c, 7);
  return c.extract(G.cc_dst, sizeOfOp(c) * 8 - 1, 1);
}

/** Word whose bit 0 is the inverse of PF. */
function oddParity(c: Ctx): Temp {
  return c.unary(Op.ctpop, c.W, c.extract(G.cc_dst, 0, 8));
}

export function parityBit(c: Ctx): Temp {
  if (c.hasFlagsWord) return flagBit(c, 2);
  if (kindOf(c) === CcKind.bits) return c.k(0);
  return c.andI(c.xorI(oddParity(c), 1), 1);
}

/** CF of kinds where it is one comparison: add, sub, shl and those with a bit. */
function carry(c: Ctx, out: Comparison): void {
  const size = sizeOfOp(c);
  if (overridden(c)) {
    set(out, Cond.tstne, c.W, G.cc_src2, c.k(1));
    return;
  }
  switch (kindOf(c)) {
    case CcKind.add: compare(c, out, Cond.ltu, G.cc_dst, G.cc_src, size); break;
    case CcKind.sub: compare(c, out, Cond.ltu, firstOperand(c), G.cc_src, size); break;
    case CcKind.shl: isNegative(c, out, G.cc_src, size); break;
    default: set(out, Cond.ne, c.W, carryBit(c), c.k(0));
  }
}

function overflow(c: Ctx, out: Comparison): void {
  if (overridden(c)) {
    set(out, Cond.tstne, c.W, G.cc_src2, c.k(Eflag.OF));
    return;
  }
  const word = kindOf(c) === CcKind.mul ? -1 : overflowWord(c);
  if (word >= 0) isNegative(c, out, word, sizeOfOp(c));
  else set(out, Cond.ne, c.W, overflowBit(c), c.k(0));
}

function belowOrEqual(c: Ctx, out: Comparison): void {
  const kind = kindOf(c);
  if (kind === CcKind.sub && !overridden(c)) compare(c, out, Cond.leu, firstOperand(c), G.cc_src, sizeOfOp(c));
  else if (kind === CcKind.logic && !overridden(c)) isZero(c, out, G.cc_dst, sizeOfOp(c));
  else set(out, Cond.ne, c.W, c.or(carryBit(c), zeroBit(c)), c.k(0));
}

/** SF ≠ OF. */
function less(c: Ctx, out: Comparison): void {
  const size = sizeOfOp(c);
  if (overridden(c) || kindOf(c) === CcKind.mul) {
    set(out, Cond.ne, c.W, signBit(c), overflowBit(c));
    return;
  }
  if (kindOf(c) === CcKind.sub) {
    compare(c, out, Cond.lt, firstOperand(c), G.cc_src, size);
    return;
  }
  const word = overflowWord(c);
  isNegative(c, out, word < 0 ? G.cc_dst : c.xor(word, G.cc_dst), size);
}

/** SF ≠ OF, or ZF. */
function lessOrEqual(c: Ctx, out: Comparison): void {
  const size = sizeOfOp(c);
  const kind = kindOf(c);
  if (!overridden(c)) {
    if (kind === CcKind.sub) return compare(c, out, Cond.le, firstOperand(c), G.cc_src, size);
    if (kind === CcKind.logic || kind === CcKind.bits) return compare(c, out, Cond.le, G.cc_dst, c.k(0), size);
    // The true sum or difference is ≤ 0.
    if (kind === CcKind.inc) return compare(c, out, Cond.le, firstOperand(c), c.k(-1), size);
    if (kind === CcKind.dec) return compare(c, out, Cond.le, firstOperand(c), c.k(1), size);
  }
  less(c, out);
  const below = bitOf(c, out);
  set(out, Cond.ne, c.W, c.or(below, zeroBit(c)), c.k(0));
}

/** Flags that conditions 0 … 5 (by bits 3–1) test. */
const TESTED: readonly number[] = [Eflag.OF, Eflag.CF, Eflag.ZF, Eflag.CF | Eflag.ZF, Eflag.SF, Eflag.PF];

/** Conditions of flags that are at hand as a word. */
function ofFlags(c: Ctx, out: Comparison, code: number): void {
  const flags = c.flagsWord();
  if (code < CC_L) {
    set(out, Cond.tstne, c.W, flags, c.k(TESTED[code]!));
    return;
  }
  // OF is four bits above SF.
  const differ = c.xor(flags, c.shrI(flags, 4));
  if (code === CC_L) {
    set(out, Cond.tstne, c.W, differ, c.k(Eflag.SF));
    return;
  }
  set(out, Cond.ne, c.W, c.or(c.andI(differ, Eflag.SF), c.andI(flags, Eflag.ZF)), c.k(0));
}

/**
 * Condition `cc` (0–15, as in the opcode) as a comparison, in `c.comparison`.
 */
export function condition(c: Ctx, cc: number): Comparison {
  const out = c.comparison;
  const code = cc >> 1;
  if (c.hasFlagsWord) {
    ofFlags(c, out, code);
  } else {
    switch (code) {
      case CC_O: overflow(c, out); break;
      case CC_B: carry(c, out); break;
      case CC_Z:
        if (kindOf(c) === CcKind.mul) set(out, Cond.ne, c.W, c.k(0), c.k(0));
        else isZero(c, out, G.cc_dst, sizeOfOp(c));
        break;
      case CC_BE: belowOrEqual(c, out); break;
      case CC_S: isNegative(c, out, G.cc_dst, sizeOfOp(c)); break;
      case CC_P:
        if (kindOf(c) === CcKind.bits) set(out, Cond.ne, c.W, c.k(0), c.k(0));
        else set(out, Cond.tsteq, c.W, oddParity(c), c.k(1));
        break;
      case CC_L: less(c, out); break;
      default: lessOrEqual(c, out);
    }
  }
  if ((cc & 1) !== 0) out.cond = (out.cond ^ 1) as Cond;
  return out;
}
