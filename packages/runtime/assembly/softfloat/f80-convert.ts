/**
 * Comparison of f80 cells and conversion to and from f32, f64 and integers (FLD, FST, FILD, FIST). Precision control has no part in
 * any of them. Loads from f32 and f64 never lose anything; they raise DE and quiet signaling NaNs.
 */
import {
  exponentBias, exponentOf, fractionBits, fractionOf, invalid, isSignalingBits, packed, quieted, roundPack, signOf, specialExponent,
} from './binary-format';
import {
  BIAS, INTEGER_BIT, QUIET_BIT, SPECIAL, headOf, isDenormal, isNaNCell, isNormal, isSignalingCell, isUnsupported, isZero, significandOf,
  storeCell,
} from './f80-format';
import { DE, IE, NEAREST, OE, PE, UE, raise, roundsAway, setFlags, setRoundedUp, sfFlags, sfMasks } from './state';
import { shiftRightJam } from './wide';

/** −1, 0, 1, or 2 for unordered; IE for signaling NaNs and unsupported operands only (FUCOM). */
export function f80_compare(a: usize, b: usize): i32 {
  return compare(a, b, false);
}

/** As f80_compare, with IE for any NaN (FCOM). */
export function f80_compare_signaling(a: usize, b: usize): i32 {
  return compare(a, b, true);
}

function compare(a: usize, b: usize, signaling: bool): i32 {
  const ha = headOf(a);
  const hb = headOf(b);
  const ma = significandOf(a);
  const mb = significandOf(b);
  if (!isNormal(ha, ma) || !isNormal(hb, mb)) {
    if (isUnsupported(ha, ma) || isUnsupported(hb, mb)) {
      raise(IE);
      return 2;
    }
    if (isNaNCell(ha, ma) || isNaNCell(hb, mb)) {
      if (signaling || isSignalingCell(ha, ma) || isSignalingCell(hb, mb)) raise(IE);
      return 2;
    }
    if (isDenormal(ha, ma) || isDenormal(hb, mb)) raise(DE);
    if (isZero(ha, ma) && isZero(hb, mb)) return 0;
  }
  if ((ha ^ hb) >> 15) return ha >> 15 ? -1 : 1;
  // A pseudo-denormal equals the normal number with exponent 1.
  const ea = (ha & 0x7fff) + u32((ha & 0x7fff) == 0 && <i64>ma < 0);
  const eb = (hb & 0x7fff) + u32((hb & 0x7fff) == 0 && <i64>mb < 0);
  if (ea == eb && ma == mb) return 0;
  const above = ea > eb || (ea == eb && ma > mb);
  return above == !(ha >> 15) ? 1 : -1;
}

function fromBinary<T>(dst: usize, x: T): void {
  const head = signOf<T>(x) << 15;
  const field = exponentOf<T>(x);
  const top = fractionOf<T>(x) << (63 - fractionBits<T>());
  if (field == specialExponent<T>()) {
    if (isSignalingBits<T>(x)) raise(IE);
    storeCell(dst, head | SPECIAL, INTEGER_BIT | top | (top ? QUIET_BIT : 0));
  } else if (field) storeCell(dst, head | (field + (BIAS - exponentBias<T>())), INTEGER_BIT | top);
  else if (top) {
    raise(DE);
    const shift = <u32>clz<u64>(top);
    storeCell(dst, head | (BIAS - exponentBias<T>() + 1 - shift), top << shift);
  } else storeCell(dst, head, 0);
}

export function f32_to_f80(dst: usize, value: u32): void {
  fromBinary<u32>(dst, value);
}

export function f64_to_f80(dst: usize, value: u64): void {
  fromBinary<u64>(dst, value);
}

function toBinary<T>(a: usize): T {
  const head = headOf(a);
  const significand = significandOf(a);
  const sign = head >> 15;
  setRoundedUp(false);
  if (isUnsupported(head, significand)) return invalid<T>();
  const exponent = <i32>(head & 0x7fff);
  if (exponent == SPECIAL) {
    if (significand == INTEGER_BIT) return packed<T>(sign, specialExponent<T>(), 0);
    if (isSignalingCell(head, significand)) raise(IE);
    return quieted<T>(packed<T>(sign, specialExponent<T>(), (significand << 1) >> (64 - fractionBits<T>())));
  }
  if (isZero(head, significand)) return packed<T>(sign, 0, 0);
  // A denormal raises no DE here. Its exponent is far below that of the least f64: only the bits that are lost count.
  const leading = significand << <i32>clz<u64>(significand);
  const before = sfFlags;
  setFlags(0);
  const result = roundPack<T>(sign, exponent - BIAS + exponentBias<T>(), (leading >> 1) | (leading & 1), false);
  // A store that is not made says nothing of precision.
  setFlags(before | (sfFlags & ~sfMasks & (OE | UE) ? sfFlags & ~PE : sfFlags));
  setRoundedUp(magnitudeAbove<T>(result, exponent, significand));
  return result;
}

