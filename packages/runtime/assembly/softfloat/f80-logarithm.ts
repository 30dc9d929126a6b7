/**
 * FYL2X and FYL2XP1: y · log2 x and y · log2(1 + x). The logarithm of m in √½…√2 is a series in s = (m − 1) / (m + 1), which is as
 * accurate for m next to 1 as elsewhere. Special operands: SDM vol. 2, tables of FYL2X and FYL2XP1.
 */
import {
  BIAS, INTEGER_BIT, SPECIAL, headOf, isInfinite, isNormal, isZero, resolvesNaN, significandOf, stopsAtDenormal, storeCell, storeInfinity,
  storeInvalid, storeZero,
} from './f80-format';
import {
  UNIT, fixedLow, polynomial, realExponent, realFraction, realHi, realLo, scaleReal, setRatio, setReal, shiftFixed, storeReal,
} from './fixed';
import { LOGARITHM, LOGARITHM_NARROW, LOGARITHM_SCALE, LOGARITHM_TERMS } from './generated/tables';
import { PE, ZE, raise, setRoundedUp } from './state';
import { mulHigh } from './wide';

/** √2 as a significand. */
const SQRT2: u64 = 0xb504f333f9de6484;

/** The number s becomes log2((1 + s) / (1 − s)). */
function setSeries(): void {
  const hi = realHi;
  const lo = realLo;
  const exponent = realExponent;
  scaleReal(hi, lo, exponent);
  const y = realFraction();
  const series = polynomial(LOGARITHM, LOGARITHM_TERMS, LOGARITHM_NARROW, LOGARITHM_SCALE, y, fixedLow, false);
  setReal(series, fixedLow, 2);
  scaleReal(hi, lo, exponent);
}

/** a · log2 x for finite positive x other than 1 and finite a other than 0; the sign of a. */
function storeLogarithm(dst: usize, aSign: u32, aExponent: i32, a: u64, xExponent: i32, xHi: u64, xLo: u64): void {
  if (xHi == INTEGER_BIT && xLo == 0) return storeWholeLogarithm(dst, aSign, aExponent, a, xExponent);
  // m − 1 and m + 1 for m = x or x / 2, in units that make their quotient the same for both.
  const above = xHi > SQRT2;
  const differenceHi = above ? ~xHi + u64(xLo == 0) : xHi - INTEGER_BIT;
  const differenceLo = above ? 0 - xLo : xLo;
  const sumHi = above ? (xHi >> 1) | INTEGER_BIT : (xHi >> 1) + (INTEGER_BIT >> 1);
  setReal(differenceHi, differenceLo, 0);
  setRatio(realHi, realLo, realExponent, sumHi, (xHi << 63) | (xLo >> 1), 1);
  setSeries();
  const whole = xExponent + i32(above);
  let sign = aSign;
  if (whole) {
    addWhole(whole, above);
    sign ^= u32(whole < 0);
  } else sign ^= u32(above);
  scaleReal(a, 0, aExponent);
  storeReal(dst, sign, BIAS);
}

/**
 * a · whole for the logarithm of a power of two. The processor's own logarithm lies above it by less than it shows: PE is raised, and
 * directed rounding leaves the exact product.
 */
function storeWholeLogarithm(dst: usize, aSign: u32, aExponent: i32, a: u64, whole: i32): void {
  const magnitude = <u64>abs(whole);
  const shift = <i32>clz<u64>(magnitude);
  const factor = magnitude << shift;
  let hi = mulHigh(a, factor);
  let lo = a * factor;
  if (whole < 0) {
    hi -= u64(lo == 0);
    lo--;
  }
  setReal(hi, lo, aExponent + 64 - shift);
  storeReal(dst, aSign ^ u32(whole < 0), BIAS);
}

/** The number, a logarithm of at most a half, becomes |whole ± itself|. */
function addWhole(whole: i32, negative: bool): void {
  // 16 whole bits, 112 fraction bits.
  const hi = shiftFixed(realHi, realLo, 15 - realExponent);
  const units = <u64>abs(whole) << 48;
  if (negative == whole < 0) setReal(units + hi, fixedLow, 15);
  else setReal(units - hi - u64(fixedLow != 0), 0 - fixedLow, 15);
}

