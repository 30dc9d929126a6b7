// PCLMULQDQ: product of polynomials over GF(2).

/** `clmul(a, b)` of the helper table: 127 bits. */
export function clmul(a: u64, b: u64): v128 {
  let low: u64 = 0;
  let high: u64 = 0;
  for (let i: u64 = 0; i < 64; i++) {
    const row = a & (0 - (b >> i & 1));
    low ^= row << i;
    // Shifted twice: 64 − i may be 64.
    high ^= row >> 1 >> (63 - i);
  }
  return i64x2.replace_lane(i64x2.splat(low), 1, high);
}
