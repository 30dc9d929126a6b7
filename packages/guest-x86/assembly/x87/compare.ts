// FCOM, FUCOM, FTST, FCOMI and their relatives (SDM vol. 1, 8.3.6). Condition codes and flags tell the order even if an
// exception is not masked, as processors do it; the stack pops only if none is.
import { FSW_C0, FSW_C1, FSW_C2, FSW_C3, ST_FP_STATUS } from '../generated/layout';
import { CF, PF, ZF } from '../system/arch';
import { begin, isEmpty, pop, record, scratch, setCell, setConditions, settle, st, stackFault } from './state';
import { finishDenormal, widenOperand } from './load';
import { f80_compare, f80_compare_signaling } from '../../../runtime/assembly/softfloat/f80-convert';

const UNORDERED: i32 = 2;

/** Condition codes of less, equal, greater, unordered. */
function conditionsOf(order: i32): u32 {
  if (order == UNORDERED) return FSW_C3 | FSW_C2 | FSW_C0;
  return order < 0 ? FSW_C0 : order == 0 ? FSW_C3 : 0;
}

@inline function compare(a: usize, b: usize, quiet: u32): i32 {
  return quiet ? f80_compare(a, b) : f80_compare_signaling(a, b);
}

/** Record what a comparison found and raised. Conditions are written even if an exception is not masked; the stack then stays. */
@inline function conclude(env: usize, order: i32, pops: u32): void {
  const counts = settle(env);
  setConditions(env, conditionsOf(order));
  if (counts) popBy(env, pops);
}

/** The same for an empty operand. */
@inline function concludeEmpty(env: usize, pops: u32): void {
  const masked = stackFault(env, false);
  setConditions(env, conditionsOf(UNORDERED));
  if (masked) popBy(env, pops);
}

@inline function popBy(env: usize, pops: u32): void {
  if (pops) pop(env);
  if (pops > 1) pop(env);
}

/** FCOM, FUCOM with ST(i), and with one or two pops. */
export function fpu_com(env: usize, i: u32, quiet: u32, pops: u32): void {
  if (isEmpty(env, 0) || isEmpty(env, i)) {
    concludeEmpty(env, pops);
    return;
  }
  begin(env);
  conclude(env, compare(st(env, 0), st(env, i), quiet), pops);
}

/** FCOM and FICOM with memory. */
export function fpu_com_memory(env: usize, kind: u32, bits: u64, pops: u32): void {
  if (isEmpty(env, 0)) {
    concludeEmpty(env, pops);
    return;
  }
  begin(env);
  const value = scratch(env, 1);
  const denormal = widenOperand(value, kind, bits);
  const order = f80_compare_signaling(st(env, 0), value);
  if (denormal) finishDenormal(st(env, 0));
  conclude(env, order, pops);
}

/** FTST: with +0. */
export function fpu_ftst(env: usize): void {
  if (isEmpty(env, 0)) {
    concludeEmpty(env, 0);
    return;
  }
  begin(env);
  const zero = scratch(env, 1);
  setCell(zero, 0, 0);
  conclude(env, f80_compare_signaling(st(env, 0), zero), 0);
}

/** FCOMI, FUCOMI: ZF, PF, CF in their EFLAGS positions. C1 changes by a stack fault only. */
export function fpu_comi(env: usize, i: u32, quiet: u32, pops: u32): u32 {
  let order = UNORDERED;
  let counts: bool;
  if (isEmpty(env, 0) || isEmpty(env, i)) {
    counts = stackFault(env, false);
  } else {
    const c1 = load<u32>(env, ST_FP_STATUS) & FSW_C1;
    begin(env);
    order = compare(st(env, 0), st(env, i), quiet);
    counts = settle(env);
    store<u32>(env, load<u32>(env, ST_FP_STATUS) | c1, ST_FP_STATUS);
  }
  if (counts && pops) pop(env);
  if (order == UNORDERED) return ZF | PF | CF;
  return order < 0 ? CF : order == 0 ? ZF : 0;
}
