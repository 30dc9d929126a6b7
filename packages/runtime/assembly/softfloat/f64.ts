/** IEEE 754 double precision on bit patterns, with the NaN rules, DAZ and FTZ of SSE. Rounding, masks and flags: state.ts. */
import { add, div, mul, squareRoot } from './binary-arithmetic';
import { compare, fromInteger, narrow, roundToIntegral, toInteger } from './binary-convert';
import { TRUNCATE } from './state';

export function f64_add(a: u64, b: u64): u64 {
  return add<u64>(a, b, 0);
}

export function f64_sub(a: u64, b: u64): u64 {
  return add<u64>(a, b, 1);
}

export function f64_mul(a: u64, b: u64): u64 {
  return mul<u64>(a, b);
}

export function f64_div(a: u64, b: u64): u64 {
  return div<u64>(a, b);
}

export function f64_sqrt(a: u64): u64 {
  return squareRoot<u64>(a);
}

/** −1, 0, 1, or 2 for unordered; IE for signaling NaNs only (UCOMIS). */
export function f64_compare(a: u64, b: u64): i32 {
  return compare<u64>(a, b, false);
}

/** As f64_compare, with IE for any NaN (COMIS). */
export function f64_compare_signaling(a: u64, b: u64): i32 {
  return compare<u64>(a, b, true);
}

/** Integer under a rounding mode of the caller's choice; the integer indefinite and IE for what does not fit. */
export function f64_to_i32(a: u64, rounding: u32): i32 {
  return <i32>toInteger<u64>(a, rounding, 32);
}

export function f64_to_i64(a: u64, rounding: u32): i64 {
  return toInteger<u64>(a, rounding, 64);
}

export function f64_to_i32_trunc(a: u64): i32 {
  return <i32>toInteger<u64>(a, TRUNCATE, 32);
}

export function f64_to_i64_trunc(a: u64): i64 {
  return toInteger<u64>(a, TRUNCATE, 64);
}

export function i32_to_f64(value: i32): u64 {
  return fromInteger<u64>(<i64>value);
}

export function i64_to_f64(value: i64): u64 {
  return fromInteger<u64>(value);
}

export function f64_to_f32(a: u64): u32 {
  return narrow(a);
}

/** Integral value in the same format (ROUNDS). */
export function f64_round_int(a: u64, rounding: u32, suppressPE: bool): u64 {
  return roundToIntegral<u64>(a, rounding, suppressPE);
}
