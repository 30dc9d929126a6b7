/**
 * Constants and coefficients of the transcendental x87 functions, as text of assembly/softfloat/generated/tables.ts. Everything is
 * computed here in integers of 256 fraction bits: nothing is copied from anywhere.
 *
 * The functions are sums of their own series after an argument reduction that makes each term a fixed number of bits smaller than the
 * one before; `terms` stops where what is left out is below 2^-BITS of the result. Terms below 2^-NARROW are summed in 64-bit steps, with
 * their coefficients scaled up to fill the words, which leaves an error below 2^-(NARROW + 60).
 */
const PRECISION = 256n;
const ONE = 1n << PRECISION;
const BITS = 118;
const NARROW = 40;

/** Σ x^(2k+1) · sign^k / (2k + 1) of a fraction p/q: artanh for sign 1, arctan for −1. */
function oddSeries(p, q, sign) {
  let power = (ONE * p) / q;
  let sum = 0n;
  for (let k = 1n, s = 1n; power !== 0n; k += 2n, s *= sign) {
    sum += (s * power) / k;
    power = (power * p * p) / (q * q);
  }
  return sum;
}

const LN2 = 2n * oddSeries(1n, 3n, 1n);
const PI = 4n * (4n * oddSeries(1n, 5n, -1n) - oddSeries(1n, 239n, -1n));

/** Two words of a value below `2^whole`: 128 − whole fraction bits. */
const words = (value, whole) => {
  const scaled = value >> (PRECISION - 128n + BigInt(whole));
  return [scaled >> 64n, scaled & 0xffff_ffff_ffff_ffffn].map((word) => `0x${word.toString(16)}`);
};

/**
 * One polynomial in y: coefficients from the highest down, two words with one whole bit each; how many there are, how many of them are
 * summed in 64-bit steps, and the power of two that those are scaled by.
 *
 * @param {string} name
 * @param {(k: bigint) => bigint} coefficient of y^k
 * @param {number} largest of y
 */
function polynomial(name, coefficient, largest) {
  const magnitude = (k) => k * Math.log2(largest) + Math.log2(Number(coefficient(BigInt(k)))) - Number(PRECISION);
  let terms = 1;
  while (magnitude(terms) > -BITS) terms++;
  let narrow = 0;
  while (magnitude(terms - 1 - narrow) < -NARROW) narrow++;
  const scale = Math.max(0, Math.floor(Number(PRECISION) - Math.log2(Number(coefficient(BigInt(terms - narrow))))));
  const scaled = (k) => coefficient(BigInt(k)) << (k >= terms - narrow ? BigInt(scale) : 0n);
  const list = Array.from({ length: terms }, (_, i) => words(scaled(terms - 1 - i), 1).join(', '));
  return [
    `export const ${name}_TERMS: i32 = ${terms};`,
    `export const ${name}_NARROW: i32 = ${narrow};`,
    `export const ${name}_SCALE: i32 = ${scale};`,
    `export const ${name}: usize = memory.data<u64>([\n${list.map((row) => `  ${row},`).join('\n')}\n]);`,
  ].join('\n');
}

function factorial(n) {
  return n < 2n ? 1n : n * factorial(n - 1n);
}

const constant = (name, value, whole, doc) => {
  const [hi, lo] = words(value, whole);
  return `/** ${doc} */\nexport const ${name}_HI: u64 = ${hi};\nexport const ${name}_LO: u64 = ${lo};`;
};

/** Steps of the arctangent's table per unit. */
const ARCTANGENT_STEPS = 8n;

/** @returns {string} */
export function softfloatTables() {
  const arctangents = Array.from({ length: Number(ARCTANGENT_STEPS) + 1 }, (_, j) =>
    j === Number(ARCTANGENT_STEPS) ? PI / 4n : oddSeries(BigInt(j), ARCTANGENT_STEPS, -1n),
  );
  // (√2 − 1) / (√2 + 1), the largest argument of the logarithm's series.
  const s = Math.SQRT2 - 1;
  return [
    '// Made by packages/runtime/scripts/softfloat-tables.mjs; do not edit.\n',
    constant('LN2', LN2, 0, 'ln 2, 128 fraction bits.'),
    constant('HALF_PI', PI / 2n, 2, 'π / 2, 126 fraction bits.'),
    `/** arctan(j / ${ARCTANGENT_STEPS}) for j from 0, 128 fraction bits each. */`,
    `export const ARCTANGENTS: usize = memory.data<u64>([\n${arctangents.map((value) => `  ${words(value, 0).join(', ')},`).join('\n')}\n]);`,
    `export const ARCTANGENT_STEPS: i32 = ${ARCTANGENT_STEPS};`,
    '/** sin x / x in y = x², alternating. */',
    polynomial('SINE', (k) => ONE / factorial(2n * k + 1n), (Math.PI / 4) ** 2),
    '/** cos x in y = x², alternating. */',
    polynomial('COSINE', (k) => ONE / factorial(2n * k), (Math.PI / 4) ** 2),
    '/** (e^t − 1) / t in t. */',
    polynomial('EXPONENTIAL', (k) => ONE / factorial(k + 1n), Math.LN2),
    '/** A quarter of log2((1 + s) / (1 − s)) / s in y = s². */',
    polynomial('LOGARITHM', (k) => (ONE * ONE) / (2n * LN2 * (2n * k + 1n)), (s / (Math.SQRT2 + 1)) ** 2),
    '/** arctan t / t in y = t², alternating. */',
    polynomial('ARCTANGENT', (k) => ONE / (2n * k + 1n), (1 / (2 * Number(ARCTANGENT_STEPS))) ** 2),
    '',
  ].join('\n');
}
