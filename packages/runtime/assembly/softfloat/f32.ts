/** IEEE 754 single precision on bit patterns, with the NaN rules, DAZ and FTZ of SSE. Rounding, masks and flags: state.ts. */
import { add, div, mul, squareRoot } from './binary-arithmetic';
import { compare, fromInteger, widen, roundToIntegral, toInteger } from './binary-convert';
import { TRUNCATE } from './state';

export function f32_add(a: u32, b: u32): u32 {
  return add<u32>(a, b, 0);
}

export function f32_sub(a: u32, b: u32): u32 {
  return add<u32>(a, b, 1);
}

export function f32_mul(a: u32, b: u32): u32 {
  return mul<u32>(a, b);
}

export function f32_div(a: u32, b: u32): u32 {
  return div<u32>(a, b);
}

export function f32_sqrt(a: u32): u32 {
  return squareRoot<u32>(a);
}

/** −1, 0, 1, or 2 for unordered; IE for signaling NaNs only (UCOMIS). */
export function f32_compare(a: u32, b: u32): i32 {
  return compare<u32>(a, b, false);
}

/** As f32_compare, with IE for any NaN (COMIS). */
export function f32_compare_signaling(a: u32, b: u32): i32 {
  return compare<u32>(a, b, true);
}

/** Integer under a rounding mode of the caller's choice; the integer indefinite and IE for what does not fit. */
export function f32_to_i32(a: u32, rounding: u32): i32 {
  return <i32>toInteger<u32>(a, rounding, 32);
}

export function f32_to_i64(a: u32, rounding: u32): i64 {
  return toInteger<u32>(a, rounding, 64);
}

export function f32_to_i32_trunc(a: u32): i32 {
  return <i32>toInteger<u32>(a, TRUNCATE, 32);
}

export function f32_to_i64_trunc(a: u32): i64 {
  return toInteger<u32>(a, TRUNCATE, 64);
}

export function i32_to_f32(value: i32): u32 {
  return fromInteger<u32>(<i64>value);
}

export function i64_to_f32(value: i64): u32 {
  return fromInteger<u32>(value);
}

export function f32_to_f64(a: u32): u64 {
  return widen(a);
}

/** Integral value in the same format (ROUNDS). */
export function f32_round_int(a: u32, rounding: u32, suppressPE: bool): u32 {
  return roundToIntegral<u32>(a, rounding, suppressPE);
}
