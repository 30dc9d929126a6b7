// RDMSR, WRMSR. MSRs that hold CPU state are here and in msr-plain.ts; what else a machine has (APIC) is asked of the host, and what nobody knows
// raises #GP(0).
import {
  CTX_ARG, CTX_RET, FEATURE_APIC, FEATURE_LONG_MODE, FEATURE_MACHINE_CHECK, FEATURE_MISC_ENABLE, FEATURE_MSR, FEATURE_MTRR, FEATURE_NX, FEATURE_P6,
  FEATURE_SYSCALL, FEATURE_TSC, FR_RAX, FR_RCX, FR_RDX, ST_APIC_BASE, ST_EFER, ST_EFER_ALLOWED, ST_MISC_ENABLE,
  ST_TSC_OFFSET,
} from '../generated/layout';
import { CR0_PG, EFER_LMA, EFER_LME } from './arch';
import { flushForControl } from './control';
import { raiseGp, raiseUd } from './fault';
import { update_hflags } from './hflags';
import { MACHINE_CHECK_BANKS, MTRR_VARIABLE_RANGES, isBankRecord, plainMsr, plainMsrTakes } from './msr-plain';
import { cpl, cr0, efer, has, setEdxEax } from './state';
import { setTsc, tsc } from './time';

/** An MSR that is not here: 1 and its value in context.ret, or 0. */
@external('host', 'msr_read') declare function host_msr_read(env: usize, msr: u32): i32;
/** Write an MSR that is not here with the value in context.arg: 1, or 0 to raise #GP(0). */
@external('host', 'msr_write') declare function host_msr_write(env: usize, msr: u32): i32;

const TIME_STAMP_COUNTER: u32 = 0x10;
const PLATFORM_ID: u32 = 0x17;
const APIC_BASE: u32 = 0x1b;
const FEATURE_CONTROL: u32 = 0x3a;
const MICROCODE_REVISION: u32 = 0x8b;
const MTRR_CAP: u32 = 0xfe;
const MCG_CAP: u32 = 0x179;
const MISC_ENABLE: u32 = 0x1a0;
const TSC_DEADLINE: u32 = 0x6e0;
const EFER: u32 = 0xc0000080;

/** Fixed ranges and write combining, besides the number of variable ranges. */
const MTRR_CAP_VALUE: u64 = <u64>MTRR_VARIABLE_RANGES | 0x500;
/** Locked, with nothing enabled: there is neither VMX nor SMX. */
const FEATURE_CONTROL_VALUE: u64 = 1;
/** Revision 1, in the upper half. */
const MICROCODE_VALUE: u64 = 1 << 32;
/** Fast strings; the other bits belong to what no model has. */
const MISC_ENABLE_WRITABLE: u64 = 1;

function hasEfer(env: usize): bool { return has(env, FEATURE_LONG_MODE | FEATURE_NX | FEATURE_SYSCALL); }

@inline function give(env: usize, value: u64): i32 {
  store<u64>(env, value, CTX_RET);
  return 1;
}

/** Read an MSR into context.ret, without a look at privilege. @returns 0 when there is none */
export function msr_get(env: usize, msr: u32): i32 {
  const at = plainMsr(env, msr);
  if (at != 0) return give(env, load<u64>(env + at));
  switch (msr) {
    case TIME_STAMP_COUNTER: if (has(env, FEATURE_TSC)) return give(env, tsc(env)); break;
    case PLATFORM_ID: if (has(env, FEATURE_P6)) return give(env, 0); break;
    case FEATURE_CONTROL: if (has(env, FEATURE_MISC_ENABLE)) return give(env, FEATURE_CONTROL_VALUE); break;
    case MICROCODE_REVISION: if (has(env, FEATURE_P6)) return give(env, MICROCODE_VALUE); break;
    case MTRR_CAP: if (has(env, FEATURE_MTRR)) return give(env, MTRR_CAP_VALUE); break;
    case MCG_CAP: if (has(env, FEATURE_MACHINE_CHECK)) return give(env, MACHINE_CHECK_BANKS); break;
    case MISC_ENABLE: if (has(env, FEATURE_MISC_ENABLE)) return give(env, load<u64>(env, ST_MISC_ENABLE)); break;
    case EFER: if (hasEfer(env)) return give(env, efer(env)); break;
  }
  if (isBankRecord(env, msr)) return give(env, 0);
  if (!host_msr_read(env, msr)) return 0;
  // The machine knows its own counter; the guest's is off by what it has written. A deadline of 0 is none.
  const value = load<u64>(env, CTX_RET);
  return give(env, msr == TSC_DEADLINE && value != 0 ? value + load<u64>(env, ST_TSC_OFFSET) : value);
}

