/**
 * 128-bit steps that the operations share. Wasm has neither a widening product nor a division of 128 by 64 bits, and no second
 * result either: where two words come out, the lower one is returned in a global that the caller reads at once.
 */

const LOW: u64 = 0xffffffff;

/** Second result of the last call: of divWide the remainder, of sqrtWide how it was rounded, of the shifts the lower word. */
export let wideLow: u64 = 0;

/** Upper word of a × b; the lower one is a * b. */
export function mulHigh(a: u64, b: u64): u64 {
  const a0 = a & LOW;
  const a1 = a >> 32;
  const b0 = b & LOW;
  const b1 = b >> 32;
  const middle = a1 * b0 + ((a0 * b0) >> 32);
  const cross = a0 * b1 + (middle & LOW);
  return a1 * b1 + (middle >> 32) + (cross >> 32);
}

/**
 * One digit of a quotient: (high, next) ÷ divisor for a divisor with its top bit set and high < divisor. The estimate from the
 * divisor's upper half is at most two too large (Knuth, The Art of Computer Programming, vol. 2, 4.3.1, algorithm D).
 */
function digit(high: u64, next: u64, divisor: u64): u64 {
  const d1 = divisor >> 32;
  const d0 = divisor & LOW;
  let q = high / d1;
  let r = high - q * d1;
  while (q > LOW || q * d0 > ((r << 32) | next)) {
    q--;
    r += d1;
    if (r > LOW) break;
  }
  return q;
}

/** (hi, lo) ÷ divisor for a divisor with its top bit set and hi < divisor. The remainder goes to wideLow. */
export function divWide(hi: u64, lo: u64, divisor: u64): u64 {
  const q1 = digit(hi, lo >> 32, divisor);
  const rest = ((hi << 32) | (lo >> 32)) - q1 * divisor;
  const q0 = digit(rest, lo & LOW, divisor);
  wideLow = ((rest << 32) | (lo & LOW)) - q0 * divisor;
  return (q1 << 32) | q0;
}

/**
 * Integer square root of (hi, lo) for hi ≥ 2^62: 64 bits, rounded down. wideLow tells what was cut off: 0 nothing, 1 less than a
 * half, 2 more than a half (a half is impossible).
 *
 * The hardware's root of the upper word is right to 52 bits; one Newton step in integers leaves an error of a few units, which
 * the remainder then removes.
 */
export function sqrtWide(hi: u64, lo: u64): u64 {
  // Below 2^64 even for the largest operand: a double next below 2^32 times 2^32.
  const estimate = min(sqrt<f64>(<f64>hi), 4294967295.999999) * 4294967296.0;
  let root = <u64>estimate;
  // remainder = S − root², signed, below 2^80 in magnitude.
  let remLo = lo - root * root;
  let remHi = hi - mulHigh(root, root) - u64(lo < root * root);
  const remainder = <f64>(<i64>remHi) * 18446744073709551616.0 + <f64>remLo;
  const step = <i64>(remainder / (2.0 * <f64>root));
  const next = root + step;
  // A step past the top of the word means that the root is all ones, or nearly: the loops below go up from there.
  root = step > 0 && next < root ? <u64>-1 : next;
  remLo = lo - root * root;
  remHi = hi - mulHigh(root, root) - u64(lo < root * root);
  while (<i64>remHi < 0) {
    root--;
    // (r+1)² − r² = 2r + 1
    const add = (root << 1) | 1;
    remLo += add;
    remHi += (root >> 63) + u64(remLo < add);
  }
  while (root != <u64>-1 && (remHi > root >> 63 || (remHi == root >> 63 && remLo > root << 1))) {
    const sub = (root << 1) | 1;
    remHi -= (root >> 63) + u64(remLo < sub);
    remLo -= sub;
    root++;
  }
  // (r + ½)² − r² = r + ¼
  wideLow = (remHi | remLo) == 0 ? 0 : remHi != 0 || remLo > root ? 2 : 1;
  return root;
}

/** x >> n for any n ≥ 0; bits that fall off are gathered in the lowest one, so that rounding still sees them. */
@inline
export function shiftRightJam(x: u64, n: u32): u64 {
  return n < 64 ? (x >> n) | u64(n != 0 && x << ((64 - n) & 63) != 0) : u64(x != 0);
}

/** (hi, lo) >> n for any n ≥ 0, jamming; returns the upper word, the lower one goes to wideLow. */
export function shiftRightJam128(hi: u64, lo: u64, n: u32): u64 {
  if (n == 0) {
    wideLow = lo;
    return hi;
  }
  if (n < 64) {
    wideLow = (hi << (64 - n)) | (lo >> n) | u64(lo << (64 - n) != 0);
    return hi >> n;
  }
  if (n == 64) wideLow = hi | u64(lo != 0);
  else if (n < 128) wideLow = (hi >> (n - 64)) | u64(((hi << (128 - n)) | lo) != 0);
  else wideLow = u64((hi | lo) != 0);
  return 0;
}

/** (hi, lo) << n for n in 0…127; returns the upper word, the lower one goes to wideLow. */
export function shiftLeft128(hi: u64, lo: u64, n: u32): u64 {
  if (n == 0) {
    wideLow = lo;
    return hi;
  }
  if (n < 64) {
    wideLow = lo << n;
    return (hi << n) | (lo >> (64 - n));
  }
  wideLow = 0;
  return lo << (n - 64);
}
