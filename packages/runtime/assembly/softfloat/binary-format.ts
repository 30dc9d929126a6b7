/**
 * The two interchange formats f32 and f64 as bit patterns T = u32 or u64: fields, NaN rules of SSE, and the one place where their
 * results are rounded. Both formats share every line; sizeof<T>() is a constant, so each gets its own folded copy.
 */
import {
  DOWN, IE, NEAREST, OE, PE, TRUNCATE, UE, UP, raise, raiseDenormal, roundsAway, sfDaz, sfMasks, sfRounding,
} from './state';
import { shiftRightJam } from './wide';

/** Where roundPack expects the leading bit of a significand: one below the top, so that rounding up cannot carry out. */
export const LEADING: i32 = 62;

@inline
export function fractionBits<T>(): i32 {
  return sizeof<T>() == 4 ? 23 : 52;
}

/** The exponent field of infinities and NaNs. */
@inline
export function specialExponent<T>(): i32 {
  return sizeof<T>() == 4 ? 0xff : 0x7ff;
}

@inline
export function exponentBias<T>(): i32 {
  return sizeof<T>() == 4 ? 127 : 1023;
}

@inline
export function fractionOf<T>(x: T): u64 {
  return <u64>x & (((<u64>1) << fractionBits<T>()) - 1);
}

@inline
export function exponentOf<T>(x: T): i32 {
  return <i32>(<u64>x >> fractionBits<T>()) & specialExponent<T>();
}

@inline
export function signOf<T>(x: T): u32 {
  return <u32>(<u64>x >> (sizeof<T>() * 8 - 1));
}

@inline
export function packed<T>(sign: u32, exponent: i32, fraction: u64): T {
  return <T>((<u64>sign << (sizeof<T>() * 8 - 1)) | (<u64>exponent << fractionBits<T>()) | fraction);
}

/** Neither zero, denormal, infinite nor NaN. */
@inline
export function isNormal<T>(exponent: i32): bool {
  return <u32>(exponent - 1) < <u32>(specialExponent<T>() - 1);
}

@inline
export function isNaNBits<T>(x: T): bool {
  return exponentOf<T>(x) == specialExponent<T>() && fractionOf<T>(x) != 0;
}

@inline
export function isSignalingBits<T>(x: T): bool {
  return isNaNBits<T>(x) && !(<u64>x & ((<u64>1) << (fractionBits<T>() - 1)));
}

/** The indefinite value: a negative quiet NaN without payload. */
@inline
export function indefinite<T>(): T {
  return packed<T>(1, specialExponent<T>(), (<u64>1) << (fractionBits<T>() - 1));
}

@inline
export function invalid<T>(): T {
  raise(IE);
  return indefinite<T>();
}

@inline
export function quieted<T>(x: T): T {
  return <T>(<u64>x | ((<u64>1) << (fractionBits<T>() - 1)));
}

/** The result of an operation with a NaN among its operands: the first NaN, quieted (SDM vol. 1, table 4-7, SSE column). */
export function propagateNaN<T>(a: T, b: T): T {
  if (isSignalingBits<T>(a) || isSignalingBits<T>(b)) raise(IE);
  return quieted<T>(isNaNBits<T>(a) ? a : b);
}

/** x, or a zero of its sign if it is denormal and denormals count as zero. */
@inline
export function afterDaz<T>(x: T): T {
  return sfDaz && exponentOf<T>(x) == 0 ? packed<T>(signOf<T>(x), 0, 0) : x;
}

/** Raises DE if x, to which DAZ has been applied, is denormal; true if the operation has to stop there. */
@inline
export function stopsAtDenormal<T>(x: T): bool {
  return exponentOf<T>(x) == 0 && fractionOf<T>(x) != 0 && raiseDenormal();
}

/**
 * Rounds to T under the current mode, with flags.
 *
 * @param exponent biased exponent that the leading bit stands for; any value
 * @param significand leading bit at LEADING; all that lies below the lowest bit is jammed into it
 * @param flush what is tiny becomes zero while UE is masked: sfFtz for SSE, false for the x87
 */
export function roundPack<T>(sign: u32, exponent: i32, significand: u64, flush: bool): T {
  const drop = LEADING - fractionBits<T>();
  const mask = ((<u64>1) << drop) - 1;
  const half = (<u64>1) << (drop - 1);
  const rounding = sfRounding;
  const increment = rounding == NEAREST ? half : roundsAway(rounding, sign) ? mask : 0;
  if (<u32>(exponent - 1) >= <u32>(specialExponent<T>() - 2)) {
    if (exponent <= 0) return roundTiny<T>(sign, exponent, significand, increment, flush);
    if (exponent >= specialExponent<T>() || (significand + increment) >> 63) return overflow<T>(sign, significand & mask);
  }
  const rest = significand & mask;
  if (rest) raise(PE);
  let kept = (significand + increment) >> drop;
  if (rest == half && rounding == NEAREST) kept &= ~<u64>1;
  return <T>((<u64>sign << (sizeof<T>() * 8 - 1)) + (<u64>(exponent - 1) << fractionBits<T>()) + kept);
}

/**
 * Results below the least normal number, or just at it before rounding. Tiny means tiny after rounding to an unbounded exponent;
 * a masked underflow is raised if it is also inexact, an unmasked one always (SDM vol. 1, 4.9.1.5).
 */
function roundTiny<T>(sign: u32, exponent: i32, significand: u64, increment: u64, flush: bool): T {
  const drop = LEADING - fractionBits<T>();
  const mask = ((<u64>1) << drop) - 1;
  const tiny = exponent < 0 || !((significand + increment) >> 63);
  if (tiny) {
    if (!(sfMasks & UE)) {
      raise((significand & mask) != 0 ? UE | PE : UE);
      return packed<T>(sign, 0, 0);
    }
    if (flush) {
      raise(UE | PE);
      return packed<T>(sign, 0, 0);
    }
  }
  const shifted = shiftRightJam(significand, 1 - exponent);
  const rest = shifted & mask;
  if (rest) raise(tiny ? UE | PE : PE);
  let kept = (shifted + increment) >> drop;
  if (rest == (mask >> 1) + 1 && sfRounding == NEAREST) kept &= ~<u64>1;
  return <T>((<u64>sign << (sizeof<T>() * 8 - 1)) + kept);
}

/** Infinity, or the largest finite number where the mode rounds towards zero. */
function overflow<T>(sign: u32, rest: u64): T {
  raise(sfMasks & OE || rest ? OE | PE : OE);
  const infinity = packed<T>(sign, specialExponent<T>(), 0);
  const stays = sfRounding == TRUNCATE || sfRounding == (sign ? UP : DOWN);
  return stays ? <T>(<u64>infinity - 1) : infinity;
}
