// F2XM1, FYL2X, FYL2XP1, FPATAN, FSIN, FCOS, FSINCOS, FPTAN (SDM vol. 1, 8.3.7–8.3.10). Trigonometric functions leave arguments of 2^63 and above
// alone and say so by C2.
import { FSW_C2, ST_FP_STATUS } from '../generated/layout';
import { begin, copy, head, isEmpty, markFull, pop, push, record, scratch, setCell, setIndefinite, settle, significand, st, stackFault } from './state';
import { hasOperandAndRoom, hasOperands, replaceTop } from './functions';
import { f80_patan } from '../../../runtime/assembly/softfloat/f80-arctangent';
import { f80_f2xm1 } from '../../../runtime/assembly/softfloat/f80-exponential';
import { isNaNCell } from '../../../runtime/assembly/softfloat/f80-format';
import { f80_yl2x, f80_yl2xp1 } from '../../../runtime/assembly/softfloat/f80-logarithm';
import { f80_cos, f80_sin, f80_sincos, f80_tan } from '../../../runtime/assembly/softfloat/f80-trigonometry';

export function fpu_2xm1(env: usize): void {
  if (!hasOperands(env, false)) return;
  begin(env);
  f80_f2xm1(scratch(env, 0), st(env, 0));
  replaceTop(env);
}

// ---- ST(1) = f(ST(0), ST(1)), then a pop ------------------------------------------------------------------------------------------

const YL2X: u32 = 0;
const YL2XP1: u32 = 1;
const PATAN: u32 = 2;

@inline function popping(env: usize, which: u32): void {
  if (isEmpty(env, 0) || isEmpty(env, 1)) {
    if (!stackFault(env, false)) return;
    setIndefinite(st(env, 1));
    markFull(env, 1);
  } else {
    begin(env);
    const result = scratch(env, 0);
    const x = st(env, 0);
    const y = st(env, 1);
    if (which == YL2X) f80_yl2x(result, x, y);
    else if (which == YL2XP1) f80_yl2xp1(result, x, y);
    else f80_patan(result, x, y);
    if (!settle(env)) return;
    copy(y, result);
  }
  pop(env);
}

export function fpu_yl2x(env: usize): void { popping(env, YL2X); }
export function fpu_yl2xp1(env: usize): void { popping(env, YL2XP1); }
export function fpu_patan(env: usize): void { popping(env, PATAN); }

// ---- trigonometric -----------------------------------------------------------------------------------------------------------------

/** C2 after a trigonometric function. */
@inline function setOutOfRange(env: usize, out: bool): void {
  const status = load<u32>(env, ST_FP_STATUS) & ~FSW_C2;
  store<u32>(env, out ? status | FSW_C2 : status, ST_FP_STATUS);
}

/** FSIN (0), FCOS (1). */
@inline function unary(env: usize, cosine: bool): void {
  setOutOfRange(env, false);
  if (!hasOperands(env, false)) return;
  begin(env);
  const result = scratch(env, 0);
  const reduced = cosine ? f80_cos(result, st(env, 0)) : f80_sin(result, st(env, 0));
  if (reduced) {
    replaceTop(env);
  } else {
    record(env, 0, false);
    setOutOfRange(env, true);
  }
}

export function fpu_sin(env: usize): void { unary(env, false); }
export function fpu_cos(env: usize): void { unary(env, true); }

/** The results in scratch cells 0 (new ST(1)) and 1 (new ST(0)), if they count. */
@inline function replaceAndPush(env: usize): void {
  if (!settle(env)) return;
  copy(st(env, 0), scratch(env, 0));
  copy(push(env), scratch(env, 1));
}

/** FSINCOS: the sine takes the place of ST(0), the cosine is pushed. */
export function fpu_sincos(env: usize): void {
  setOutOfRange(env, false);
  if (!hasOperandAndRoom(env)) return;
  begin(env);
  if (f80_sincos(scratch(env, 0), scratch(env, 1), st(env, 0))) {
    replaceAndPush(env);
  } else {
    record(env, 0, false);
    setOutOfRange(env, true);
  }
}

/** FPTAN: the tangent takes the place of ST(0), and 1 is pushed; of a NaN both are that NaN. */
export function fpu_ptan(env: usize): void {
  setOutOfRange(env, false);
  if (!hasOperandAndRoom(env)) return;
  begin(env);
  const tangent = scratch(env, 0);
  if (f80_tan(tangent, st(env, 0))) {
    const one = scratch(env, 1);
    if (isNaNCell(head(tangent), significand(tangent))) copy(one, tangent);
    else setCell(one, 0x3fff, 0x8000000000000000);
    replaceAndPush(env);
  } else {
    record(env, 0, false);
    setOutOfRange(env, true);
  }
}
