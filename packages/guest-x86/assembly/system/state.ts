// Small questions to the CPU state. `env` is the address of the vCPU's area. Registers with derived state (hflags and what goes with it)
// are changed by the functions of their own files only.
import {
  FR_CS_BASE, FR_ES_BASE, FR_RAX, FR_RDX, FR_RIP, FR_RSP, HF_CPL_SHIFT, HF_CS64, HF_LMA, HF_PE, HF_VM, ST_CR0, ST_CR4, ST_EFER, ST_EFLAGS, ST_FEATURES,
  ST_HFLAGS, ST_SEG_ACCESS, ST_SEG_LIMIT, ST_SEG_SELECTOR, ST_VENDOR, ST_LDTR_BASE, ST_TR_BASE, SEG_LDTR,
} from '../generated/layout';
import { D_DPL, IOPL, VM } from './arch';

@inline export function hflags(env: usize): u32 { return load<u32>(env, ST_HFLAGS); }
export function cpl(env: usize): u32 { return (hflags(env) >> HF_CPL_SHIFT) & 3; }
export function iopl(env: usize): u32 { return (load<u32>(env, ST_EFLAGS) & IOPL) >> 12; }
/** Protected mode proper: PE and not virtual-8086. */
export function isProtected(env: usize): bool { return (hflags(env) & (HF_PE | HF_VM)) == HF_PE; }
export function isVm86(env: usize): bool { return (load<u32>(env, ST_EFLAGS) & VM) != 0; }
export function isLongMode(env: usize): bool { return (hflags(env) & HF_LMA) != 0; }
/** Running 64-bit code. */
export function isCode64(env: usize): bool { return (hflags(env) & HF_CS64) != 0; }

export function cr0(env: usize): u32 { return load<u32>(env, ST_CR0); }
export function cr4(env: usize): u32 { return load<u32>(env, ST_CR4); }
export function efer(env: usize): u64 { return load<u64>(env, ST_EFER); }
export function has(env: usize, feature: u32): bool { return (load<u32>(env, ST_FEATURES) & feature) != 0; }
export function isAmd(env: usize): bool { return load<u32>(env, ST_VENDOR) == 1; }

export function selectorOf(env: usize, seg: u32): u32 { return load<u32>(env + (seg << 2), ST_SEG_SELECTOR); }
export function limitOf(env: usize, seg: u32): u32 { return load<u32>(env + (seg << 2), ST_SEG_LIMIT); }
export function accessOf(env: usize, seg: u32): u32 { return load<u32>(env + (seg << 2), ST_SEG_ACCESS); }

/** Base of any of the eight: the first six are frame globals, LDTR and TR are not. */
export function baseOf(env: usize, seg: u32): u64 {
  if (seg < SEG_LDTR) return load<u64>(env + (seg << 3), FR_ES_BASE);
  return seg == SEG_LDTR ? load<u64>(env, ST_LDTR_BASE) : load<u64>(env, ST_TR_BASE);
}

/**
 * What hflags and the bounds take from a segment register (ES … GS), apart from its DPL: another number when anything of that is other. Bit 0, which is no access right,
 * says whether the base is 0.
 */
export function shapeOf(env: usize, seg: u32): u64 {
  return (<u64>limitOf(env, seg) << 32) | (accessOf(env, seg) & ~D_DPL) | (baseOf(env, seg) == 0 ? 1 : 0);
}

/** Write all parts of a segment register. The caller updates hflags afterwards. */
export function setSegment(env: usize, seg: u32, selector: u32, base: u64, limit: u32, access: u32): void {
  store<u32>(env + (seg << 2), selector & 0xffff, ST_SEG_SELECTOR);
  store<u32>(env + (seg << 2), limit, ST_SEG_LIMIT);
  store<u32>(env + (seg << 2), access, ST_SEG_ACCESS);
  if (seg < SEG_LDTR) store<u64>(env + (seg << 3), base, FR_ES_BASE);
  else if (seg == SEG_LDTR) store<u64>(env, base, ST_LDTR_BASE);
  else store<u64>(env, base, ST_TR_BASE);
}

export function rip(env: usize): u64 { return load<u64>(env, FR_RIP); }
export function setRip(env: usize, value: u64): void { store<u64>(env, value, FR_RIP); }
export function rsp(env: usize): u64 { return load<u64>(env, FR_RSP); }
export function csBase(env: usize): u64 { return load<u64>(env, FR_CS_BASE); }

/** EDX:EAX of an instruction that gives 64 bits in two halves. */
export function setEdxEax(env: usize, value: u64): void {
  store<u64>(env, value & 0xffffffff, FR_RAX);
  store<u64>(env, value >> 32, FR_RDX);
}

/** Bits 63–47 all equal. */
export function isCanonical(addr: u64): bool { return <u64>((<i64>addr << 16) >> 16) == addr; }

/** The value as an operand of 2, 4 or 8 bytes. */
export function truncate(value: u64, size: u32): u64 {
  return size == 8 ? value : size == 4 ? value & 0xffffffff : value & 0xffff;
}
