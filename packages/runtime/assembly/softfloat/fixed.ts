/**
 * Arithmetic of the transcendental functions: 128-bit fixed-point words, and numbers as sign, exponent and 128-bit significand. All of it
 * truncates; the errors of a whole function stay below 2^-98 of its result, far from what an f80 shows.
 */
import { INTEGER_BIT, headOf, roundStoreTo } from './f80-format';
import { PE, UE, raise, sfMasks } from './state';
import { divWide, mulHigh, shiftLeft128, wideLow } from './wide';

/** Lower word of the last result of a function here; the upper one is what it returns. */
export let fixedLow: u64 = 0;

/** Upper 128 bits of the product of two 128-bit words, at most 3 units too small. */
export function mulFixed(aHi: u64, aLo: u64, bHi: u64, bLo: u64): u64 {
  const low = aHi * bHi;
  const cross = mulHigh(aHi, bLo);
  const other = mulHigh(aLo, bHi);
  const sum = low + cross;
  const total = sum + other;
  fixedLow = total;
  return mulHigh(aHi, bHi) + u64(sum < cross) + u64(total < other);
}

/** x >> n for n ≥ 0. */
@inline
export function shiftFixed(hi: u64, lo: u64, n: u32): u64 {
  if (n < 64) {
    fixedLow = n ? (hi << (64 - n)) | (lo >> n) : lo;
    return hi >> n;
  }
  fixedLow = n < 128 ? hi >> (n - 64) : 0;
  return 0;
}

/** Remainder of quotientDigit. */
let restHi: u64 = 0;
let restLo: u64 = 0;

/** floor(rest · 2^64 / b) for rest < b and b with its top bit set; rest becomes the remainder. */
function quotientDigit(bHi: u64, bLo: u64): u64 {
  let digit: u64, upper: u64;
  let carry = false;
  if (restHi == bHi) {
    digit = u64.MAX_VALUE;
    upper = restLo + bHi;
    carry = upper < bHi;
  } else {
    digit = divWide(restHi, restLo, bHi);
    upper = wideLow;
  }
  // (carry, upper, 0) − digit · bLo, made positive again by at most two additions of b.
  const productHi = mulHigh(digit, bLo);
  const productLo = digit * bLo;
  let hi = upper - productHi - u64(productLo != 0);
  let lo = 0 - productLo;
  let negative = !carry && (upper < productHi || (upper == productHi && productLo != 0));
  while (negative) {
    digit--;
    lo += bLo;
    const before = hi;
    hi += bHi + u64(lo < bLo);
    negative = hi > before;
  }
  restHi = hi;
  restLo = lo;
  return digit;
}

/** a / b as 128 fraction bits, for a < b and b with its top bit set. */
function divFixed(aHi: u64, aLo: u64, bHi: u64, bLo: u64): u64 {
  restHi = aHi;
  restLo = aLo;
  const upper = quotientDigit(bHi, bLo);
  fixedLow = quotientDigit(bHi, bLo);
  return upper;
}

/**
 * A polynomial by Horner's rule, of a table in generated/tables.ts: coefficients and result with one whole bit, y with none.
 *
 * @param narrow leading terms that are summed in 64-bit steps, 1…terms − 1; their coefficients are scaled up by 2^scale, 0…63
 * @param alternating terms with odd powers of y are subtracted
 */
export function polynomial(table: usize, terms: i32, narrow: i32, scale: i32, yHi: u64, yLo: u64, alternating: bool): u64 {
  let cell = table;
  let hi = load<u64>(cell);
  for (let i = 1; i < narrow; i++) {
    cell += 16;
    const product = mulHigh(hi, yHi);
    hi = alternating ? load<u64>(cell) - product : load<u64>(cell) + product;
  }
  let lo: u64 = scale ? hi << (64 - scale) : 0;
  hi >>= scale;
  for (let i = narrow; i < terms; i++) {
    cell += 16;
    const product = mulFixed(hi, lo, yHi, yLo);
    const low = load<u64>(cell, 8);
    if (alternating) {
      lo = low - fixedLow;
      hi = load<u64>(cell) - product - u64(low < fixedLow);
    } else {
      lo = low + fixedLow;
      hi = load<u64>(cell) + product + u64(lo < low);
    }
  }
  fixedLow = lo;
  return hi;
}

/** A number: (−1)^sign · significand · 2^(exponent − 127), significand normalised or 0. Of the last operation below. */
export let realHi: u64 = 0;
export let realLo: u64 = 0;
export let realExponent: i32 = 0;

/** Makes (hi, lo) · 2^(exponent − 127) the number, with its leading bit at the top. */
export function setReal(hi: u64, lo: u64, exponent: i32): void {
  const shift = <i32>(hi ? clz<u64>(hi) : 64 + clz<u64>(lo));
  if ((hi | lo) == 0) {
    realHi = 0;
    realLo = 0;
    realExponent = exponent;
    return;
  }
  realHi = shiftLeft128(hi, lo, shift);
  realLo = wideLow;
  realExponent = exponent - shift;
}

/** The number times another of which significand and exponent are given. */
export function scaleReal(hi: u64, lo: u64, exponent: i32): void {
  const upper = mulFixed(realHi, realLo, hi, lo);
  setReal(upper, fixedLow, realExponent + exponent + 1);
}

/** The number becomes a / b. Significands are normalised. */
export function setRatio(aHi: u64, aLo: u64, aExponent: i32, bHi: u64, bLo: u64, bExponent: i32): void {
  let hi = aHi;
  let lo = aLo;
  let exponent = aExponent - bExponent - 1;
  if (hi > bHi || (hi == bHi && lo >= bLo)) {
    lo = (lo >> 1) | (hi << 63);
    hi >>= 1;
    exponent++;
  }
  const upper = divFixed(hi, lo, bHi, bLo);
  setReal(upper, fixedLow, exponent);
}

/** The number as 128 fraction bits, for one below 1. */
@inline
export function realFraction(): u64 {
  return shiftFixed(realHi, realLo, -1 - realExponent);
}

/** Stores the number as the rounding of an irrational value: PE, and full precision whatever precision control says. */
export function storeReal(dst: usize, sign: u32, bias: i32): void {
  roundStoreTo(dst, sign, realExponent + bias, realHi, realLo | 1, 64);
}

/**
 * Stores the number as it is, as the processor does where the argument is so small that it leaves out the rest of the series: PE is raised
 * nevertheless, and UE if it is tiny.
 */
export function storeUncorrected(dst: usize, sign: u32, bias: i32): void {
  roundStoreTo(dst, sign, realExponent + bias, realHi, realLo, 64);
  raise(PE);
  if ((headOf(dst) & 0x7fff) == 0 && (sfMasks & UE)) raise(UE);
}

/** The significand of one. */
export const UNIT: u64 = INTEGER_BIT;
