// Control and status word, initialisation, pending exceptions (SDM vol. 1, 8.1.3–8.1.5 and 8.6–8.7).
import {
  FCW_BITS, FCW_FIXED, FCW_INIT, FSW_ES, ST_FP_CONTROL, ST_FP_EMPTY, ST_FP_LAST_BASE, ST_FP_LAST_CS, ST_FP_LAST_DP, ST_FP_LAST_DS, ST_FP_LAST_INSN,
  ST_FP_STATUS, ST_FP_TOP,
} from '../generated/layout';
import { CR0_NE, VEC_MF, WAIT_FERR } from '../system/arch';
import { raise } from '../system/fault';
import { cr0 } from '../system/state';
import { CONDITIONS, summarise } from './state';

/** FERR# changes. Returns 1 when IGNNE# is asserted. */
@external('host', 'ferr') declare function host_ferr(env: usize, asserted: u32): u32;

/** Set the control word; ES and B follow. */
export function setControl(env: usize, value: u32): void {
  store<u32>(env, (value & FCW_BITS) | FCW_FIXED, ST_FP_CONTROL);
  summarise(env);
}

/** Has FERR# been told to the host, and is it over with it? To be called with the old status by whatever may clear ES. */
export function releaseError(env: usize, oldStatus: u32): void {
  const cleared = oldStatus & ~load<u32>(env, ST_FP_STATUS) & FSW_ES;
  if (cleared && !(cr0(env) & CR0_NE)) host_ferr(env, 0);
}

export function fpu_fldcw(env: usize, value: u32): void {
  setControl(env, value);
}

/** FNCLEX: exceptions, stack fault, ES and B. */
export function fpu_fnclex(env: usize): void {
  const old = load<u32>(env, ST_FP_STATUS);
  store<u32>(env, old & CONDITIONS, ST_FP_STATUS);
  releaseError(env, old);
}

/** FNINIT, and what FNSAVE does at its end. */
export function fpu_fninit(env: usize): void {
  const old = load<u32>(env, ST_FP_STATUS);
  store<u32>(env, FCW_INIT, ST_FP_CONTROL);
  store<u32>(env, 0, ST_FP_STATUS);
  store<u32>(env, 0, ST_FP_TOP);
  store<u32>(env, 0xff, ST_FP_EMPTY);
  store<u64>(env, 0, ST_FP_LAST_BASE);
  store<u64>(env, 0, ST_FP_LAST_DP);
  store<u32>(env, 0, ST_FP_LAST_CS);
  store<u32>(env, 0, ST_FP_LAST_DS);
  store<u32>(env, 0, ST_FP_LAST_INSN);
  releaseError(env, old);
}

/**
 * A waiting instruction meets ES. With CR0.NE that is #MF. Without, FERR# tells the interrupt controller, and the processor stands still before
 * the instruction until an interrupt comes, unless IGNNE# lets it go on (SDM vol. 1, D.2).
 */
export function fpu_error(env: usize): void {
  if (cr0(env) & CR0_NE) raise(env, VEC_MF, 0);
  else if (host_ferr(env, 1) == 0) raise(env, WAIT_FERR, 0);
}
