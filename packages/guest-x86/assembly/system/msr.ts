// RDMSR, WRMSR, RDTSC, RDTSCP, RDPMC. MSRs that hold CPU state are here; what else a machine has (MTRRs, APIC) is asked of the host, and what nobody
// knows raises #GP(0).
import {
  CTX_ARG, CTX_RET, FEATURE_LONG_MODE, FEATURE_MSR, FEATURE_NX, FEATURE_PAT, FEATURE_RDTSCP, FEATURE_SEP, FEATURE_SYSCALL, FEATURE_TSC, FR_FS_BASE,
  FR_GS_BASE, FR_RAX, FR_RCX, FR_RDX, ST_CSTAR, ST_EFER, ST_EFER_ALLOWED, ST_FMASK, ST_KERNEL_GS_BASE, ST_LSTAR, ST_PAT, ST_STAR, ST_SYSENTER_CS,
  ST_SYSENTER_EIP, ST_SYSENTER_ESP, ST_TSC_AUX, ST_TSC_OFFSET,
} from '../generated/layout';
import { CR0_PG, CR4_PCE, CR4_TSD, EFER_LMA, EFER_LME } from './arch';
import { raiseGp, raiseUd } from './fault';
import { update_hflags } from './hflags';
import { tlb_flush } from './memory';
import { cpl, cr0, cr4, efer, has, isCanonical } from './state';

/** Time stamp counter of the machine into context.ret. */
// @ts-ignore: decorator
@external('host', 'tsc') declare function host_tsc(env: usize): void;
/** An MSR that is not here: 1 and its value in context.ret, or 0. */
// @ts-ignore: decorator
@external('host', 'msr_read') declare function host_msr_read(env: usize, msr: u32): i32;
/** Write an MSR that is not here with the value in context.arg: 1, or 0 to raise #GP(0). */
// @ts-ignore: decorator
@external('host', 'msr_write') declare function host_msr_write(env: usize, msr: u32): i32;

/** Where a plain 64-bit MSR lives (offset from env), or 0; `feature` must be had. */
function plainMsr(env: usize, msr: u32): usize {
  switch (msr) {
    case 0x174: return has(env, FEATURE_SEP) ? ST_SYSENTER_CS : 0;
    case 0x175: return has(env, FEATURE_SEP) ? ST_SYSENTER_ESP : 0;
    case 0x176: return has(env, FEATURE_SEP) ? ST_SYSENTER_EIP : 0;
    case 0x277: return has(env, FEATURE_PAT) ? ST_PAT : 0;
    case 0xc0000081: return has(env, FEATURE_SYSCALL) ? ST_STAR : 0;
    case 0xc0000082: return has(env, FEATURE_LONG_MODE) ? ST_LSTAR : 0;
    case 0xc0000083: return has(env, FEATURE_LONG_MODE) ? ST_CSTAR : 0;
    case 0xc0000084: return has(env, FEATURE_SYSCALL) ? ST_FMASK : 0;
    case 0xc0000100: return has(env, FEATURE_LONG_MODE) ? FR_FS_BASE : 0;
    case 0xc0000101: return has(env, FEATURE_LONG_MODE) ? FR_GS_BASE : 0;
    case 0xc0000102: return has(env, FEATURE_LONG_MODE) ? ST_KERNEL_GS_BASE : 0;
    case 0xc0000103: return has(env, FEATURE_RDTSCP) ? ST_TSC_AUX : 0;
  }
  return 0;
}

function isAddressMsr(msr: u32): bool {
  return msr == 0x175 || msr == 0x176 || msr == 0xc0000082 || msr == 0xc0000083 || (msr >= 0xc0000100 && msr <= 0xc0000102);
}

/** Memory types of the page attribute table: 0, 1, 4, 5, 6, 7 in each byte. */
function isPat(value: u64): bool {
  for (let i: u32 = 0; i < 8; i++) {
    const type = <u32>(value >> (i * 8)) & 0xff;
    if (type > 7 || type == 2 || type == 3) return false;
  }
  return true;
}