/** A deadline in time of the machine's counter; one before its start is long past. */
function machineDeadline(env: usize, value: u64): u64 {
  if (value == 0) return 0;
  const offset = load<i64>(env, ST_TSC_OFFSET);
  return offset > 0 && value <= <u64>offset ? 1 : value - offset;
}

/** Write an MSR, without a look at privilege. @returns 0 when there is none, or it does not take the value */
export function msr_set(env: usize, msr: u32, value: u64): i32 {
  const at = plainMsr(env, msr);
  if (at != 0) {
    if (!plainMsrTakes(env, msr, value)) return 0;
    store<u64>(env + at, value);
    return 1;
  }
  switch (msr) {
    case TIME_STAMP_COUNTER:
      if (!has(env, FEATURE_TSC)) break;
      setTsc(env, value);
      return 1;
    // Software writes zero, and has CPUID fill in the revision; it is always there.
    case MICROCODE_REVISION: if (has(env, FEATURE_P6)) return 1; break;
    case MISC_ENABLE:
      if (!has(env, FEATURE_MISC_ENABLE)) break;
      store<u64>(env, (load<u64>(env, ST_MISC_ENABLE) & ~MISC_ENABLE_WRITABLE) | (value & MISC_ENABLE_WRITABLE), ST_MISC_ENABLE);
      return 1;
    case EFER: if (hasEfer(env)) return writeEfer(env, value) ? 1 : 0; break;
  }
  if (isBankRecord(env, msr)) return value == 0 ? 1 : 0;
  store<u64>(env, msr == TSC_DEADLINE ? machineDeadline(env, value) : value, CTX_ARG);
  const taken = host_msr_write(env, msr);
  if (taken != 0 && msr == APIC_BASE && has(env, FEATURE_APIC)) store<u64>(env, value, ST_APIC_BASE);
  return taken;
}

/** LMA is not writable; LME is fixed while paging is on. */
function writeEfer(env: usize, value: u64): bool {
  const old = efer(env);
  const reserved = (value & ~(<u64>load<u32>(env, ST_EFER_ALLOWED) | EFER_LMA)) != 0;
  const next = (value & ~EFER_LMA) | (old & EFER_LMA);
  if (reserved || (((old ^ next) & EFER_LME) != 0 && (cr0(env) & CR0_PG) != 0)) return false;
  store<u64>(env, next, ST_EFER);
  flushForControl(env);
  update_hflags(env);
  return true;
}

/** MSR access is allowed: the model has MSRs, and CPL is 0. */
function mayAccess(env: usize): bool {
  if (!has(env, FEATURE_MSR)) return raiseUd(env);
  return cpl(env) == 0 || raiseGp(env, 0);
}

export function rdmsr(env: usize): void {
  if (!mayAccess(env)) return;
  if (msr_get(env, load<u32>(env, FR_RCX))) setEdxEax(env, load<u64>(env, CTX_RET));
  else raiseGp(env, 0);
}

export function wrmsr(env: usize): void {
  if (!mayAccess(env)) return;
  const value = <u64>load<u32>(env, FR_RAX) | load<u64>(env, FR_RDX) << 32;
  if (!msr_set(env, load<u32>(env, FR_RCX), value)) raiseGp(env, 0);
}
