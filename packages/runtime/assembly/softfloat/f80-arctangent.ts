/**
 * FPATAN: arctan(y / x) in the quadrant of (x, y). With z = min / max of the magnitudes and c the eighth next to z,
 * arctan z = arctan c + arctan((z − c) / (1 + z c)), whose last argument is at most 1/16. Special operands: SDM vol. 2, table of FPATAN.
 */
import {
  BIAS, INTEGER_BIT, headOf, isInfinite, isNormal, isZero, resolvesNaN, significandOf, stopsAtDenormal, storeZero,
} from './f80-format';
import {
  fixedLow, polynomial, realExponent, realFraction, realHi, realLo, scaleReal, setRatio, setReal, shiftFixed, storeReal, storeUncorrected,
} from './fixed';
import {
  ARCTANGENT, ARCTANGENTS, ARCTANGENT_NARROW, ARCTANGENT_SCALE, ARCTANGENT_STEPS, ARCTANGENT_TERMS, HALF_PI_HI, HALF_PI_LO,
} from './generated/tables';
import { setRoundedUp } from './state';
import { mulHigh, shiftLeft128, wideLow } from './wide';

/** Below 2^-40 the processor takes z for its arctangent. */
const UNCORRECTED_EXPONENT: i32 = -40;

/** The number t, at most 1/16, becomes arctan t. */
function setSeries(): void {
  const hi = realHi;
  const lo = realLo;
  const exponent = realExponent;
  scaleReal(hi, lo, exponent);
  const y = realFraction();
  let series = polynomial(ARCTANGENT, ARCTANGENT_TERMS, ARCTANGENT_NARROW, ARCTANGENT_SCALE, y, fixedLow, true);
  let low = fixedLow;
  if (series == INTEGER_BIT && low == 0) {
    // Of a tiny t the arctangent is still less than t.
    series--;
    low--;
  }
  setReal(series, low, 0);
  scaleReal(hi, lo, exponent);
}

/** The number becomes arctan(a / b) for 0 < a ≤ b, significands normalised. */
function setArctangent(aExponent: i32, a: u64, bExponent: i32, b: u64): void {
  const distance = bExponent - aExponent;
  // Eighths, to the nearest; the estimate may be off where two are equally near.
  const z = distance > 5 ? 0.0 : (<f64>a / <f64>b) / <f64>(1 << distance);
  const step = <i32>(z * <f64>ARCTANGENT_STEPS + 0.5);
  if (step == 0) {
    setRatio(a, 0, aExponent, b, 0, bExponent);
    if (realExponent >= UNCORRECTED_EXPONENT) setSeries();
    return;
  }
  // 8a − step · b and 8b + step · a, in units that leave five bits above b.
  const aHi = a >> (5 + distance);
  const aLo = a << (59 - distance);
  const bHi = b >> 5;
  const bLo = b << 59;
  const factor = <u64>step;
  const scaledHi = shiftLeft128(aHi, aLo, 3);
  const scaledLo = wideLow;
  const partHi = bHi * factor + mulHigh(bLo, factor);
  const partLo = bLo * factor;
  const negative = scaledHi < partHi || (scaledHi == partHi && scaledLo < partLo);
  let hi = scaledHi - partHi - u64(scaledLo < partLo);
  let lo = scaledLo - partLo;
  if (negative) {
    hi = ~hi + u64(lo == 0);
    lo = 0 - lo;
  }
  const baseHi = load<u64>(ARCTANGENTS + (<usize>step << 4));
  const baseLo = load<u64>(ARCTANGENTS + (<usize>step << 4), 8);
  if ((hi | lo) == 0) return setReal(baseHi, baseLo, -1);
  setReal(hi, lo, 0);
  const numeratorHi = realHi;
  const numeratorLo = realLo;
  const numeratorExponent = realExponent;
  const productHi = aHi * factor + mulHigh(aLo, factor);
  const productLo = aLo * factor;
  const sumLo = (bLo << 3) + productLo;
  setReal(((bHi << 3) | (bLo >> 61)) + productHi + u64(sumLo < productLo), sumLo, 0);
  setRatio(numeratorHi, numeratorLo, numeratorExponent, realHi, realLo, realExponent);
  setSeries();
  const partial = realFraction();
  if (negative) setReal(baseHi - partial - u64(baseLo < fixedLow), baseLo - fixedLow, -1);
  else {
    const sum = baseLo + fixedLow;
    setReal(baseHi + partial + u64(sum < baseLo), sum, -1);
  }
}

