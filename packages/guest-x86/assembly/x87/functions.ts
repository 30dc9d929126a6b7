// Functions of ST(0), or of ST(0) and ST(1), that are neither sums nor products: FSQRT, FRNDINT, FSCALE, FXTRACT, FPREM, FPREM1 (SDM vol. 1,
// 8.3.5). The transcendental ones are in transcendental.ts.
import { FSW_C0, FSW_C1, FSW_C2, FSW_C3, ST_FP_STATUS } from '../generated/layout';
import { begin, copy, head, isEmpty, markFull, push, scratch, setConditions, setIndefinite, settle, significand, st, stackFault } from './state';
import { f80_sqrt } from '../../../runtime/assembly/softfloat/f80-arithmetic';
import { REM_INCOMPLETE, f80_extract, f80_rem, f80_round_int, f80_scale } from '../../../runtime/assembly/softfloat/f80-integral';
import { isNaNCell } from '../../../runtime/assembly/softfloat/f80-format';
import { sfRounding } from '../../../runtime/assembly/softfloat/state';

/** False when ST(0), or ST(1) if it is an operand, is empty: the underflow has been dealt with. */
@inline export function hasOperands(env: usize, both: bool): bool {
  if (!isEmpty(env, 0) && !(both && isEmpty(env, 1))) return true;
  if (stackFault(env, false)) {
    setIndefinite(st(env, 0));
    markFull(env, 0);
  }
  return false;
}

/** For instructions that write ST(0) and push: ST(0) full, ST(7) empty. Otherwise both results are the indefinite. */
@inline export function hasOperandAndRoom(env: usize): bool {
  const overflow = !isEmpty(env, 7);
  if (!isEmpty(env, 0) && !overflow) return true;
  if (stackFault(env, overflow && !isEmpty(env, 0))) {
    setIndefinite(st(env, 0));
    markFull(env, 0);
    setIndefinite(push(env));
  }
  return false;
}

/** The result in scratch cell 0 replaces ST(0), if it counts. */
@inline export function replaceTop(env: usize): void {
  if (settle(env)) copy(st(env, 0), scratch(env, 0));
}

export function fpu_sqrt(env: usize): void {
  if (!hasOperands(env, false)) return;
  begin(env);
  f80_sqrt(scratch(env, 0), st(env, 0));
  replaceTop(env);
}

export function fpu_rndint(env: usize): void {
  if (!hasOperands(env, false)) return;
  begin(env);
  f80_round_int(scratch(env, 0), st(env, 0), sfRounding);
  replaceTop(env);
}

export function fpu_scale(env: usize): void {
  if (!hasOperands(env, true)) return;
  begin(env);
  f80_scale(scratch(env, 0), st(env, 0), st(env, 1));
  replaceTop(env);
}

/** FXTRACT: the exponent takes the place of ST(0), the significand is pushed. */
export function fpu_xtract(env: usize): void {
  if (!hasOperandAndRoom(env)) return;
  begin(env);
  f80_extract(scratch(env, 0), scratch(env, 1), st(env, 0));
  if (!settle(env)) return;
  copy(st(env, 0), scratch(env, 0));
  copy(push(env), scratch(env, 1));
}

/** FPREM, FPREM1: quotient bits 2, 1, 0 in C0, C3, C1; C2 while the reduction is not complete. Without a quotient C2 is cleared, C0 and C3 stay. */
export function fpu_prem(env: usize, nearest: u32): void {
  store<u32>(env, load<u32>(env, ST_FP_STATUS) & ~FSW_C2, ST_FP_STATUS);
  if (!hasOperands(env, true)) return;
  begin(env);
  const result = scratch(env, 0);
  const quotient = f80_rem(result, st(env, 0), st(env, 1), nearest != 0);
  if (!settle(env)) return;
  copy(st(env, 0), result);
  if (isNaNCell(head(result), significand(result))) return;
  let conditions: u32 = 0;
  if (quotient & REM_INCOMPLETE) {
    conditions = FSW_C2;
  } else {
    if (quotient & 4) conditions |= FSW_C0;
    if (quotient & 2) conditions |= FSW_C3;
    if (quotient & 1) conditions |= FSW_C1;
  }
  setConditions(env, conditions);
}
