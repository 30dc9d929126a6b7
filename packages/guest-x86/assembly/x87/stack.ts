// Instructions that move values among registers, and those that only look at tags and signs (SDM vol. 1, 8.3.2–8.3.4).
import { FSW_C0, FSW_C1, FSW_C2, FSW_C3 } from '../generated/layout';
import {
  begin, clearC1, copy, head, isEmpty, markEmpty, markFull, pop, push, setCell, setConditions, setIndefinite, setTop, significand, st, stackFault, top,
} from './state';
import { isDenormal, isInfinite, isNaNCell, isUnsupported, isZero } from '../../../runtime/assembly/softfloat/f80-format';
import { f80_constant } from '../../../runtime/assembly/softfloat/f80-constants';

/** FLD ST(i). */
export function fpu_fld_st(env: usize, i: u32): void {
  // ST(7) is what becomes ST(0).
  const overflow = !isEmpty(env, 7);
  if (overflow || isEmpty(env, i)) {
    if (stackFault(env, overflow && !isEmpty(env, i))) setIndefinite(push(env));
    return;
  }
  const from = st(env, i);
  copy(push(env), from);
  clearC1(env);
}

/** FLD1, FLDL2T, FLDL2E, FLDPI, FLDLG2, FLDLN2, FLDZ in the order of their opcodes; rounding follows RC, and no exception is raised. */
export function fpu_fld_constant(env: usize, which: u32): void {
  if (!isEmpty(env, 7)) {
    if (stackFault(env, true)) setIndefinite(push(env));
    return;
  }
  begin(env);
  f80_constant(push(env), which);
  clearC1(env);
}

/** FST ST(i), FSTP ST(i). */
export function fpu_fst_st(env: usize, i: u32, pops: u32): void {
  if (isEmpty(env, 0)) {
    if (!stackFault(env, false)) return;
    setIndefinite(st(env, i));
  } else {
    copy(st(env, i), st(env, 0));
    clearC1(env);
  }
  markFull(env, i);
  if (pops) pop(env);
}

/** FSTPNCE ST(i), the form D9 D8+i: as FSTP, but an empty ST(0) is no stack fault. */
export function fpu_fstpnce(env: usize, i: u32): void {
  const empty = isEmpty(env, 0);
  copy(st(env, i), st(env, 0));
  if (empty) markEmpty(env, i);
  else markFull(env, i);
  clearC1(env);
  pop(env);
}

export function fpu_fxch(env: usize, i: u32): void {
  const a = st(env, 0);
  const b = st(env, i);
  const emptyA = isEmpty(env, 0);
  const emptyB = isEmpty(env, i);
  if (emptyA || emptyB) {
    if (!stackFault(env, false)) return;
    if (emptyA) setIndefinite(a);
    if (emptyB) setIndefinite(b);
    markFull(env, 0);
    markFull(env, i);
  } else {
    clearC1(env);
  }
  const mantissa = significand(a);
  const signExponent = head(a);
  copy(a, b);
  setCell(b, signExponent, mantissa);
}

/** FCMOVcc: stack faults come whether the condition holds or not. C1 changes by them only. */
export function fpu_cmov(env: usize, i: u32, holds: u32): void {
  if (isEmpty(env, 0) || isEmpty(env, i)) {
    if (!stackFault(env, false)) return;
    setIndefinite(st(env, 0));
    markFull(env, 0);
    return;
  }
  if (holds) copy(st(env, 0), st(env, i));
}

/** FABS: new sign 0. FCHS: flipped. Of any value, NaN too. */
function changeSign(env: usize, keep: u32, flip: u32): void {
  const cell = st(env, 0);
  if (isEmpty(env, 0)) {
    if (!stackFault(env, false)) return;
    setIndefinite(cell);
    markFull(env, 0);
    return;
  }
  clearC1(env);
  store<u16>(cell, <u16>((head(cell) & keep) ^ flip), 8);
}

export function fpu_fabs(env: usize): void { changeSign(env, 0x7fff, 0); }
export function fpu_fchs(env: usize): void { changeSign(env, 0xffff, 0x8000); }

export function fpu_ffree(env: usize, i: u32): void {
  markEmpty(env, i);
  clearC1(env);
}

/** FFREEP: FFREE, then the stack pops whatever its tag. */
export function fpu_ffreep(env: usize, i: u32): void {
  fpu_ffree(env, i);
  pop(env);
}

/** FINCSTP (1) and FDECSTP (−1): no tag changes. */
export function fpu_turn(env: usize, by: i32): void {
  setTop(env, top(env) + by);
  clearC1(env);
}

/** FXAM: class in C3 C2 C0, sign in C1, also of an empty register (SDM vol. 2, FXAM). */
export function fpu_fxam(env: usize): void {
  const cell = st(env, 0);
  const exponent = head(cell);
  const mantissa = significand(cell);
  let conditions: u32 = exponent & 0x8000 ? FSW_C1 : 0;
  if (isEmpty(env, 0)) conditions |= FSW_C3 | FSW_C0;
  else if (isUnsupported(exponent, mantissa)) conditions &= FSW_C1;
  else if (isNaNCell(exponent, mantissa)) conditions |= FSW_C0;
  else if (isInfinite(exponent, mantissa)) conditions |= FSW_C2 | FSW_C0;
  else if (isZero(exponent, mantissa)) conditions |= FSW_C3;
  else if (isDenormal(exponent, mantissa)) conditions |= FSW_C3 | FSW_C2;
  else conditions |= FSW_C2;
  setConditions(env, conditions);
}
