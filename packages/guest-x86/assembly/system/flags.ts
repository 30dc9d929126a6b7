// EFLAGS as a whole: lazily computed flags and DF in the frame, the rest in the state. PUSHF, POPF, STI, CLI, CLAC, STAC.
import {
  CC_OP_FLAGS, FEATURE_SMAP, FR_CC_OP, FR_CC_SRC, FR_DF, HF_PE, REQUEST_EXTERNAL, REQUEST_NMI, ST_EFLAGS, ST_INTERRUPT_REQUEST,
  ST_INTERRUPT_SHADOW, ST_NMI_BLOCKED,
} from '../generated/layout';
import { compute_eflags } from '../integer/flags';
import { AC, ARITHMETIC, DF, ID, IF, IOPL, NT, RF, TF, VIF, VIP, VM } from './arch';
import { raiseGp, raiseUd, takeBudget } from './fault';
import { update_hflags } from './hflags';
import { cpl, has, hflags, iopl, isVm86 } from './state';

/** Bits that exist, besides bit 1, which is always set. */
const DEFINED: u32 = ARITHMETIC | DF | TF | IF | IOPL | NT | RF | VM | AC | VIF | VIP | ID;

/** Bits that hflags are made from. */
const IN_HFLAGS: u32 = IOPL | VM | TF | RF | AC;

/** All of EFLAGS. The frame's cc_op must be right: between TBs, or in a helper that reads it. */
export function get_eflags(env: usize): u32 {
  const df: u32 = load<i32>(env, FR_DF) < 0 ? DF : 0;
  return load<u32>(env, ST_EFLAGS) | (compute_eflags(env) & ARITHMETIC) | df;
}

/** Replace all of EFLAGS without any check, and what derives from it. */
export function set_eflags(env: usize, value: u32): void {
  writeEflags(env, value);
  update_hflags(env);
}

/** As set_eflags, for callers that update hflags themselves. */
export function writeEflags(env: usize, value: u32): void {
  store<u64>(env, value & ARITHMETIC, FR_CC_SRC);
  store<u64>(env, CC_OP_FLAGS, FR_CC_OP);
  store<u64>(env, (value & DF) != 0 ? 0xffffffff : 1, FR_DF);
  store<u32>(env, (value & DEFINED & ~(ARITHMETIC | DF)) | 2, ST_EFLAGS);
}

/**
 * Bits of an image that a pop of flags by POPF or IRET may change here: IOPL at CPL 0, IF when CPL ≤ IOPL, the upper half with a 32-bit image
 * only. RF, VM, VIF and VIP are for the caller.
 */
export function poppableFlags(env: usize, size: u32): u32 {
  let mask = ARITHMETIC | DF | TF | NT;
  const level = cpl(env);
  if (level == 0) mask |= IOPL;
  if (level <= iopl(env)) mask |= IF;
  if (size > 2) mask |= AC | ID;
  return mask;
}

/** Something waits that may interrupt now. */
function interruptWaits(env: usize): bool {
  const waiting = load<u32>(env, ST_INTERRUPT_REQUEST);
  if (waiting == 0 || load<u32>(env, ST_INTERRUPT_SHADOW)) return false;
  const open: u32 = ((load<u32>(env, ST_EFLAGS) & IF) != 0 ? REQUEST_EXTERNAL : 0) | (load<u32>(env, ST_NMI_BLOCKED) ? 0 : REQUEST_NMI);
  return (waiting & open) != 0;
}

/** After IF may have been set or an NMI handler has returned: what waits for it gets its chance at the next instruction boundary. */
export function noticeInterrupts(env: usize): void {
  if (interruptWaits(env)) takeBudget(env);
}

export function notice_interrupts(env: usize): void { noticeInterrupts(env); }

export function read_eflags(env: usize): u64 { return get_eflags(env) & ~(RF | VM); }

export function check_pushf(env: usize): void {
  if (isVm86(env) && iopl(env) < 3) raiseGp(env, 0);
}

/** @returns 1 if hflags are others now, or something may interrupt; nothing after a fault */
export function popf(env: usize, image: u64, size: u32): u32 {
  if (isVm86(env) && iopl(env) < 3) {
    raiseGp(env, 0);
    return 0;
  }
  const mask = poppableFlags(env, size);
  const before = get_eflags(env);
  const after = (before & ~mask & ~RF) | (<u32>image & mask);
  writeEflags(env, after);
  if ((before ^ after) & IN_HFLAGS) {
    const old = hflags(env);
    update_hflags(env);
    if (hflags(env) != old) return 1;
  }
  return interruptWaits(env) ? 1 : 0;
}

/** May CLI and STI run here? In real mode IOPL does not count; virtual-8086 mode runs at CPL 3. */
function mayChangeIf(env: usize): bool {
  return !(hflags(env) & HF_PE) || cpl(env) <= iopl(env) || raiseGp(env, 0);
}

/** @returns 0: IF was set; 1: it is now, and nothing waits; 2: something does. Nothing after a fault */
export function sti(env: usize): u32 {
  if (!mayChangeIf(env)) return 0;
  const eflags = load<u32>(env, ST_EFLAGS);
  if (eflags & IF) return 0;
  store<u32>(env, eflags | IF, ST_EFLAGS);
  return interruptWaits(env) ? 2 : 1;
}

export function begin_shadow(env: usize): void {
  store<u32>(env, 1, ST_INTERRUPT_SHADOW);
  update_hflags(env);
}

export function cli(env: usize): void {
  if (mayChangeIf(env)) store<u32>(env, load<u32>(env, ST_EFLAGS) & ~IF, ST_EFLAGS);
}

export function set_ac(env: usize, value: u32): void {
  if (!has(env, FEATURE_SMAP) || cpl(env) != 0) {
    raiseUd(env);
    return;
  }
  const eflags = load<u32>(env, ST_EFLAGS);
  store<u32>(env, value ? eflags | AC : eflags & ~AC, ST_EFLAGS);
  update_hflags(env);
}

export function end_shadow(env: usize): void {
  store<u32>(env, 0, ST_INTERRUPT_SHADOW);
  update_hflags(env);
  noticeInterrupts(env);
}
