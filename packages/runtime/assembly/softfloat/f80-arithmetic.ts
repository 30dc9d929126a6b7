/**
 * Sum, product, quotient and root in x87 format, rounded to the precision in force. The exact result before rounding is kept in two
 * words with all that lies below jammed into the lowest bit.
 */
import {
  BIAS, INTEGER_BIT, SPECIAL, headOf, isInfinite, isNormal, isZero, resolvesNaN, resolvesNaN1, roundStore, significandOf, stopsAtDenormal,
  storeInfinity, storeInvalid, storeZero,
} from './f80-format';
import { DOWN, ZE, raise, setRoundedUp, sfRounding } from './state';
import { divWide, mulHigh, shiftLeft128, shiftRightJam128, sqrtWide, wideLow } from './wide';

export function f80_add(dst: usize, a: usize, b: usize): void {
  addSigned(dst, headOf(a), significandOf(a), headOf(b), significandOf(b), 0);
}

export function f80_sub(dst: usize, a: usize, b: usize): void {
  addSigned(dst, headOf(a), significandOf(a), headOf(b), significandOf(b), 1);
}

/** a + b, or a − b if flip is 1. */
function addSigned(dst: usize, ha: u32, ma: u64, hb: u32, mb: u64, flip: u32): void {
  const sa = ha >> 15;
  const sb = (hb >> 15) ^ flip;
  let ea = <i32>(ha & 0x7fff);
  let eb = <i32>(hb & 0x7fff);
  setRoundedUp(false);
  if (!isNormal(ha, ma) || !isNormal(hb, mb)) {
    if (resolvesNaN(dst, ha, ma, hb, mb)) return;
    if (ea == SPECIAL && eb == SPECIAL && sa != sb) return storeInvalid(dst);
    if (stopsAtDenormal(ha, ma) || stopsAtDenormal(hb, mb)) return;
    if (ea == SPECIAL) return storeInfinity(dst, sa);
    if (eb == SPECIAL) return storeInfinity(dst, sb);
    if (ea == 0) ea = 1;
    if (eb == 0) eb = 1;
  }
  if (sa == sb) addMagnitudes(dst, sa, ea, ma, eb, mb);
  else subMagnitudes(dst, sa, ea, ma, eb, mb);
}

function addMagnitudes(dst: usize, sign: u32, exponentA: i32, a: u64, exponentB: i32, b: u64): void {
  let exponent = exponentA;
  let hi = a;
  let other = b;
  let distance = exponentA - exponentB;
  if (distance < 0) {
    distance = -distance;
    exponent = exponentB;
    hi = b;
    other = a;
  }
  const shifted = shiftRightJam128(other, 0, distance);
  let lo = wideLow;
  const sum = hi + shifted;
  if (sum < shifted) {
    lo = (lo >> 1) | (lo & 1) | (sum << 63);
    hi = (sum >> 1) | INTEGER_BIT;
    exponent++;
  } else hi = sum;
  normalizeStore(dst, sign, exponent, hi, lo, sign);
}

function subMagnitudes(dst: usize, signA: u32, exponentA: i32, a: u64, exponentB: i32, b: u64): void {
  let sign = signA;
  let exponent = exponentA;
  let hi = a;
  let other = b;
  let distance = exponentA - exponentB;
  if (distance < 0 || (distance == 0 && a < b)) {
    distance = -distance;
    exponent = exponentB;
    hi = b;
    other = a;
    sign ^= 1;
  }
  const shifted = shiftRightJam128(other, 0, distance);
  const low = wideLow;
  hi = hi - shifted - u64(low != 0);
  normalizeStore(dst, sign, exponent, hi, 0 - low, u32(sfRounding == DOWN));
}

/** Brings the leading bit to the top; a difference or sum of nothing is a zero of sign zeroSign. */
@inline
function normalizeStore(dst: usize, sign: u32, exponent: i32, hi: u64, lo: u64, zeroSign: u32): void {
  if (<i64>hi < 0) return roundStore(dst, sign, exponent, hi, lo);
  if ((hi | lo) == 0) return storeZero(dst, zeroSign);
  const shift = <i32>(hi ? clz<u64>(hi) : 64 + clz<u64>(lo));
  const top = shiftLeft128(hi, lo, shift);
  roundStore(dst, sign, exponent - shift, top, wideLow);
}

/** Significand of the last normalizedExponent, leading bit at 63. */
let normalized: u64 = 0;

