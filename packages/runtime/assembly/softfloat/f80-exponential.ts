/** F2XM1: 2^x − 1. Defined for −1 ≤ x ≤ 1; beyond, the processor's result is undefined and here it is x. */
import {
  BIAS, INTEGER_BIT, SPECIAL, headOf, isNormal, isZero, resolvesNaN1, significandOf, stopsAtDenormal, storeCell, storeInfinity, storeZero,
} from './f80-format';
import { fixedLow, polynomial, realExponent, realFraction, realHi, realLo, setReal, scaleReal, storeReal } from './fixed';
import { EXPONENTIAL, EXPONENTIAL_NARROW, EXPONENTIAL_SCALE, EXPONENTIAL_TERMS, LN2_HI, LN2_LO } from './generated/tables';
import { PE, raise, setRoundedUp } from './state';

export function f80_f2xm1(dst: usize, a: usize): void {
  const head = headOf(a);
  const significand = significandOf(a);
  const sign = head >> 15;
  let exponent = <i32>(head & 0x7fff);
  setRoundedUp(false);
  if (!isNormal(head, significand)) {
    if (resolvesNaN1(dst, head, significand)) return;
    if (isZero(head, significand)) return storeZero(dst, sign);
    if (exponent == SPECIAL) return sign ? storeCell(dst, 0x8000 | BIAS, INTEGER_BIT) : storeInfinity(dst, 0);
    if (stopsAtDenormal(head, significand)) return;
    exponent = 1;
  }
  if (exponent >= BIAS) {
    // The processor raises PE for all of these.
    raise(PE);
    // 2^1 − 1 and 2^-1 − 1 are exact.
    if (exponent == BIAS && significand == INTEGER_BIT) return storeCell(dst, sign ? 0x8000 | (BIAS - 1) : BIAS, INTEGER_BIT);
    return storeCell(dst, head, significand);
  }
  // t = |x| · ln 2; the result is t · P(±t).
  const shift = <i32>clz<u64>(significand);
  setReal(LN2_HI, LN2_LO, -1);
  scaleReal(significand << shift, 0, exponent - BIAS - shift);
  const tHi = realHi;
  const tLo = realLo;
  const tExponent = realExponent;
  const t = realFraction();
  const series = polynomial(EXPONENTIAL, EXPONENTIAL_TERMS, EXPONENTIAL_NARROW, EXPONENTIAL_SCALE, t, fixedLow, sign != 0);
  setReal(series, fixedLow, 0);
  scaleReal(tHi, tLo, tExponent);
  storeReal(dst, sign, BIAS);
}
