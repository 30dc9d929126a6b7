// Debug registers, breakpoints, single steps (SDM vol. 3, chapter 18).
//
// Nobody pays for them but code that runs while DR7 enables one (HFlag.DR): its TBs have one instruction each, which calls `code_breakpoint` first
// and `debug_trap` last. Data breakpoints mark their pages in the TLB, whose slow paths then tell `tlb_fill` of every access; I/O breakpoints are
// looked at by the ports. What has been hit waits in `debugPending` for the end of the instruction.
import {
  ACCESS_WRITE, FR_RIP, HF_DR, HF_RF, DEBUG_ENDS_RF, DEBUG_REPEATS, DEBUG_SINGLE_STEP, ST_DEBUG_CTL, ST_DEBUG_PENDING, ST_DR, ST_EFLAGS, ST_INTERRUPT_SHADOW, ST_PC_MASK,
} from '../generated/layout';
import { CR4_DE, RF, VEC_DB } from './arch';
import { privileged } from './control';
import { raise, raiseGp, raiseUd } from './fault';
import { update_hflags } from './hflags';
import { deliverTrap } from './interrupt';
import { tlb_flush } from './memory';
import { cr4, csBase, hflags, rip } from './state';

const DR6: usize = 48;
const DR7: usize = 56;
/** DR6: general detect, single step, task switch. */
const BD: u32 = 1 << 13;
const BS: u32 = 1 << 14;
const BT: u32 = 1 << 15;
/** DR7: general detect enable; what a task switch clears (L0–L3, LE). */
const GD: u64 = 1 << 13;
const LOCAL: u64 = 0x155;
/** Kinds of breakpoints: R/W field of DR7. 2 is I/O, with CR4.DE. */
const EXECUTE: u32 = 0;
const WRITE: u32 = 1;
const PORT: u32 = 2;
const READ_WRITE: u32 = 3;
/** IA32_DEBUGCTL: single steps on branches only. */
const BTF: u64 = 2;
/** Value of `interruptShadow` after MOV SS and POP SS. */
export const SHADOW_OF_SS: u32 = 2;

/** Error code, which #DB does not push, of a debug exception that leaves RF alone: all but the faults of general detect. */
export const KEEPS_RF: u32 = 1;

@inline function dr7(env: usize): u32 { return load<u32>(env, ST_DR + DR7); }
@inline function isEnabled(control: u32, n: u32): bool { return ((control >> (n * 2)) & 3) != 0; }
@inline function kindOf(control: u32, n: u32): u32 { return (control >> (16 + n * 4)) & 3; }
/** Bytes of a breakpoint, from the LEN field: 1, 2, 8, 4. Its address is aligned to them. */
@inline function lengthOf(control: u32, n: u32): u32 {
  const code = (control >> (18 + n * 4)) & 3;
  return code == 2 ? 8 : code + 1;
}
@inline function startOf(env: usize, n: u32, length: u32): u64 { return load<u64>(env + (n << 3), ST_DR) & ~<u64>(length - 1); }

function noteDr6(env: usize, bits: u32): void { store<u64>(env, load<u64>(env, ST_DR + DR6) | bits, ST_DR + DR6); }

// ---- breakpoints -----------------------------------------------------------------------------------------------------------------

/** Enabled breakpoints of two kinds whose bytes an access at `at` touches, as bits of DR6. */
function hits(env: usize, at: u64, size: u32, kind: u32, other: u32): u32 {
  const control = dr7(env);
  let bits: u32 = 0;
  for (let n: u32 = 0; n < 4; n++) {
    const is = kindOf(control, n);
    if (!isEnabled(control, n) || (is != kind && is != other)) continue;
    const length = lengthOf(control, n);
    const start = startOf(env, n, length);
    if (at + size > start && at < start + length) bits |= 1 << n;
  }
  return bits;
}

/** Does a page (of 4 KiB) have a data breakpoint? */
export function isWatched(env: usize, addr: u64): bool {
  if (!(hflags(env) & HF_DR)) return false;
  const control = dr7(env);
  for (let n: u32 = 0; n < 4; n++) {
    const kind = kindOf(control, n);
    if (isEnabled(control, n) && (kind == WRITE || kind == READ_WRITE) && ((load<u64>(env + (n << 3), ST_DR) ^ addr) >> 12) == 0) return true;
  }
  return false;
}

/** An access to bytes of a watched page is about to be made. */
export function data_breakpoint(env: usize, at: u64, size: u32, access: i32): void {
  const bits = hits(env, at, size, READ_WRITE, access == ACCESS_WRITE ? WRITE : READ_WRITE);
  store<u32>(env, load<u32>(env, ST_DEBUG_PENDING) | bits, ST_DEBUG_PENDING);
}

/** A port is about to be accessed. */
export function port_breakpoint(env: usize, port: u32, size: u32): void {
  if (!(hflags(env) & HF_DR) || !(cr4(env) & CR4_DE)) return;
  store<u32>(env, load<u32>(env, ST_DEBUG_PENDING) | hits(env, port, size, PORT, PORT), ST_DEBUG_PENDING);
}

