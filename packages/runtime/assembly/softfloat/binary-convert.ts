/** Comparison, conversion to and from integers and between the formats, rounding to integer: f32 and f64 (T = u32 or u64). */
import {
  LEADING, afterDaz, exponentBias, exponentOf, fractionBits, fractionOf, isNaNBits, isSignalingBits, packed, quieted, roundPack, signOf,
  stopsAtDenormal,
} from './binary-format';
import { IE, NEAREST, PE, raise, roundsAway, sfFtz } from './state';
import { shiftRightJam } from './wide';

/** −1, 0, 1, or 2 for unordered. */
export function compare<T>(x: T, y: T, signaling: bool): i32 {
  if (isNaNBits<T>(x) || isNaNBits<T>(y)) {
    if (signaling || isSignalingBits<T>(x) || isSignalingBits<T>(y)) raise(IE);
    return 2;
  }
  const a = afterDaz<T>(x);
  const b = afterDaz<T>(y);
  if (stopsAtDenormal<T>(a) || stopsAtDenormal<T>(b)) return 0;
  const ka = orderKey<T>(a);
  const kb = orderKey<T>(b);
  return i32(ka > kb) - i32(ka < kb);
}

/** An integer ordered as the numbers are; both zeros give 0. */
@inline
function orderKey<T>(x: T): i64 {
  const magnitude = <i64>(<u64>x & (((<u64>1) << (sizeof<T>() * 8 - 1)) - 1));
  return signOf<T>(x) ? -magnitude : magnitude;
}

/** Of the last roundMagnitude: whether it lost something. */
let inexact: bool = false;

/** The magnitude significand · 2^−fraction rounded to an integer. */
@inline
function roundMagnitude(sign: u32, significand: u64, fraction: u32, rounding: u32): u64 {
  // Two bits below the integer are enough: the half and the rest.
  const scaled = fraction > 2 ? shiftRightJam(significand, fraction - 2) : significand << (2 - fraction);
  const rest = scaled & 3;
  const whole = scaled >> 2;
  inexact = rest != 0;
  if (rounding == NEAREST) return whole + u64(rest > 2 || (rest == 2 && (whole & 1)));
  return whole + u64(rest != 0 && roundsAway(rounding, sign));
}

/**
 * Signed integer of `bits` = 32 or 64 bits; NaN and what does not fit give the integer indefinite (the least one) and IE.
 *
 * @param rounding NEAREST, DOWN, UP or TRUNCATE
 */
export function toInteger<T>(x: T, rounding: u32, bits: i32): i64 {
  const a = afterDaz<T>(x);
  const exponent = exponentOf<T>(a) - exponentBias<T>();
  const least = <i64>(<u64>-1 << (bits - 1));
  const sign = signOf<T>(a);
  if (exponent >= bits - 1) {
    // −2^(bits−1) itself fits; for 32 bits so does what rounds to it.
    if (bits == 64 || exponent > bits - 1 || !sign) {
      if (!(sign && exponent == bits - 1 && fractionOf<T>(a) == 0)) raise(IE);
      return least;
    }
  }
  const field = exponentOf<T>(a);
  const significand = field ? fractionOf<T>(a) | ((<u64>1) << fractionBits<T>()) : fractionOf<T>(a);
  const fraction = fractionBits<T>() - (field ? exponent : 1 - exponentBias<T>());
  let magnitude: u64;
  if (fraction <= 0) {
    magnitude = significand << -fraction;
    inexact = false;
  } else magnitude = roundMagnitude(sign, significand, fraction, rounding);
  if (magnitude > <u64>~least + u64(sign)) {
    raise(IE);
    return least;
  }
  if (inexact) raise(PE);
  return sign ? 0 - <i64>magnitude : <i64>magnitude;
}

