/**
 * Elementary functions in fixed point of 256 fraction bits: the reference for the softfloat's, written from their definitions and slow.
 * A real is a BigInt in units of 2^-256; arguments are between 2^-60 and 2^63.
 */
const F = 256n;
export const ONE = 1n << F;

const mul = (a: bigint, b: bigint): bigint => (a * b) >> F;
const div = (a: bigint, b: bigint): bigint => (a << F) / b;
const abs = (a: bigint): bigint => (a < 0n ? -a : a);

/** significand · 2^exponent */
export const real = (significand: bigint, exponent: bigint): bigint =>
  F + exponent >= 0n ? significand << (F + exponent) : significand >> -(F + exponent);

/** Σ terms, each made from the one before, until they vanish. */
function sum(first: bigint, next: (term: bigint, k: bigint) => bigint): bigint {
  let total = 0n;
  for (let term = first, k = 1n; term !== 0n && term !== -1n; term = next(term, k), k++) total += term;
  return total;
}

function sqrt(a: bigint): bigint {
  let root = ONE;
  const target = a << F;
  for (;;) {
    const better = (root + target / root) >> 1n;
    if (abs(better - root) <= 1n) return better;
    root = better;
  }
}

/** artanh t and, with sign −1, arctan t, for |t| well below 1. */
const odd = (t: bigint, sign: bigint): bigint => {
  let power = t;
  let total = 0n;
  for (let k = 1n; power !== 0n && power !== -1n; k += 2n) {
    total += power / k;
    power = sign * mul(mul(power, t), t);
  }
  return total;
};

const LN2 = 2n * odd(ONE / 3n, 1n);
const PI = 16n * odd(ONE / 5n, -1n) - 4n * odd(ONE / 239n, -1n);
/** The processor's π: 66 bits. */
const PI_66 = real(0x3_243f_6a88_85a3_08d3n, -64n);

export function log2(x: bigint): bigint {
  let m = x;
  let whole = 0n;
  for (; m > ONE + (ONE >> 1n); whole++) m >>= 1n;
  for (; m < (3n * ONE) >> 2n; whole--) m <<= 1n;
  return whole * ONE + div(2n * odd(div(m - ONE, m + ONE), 1n), LN2);
}

export const exp2m1 = (x: bigint): bigint => {
  const t = mul(x, LN2);
  return sum(t, (term, k) => mul(term, t) / (k + 1n));
};

/** Quadrant and distance from it, as if π were the processor's. */
function reduce(x: bigint): [quadrant: bigint, r: bigint] {
  const half = PI_66 / 2n;
  const quadrant = (2n * abs(x) + half) / (2n * half);
  const r = abs(x) - quadrant * half;
  return x < 0n ? [-quadrant & 3n, -r] : [quadrant & 3n, r];
}

const sineSeries = (r: bigint): bigint => sum(r, (term, k) => -mul(mul(term, r), r) / (2n * k * (2n * k + 1n)));
const cosineSeries = (r: bigint): bigint => sum(ONE, (term, k) => -mul(mul(term, r), r) / (2n * k * (2n * k - 1n)));

export function sin(x: bigint): bigint {
  const [quadrant, r] = reduce(x);
  const magnitude = quadrant & 1n ? cosineSeries(r) : sineSeries(r);
  return quadrant & 2n ? -magnitude : magnitude;
}

export function cos(x: bigint): bigint {
  const [quadrant, r] = reduce(x);
  const magnitude = quadrant & 1n ? -sineSeries(r) : cosineSeries(r);
  return quadrant & 2n ? -magnitude : magnitude;
}

export const tan = (x: bigint): bigint => div(sin(x), cos(x));

/** Angle of the point (x, y). */
export function atan2(y: bigint, x: bigint): bigint {
  if (y < 0n) return -atan2(-y, x);
  if (x < 0n) return PI - atan2(y, -x);
  if (y > x) return PI / 2n - atan2(x, y);
  let t = div(y, x);
  for (let i = 0; i < 4; i++) t = div(t, ONE + sqrt(ONE + mul(t, t)));
  return 16n * odd(t, -1n);
}

export const times = mul;
