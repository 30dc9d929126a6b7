// The usual case of x87 arithmetic: normal numbers and zeros, rounding to nearest at 64 bits, PE masked, a result that is normal or zero again. Each function
// says whether it was that; if not, it has changed nothing, and the exact helper does it all. Generated code has looked at the tags
// (src/translate/x87-stack.ts).
//
// Values are held as sign and exponent (as in a cell) and significand; a result before rounding as two words of which the first has its leading bit set, with
// nothing jammed: of a sum whose operands are at most 63 binary places apart, and of a product, both words are exact.
// Branches follow the kind of value only. What depends on its bits (carry, exchange of operands, sign of a difference) is computed, for it is not predictable.
import { FP_SOURCE_F32, FP_SOURCE_F64, FSW_C1, FSW_PE, ST_FP_CONTROL, ST_FP_STATUS, ST_SCRATCH } from '../generated/layout';
import { ZF } from '../system/arch';
import { widenOperand } from './load';
import { clearC1, head, scratch, setCell, significand } from './state';
import { BIAS, INTEGER_BIT, isNormal, isZero } from '../../../runtime/assembly/softfloat/f80-format';
import { TRUNCATE } from '../../../runtime/assembly/softfloat/state';
import { divWide, mulHigh, sqrtWide, wideLow } from '../../../runtime/assembly/softfloat/wide';

/** RC, PC and the mask of PE in the control word, and what they have to be. */
const USUAL_MASK: u32 = 0xf20;
const USUAL: u32 = 0x320;
const PE_MASK: u32 = 0x20;
const SIGN: u32 = 0x8000;
const EXPONENT: u32 = 0x7fff;
/** PE and C1 of the status word by position. */
const PE_SHIFT: u32 = 5;
const C1_SHIFT: u32 = 9;
/** What `fpu_quick_integer` gives when the case is not a usual one: also the integer indefinite, which is none. */
const NO_INTEGER: u64 = 0x8000000000000000;

/** Not zero if the control word asks for something else than the usual. */
@inline function unusual(env: usize): u32 { return (load<u32>(env, ST_FP_CONTROL) & USUAL_MASK) ^ USUAL; }

/** Not zero if a cell's sign and exponent are not those of a normal number. */
@inline function notNormal(signExponent: u32): u32 { return u32((signExponent & EXPONENT) - 1 >= EXPONENT - 1); }

/** Round (hi, lo) to nearest even and store it with PE and C1. False: the exponent is not surely that of a normal number. */
@inline function finish(env: usize, cell: usize, sign: u32, exponent: u32, hi: u64, lo: u64): u32 {
  // One below the greatest exponent, so that rounding up stays finite.
  if (exponent - 1 >= EXPONENT - 2) return 0;
  const up = u64(lo > INTEGER_BIT - (hi & 1));
  const rounded = hi + up;
  const carry = u64(rounded < up);
  store<u64>(cell, rounded | (carry << 63));
  store<u64>(cell, <u64>sign | (<u64>exponent + carry), 8);
  const status = load<u32>(env, ST_FP_STATUS) & ~FSW_C1;
  store<u32>(env, status | (u32(lo != 0) << PE_SHIFT) | (<u32>up << C1_SHIFT), ST_FP_STATUS);
  return 1;
}

/** `bad` is not zero if it is no usual case for reasons that the caller knows. */
@inline function add(env: usize, cell: usize, bad: u32, headA: u32, a: u64, headB: u32, b: u64): u32 {
  const apart = <i32>(headA & EXPONENT) - <i32>(headB & EXPONENT);
  const swapped = u32(apart < 0) | (u32(apart == 0) & u32(a < b));
  const distance = <u64><u32>select<i32>(-apart, apart, apart < 0);
  if (unusual(env) | bad | notNormal(headA) | notNormal(headB) | <u32>(~(a & b) >> 63) | <u32>(distance >> 6)) return 0;
  const greater = select<u64>(b, a, swapped);
  const lesser = select<u64>(a, b, swapped);
  const signExponent = select<u32>(headB, headA, swapped);
  // The lesser one shifted, and both words negated if the signs differ: then the leading word cannot borrow.
  const negate: u64 = 0 - <u64>(((headA ^ headB) >> 15) & 1);
  const tail = (lesser << 1) << (63 - distance);
  const lo = (tail ^ negate) - negate;
  const sum = greater + ((lesser >> distance) ^ negate) + (negate & u64(tail == 0));
  const carry = u64(sum < greater) & ~negate;
  const high = (sum >> carry) | (carry << 63);
  const low = (lo >> carry) | (lo & carry) | ((sum & carry) << 63);
  if (high == 0) return 0;
  const shift = clz<u64>(high);
  return finish(
    env, cell, signExponent & SIGN, (signExponent & EXPONENT) + <u32>carry - <u32>shift,
    (high << shift) | (low >> 1 >> (63 - shift)), low << shift,
  );
}