/** The number nearest to an integer under the current rounding. */
export function fromInteger<T>(value: i64): T {
  if (value == 0) return <T>0;
  const sign = u32(value < 0);
  const magnitude = sign ? 0 - <u64>value : <u64>value;
  const shift = <i32>clz<u64>(magnitude) - 1;
  // Only −2^63 has its top bit set; nothing is lost by moving it down.
  const significand = shift < 0 ? magnitude >> 1 : magnitude << shift;
  return roundPack<T>(sign, exponentBias<T>() + LEADING - shift, significand, sfFtz);
}

export function widen(x: u32): u64 {
  if (isNaNBits<u32>(x)) {
    if (isSignalingBits<u32>(x)) raise(IE);
    return quieted<u64>(packed<u64>(signOf<u32>(x), 0x7ff, fractionOf<u32>(x) << 29));
  }
  const a = afterDaz<u32>(x);
  const field = exponentOf<u32>(a);
  let fraction = fractionOf<u32>(a);
  if (field) return packed<u64>(signOf<u32>(a), field == 0xff ? 0x7ff : field + 896, fraction << 29);
  if (!fraction) return packed<u64>(signOf<u32>(a), 0, 0);
  stopsAtDenormal<u32>(a);
  const shift = <i32>clz<u64>(fraction) - 11;
  return packed<u64>(signOf<u32>(a), 926 - shift, (fraction << shift) & 0xfffffffffffff);
}

export function narrow(x: u64): u32 {
  if (isNaNBits<u64>(x)) {
    if (isSignalingBits<u64>(x)) raise(IE);
    return quieted<u32>(packed<u32>(signOf<u64>(x), 0xff, fractionOf<u64>(x) >> 29));
  }
  const a = afterDaz<u64>(x);
  const sign = signOf<u64>(a);
  const field = exponentOf<u64>(a);
  const fraction = fractionOf<u64>(a);
  if (field == 0x7ff) return packed<u32>(sign, 0xff, 0);
  if (field) return roundPack<u32>(sign, field - 896, (fraction | ((<u64>1) << 52)) << 10, sfFtz);
  if (!fraction) return packed<u32>(sign, 0, 0);
  if (stopsAtDenormal<u64>(a)) return packed<u32>(sign, 0, 0);
  const shift = <i32>clz<u64>(fraction) - 1;
  return roundPack<u32>(sign, LEADING - 52 - shift + 1 - 896, fraction << shift, sfFtz);
}

/**
 * Rounds to an integral value in the same format.
 *
 * @param rounding NEAREST, DOWN, UP or TRUNCATE
 * @param suppressPE an inexact result raises nothing
 */
export function roundToIntegral<T>(x: T, rounding: u32, suppressPE: bool): T {
  if (isNaNBits<T>(x)) {
    if (isSignalingBits<T>(x)) raise(IE);
    return quieted<T>(x);
  }
  const a = afterDaz<T>(x);
  const exponent = exponentOf<T>(a) - exponentBias<T>();
  if (exponent >= fractionBits<T>()) return a;
  const sign = signOf<T>(a);
  if (exponentOf<T>(a) == 0 && fractionOf<T>(a) == 0) return a;
  if (exponent < 0) {
    // Magnitude in (0, 1): a half only if the exponent is −1.
    const up = rounding == NEAREST ? exponent == -1 && fractionOf<T>(a) != 0 : roundsAway(rounding, sign);
    if (!suppressPE) raise(PE);
    return packed<T>(sign, up ? exponentBias<T>() : 0, 0);
  }
  const drop = fractionBits<T>() - exponent;
  const mask = ((<u64>1) << drop) - 1;
  const rest = <u64>a & mask;
  if (!rest) return a;
  if (!suppressPE) raise(PE);
  const unit = mask + 1;
  const half = unit >> 1;
  const whole = <u64>a & ~mask;
  // A carry out of the fraction steps the exponent: the patterns are ordered as the numbers.
  const up = rounding == NEAREST ? rest > half || (rest == half && (whole & unit) != 0) : roundsAway(rounding, sign);
  return <T>(up ? whole + unit : whole);
}
