/**
 * FSIN, FCOS, FSINCOS, FPTAN. Arguments beyond π/4 are reduced by multiples of π/2 with the processor's own π of 66 bits (SDM vol. 1,
 * 8.3.8), exactly: so results near multiples of π are those of the hardware, and not those of the true π.
 */
import {
  BIAS, INTEGER_BIT, SPECIAL, headOf, isNormal, isZero, resolvesNaN1, significandOf, stopsAtDenormal, storeCell, storeInvalid, storeZero,
} from './f80-format';
import { fixedLow, mulFixed, polynomial, realExponent, realFraction, realHi, realLo, setRatio, setReal, storeReal, storeUncorrected } from './fixed';
import {
  COSINE, COSINE_NARROW, COSINE_SCALE, COSINE_TERMS, SINE, SINE_NARROW, SINE_SCALE, SINE_TERMS,
} from './generated/tables';
import { PE, raise, setRoundedUp } from './state';
import { divWide, mulHigh } from './wide';

/** Upper 64 bits of the 66-bit π; the two below are 11. */
const PI_64: u64 = 0xc90fdaa22168c234;
/** π as an integer of 66 bits. */
const PI_66_HI: u64 = 3;
const PI_66_LO: u64 = 0x243f6a8885a308d3;

/** Of the last reduction: |x| = quadrant · π/2 + r or, if reflected, − r; r in (0, π/4]. */
let quadrant: u32 = 0;
let reflected: bool = false;
let rHi: u64 = 0;
let rLo: u64 = 0;
let rExponent: i32 = 0;

/** @param exponent unbiased, below 63; significand normalised */
function reduce(exponent: i32, significand: u64): void {
  quadrant = 0;
  reflected = false;
  rHi = significand;
  rLo = 0;
  rExponent = exponent;
  // π/4 by the processor's π; below it there is nothing to do.
  if (exponent < -1 || (exponent == -1 && significand <= PI_64)) return;
  // In units of 2^-65, π/2 is an integer of 66 bits, and |x| one of at most 128.
  const shift = exponent + 2;
  const hi = shift == 64 ? significand : significand >> (64 - shift);
  const lo = shift == 64 ? 0 : significand << shift;
  // Dividing by the upper 64 bits of π alone gives at most one too many.
  let quotient = divWide(hi >> 2, (hi << 62) | (lo >> 2), PI_64);
  let low = lo - quotient * PI_66_LO;
  let high = hi - mulHigh(quotient, PI_66_LO) - quotient * PI_66_HI - u64(lo < quotient * PI_66_LO);
  if (<i64>high < 0) {
    quotient--;
    low += PI_66_LO;
    high += PI_66_HI + u64(low < PI_66_LO);
  }
  quadrant = <u32>quotient & 3;
  // Beyond the middle of the quadrant: measured from its end.
  const restLow = PI_66_LO - low;
  const restHigh = PI_66_HI - high - u64(PI_66_LO < low);
  if (restHigh < high || (restHigh == high && restLow < low)) {
    low = restLow;
    high = restHigh;
    reflected = true;
    quadrant = (quadrant + 1) & 3;
  }
  setReal(high, low, 127 - 65);
  rHi = realHi;
  rLo = realLo;
  rExponent = realExponent;
}

/** Below 2^-68 the processor takes x for its sine and 1 for its cosine, below 2^-32 x for its tangent. */
const SINE_EXPONENT: i32 = -68;
const TANGENT_EXPONENT: i32 = -32;

/** The number becomes sin r. */
function setSine(): void {
  setSeries(SINE, SINE_TERMS, SINE_NARROW, SINE_SCALE);
  const upper = mulFixed(realHi, realLo, rHi, rLo);
  setReal(upper, fixedLow, realExponent + rExponent + 1);
}

/** The number becomes a series in r². A value of one is less by the least unit: the series is always below its first term. */
function setSeries(table: usize, terms: i32, narrow: i32, scale: i32): void {
  const square = mulFixed(rHi, rLo, rHi, rLo);
  setReal(square, fixedLow, 2 * rExponent + 1);
  const y = realFraction();
  let hi = polynomial(table, terms, narrow, scale, y, fixedLow, true);
  let lo = fixedLow;
  if (hi == INTEGER_BIT && lo == 0) {
    hi--;
    lo--;
  }
  setReal(hi, lo, 0);
}

/** Sign of the sine of an argument of sign `sign`. */
@inline
function sineSign(sign: u32): u32 {
  return sign ^ (quadrant >> 1) ^ u32(reflected && !(quadrant & 1));
}

@inline
function cosineSign(): u32 {
  return (quadrant >> 1) ^ (quadrant & 1) ^ u32(reflected && (quadrant & 1));
}

