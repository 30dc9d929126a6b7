/** FRNDINT, FSCALE, FXTRACT, FPREM and FPREM1: what works on exponents and integers. Precision control has no part in any of them. */
import {
  BIAS, SPECIAL, headOf, isInfinite, isNormal, isZero, resolvesNaN, resolvesNaN1, roundStoreTo, significandOf, stopsAtDenormal,
  storeCell, storeInfinity, storeInvalid, storeZero,
} from './f80-format';
import { magnitudeInexact, roundedMagnitude } from './f80-convert';
import { PE, ZE, raise, setRoundedUp } from './state';
import { divWide, wideLow } from './wide';

/**
 * Rounds to an integral value.
 *
 * @param rounding NEAREST, DOWN, UP or TRUNCATE
 */
export function f80_round_int(dst: usize, a: usize, rounding: u32): void {
  const head = headOf(a);
  const significand = significandOf(a);
  const exponent = <i32>(head & 0x7fff);
  const sign = head >> 15;
  setRoundedUp(false);
  if (!isNormal(head, significand)) {
    if (resolvesNaN1(dst, head, significand)) return;
    if (stopsAtDenormal(head, significand)) return;
    if (significand == 0 || exponent == SPECIAL) return storeCell(dst, head, significand);
  }
  if (exponent >= BIAS + 63) return storeCell(dst, head, significand);
  const magnitude = roundedMagnitude(sign, exponent ? exponent : 1, significand, rounding);
  if (magnitudeInexact()) raise(PE);
  if (magnitude == 0) return storeZero(dst, sign);
  const shift = <i32>clz<u64>(magnitude);
  storeCell(dst, (sign << 15) | (BIAS + 63 - shift), magnitude << shift);
}

/** Beyond any exponent that a scaled number can need, also when an unmasked underflow wraps it. */
const FARTHEST: i32 = 0x18000;

/** a · 2^trunc(b). */
export function f80_scale(dst: usize, a: usize, b: usize): void {
  const ha = headOf(a);
  const hb = headOf(b);
  const ma = significandOf(a);
  const mb = significandOf(b);
  const sign = ha >> 15;
  setRoundedUp(false);
  if (!isNormal(ha, ma) || !isNormal(hb, mb)) {
    if (resolvesNaN(dst, ha, ma, hb, mb)) return;
    if (isInfinite(hb, mb)) {
      const shrinks = hb >> 15;
      if (shrinks ? isInfinite(ha, ma) : isZero(ha, ma)) return storeInvalid(dst);
      if (stopsAtDenormal(ha, ma)) return;
      return shrinks ? storeZero(dst, sign) : storeInfinity(dst, sign);
    }
    if (stopsAtDenormal(ha, ma) || stopsAtDenormal(hb, mb)) return;
    if (isInfinite(ha, ma)) return storeInfinity(dst, sign);
    if (isZero(ha, ma)) return storeZero(dst, sign);
    if (isZero(hb, mb)) return storeUnchanged(dst, ha, ma);
  }
  const exponentB = <i32>(hb & 0x7fff) - BIAS;
  let by = exponentB < 0 ? 0 : exponentB > 16 ? FARTHEST : <i32>(mb >> (63 - exponentB));
  if (hb >> 15) by = -by;
  const shift = <i32>clz<u64>(ma);
  const exponent = <i32>(ha & 0x7fff) + i32((ha & 0x7fff) == 0) - shift;
  roundStoreTo(dst, sign, exponent + by, ma << shift, 0, 64);
}

/** A number as it is, except that a pseudo-denormal becomes the normal number that it stands for; no underflow even if it is tiny. */
@inline
function storeUnchanged(dst: usize, head: u32, significand: u64): void {
  storeCell(dst, head | u32((head & 0x7fff) == 0 && <i64>significand < 0), significand);
}