@inline function multiply(env: usize, cell: usize, bad: u32, headA: u32, a: u64, headB: u32, b: u64): u32 {
  if (unusual(env) | bad | notNormal(headA) | notNormal(headB) | <u32>(~(a & b) >> 63)) return 0;
  const high = mulHigh(a, b);
  const low = a * b;
  const shift = (high >> 63) ^ 1;
  return finish(
    env, cell, (headA ^ headB) & SIGN, (headA & EXPONENT) + (headB & EXPONENT) - (BIAS - 1) - <u32>shift,
    (high << shift) | ((low >> 63) & shift), low << shift,
  );
}

@inline function divide(env: usize, cell: usize, bad: u32, headA: u32, a: u64, headB: u32, b: u64): u32 {
  if (unusual(env) | bad | notNormal(headA) | notNormal(headB) | <u32>(~(a & b) >> 63)) return 0;
  // The dividend is taken half as large where the quotient would not fit.
  const halved = u64(a >= b);
  const quotient = divWide(a >> halved, (a & halved) << 63, b);
  const remainder = wideLow;
  // Half a unit and what lies below, of which only whether it is zero counts.
  const doubled = remainder << 1;
  const half = (remainder >> 63) | u64(doubled >= b);
  const rest = u64(remainder != 0) & u64(doubled != b);
  return finish(env, cell, (headA ^ headB) & SIGN, (headA & EXPONENT) - (headB & EXPONENT) + (BIAS - 1) + <u32>halved, quotient, (half << 63) | rest);
}

// ---- zeros, once it is known that not all are normal numbers -------------------------------------------------------------------------------

/** Store what needs no rounding. */
@inline function exactly(env: usize, cell: usize, signExponent: u32, mantissa: u64): u32 {
  setCell(cell, signExponent, mantissa);
  clearC1(env);
  return 1;
}

/** A sum with a term that is zero, or of terms that cancel. */
function zeroSum(env: usize, cell: usize, headA: u32, a: u64, headB: u32, b: u64): u32 {
  const zeroA = isZero(headA, a);
  const zeroB = isZero(headB, b);
  if (unusual(env) || !(zeroA || isNormal(headA, a)) || !(zeroB || isNormal(headB, b))) return 0;
  if (zeroA && zeroB) return exactly(env, cell, headA & headB & SIGN, 0);
  if (zeroA) return exactly(env, cell, headB, b);
  if (zeroB) return exactly(env, cell, headA, a);
  return a == b && (headA ^ headB) == SIGN ? exactly(env, cell, 0, 0) : 0;
}

function zeroProduct(env: usize, cell: usize, headA: u32, a: u64, headB: u32, b: u64): u32 {
  const zeroA = isZero(headA, a);
  const zeroB = isZero(headB, b);
  if (unusual(env) || !(zeroA || zeroB) || !(zeroA || isNormal(headA, a)) || !(zeroB || isNormal(headB, b))) return 0;
  return exactly(env, cell, (headA ^ headB) & SIGN, 0);
}

function zeroQuotient(env: usize, cell: usize, headA: u32, a: u64, headB: u32, b: u64): u32 {
  if (unusual(env) || !isZero(headA, a) || !isNormal(headB, b)) return 0;
  return exactly(env, cell, (headA ^ headB) & SIGN, 0);
}

// ---- register forms: cells of the result and of the operands -------------------------------------------------------------------------

/** a + b; `flip`: {@link SIGN} for a − b. */
export function fpu_quick_add(env: usize, cell: usize, a: usize, b: usize, flip: u32): u32 {
  return add(env, cell, 0, head(a), significand(a), head(b) ^ flip, significand(b))
    || zeroSum(env, cell, head(a), significand(a), head(b) ^ flip, significand(b));
}

export function fpu_quick_mul(env: usize, cell: usize, a: usize, b: usize): u32 {
  return multiply(env, cell, 0, head(a), significand(a), head(b), significand(b))
    || zeroProduct(env, cell, head(a), significand(a), head(b), significand(b));
}

export function fpu_quick_div(env: usize, cell: usize, a: usize, b: usize): u32 {
  return divide(env, cell, 0, head(a), significand(a), head(b), significand(b))
    || zeroQuotient(env, cell, head(a), significand(a), head(b), significand(b));
}