/** The number θ becomes multiple · π/2 − θ or, if `plus`, + θ; the result is below 4. */
function setFromAxis(multiple: i32, plus: bool): void {
  // Two whole bits.
  const hi = shiftFixed(realHi, realLo, 1 - realExponent);
  const axisHi = multiple == 2 ? (HALF_PI_HI << 1) | (HALF_PI_LO >> 63) : HALF_PI_HI;
  const axisLo = multiple == 2 ? HALF_PI_LO << 1 : HALF_PI_LO;
  if (plus) {
    const sum = axisLo + fixedLow;
    setReal(axisHi + hi + u64(sum < axisLo), sum, 1);
  } else setReal(axisHi - hi - u64(axisLo < fixedLow), axisLo - fixedLow, 1);
}

/** Stores quarters · π/4, for special operands. */
function storeAngle(dst: usize, sign: u32, quarters: i32): void {
  if (quarters & 1) {
    setReal(load<u64>(ARCTANGENTS + (<usize>ARCTANGENT_STEPS << 4)), load<u64>(ARCTANGENTS + (<usize>ARCTANGENT_STEPS << 4), 8), -1);
    if (quarters == 3) setFromAxis(2, false);
  } else {
    setReal(0, 0, -1000);
    setFromAxis(quarters >> 1, false);
  }
  storeReal(dst, sign, BIAS);
}

/** dst = arctan(y / x), between −π and π. */
export function f80_patan(dst: usize, x: usize, y: usize): void {
  const hx = headOf(x);
  const hy = headOf(y);
  const mx = significandOf(x);
  const my = significandOf(y);
  const sign = hy >> 15;
  const left = (hx >> 15) != 0;
  setRoundedUp(false);
  if (!isNormal(hx, mx) || !isNormal(hy, my)) {
    if (resolvesNaN(dst, hx, mx, hy, my)) return;
    if (stopsAtDenormal(hx, mx) || stopsAtDenormal(hy, my)) return;
    const infiniteX = isInfinite(hx, mx);
    if (isInfinite(hy, my)) return storeAngle(dst, sign, infiniteX ? (left ? 3 : 1) : 2);
    if (infiniteX || isZero(hy, my)) return left ? storeAngle(dst, sign, 4) : storeZero(dst, sign);
    if (isZero(hx, mx)) return storeAngle(dst, sign, 2);
  }
  const shiftX = <i32>clz<u64>(mx);
  const shiftY = <i32>clz<u64>(my);
  const exponentX = <i32>(hx & 0x7fff) + i32((hx & 0x7fff) == 0) - shiftX;
  const exponentY = <i32>(hy & 0x7fff) + i32((hy & 0x7fff) == 0) - shiftY;
  const significandX = mx << shiftX;
  const significandY = my << shiftY;
  if (exponentY > exponentX || (exponentY == exponentX && significandY > significandX)) {
    setArctangent(exponentX, significandX, exponentY, significandY);
    setFromAxis(1, left);
  } else {
    setArctangent(exponentY, significandY, exponentX, significandX);
    if (left) setFromAxis(2, false);
    else if (realExponent < UNCORRECTED_EXPONENT) return storeUncorrected(dst, sign, BIAS);
  }
  storeReal(dst, sign, BIAS);
}
