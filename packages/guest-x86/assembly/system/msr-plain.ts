// MSRs that are nothing but 64 bits of state: where each is, and which values it takes (SDM vol. 4, chapter 2; memory types vol. 3, 12.11).
import {
  FEATURE_EVENT_COUNTERS, FEATURE_LONG_MODE, FEATURE_MACHINE_CHECK, FEATURE_MTRR, FEATURE_P6, FEATURE_PAT, FEATURE_RDTSCP, FEATURE_SEP, FEATURE_SYSCALL,
  FEATURE_TSC_ADJUST, FR_FS_BASE, FR_GS_BASE, ST_CSTAR, ST_DEBUG_CTL, ST_EVENT_COUNTERS, ST_FMASK, ST_KERNEL_GS_BASE, ST_LSTAR, ST_MCG_STATUS,
  ST_MC_BANK_CONTROL, ST_MTRR_DEF_TYPE, ST_MTRR_FIXED, ST_MTRR_VARIABLE, ST_PAT, ST_STAR, ST_SYSENTER_CS, ST_SYSENTER_EIP, ST_SYSENTER_ESP, ST_TSC_AUX,
  ST_TSC_OFFSET,
} from '../generated/layout';
import { reservedAddressBits } from './control';
import { has, isCanonical } from './state';

/** Variable ranges and machine check banks, as their capability registers say. */
export const MTRR_VARIABLE_RANGES: u32 = 8;
export const MACHINE_CHECK_BANKS: u32 = 4;

const FIRST_VARIABLE: u32 = 0x200;
const MTRR_DEF_TYPE: u32 = 0x2ff;
const FIRST_BANK: u32 = 0x400;

/** Number of a fixed-range MTRR among the eleven (one of 64 KiB, two of 16 KiB, eight of 4 KiB ranges), or −1. */
function fixedMtrr(msr: u32): i32 {
  if (msr == 0x250) return 0;
  if (msr == 0x258 || msr == 0x259) return <i32>(msr - 0x257);
  return msr >= 0x268 && msr <= 0x26f ? <i32>(msr - 0x265) : -1;
}

function isVariableMtrr(msr: u32): bool { return msr >= FIRST_VARIABLE && msr < FIRST_VARIABLE + 2 * MTRR_VARIABLE_RANGES; }

/** Offset from env of a plain MSR, or 0: it is another kind, or the model does not have it. */
export function plainMsr(env: usize, msr: u32): usize {
  switch (msr) {
    case 0x3b: return has(env, FEATURE_TSC_ADJUST) ? ST_TSC_OFFSET : 0;
    case 0xc1: return has(env, FEATURE_EVENT_COUNTERS) ? ST_EVENT_COUNTERS + 16 : 0;
    case 0xc2: return has(env, FEATURE_EVENT_COUNTERS) ? ST_EVENT_COUNTERS + 24 : 0;
    case 0x174: return has(env, FEATURE_SEP) ? ST_SYSENTER_CS : 0;
    case 0x175: return has(env, FEATURE_SEP) ? ST_SYSENTER_ESP : 0;
    case 0x176: return has(env, FEATURE_SEP) ? ST_SYSENTER_EIP : 0;
    case 0x17a: return has(env, FEATURE_MACHINE_CHECK) ? ST_MCG_STATUS : 0;
    case 0x186: return has(env, FEATURE_EVENT_COUNTERS) ? ST_EVENT_COUNTERS : 0;
    case 0x187: return has(env, FEATURE_EVENT_COUNTERS) ? ST_EVENT_COUNTERS + 8 : 0;
    case 0x1d9: return has(env, FEATURE_P6) ? ST_DEBUG_CTL : 0;
    case 0x277: return has(env, FEATURE_PAT) ? ST_PAT : 0;
    case MTRR_DEF_TYPE: return has(env, FEATURE_MTRR) ? ST_MTRR_DEF_TYPE : 0;
    case 0xc0000081: return has(env, FEATURE_SYSCALL) ? ST_STAR : 0;
    case 0xc0000082: return has(env, FEATURE_LONG_MODE) ? ST_LSTAR : 0;
    case 0xc0000083: return has(env, FEATURE_LONG_MODE) ? ST_CSTAR : 0;
    case 0xc0000084: return has(env, FEATURE_SYSCALL) ? ST_FMASK : 0;
    case 0xc0000100: return has(env, FEATURE_LONG_MODE) ? FR_FS_BASE : 0;
    case 0xc0000101: return has(env, FEATURE_LONG_MODE) ? FR_GS_BASE : 0;
    case 0xc0000102: return has(env, FEATURE_LONG_MODE) ? ST_KERNEL_GS_BASE : 0;
    case 0xc0000103: return has(env, FEATURE_RDTSCP) ? ST_TSC_AUX : 0;
  }
  if (isVariableMtrr(msr)) return has(env, FEATURE_MTRR) ? ST_MTRR_VARIABLE + ((msr - FIRST_VARIABLE) << 3) : 0;
  const fixed = fixedMtrr(msr);
  if (fixed >= 0) return has(env, FEATURE_MTRR) ? ST_MTRR_FIXED + (fixed << 3) : 0;
  const bank = msr - FIRST_BANK;
  if (bank < 4 * MACHINE_CHECK_BANKS && (bank & 3) == 0) return has(env, FEATURE_MACHINE_CHECK) ? ST_MC_BANK_CONTROL + (bank << 1) : 0;
  return 0;
}