export function fpu_quick_sqrt(env: usize, cell: usize): u32 {
  const signExponent = head(cell);
  const mantissa = significand(cell);
  if (unusual(env) || signExponent >= SIGN || !isNormal(signExponent, mantissa)) return 0;
  const exponent = <i32>signExponent - BIAS;
  // An even exponent leaves the radicand in [1, 2), one bit below the top.
  const even = <u64>(exponent & 1) ^ 1;
  const root = sqrtWide(mantissa >> even, (mantissa & even) << 63);
  return finish(env, cell, 0, <u32>((exponent >> 1) + BIAS), root, wideLow == 2 ? INTEGER_BIT | 1 : wideLow);
}

// ---- memory forms: ST(0) and the bits of the operand -------------------------------------------------------------------------------------

/** Parts of the bits of a memory operand as a cell has them; of other than normal numbers `not…` is not zero and the parts mean nothing. */
@inline function notNormal64(bits: u64): u32 { return u32((<u32>(bits >> 52) & 0x7ff) - 1 >= 0x7fe); }
@inline function head64(bits: u64): u32 { return (<u32>(bits >> 48) & SIGN) | ((<u32>(bits >> 52) & 0x7ff) + 0x3c00); }
@inline function significand64(bits: u64): u64 { return INTEGER_BIT | (bits << 11); }

@inline function notNormal32(bits: u64): u32 { return u32((<u32>(bits >> 23) & 0xff) - 1 >= 0xfe); }
@inline function head32(bits: u64): u32 { return (<u32>(bits >> 16) & SIGN) | ((<u32>(bits >> 23) & 0xff) + 0x3f80); }
@inline function significand32(bits: u64): u64 { return INTEGER_BIT | (bits << 40); }

@inline function magnitude(bits: u64): u64 { return (bits ^ (0 - (bits >> 63))) + (bits >> 63); }
@inline function headInteger(bits: u64): u32 { return (<u32>(bits >> 48) & SIGN) | (BIAS + 63 - <u32>clz<u64>(magnitude(bits))); }
@inline function significandInteger(bits: u64): u64 { return magnitude(bits) << clz<u64>(magnitude(bits)); }

/** The memory operand in scratch cell 1, for the questions about zeros. False: it is denormal. */
@inline function widened(env: usize, kind: u32, bits: u64): bool { return !widenOperand(scratch(env, 1), kind, bits); }

/** ST(0) ± operand; `flips`: {@link SIGN} in bits 0–15 negates the operand, in bits 16–31 ST(0). */
export function fpu_quick_add_memory(env: usize, cell: usize, flips: u32, kind: u32, bits: u64): u32 {
  const own = head(cell) ^ (flips >> 16);
  const mantissa = significand(cell);
  const flip = flips & SIGN;
  let done: u32;
  if (kind == FP_SOURCE_F64) done = add(env, cell, notNormal64(bits), own, mantissa, head64(bits) ^ flip, significand64(bits));
  else if (kind == FP_SOURCE_F32) done = add(env, cell, notNormal32(bits), own, mantissa, head32(bits) ^ flip, significand32(bits));
  else done = add(env, cell, u32(bits == 0), own, mantissa, headInteger(bits) ^ flip, significandInteger(bits));
  if (done || !widened(env, kind, bits)) return done;
  const operand = scratch(env, 1);
  return zeroSum(env, cell, own, mantissa, head(operand) ^ flip, significand(operand));
}

export function fpu_quick_mul_memory(env: usize, cell: usize, kind: u32, bits: u64): u32 {
  const own = head(cell);
  const mantissa = significand(cell);
  let done: u32;
  if (kind == FP_SOURCE_F64) done = multiply(env, cell, notNormal64(bits), own, mantissa, head64(bits), significand64(bits));
  else if (kind == FP_SOURCE_F32) done = multiply(env, cell, notNormal32(bits), own, mantissa, head32(bits), significand32(bits));
  else done = multiply(env, cell, u32(bits == 0), own, mantissa, headInteger(bits), significandInteger(bits));
  if (done || !widened(env, kind, bits)) return done;
  const operand = scratch(env, 1);
  return zeroProduct(env, cell, own, mantissa, head(operand), significand(operand));
}

