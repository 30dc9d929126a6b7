/**
 * Sum, product, quotient and root of f32 and f64 bit patterns (T = u32 or u64). Order of checks in each: NaN, other invalid
 * operands, division by zero, denormal operands (SDM vol. 1, 4.9.2); then the arithmetic on 64-bit significands.
 */
import {
  LEADING, afterDaz, exponentBias, exponentOf, fractionBits, fractionOf, invalid, isNaNBits, isNormal, packed, propagateNaN,
  roundPack, signOf, specialExponent, stopsAtDenormal,
} from './binary-format';
import { DOWN, ZE, raise, sfFtz, sfRounding } from './state';
import { divWide, mulHigh, shiftRightJam, sqrtWide, wideLow } from './wide';

/** The significand with its leading bit at LEADING, of a number whose exponent field is not 0. */
@inline
function normalSignificand<T>(x: T): u64 {
  return (fractionOf<T>(x) | ((<u64>1) << fractionBits<T>())) << (LEADING - fractionBits<T>());
}

/** a + b, or a − b if flip is 1. */
export function add<T>(x: T, y: T, flip: u32): T {
  let a = x;
  let b = y;
  let ea = exponentOf<T>(a);
  let eb = exponentOf<T>(b);
  let sa = signOf<T>(a);
  let sb = signOf<T>(b) ^ flip;
  let ma: u64, mb: u64;
  if (isNormal<T>(ea) && isNormal<T>(eb)) {
    ma = normalSignificand<T>(a) >> 1;
    mb = normalSignificand<T>(b) >> 1;
  } else {
    if (isNaNBits<T>(a) || isNaNBits<T>(b)) return propagateNaN<T>(a, b);
    a = afterDaz<T>(a);
    b = afterDaz<T>(b);
    const special = specialExponent<T>();
    if (ea == special && eb == special && sa != sb) return invalid<T>();
    if (stopsAtDenormal<T>(a) || stopsAtDenormal<T>(b)) return a;
    if (ea == special) return a;
    if (eb == special) return packed<T>(sb, special, 0);
    // A denormal counts from exponent 1 without the leading bit; the sum is normalised below.
    ma = ea ? normalSignificand<T>(a) >> 1 : fractionOf<T>(a) << (LEADING - 1 - fractionBits<T>());
    mb = eb ? normalSignificand<T>(b) >> 1 : fractionOf<T>(b) << (LEADING - 1 - fractionBits<T>());
    ea = ea ? ea : 1;
    eb = eb ? eb : 1;
  }
  const distance = ea - eb;
  if (distance > 0) mb = shiftRightJam(mb, distance);
  else if (distance < 0) {
    ma = shiftRightJam(ma, -distance);
    ea = eb;
  }
  let sign = sa;
  let sum: u64;
  if (sa == sb) sum = ma + mb;
  else {
    sum = ma - mb;
    if (<i64>sum < 0) {
      sum = 0 - sum;
      sign = sb;
    }
  }
  if (sum == 0) return packed<T>(sa == sb ? sa : u32(sfRounding == DOWN), 0, 0);
  const shift = <i32>clz<u64>(sum) - 1;
  return roundPack<T>(sign, ea + 1 - shift, sum << shift, sfFtz);
}

/** Significand of the last call of unpackFinite, leading bit at LEADING. */
let unpacked: u64 = 0;

/** The exponent of a finite number other than zero, below 1 for denormals; its significand goes to `unpacked`. */
@inline
function unpackFinite<T>(x: T): i32 {
  const exponent = exponentOf<T>(x);
  if (exponent) {
    unpacked = normalSignificand<T>(x);
    return exponent;
  }
  const fraction = fractionOf<T>(x);
  const shift = <i32>clz<u64>(fraction) - 1;
  unpacked = fraction << shift;
  return LEADING - fractionBits<T>() + 1 - shift;
}