/** Raise #DB when an instruction breakpoint is at the linear address and RF, or the MOV SS before, does not hold it off. True: raised. */
function raiseAtBreakpoint(env: usize, linear: u64): bool {
  if (load<u32>(env, ST_INTERRUPT_SHADOW) == SHADOW_OF_SS) return false;
  const bits = hits(env, linear, 1, EXECUTE, EXECUTE);
  if (bits == 0) return false;
  noteDr6(env, bits);
  raise(env, VEC_DB, KEEPS_RF);
  return true;
}

/** First op of an instruction under HFlag.DR without HFlag.RF. */
export function code_breakpoint(env: usize, linear: u64): void { raiseAtBreakpoint(env, linear); }

/** Fetching the next instruction faults: its breakpoint comes first (SDM vol. 3, table 7-2). True: #DB has taken the fault's place. */
export function breakpointBeforeFetch(env: usize): bool {
  if ((hflags(env) & (HF_DR | HF_RF)) != HF_DR) return false;
  return raiseAtBreakpoint(env, nextLinear(env));
}

/** Linear address that rip names. */
function nextLinear(env: usize): u64 { return (rip(env) + csBase(env)) & load<u64>(env, ST_PC_MASK); }

// ---- traps -----------------------------------------------------------------------------------------------------------------------

/**
 * Last op of a TB under HFlag.TF or HFlag.DR: the trap of what the instruction, which is complete, has hit. `what`: DebugTrap bits. `next`: the
 * instruction behind this one; another rip means a branch was taken.
 */
export function debug_trap(env: usize, what: u32, next: u64): void {
  const repeats = (what & DEBUG_REPEATS) != 0;
  let bits = load<u32>(env, ST_DEBUG_PENDING);
  store<u32>(env, 0, ST_DEBUG_PENDING);
  const branches = !repeats && load<u64>(env, FR_RIP) != next;
  if ((what & DEBUG_SINGLE_STEP) != 0 && (branches || !(load<u64>(env, ST_DEBUG_CTL) & BTF))) bits |= BS;
  // RF ends with the instruction; a handler in the middle of one returns to it with RF (18.3.1.1).
  const eflags = load<u32>(env, ST_EFLAGS);
  if (repeats) setEflags(env, bits != 0 ? eflags | RF : eflags);
  else if (what & DEBUG_ENDS_RF) setEflags(env, eflags & ~RF);
  if (bits == 0) return;
  // The breakpoint of the instruction to come is reported together with the trap of the one before.
  noteDr6(env, bits | hits(env, nextLinear(env), 1, EXECUTE, EXECUTE));
  deliverTrap(env, VEC_DB);
}

function setEflags(env: usize, value: u32): void {
  if (load<u32>(env, ST_EFLAGS) == value) return;
  store<u32>(env, value, ST_EFLAGS);
  update_hflags(env);
}

/** #DB has been delivered: its handler may use the debug registers, and steps are steps again. */
export function debugDelivered(env: usize): void {
  store<u64>(env, load<u64>(env, ST_DR + DR7) & ~GD, ST_DR + DR7);
  store<u64>(env, load<u64>(env, ST_DEBUG_CTL) & ~BTF, ST_DEBUG_CTL);
}

/** A task switch leaves the local breakpoints behind. The caller updates hflags. */
export function dropLocalBreakpoints(env: usize): void {
  store<u64>(env, load<u64>(env, ST_DR + DR7) & ~LOCAL, ST_DR + DR7);
}

/** The task just entered has its T bit set. */
export function raiseTaskTrap(env: usize): void {
  noteDr6(env, BT);
  raise(env, VEC_DB, KEEPS_RF);
}

/** RF as a return may load it: without breakpoints nothing asks for it, and nothing would clear it. */
export function loadableRf(env: usize): u32 { return (hflags(env) & HF_DR) != 0 ? RF : 0; }

// ---- registers -------------------------------------------------------------------------------------------------------------------

/** DR4 and DR5 are DR6 and DR7 without CR4.DE. −1: a fault has been raised. */
function debugRegister(env: usize, n: u32): i32 {
  if (!privileged(env)) return -1;
  if (n == 4 || n == 5) {
    if (cr4(env) & CR4_DE) {
      raiseUd(env);
      return -1;
    }
    n += 2;
  }
  if (load<u64>(env, ST_DR + DR7) & GD) {
    // General detect: the access does not happen.
    noteDr6(env, BD);
    raise(env, VEC_DB, 0);
    return -1;
  }
  return n;
}

export function mov_to_dr(env: usize, n: u32, value: u64): void {
  const register = debugRegister(env, n);
  if (register < 0) return;
  if (register >= 6 && value > 0xffffffff) {
    raiseGp(env, 0);
    return;
  }
  if (register == 6) value = (value & 0xe00f) | 0xffff0ff0;
  if (register == 7) value = (value & 0xffff23ff) | 0x400;
  const before = hflags(env);
  store<u64>(env + (register << 3), value, ST_DR);
  update_hflags(env);
  // The TLB knows which pages are watched.
  if (register != 6 && ((before | hflags(env)) & HF_DR) != 0) tlb_flush(env);
}

export function mov_from_dr(env: usize, n: u32): u64 {
  const register = debugRegister(env, n);
  return register < 0 ? 0 : load<u64>(env + (register << 3), ST_DR);
}