/** STATUS, ADDR or MISC of a machine check bank: always zero. */
export function isBankRecord(env: usize, msr: u32): bool {
  const bank = msr - FIRST_BANK;
  return bank < 4 * MACHINE_CHECK_BANKS && (bank & 3) != 0 && has(env, FEATURE_MACHINE_CHECK);
}

// ---- values --------------------------------------------------------------------------------------------------------------------

/** Are all eight bytes memory types? Those of MTRRs are 0, 1, 4, 5, 6; the PAT also has 7. */
function areTypes(value: u64, highest: u32): bool {
  for (let i: u32 = 0; i < 8; i++) {
    const type = <u32>(value >> (i * 8)) & 0xff;
    if (type > highest || type == 2 || type == 3) return false;
  }
  return true;
}

/** PHYSBASE: a type and an address; PHYSMASK: a mask, valid with bit 11. */
function isVariableRange(env: usize, msr: u32, value: u64): bool {
  const above = reservedAddressBits(env) | 0xfff0000000000000;
  return (msr & 1) == 0 ? (value & (above | 0xf00)) == 0 && areTypes(value & 0xff, 6) : (value & (above | 0x7ff)) == 0;
}

/** May this plain MSR be given this value? Else WRMSR is #GP(0). */
export function plainMsrTakes(env: usize, msr: u32, value: u64): bool {
  switch (msr) {
    case 0x175:
    case 0x176:
    case 0xc0000082:
    case 0xc0000083:
    case 0xc0000100:
    case 0xc0000101:
    case 0xc0000102: return isCanonical(value);
    case 0xc0000084:
    case 0xc0000103:
    case 0x186:
    case 0x187: return value <= 0xffffffff;
    case 0xc1:
    case 0xc2: return value <= 0xffffffffff;
    case 0x17a: return value <= 7;
    // Single steps may be taken on branches only; no branches are recorded.
    case 0x1d9: return (value & ~<u64>2) == 0;
    case 0x277: return areTypes(value, 7);
    case MTRR_DEF_TYPE: return (value & ~<u64>0xcff) == 0 && areTypes(value & 0xff, 6);
  }
  if (isVariableMtrr(msr)) return isVariableRange(env, msr, value);
  return fixedMtrr(msr) < 0 || areTypes(value, 6);
}
