/**
 * Products and quotients of 128 bits, which Wasm lacks. Division is Knuth's algorithm D (The Art of Computer Programming,
 * vol. 2, 4.3.1) with 32-bit digits.
 */
import { CTX_RET } from './generated/offsets';

const LOW: u64 = 0xffffffff;

export function mulu_hi64(a: u64, b: u64): u64 {
  const a0 = a & LOW;
  const a1 = a >> 32;
  const b0 = b & LOW;
  const b1 = b >> 32;
  const middle = a1 * b0 + ((a0 * b0) >> 32);
  const cross = a0 * b1 + (middle & LOW);
  return a1 * b1 + (middle >> 32) + (cross >> 32);
}

export function muls_hi64(a: i64, b: i64): i64 {
  const high = <i64>mulu_hi64(<u64>a, <u64>b);
  return high - (a < 0 ? b : 0) - (b < 0 ? a : 0);
}

// @ts-ignore: decorator
@inline
function result(env: usize, quotient: u64, remainder: u64): u64 {
  store<u64>(env, quotient, CTX_RET);
  store<u64>(env, remainder, CTX_RET + 8);
  return quotient;
}

/**
 * One digit of the quotient: (high, next) ÷ divisor for a divisor with its top bit set and high < divisor. The estimate from the
 * divisor's upper half is at most two too large.
 */
function digit(high: u64, next: u64, divisor: u64): u64 {
  const d1 = divisor >> 32;
  const d0 = divisor & LOW;
  let q = high / d1;
  let r = high % d1;
  while (q > LOW || q * d0 > ((r << 32) | next)) {
    q--;
    r += d1;
    if (r > LOW) break;
  }
  return q;
}

export function udiv128(env: usize, hi: u64, lo: u64, divisor: u64): u64 {
  if (hi >= divisor) return result(env, 0, 0);
  if (hi == 0) return result(env, lo / divisor, lo % divisor);
  const shift = clz<u64>(divisor);
  const d = divisor << shift;
  const top = shift == 0 ? hi : (hi << shift) | (lo >> (64 - shift));
  const low = lo << shift;
  const q1 = digit(top, low >> 32, d);
  const rest = ((top << 32) | (low >> 32)) - q1 * d;
  const q0 = digit(rest, low & LOW, d);
  const remainder = (((rest << 32) | (low & LOW)) - q0 * d) >> shift;
  return result(env, (q1 << 32) | q0, remainder);
}

export function sdiv128(env: usize, hi: i64, lo: u64, divisor: i64): i64 {
  const negative = hi < 0;
  const magnitudeLo = negative ? 0 - lo : lo;
  const magnitudeHi = negative ? <u64>~hi + u64(lo == 0) : <u64>hi;
  const magnitude = divisor < 0 ? 0 - <u64>divisor : <u64>divisor;
  if (magnitudeHi >= magnitude) return result(env, 0, 0);
  const quotient = udiv128(env, magnitudeHi, magnitudeLo, magnitude);
  const remainder = load<u64>(env, CTX_RET + 8);
  const limit = <u64>1 << 63;
  const negativeQuotient = negative != divisor < 0;
  if (quotient > limit || (quotient == limit && !negativeQuotient)) return result(env, 0, 0);
  return result(env, negativeQuotient ? 0 - quotient : quotient, negative ? 0 - remainder : remainder);
}