/** Whether |rounded| lies above the magnitude that it was rounded from. */
function magnitudeAbove<T>(rounded: T, exponent: i32, significand: u64): bool {
  const field = exponentOf<T>(rounded);
  if (field == specialExponent<T>()) return true;
  const fraction = fractionOf<T>(rounded);
  if (!field && !fraction) return false;
  if (!field) {
    // Denormal result: compare at the scale of its lowest bit.
    const drop = 63 - fractionBits<T>() + (1 - (exponent - BIAS + exponentBias<T>()));
    return drop >= 64 || fraction > significand >> drop;
  }
  const own = exponent - BIAS + exponentBias<T>();
  const kept = (fraction | ((<u64>1) << fractionBits<T>())) << (63 - fractionBits<T>());
  return field > own || (field == own && kept > significand);
}

/** Rounded under the current mode; tiny and huge results as masked by state.ts. */
export function f80_to_f32(a: usize): u32 {
  return toBinary<u32>(a);
}

export function f80_to_f64(a: usize): u64 {
  return toBinary<u64>(a);
}

export function i16_to_f80(dst: usize, value: i32): void {
  i64_to_f80(dst, <i64>(<i16>value));
}

export function i32_to_f80(dst: usize, value: i32): void {
  i64_to_f80(dst, <i64>value);
}

export function i64_to_f80(dst: usize, value: i64): void {
  if (value == 0) return storeCell(dst, 0, 0);
  const magnitude = value < 0 ? 0 - <u64>value : <u64>value;
  const shift = <i32>clz<u64>(magnitude);
  storeCell(dst, (u32(value < 0) << 15) | (BIAS + 63 - shift), magnitude << shift);
}

/** Of the last roundedMagnitude: whether it lost something. */
let inexact: bool = false;

/**
 * The magnitude of a finite number below 2^64 rounded to an integer, with C1; its overflow to 2^64 gives 0 with `inexact`.
 *
 * @param exponent biased exponent, below BIAS + 64
 */
export function roundedMagnitude(sign: u32, exponent: i32, significand: u64, rounding: u32): u64 {
  const fraction = BIAS + 63 - exponent;
  const whole = fraction < 64 ? significand >> fraction : 0;
  // What is cut off, as a fraction of 2^64.
  const rest = fraction == 0 ? 0 : fraction < 65 ? significand << (64 - fraction) : shiftRightJam(significand, fraction - 64);
  inexact = rest != 0;
  const up = rounding == NEAREST ? rest > INTEGER_BIT || (rest == INTEGER_BIT && (whole & 1)) : rest != 0 && roundsAway(rounding, sign);
  setRoundedUp(up);
  return whole + u64(up);
}

/** Whether the last roundedMagnitude lost something. */
@inline
export function magnitudeInexact(): bool {
  return inexact;
}

/** Signed integer of 16, 32 or 64 bits; the integer indefinite (the least one) and IE for what does not fit. */
function toInteger(a: usize, rounding: u32, bits: i32): i64 {
  const head = headOf(a);
  const significand = significandOf(a);
  const exponent = <i32>(head & 0x7fff);
  const least = <i64>(<u64>-1 << (bits - 1));
  setRoundedUp(false);
  if (isUnsupported(head, significand) || exponent > BIAS + 63) {
    raise(IE);
    return least;
  }
  const sign = head >> 15;
  const magnitude = roundedMagnitude(sign, exponent ? exponent : 1, significand, rounding);
  if (magnitude > <u64>~least + u64(sign)) {
    setRoundedUp(false);
    raise(IE);
    return least;
  }
  if (inexact) raise(PE);
  return sign ? 0 - <i64>magnitude : <i64>magnitude;
}

/** FIST m16: the value sign-extended, the indefinite as −32768. */
export function f80_to_i16(a: usize, rounding: u32): i32 {
  return <i32>toInteger(a, rounding, 16);
}

export function f80_to_i32(a: usize, rounding: u32): i32 {
  return <i32>toInteger(a, rounding, 32);
}

export function f80_to_i64(a: usize, rounding: u32): i64 {
  return toInteger(a, rounding, 64);
}