/** dst = y · log2 x. */
export function f80_yl2x(dst: usize, x: usize, y: usize): void {
  const hx = headOf(x);
  const hy = headOf(y);
  const mx = significandOf(x);
  const my = significandOf(y);
  const sign = hy >> 15;
  setRoundedUp(false);
  if (!isNormal(hx, mx) || !isNormal(hy, my) || hx >> 15) {
    if (resolvesNaN(dst, hx, mx, hy, my)) return;
    const zeroY = isZero(hy, my);
    const infiniteY = isInfinite(hy, my);
    if (isZero(hx, mx)) {
      if (zeroY) return storeInvalid(dst);
      if (!infiniteY) raise(ZE);
      return storeInfinity(dst, sign ^ 1);
    }
    if (hx >> 15) return storeInvalid(dst);
    const one = hx == BIAS && mx == INTEGER_BIT;
    if ((infiniteY && one) || (zeroY && hx == SPECIAL)) return storeInvalid(dst);
    if (stopsAtDenormal(hx, mx) || stopsAtDenormal(hy, my)) return;
    const below = u32(<i32>hx < BIAS);
    if (hx == SPECIAL || infiniteY) return storeInfinity(dst, sign ^ below);
    if (zeroY) return storeZero(dst, sign ^ below);
  }
  if (hx == BIAS && mx == INTEGER_BIT) return storeZero(dst, sign);
  const shiftX = <i32>clz<u64>(mx);
  const shiftY = <i32>clz<u64>(my);
  const exponentX = <i32>hx + i32(hx == 0) - BIAS - shiftX;
  const exponentY = <i32>(hy & 0x7fff) + i32((hy & 0x7fff) == 0) - BIAS - shiftY;
  storeLogarithm(dst, sign, exponentY, my << shiftY, exponentX, mx << shiftX, 0);
}

/** dst = y · log2(1 + x). Defined for |x| < 1 − √½; beyond, it is what the processor makes of it. */
export function f80_yl2xp1(dst: usize, x: usize, y: usize): void {
  const hx = headOf(x);
  const hy = headOf(y);
  const mx = significandOf(x);
  const my = significandOf(y);
  const signX = hx >> 15;
  const sign = (hx ^ hy) >> 15;
  setRoundedUp(false);
  if (!isNormal(hx, mx) || !isNormal(hy, my)) {
    if (resolvesNaN(dst, hx, mx, hy, my)) return;
    const zeroX = isZero(hx, mx);
    const zeroY = isZero(hy, my);
    const infiniteX = isInfinite(hx, mx);
    const infiniteY = isInfinite(hy, my);
    if ((zeroX && infiniteY) || (zeroY && infiniteX) || (infiniteX && signX)) return storeInvalid(dst);
    if (stopsAtDenormal(hx, mx) || stopsAtDenormal(hy, my)) return;
    if (infiniteX || infiniteY) return storeInfinity(dst, sign);
    if (zeroX || zeroY) return storeZero(dst, sign);
  }
  const shiftX = <i32>clz<u64>(mx);
  const shiftY = <i32>clz<u64>(my);
  const exponentX = <i32>(hx & 0x7fff) + i32((hx & 0x7fff) == 0) - BIAS - shiftX;
  const exponentY = <i32>(hy & 0x7fff) + i32((hy & 0x7fff) == 0) - BIAS - shiftY;
  const xTop = mx << shiftX;
  const yTop = my << shiftY;
  if (exponentX < -2) {
    // 2 + x in units of 2^-126.
    const part = shiftFixed(xTop, 0, 1 - exponentX);
    if (signX) setReal(UNIT - part - u64(fixedLow != 0), 0 - fixedLow, 1);
    else setReal(UNIT + part, fixedLow, 1);
    setRatio(xTop, 0, exponentX, realHi, realLo, realExponent);
    setSeries();
    scaleReal(yTop, 0, exponentY);
    return storeReal(dst, sign, BIAS);
  }
  if (signX && exponentX >= 0) {
    // 1 + x is not positive: the processor gives x back.
    raise(PE);
    return storeCell(dst, hx, mx);
  }
  // 1 + x with one whole bit, or relative to x where that is greater.
  if (exponentX < 0) {
    const part = shiftFixed(xTop, 0, -exponentX);
    if (signX) setReal(UNIT - part - u64(fixedLow != 0), 0 - fixedLow, 0);
    else setReal(UNIT + part, fixedLow, 0);
  } else {
    const one = shiftFixed(UNIT, 0, exponentX);
    const sum = xTop + one;
    if (sum < xTop) setReal((sum >> 1) | INTEGER_BIT, (sum << 63) | (fixedLow >> 1), exponentX + 1);
    else setReal(sum, fixedLow, exponentX);
  }
  storeLogarithm(dst, hy >> 15, exponentY, yTop, realExponent, realHi, realLo);
}
