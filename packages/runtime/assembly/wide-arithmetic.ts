/** Products and quotients of 128 bits, which Wasm lacks, for generated code: results of two words go to the context. */
import { CTX_RET } from './generated/offsets';
import { divWide, mulHigh, wideLow } from './softfloat/wide';

export function mulu_hi64(a: u64, b: u64): u64 {
  return mulHigh(a, b);
}

export function muls_hi64(a: i64, b: i64): i64 {
  const high = <i64>mulHigh(<u64>a, <u64>b);
  return high - (a < 0 ? b : 0) - (b < 0 ? a : 0);
}

@inline
function result(env: usize, quotient: u64, remainder: u64): u64 {
  store<u64>(env, quotient, CTX_RET);
  store<u64>(env, remainder, CTX_RET + 8);
  return quotient;
}

export function udiv128(env: usize, hi: u64, lo: u64, divisor: u64): u64 {
  if (hi >= divisor) return result(env, 0, 0);
  if (hi == 0) return result(env, lo / divisor, lo % divisor);
  const shift = clz<u64>(divisor);
  const top = shift == 0 ? hi : (hi << shift) | (lo >> (64 - shift));
  const quotient = divWide(top, lo << shift, divisor << shift);
  return result(env, quotient, wideLow >> shift);
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