/** Exponent of a finite number other than zero as if the format had no least one; its significand goes to `normalized`. */
@inline
function normalizedExponent(head: u32, significand: u64): i32 {
  const exponent = <i32>(head & 0x7fff);
  if (exponent) {
    normalized = significand;
    return exponent;
  }
  const shift = <i32>clz<u64>(significand);
  normalized = significand << shift;
  return 1 - shift;
}

export function f80_mul(dst: usize, a: usize, b: usize): void {
  const ha = headOf(a);
  const hb = headOf(b);
  let ma = significandOf(a);
  let mb = significandOf(b);
  const sign = (ha ^ hb) >> 15;
  setRoundedUp(false);
  if (!isNormal(ha, ma) || !isNormal(hb, mb)) {
    if (resolvesNaN(dst, ha, ma, hb, mb)) return;
    const infinite = isInfinite(ha, ma) || isInfinite(hb, mb);
    const zero = isZero(ha, ma) || isZero(hb, mb);
    if (infinite && zero) return storeInvalid(dst);
    if (stopsAtDenormal(ha, ma) || stopsAtDenormal(hb, mb)) return;
    if (infinite) return storeInfinity(dst, sign);
    if (zero) return storeZero(dst, sign);
  }
  let exponent = normalizedExponent(ha, ma);
  ma = normalized;
  exponent += normalizedExponent(hb, mb) - BIAS + 1;
  mb = normalized;
  let hi = mulHigh(ma, mb);
  let lo = ma * mb;
  if (<i64>hi >= 0) {
    hi = (hi << 1) | (lo >> 63);
    lo <<= 1;
    exponent--;
  }
  roundStore(dst, sign, exponent, hi, lo);
}

export function f80_div(dst: usize, a: usize, b: usize): void {
  const ha = headOf(a);
  const hb = headOf(b);
  let ma = significandOf(a);
  let mb = significandOf(b);
  const sign = (ha ^ hb) >> 15;
  setRoundedUp(false);
  if (!isNormal(ha, ma) || !isNormal(hb, mb)) {
    if (resolvesNaN(dst, ha, ma, hb, mb)) return;
    const zeroA = isZero(ha, ma);
    const zeroB = isZero(hb, mb);
    const infiniteA = isInfinite(ha, ma);
    const infiniteB = isInfinite(hb, mb);
    if ((zeroA && zeroB) || (infiniteA && infiniteB)) return storeInvalid(dst);
    if (zeroB && !infiniteA) {
      raise(ZE);
      return storeInfinity(dst, sign);
    }
    if (stopsAtDenormal(ha, ma) || stopsAtDenormal(hb, mb)) return;
    if (infiniteA) return storeInfinity(dst, sign);
    if (zeroA || infiniteB) return storeZero(dst, sign);
  }
  let exponent = normalizedExponent(ha, ma) + BIAS;
  ma = normalized;
  exponent -= normalizedExponent(hb, mb);
  mb = normalized;
  // The quotient in [1, 2) has 64 bits when the numerator is (ma, 0) / 2, which is below the divisor.
  let low: u64 = 0;
  if (ma >= mb) {
    low = ma << 63;
    ma >>= 1;
  } else exponent--;
  const quotient = divWide(ma, low, mb);
  const remainder = wideLow;
  // Of the next bits only half and rest matter.
  const next = remainder >> 63 ? INTEGER_BIT : u64(remainder << 1 >= mb) << 63;
  const exact = remainder == 0 || (remainder >> 63 == 0 && remainder << 1 == mb);
  roundStore(dst, sign, exponent, quotient, next | u64(!exact));
}

export function f80_sqrt(dst: usize, a: usize): void {
  const head = headOf(a);
  const significand = significandOf(a);
  setRoundedUp(false);
  if (head - 1 >= <u32>(SPECIAL - 1) || <i64>significand >= 0) {
    if (resolvesNaN1(dst, head, significand)) return;
    if (isZero(head, significand)) return storeZero(dst, head >> 15);
    if (head >> 15) return storeInvalid(dst);
    if (stopsAtDenormal(head, significand)) return;
    if (head == SPECIAL) return storeInfinity(dst, 0);
  }
  const exponent = normalizedExponent(head, significand) - BIAS;
  // An even exponent leaves the radicand in [1, 2), one bit below the top.
  const odd = exponent & 1;
  const root = sqrtWide(odd ? normalized : normalized >> 1, odd ? 0 : normalized << 63);
  roundStore(dst, 0, (exponent >> 1) + BIAS, root, wideLow == 2 ? INTEGER_BIT | 1 : wideLow);
}