function storeSine(dst: usize, sign: u32): void {
  if (rExponent < SINE_EXPONENT) return storeArgument(dst, sign);
  if (quadrant & 1) setSeries(COSINE, COSINE_TERMS, COSINE_NARROW, COSINE_SCALE);
  else setSine();
  storeReal(dst, sineSign(sign), BIAS);
}

/** Stores an argument that was not reduced. */
function storeArgument(dst: usize, sign: u32): void {
  setReal(rHi, rLo, rExponent);
  storeUncorrected(dst, sign, BIAS);
}

function storeCosine(dst: usize): void {
  if (rExponent < SINE_EXPONENT) {
    raise(PE);
    setRoundedUp(false);
    return storeCell(dst, BIAS, INTEGER_BIT);
  }
  if (quadrant & 1) setSine();
  else setSeries(COSINE, COSINE_TERMS, COSINE_NARROW, COSINE_SCALE);
  storeReal(dst, cosineSign(), BIAS);
}

/** What is left to do after the special operands. */
const OUT_OF_RANGE: u32 = 0;
const STORED: u32 = 1;
const ZERO: u32 = 2;
const REDUCED: u32 = 3;

/** Deals with NaN and infinite operands, which are stored to dst, and reduces the others. */
function begin(dst: usize, head: u32, significand: u64): u32 {
  setRoundedUp(false);
  let exponent = <i32>(head & 0x7fff);
  if (!isNormal(head, significand)) {
    if (resolvesNaN1(dst, head, significand)) return STORED;
    if (exponent == SPECIAL) {
      storeInvalid(dst);
      return STORED;
    }
    if (isZero(head, significand)) return ZERO;
    if (stopsAtDenormal(head, significand)) return STORED;
    exponent = 1;
  }
  if (exponent >= BIAS + 63) return OUT_OF_RANGE;
  const shift = <i32>clz<u64>(significand);
  reduce(exponent - BIAS - shift, significand << shift);
  return REDUCED;
}

/** @returns false if |a| ≥ 2^63: nothing is stored and the processor sets C2 */
export function f80_sin(dst: usize, a: usize): bool {
  const head = headOf(a);
  const kind = begin(dst, head, significandOf(a));
  if (kind == ZERO) storeZero(dst, head >> 15);
  else if (kind == REDUCED) storeSine(dst, head >> 15);
  return kind != OUT_OF_RANGE;
}

/** @returns false if |a| ≥ 2^63: nothing is stored and the processor sets C2 */
export function f80_cos(dst: usize, a: usize): bool {
  const head = headOf(a);
  const kind = begin(dst, head, significandOf(a));
  if (kind == ZERO) storeCell(dst, BIAS, INTEGER_BIT);
  else if (kind == REDUCED) storeCosine(dst);
  return kind != OUT_OF_RANGE;
}

/**
 * Both. A NaN or an invalid operand gives the same NaN twice. C1 is that of the cosine.
 *
 * @returns false if |a| ≥ 2^63: nothing is stored and the processor sets C2
 */
export function f80_sincos(sine: usize, cosine: usize, a: usize): bool {
  const head = headOf(a);
  const kind = begin(sine, head, significandOf(a));
  if (kind == STORED) storeCell(cosine, headOf(sine), significandOf(sine));
  else if (kind == ZERO) {
    storeZero(sine, head >> 15);
    storeCell(cosine, BIAS, INTEGER_BIT);
  } else if (kind == REDUCED) {
    storeSine(sine, head >> 15);
    storeCosine(cosine);
  }
  return kind != OUT_OF_RANGE;
}

/**
 * Tangent; the processor pushes a 1 after it, or the same NaN again.
 *
 * @returns false if |a| ≥ 2^63: nothing is stored and the processor sets C2
 */
export function f80_tan(dst: usize, a: usize): bool {
  const head = headOf(a);
  const kind = begin(dst, head, significandOf(a));
  if (kind == ZERO) storeZero(dst, head >> 15);
  else if (kind == REDUCED && <i32>(head & 0x7fff) < BIAS + TANGENT_EXPONENT) storeArgument(dst, head >> 15);
  else if (kind == REDUCED) {
    setSine();
    const sineHi = realHi;
    const sineLo = realLo;
    const sineExponent = realExponent;
    setSeries(COSINE, COSINE_TERMS, COSINE_NARROW, COSINE_SCALE);
    if (quadrant & 1) setRatio(realHi, realLo, realExponent, sineHi, sineLo, sineExponent);
    else setRatio(sineHi, sineLo, sineExponent, realHi, realLo, realExponent);
    storeReal(dst, (head >> 15) ^ (quadrant & 1) ^ u32(reflected), BIAS);
  }
  return kind != OUT_OF_RANGE;
}