export function mul<T>(x: T, y: T): T {
  let a = x;
  let b = y;
  let ea = exponentOf<T>(a);
  let eb = exponentOf<T>(b);
  const sign = signOf<T>(a) ^ signOf<T>(b);
  if (!isNormal<T>(ea) || !isNormal<T>(eb)) {
    if (isNaNBits<T>(a) || isNaNBits<T>(b)) return propagateNaN<T>(a, b);
    a = afterDaz<T>(a);
    b = afterDaz<T>(b);
    const zero = (ea | <i32>(fractionOf<T>(a) != 0)) == 0 || (eb | <i32>(fractionOf<T>(b) != 0)) == 0;
    const infinite = ea == specialExponent<T>() || eb == specialExponent<T>();
    if (zero && infinite) return invalid<T>();
    if (stopsAtDenormal<T>(a) || stopsAtDenormal<T>(b)) return a;
    if (infinite) return packed<T>(sign, specialExponent<T>(), 0);
    if (zero) return packed<T>(sign, 0, 0);
  }
  ea = unpackFinite<T>(a);
  const ma = unpacked;
  eb = unpackFinite<T>(b);
  const mb = unpacked << 1;
  let product = mulHigh(ma, mb) | u64(ma * mb != 0);
  let exponent = ea + eb - exponentBias<T>() + 1;
  if (!(product >> LEADING)) {
    product <<= 1;
    exponent--;
  }
  return roundPack<T>(sign, exponent, product, sfFtz);
}

export function div<T>(x: T, y: T): T {
  let a = x;
  let b = y;
  let ea = exponentOf<T>(a);
  let eb = exponentOf<T>(b);
  const sign = signOf<T>(a) ^ signOf<T>(b);
  if (!isNormal<T>(ea) || !isNormal<T>(eb)) {
    if (isNaNBits<T>(a) || isNaNBits<T>(b)) return propagateNaN<T>(a, b);
    a = afterDaz<T>(a);
    b = afterDaz<T>(b);
    const special = specialExponent<T>();
    const zeroA = ea == 0 && fractionOf<T>(a) == 0;
    const zeroB = eb == 0 && fractionOf<T>(b) == 0;
    if ((zeroA && zeroB) || (ea == special && eb == special)) return invalid<T>();
    if (zeroB && ea != special) {
      raise(ZE);
      return packed<T>(sign, special, 0);
    }
    if (stopsAtDenormal<T>(a) || stopsAtDenormal<T>(b)) return a;
    if (ea == special) return packed<T>(sign, special, 0);
    if (eb == special || zeroA) return packed<T>(sign, 0, 0);
  }
  ea = unpackFinite<T>(a);
  let ma = unpacked;
  eb = unpackFinite<T>(b);
  const mb = unpacked;
  let exponent = ea - eb + exponentBias<T>();
  if (ma < mb) {
    ma <<= 1;
    exponent--;
  }
  // ma / mb lies in [1, 2).
  let quotient: u64;
  if (sizeof<T>() == 4) {
    const shift = LEADING - 23;
    const numerator = ma;
    const divisor = mb >> shift;
    quotient = numerator / divisor;
    quotient = (quotient << 23) | u64(numerator != quotient * divisor);
  } else {
    quotient = divWide(ma >> 1, 0, mb << 1);
    quotient |= u64(wideLow != 0);
  }
  return roundPack<T>(sign, exponent, quotient, sfFtz);
}

export function squareRoot<T>(x: T): T {
  if (isNaNBits<T>(x)) return propagateNaN<T>(x, x);
  const a = afterDaz<T>(x);
  const field = exponentOf<T>(a);
  if (field == 0 && fractionOf<T>(a) == 0) return a;
  if (signOf<T>(a)) return invalid<T>();
  if (stopsAtDenormal<T>(a)) return a;
  if (field == specialExponent<T>()) return a;
  const exponent = unpackFinite<T>(a) - exponentBias<T>();
  const root = sqrtWide(unpacked << (exponent & 1), 0);
  return roundPack<T>(0, (exponent >> 1) + exponentBias<T>(), (root >> 1) | (root & 1) | u64(wideLow != 0), sfFtz);
}