/** ST(0) ÷ operand, or the reverse. */
export function fpu_quick_div_memory(env: usize, cell: usize, reversed: u32, kind: u32, bits: u64): u32 {
  const own = head(cell);
  const mantissa = significand(cell);
  let signExponent: u32;
  let other: u64;
  let bad: u32;
  if (kind == FP_SOURCE_F64) {
    bad = notNormal64(bits);
    signExponent = head64(bits);
    other = significand64(bits);
  } else if (kind == FP_SOURCE_F32) {
    bad = notNormal32(bits);
    signExponent = head32(bits);
    other = significand32(bits);
  } else {
    bad = u32(bits == 0);
    signExponent = headInteger(bits);
    other = significandInteger(bits);
  }
  const done = reversed ? divide(env, cell, bad, signExponent, other, own, mantissa) : divide(env, cell, bad, own, mantissa, signExponent, other);
  if (done || !widened(env, kind, bits)) return done;
  const operand = scratch(env, 1);
  return reversed
    ? zeroQuotient(env, cell, head(operand), significand(operand), own, mantissa)
    : zeroQuotient(env, cell, own, mantissa, head(operand), significand(operand));
}

// ---- comparisons and integers --------------------------------------------------------------------------------------------------------------

/** What `fpu_quick_compare` gives when an operand is neither a normal number nor zero. */
const NO_ORDER: u32 = -1;

@inline function compare(headA: u32, mantissaA: u64, headB: u32, mantissaB: u64): u32 {
  const zeroA = isZero(headA, mantissaA);
  const zeroB = isZero(headB, mantissaB);
  if (!(isNormal(headA, mantissaA) || zeroA) || !(isNormal(headB, mantissaB) || zeroB)) return NO_ORDER;
  if ((headA == headB && mantissaA == mantissaB) || (zeroA && zeroB)) return ZF;
  // Signed magnitudes: the greater head wins, then the significand, the other way round below zero.
  const negativeA = headA >> 15;
  if (negativeA != headB >> 15) return negativeA;
  const below = headA == headB ? mantissaA < mantissaB : headA < headB;
  return u32(below) ^ negativeA;
}

/** ZF and CF in their EFLAGS positions for two cells; −1 if it is not a usual case. */
export function fpu_quick_compare(env: usize, a: usize, b: usize): u32 {
  return compare(head(a), significand(a), head(b), significand(b));
}

/** The same for ST(0) and a memory operand. */
export function fpu_quick_compare_memory(env: usize, cell: usize, kind: u32, bits: u64): u32 {
  const signExponent = head(cell);
  const mantissa = significand(cell);
  if (bits == 0) return compare(signExponent, mantissa, 0, 0);
  if (kind == FP_SOURCE_F64) return notNormal64(bits) ? NO_ORDER : compare(signExponent, mantissa, head64(bits), significand64(bits));
  if (kind == FP_SOURCE_F32) return notNormal32(bits) ? NO_ORDER : compare(signExponent, mantissa, head32(bits), significand32(bits));
  return compare(signExponent, mantissa, headInteger(bits), significandInteger(bits));
}

/**
 * ST(0) as a signed integer of 2, 4 or 8 bytes, for generated code to store; `truncates`: whatever RC says. PE and C1, which are due after the store, go to
 * the scratch area.
 */
export function fpu_quick_integer(env: usize, cell: usize, size: u32, truncates: u32): u64 {
  const control = load<u32>(env, ST_FP_CONTROL);
  const rounding = truncates ? TRUNCATE : (control >> 10) & 3;
  const signExponent = head(cell);
  const mantissa = significand(cell);
  if (isZero(signExponent, mantissa)) {
    store<u32>(env, 0, ST_SCRATCH);
    return 0;
  }
  if (!(control & PE_MASK) || (rounding != 0 && rounding != TRUNCATE) || !isNormal(signExponent, mantissa)) return NO_INTEGER;
  const places = <u32>(BIAS + 63) - (signExponent & EXPONENT);
  // 2^63 and above; places wraps for them, or is 0.
  if (places - 1 >= EXPONENT) return NO_INTEGER;
  const whole = places < 64 ? mantissa >> places : 0;
  const rest = places < 64 ? mantissa << (64 - places) : places == 64 ? mantissa : 1;
  const up = rounding == 0 ? u64(rest > INTEGER_BIT - (whole & 1)) : 0;
  const negative = <u64>(signExponent >> 15);
  const magnitude = whole + up;
  if (magnitude >= <u64>1 << ((size << 3) - 1)) return NO_INTEGER;
  store<u32>(env, (rest ? FSW_PE : 0) | (<u32>up << C1_SHIFT), ST_SCRATCH);
  return (magnitude ^ (0 - negative)) + negative;
}