function hasEfer(env: usize): bool { return has(env, FEATURE_LONG_MODE | FEATURE_NX | FEATURE_SYSCALL); }

function tsc(env: usize): u64 {
  host_tsc(env);
  return load<u64>(env, CTX_RET) + load<u64>(env, ST_TSC_OFFSET);
}

function setEdxEax(env: usize, value: u64): void {
  store<u64>(env, value & 0xffffffff, FR_RAX);
  store<u64>(env, value >> 32, FR_RDX);
}

/** MSR access is allowed: the model has MSRs, and CPL is 0. */
function mayAccess(env: usize): bool {
  if (!has(env, FEATURE_MSR)) return raiseUd(env);
  return cpl(env) == 0 || raiseGp(env, 0);
}

export function rdmsr(env: usize): void {
  if (!mayAccess(env)) return;
  const msr = load<u32>(env, FR_RCX);
  const at = plainMsr(env, msr);
  if (at != 0) setEdxEax(env, load<u64>(env + at));
  else if (msr == 0x10 && has(env, FEATURE_TSC)) setEdxEax(env, tsc(env));
  else if (msr == 0xc0000080 && hasEfer(env)) setEdxEax(env, efer(env));
  else if (host_msr_read(env, msr)) setEdxEax(env, load<u64>(env, CTX_RET));
  else raiseGp(env, 0);
}

export function wrmsr(env: usize): void {
  if (!mayAccess(env)) return;
  const msr = load<u32>(env, FR_RCX);
  const value = <u64>load<u32>(env, FR_RAX) | load<u64>(env, FR_RDX) << 32;
  const at = plainMsr(env, msr);
  if (at != 0) {
    const valid = isAddressMsr(msr) ? isCanonical(value) : msr == 0x277 ? isPat(value) : msr == 0xc0000103 || msr == 0xc0000084 ? value <= 0xffffffff : true;
    if (valid) store<u64>(env + at, value);
    else raiseGp(env, 0);
  } else if (msr == 0x10 && has(env, FEATURE_TSC)) {
    host_tsc(env);
    store<u64>(env, value - load<u64>(env, CTX_RET), ST_TSC_OFFSET);
  } else if (msr == 0xc0000080 && hasEfer(env)) {
    writeEfer(env, value);
  } else {
    store<u64>(env, value, CTX_ARG);
    if (!host_msr_write(env, msr)) raiseGp(env, 0);
  }
}

/** LMA is not writable; LME is fixed while paging is on. */
function writeEfer(env: usize, value: u64): void {
  const old = efer(env);
  const reserved = (value & ~(<u64>load<u32>(env, ST_EFER_ALLOWED) | EFER_LMA)) != 0;
  const next = (value & ~EFER_LMA) | (old & EFER_LMA);
  if (reserved || (((old ^ next) & EFER_LME) != 0 && (cr0(env) & CR0_PG) != 0)) {
    raiseGp(env, 0);
    return;
  }
  store<u64>(env, next, ST_EFER);
  tlb_flush(env);
  update_hflags(env);
}

export function rdtsc(env: usize): void {
  if (!has(env, FEATURE_TSC)) raiseUd(env);
  else if ((cr4(env) & CR4_TSD) != 0 && cpl(env) != 0) raiseGp(env, 0);
  else setEdxEax(env, tsc(env));
}

export function rdtscp(env: usize): void {
  if (!has(env, FEATURE_RDTSCP)) {
    raiseUd(env);
  } else if ((cr4(env) & CR4_TSD) != 0 && cpl(env) != 0) {
    raiseGp(env, 0);
  } else {
    setEdxEax(env, tsc(env));
    store<u64>(env, load<u32>(env, ST_TSC_AUX), FR_RCX);
  }
}

export function rdpmc(env: usize): void {
  const refused = (cpl(env) != 0 && (cr4(env) & CR4_PCE) == 0) || load<u32>(env, FR_RCX) > 1;
  if (refused) raiseGp(env, 0);
  else setEdxEax(env, 0);
}