/** Splits a into its exponent and its significand with exponent 0, each as a number. The cells may be those of a. */
export function f80_extract(exponentCell: usize, significandCell: usize, a: usize): void {
  const head = headOf(a);
  const significand = significandOf(a);
  setRoundedUp(false);
  if (!isNormal(head, significand)) {
    if (resolvesNaN1(significandCell, head, significand)) {
      storeCell(exponentCell, headOf(significandCell), significandOf(significandCell));
      return;
    }
    if (isZero(head, significand)) {
      raise(ZE);
      storeInfinity(exponentCell, 1);
      return storeZero(significandCell, head >> 15);
    }
    if (isInfinite(head, significand)) {
      storeInfinity(exponentCell, 0);
      return storeInfinity(significandCell, head >> 15);
    }
    if (stopsAtDenormal(head, significand)) return;
  }
  const shift = <i32>clz<u64>(significand);
  const exponent = <i32>(head & 0x7fff) + i32((head & 0x7fff) == 0) - shift - BIAS;
  storeCell(significandCell, (head & 0x8000) | BIAS, significand << shift);
  storeSmall(exponentCell, exponent);
}

/** A 32-bit integer as a number. */
function storeSmall(dst: usize, value: i32): void {
  if (value == 0) return storeZero(dst, 0);
  const magnitude = <u64>abs(value);
  const shift = <i32>clz<u64>(magnitude);
  storeCell(dst, (u32(value < 0) << 15) | (BIAS + 63 - shift), magnitude << shift);
}

/** In the result of f80_rem: the reduction is partial and has to be repeated (C2). */
export const REM_INCOMPLETE: u32 = 8;

/**
 * Remainder of a ÷ b: with the quotient truncated (FPREM), or rounded to nearest (FPREM1). Exact. Exponents 64 or more apart are
 * reduced by 32 to 63 bits at a time.
 *
 * @returns the quotient's lowest three bits, or REM_INCOMPLETE
 */
export function f80_rem(dst: usize, a: usize, b: usize, nearest: bool): u32 {
  const ha = headOf(a);
  const hb = headOf(b);
  const ma = significandOf(a);
  const mb = significandOf(b);
  const sign = ha >> 15;
  setRoundedUp(false);
  if (!isNormal(ha, ma) || !isNormal(hb, mb)) {
    if (resolvesNaN(dst, ha, ma, hb, mb)) return 0;
    if (isInfinite(ha, ma) || isZero(hb, mb)) {
      storeInvalid(dst);
      return 0;
    }
    if (stopsAtDenormal(ha, ma) || stopsAtDenormal(hb, mb)) return 0;
    if (isZero(ha, ma)) {
      storeZero(dst, sign);
      return 0;
    }
  }
  if (isInfinite(hb, mb)) {
    storeUnchanged(dst, ha, ma);
    return 0;
  }
  const shiftA = <i32>clz<u64>(ma);
  const exponentA = <i32>(ha & 0x7fff) + i32((ha & 0x7fff) == 0) - shiftA;
  const significandA = ma << shiftA;
  const shiftB = <i32>clz<u64>(mb);
  const exponentB = <i32>(hb & 0x7fff) + i32((hb & 0x7fff) == 0) - shiftB;
  const significandB = mb << shiftB;
  const distance = exponentA - exponentB;
  if (distance < 0) {
    if (nearest && distance == -1 && significandA > significandB) {
      // The quotient is above a half: 1. b − a at the scale of a.
      storeRemainder(dst, sign ^ 1, exponentA, (significandB << 1) - significandA);
      return 1;
    }
    roundStoreTo(dst, sign, exponentA, significandA, 0, 64);
    return 0;
  }
  const bits = distance < 64 ? distance : (distance & 31) | 32;
  let quotient = divWide(bits ? significandA >> (64 - bits) : 0, significandA << bits, significandB);
  let remainder = wideLow;
  if (distance >= 64) {
    storeRemainder(dst, sign, exponentB + distance - bits, remainder);
    return REM_INCOMPLETE;
  }
  let flip: u32 = 0;
  if (nearest) {
    const complement = significandB - remainder;
    if (remainder > complement || (remainder == complement && (quotient & 1))) {
      remainder = complement;
      quotient++;
      flip = 1;
    }
  }
  storeRemainder(dst, sign ^ flip, exponentB, remainder, sign);
  return <u32>quotient & 7;
}

/** remainder · 2^(exponent − 63); a remainder of nothing has the sign of the dividend. */
function storeRemainder(dst: usize, sign: u32, exponent: i32, remainder: u64, zeroSign: u32 = sign): void {
  if (remainder == 0) return storeZero(dst, zeroSign);
  const shift = <i32>clz<u64>(remainder);
  roundStoreTo(dst, sign, exponent - shift, remainder << shift, 0, 64);
}
