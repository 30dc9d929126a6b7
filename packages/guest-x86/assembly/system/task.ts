// Hardware task switch (SDM vol. 3, 7.3): through a TSS descriptor, a task gate, or IRET with NT. Not in long mode.
//
// Two phases. Up to the commit, a fault belongs to the instruction of the old task and nothing has changed. After it, faults belong to the first
// instruction of the new task: they leave with ExitCode.fetchFault, whose state is exact.
import {
  CTX_EXIT_CODE, EXIT_FETCH_FAULT, FR_RAX, FR_RIP, SEG_CS, SEG_DS, SEG_ES, SEG_FS, SEG_GS, SEG_LDTR, SEG_SS, SEG_TR, ST_CR0,
} from '../generated/layout';
import { CR0_PG, CR0_TS, D_P, D_S, NT, RF, T_LDT, VEC_GP, VEC_NP, VEC_SS, VEC_TS, VM } from './arch';
import { setCr3 } from './control';
import { dropLocalBreakpoints, loadableRf, raiseTaskTrap } from './debug';
import {
  NOWHERE, accessBits, baseBits, descriptorAddress, dplOf, errorOf, isCode, isConforming, isNull, isReadable, isWritableData, limitBits, markAccessed,
  readDescriptor, setFromDescriptor, typeOf,
} from './descriptor';
import { exited, raise, raiseGp } from './fault';
import { get_eflags, writeEflags } from './flags';
import { update_hflags } from './hflags';
import { guest_probe, systemLd16, systemLd32, systemLd8, systemMmu, systemSt16, systemSt32, systemSt8 } from './memory';
import { setVirtualSegment } from './return';
import { currentStack } from './stack';
import { baseOf, cr0, limitOf, rip, selectorOf, setSegment } from './state';
import { isTss32, targetFits } from './transfer';

export const TASK_JUMP: u32 = 0;
export const TASK_CALL: u32 = 1;
export const TASK_IRET: u32 = 2;

/** Offsets in a TSS: first of EIP, EFLAGS, EAX … EDI; then ES … (six or four selectors) and LDT. */
@inline function registersAt(wide: bool): u32 { return wide ? 32 : 14; }
@inline function selectorsAt(wide: bool): u32 { return wide ? 72 : 34; }
@inline function ldtAt(wide: bool): u32 { return wide ? 96 : 42; }
/** Bytes of the fixed part. */
@inline function fixedSize(wide: bool): u32 { return wide ? 104 : 44; }

function loadWord(env: usize, at: u64, wide: bool): u32 { return wide ? systemLd32(env, at) : systemLd16(env, at); }
function storeWord(env: usize, at: u64, value: u32, wide: bool): void {
  if (wide) systemSt32(env, at, value);
  else systemSt16(env, at, value & 0xffff);
}

/** Switch through a task gate. `kind` is TASK_CALL for interrupts and calls, TASK_JUMP for jumps. */
export function switchByGate(env: usize, gate: u64, kind: u32, error: u32, hasError: bool, ext: u32): bool {
  const selector = <u32>(gate >> 16) & 0xffff;
  if ((selector & 4) != 0 || isNull(selector)) return raiseGp(env, errorOf(selector) | ext);
  const d = readDescriptor(env, selector, VEC_GP, ext);
  if (exited(env)) return false;
  const access = accessBits(d);
  if ((access & D_S) != 0 || (typeOf(access) & 7) != 1) return raiseGp(env, errorOf(selector) | ext);
  if (!(access & D_P)) return raise(env, VEC_NP, errorOf(selector) | ext);
  return switchTask(env, selector, d, kind, error, hasError, VEC_GP, ext);
}

/** IRET with NT set: back to the task in the link field. */
export function switchBack(env: usize, kind: u32): bool {
  const selector = systemLd16(env, baseOf(env, SEG_TR));
  if (exited(env)) return false;
  if ((selector & 4) != 0 || isNull(selector)) return raise(env, VEC_TS, errorOf(selector));
  const d = readDescriptor(env, selector, VEC_TS, 0);
  if (exited(env)) return false;
  const access = accessBits(d);
  if ((access & D_S) != 0 || (typeOf(access) & 7) != 3) return raise(env, VEC_TS, errorOf(selector));
  if (!(access & D_P)) return raise(env, VEC_NP, errorOf(selector));
  return switchTask(env, selector, d, kind, 0, false, VEC_TS, 0);
}

/** Set or clear the busy bit in the descriptor of a TSS, whose table has been probed for writing. */
function setBusy(env: usize, selector: u32, busy: bool): void {
  const at = descriptorAddress(env, selector, 8) + 5;
  const byte = systemLd8(env, at);
  systemSt8(env, at, busy ? byte | 2 : byte & ~2);
}

/**
 * Switch to the task of an available (JMP, CALL, interrupt) or busy (IRET) TSS whose type, privilege and presence the caller has
 * checked. True: the new task runs, or a fault of its own waits in the record (exitCode fetchFault).
 * @param error pushed on the new stack when `hasError`
 */
export function switchTask(env: usize, selector: u32, d: u64, kind: u32, error: u32, hasError: bool, vector: u32, ext: u32): bool {
  if (selector & 4) return raise(env, vector, errorOf(selector) | ext);
  const wide = (typeOf(accessBits(d)) & 8) != 0;
  const oldWide = isTss32(env);
  const base = baseBits(d);
  const limit = limitBits(d);
  if (limit < fixedSize(wide) - 1) return raise(env, VEC_TS, errorOf(selector) | ext);
  const oldSelector = selectorOf(env, SEG_TR);
  const oldBase = baseOf(env, SEG_TR);
  if (limitOf(env, SEG_TR) < fixedSize(oldWide) - 1) return raise(env, VEC_TS, errorOf(oldSelector) | ext);
  if (!probe(env, oldBase, fixedSize(oldWide)) || !probe(env, base, fixedSize(wide))) return false;
  if (!probeDescriptor(env, oldSelector) || !probeDescriptor(env, selector)) return false;

  // Commit: nothing below can fault before the new segments are loaded.
  let eflags = get_eflags(env);
  if (kind == TASK_IRET) eflags &= ~NT;
  saveTask(env, oldBase, eflags, oldWide);
  if (kind != TASK_CALL) setBusy(env, oldSelector, false);
  if (kind == TASK_CALL) systemSt16(env, base, oldSelector);
  if (kind != TASK_IRET) setBusy(env, selector, true);
  setSegment(env, SEG_TR, selector, base, limit, accessBits(d) | 2 << 8);
  store<u64>(env, load<u64>(env, ST_CR0) | CR0_TS, ST_CR0);
  dropLocalBreakpoints(env);
  loadTask(env, base, wide, kind == TASK_CALL);
  if (hasError && !exited(env)) pushError(env, error, wide);
  const trap = wide && !exited(env) && (systemLd16(env, base + 100) & 1) != 0;
  if (trap) raiseTaskTrap(env);
  if (exited(env)) store<u32>(env, EXIT_FETCH_FAULT, CTX_EXIT_CODE);
  update_hflags(env);
  return true;
}

function probe(env: usize, base: u64, size: u32): bool {
  return guest_probe(env, base & 0xffffffff, size, 1, systemMmu(env)) != 0;
}

function probeDescriptor(env: usize, selector: u32): bool {
  const at = descriptorAddress(env, selector, 8);
  return at == NOWHERE ? raise(env, VEC_TS, errorOf(selector)) : probe(env, at, 8);
}

function saveTask(env: usize, base: u64, eflags: u32, wide: bool): void {
  const size: u32 = wide ? 4 : 2;
  const at = base + registersAt(wide);
  storeWord(env, at, <u32>rip(env), wide);
  storeWord(env, at + size, eflags, wide);
  for (let r: u32 = 0; r < 8; r++) storeWord(env, at + size * (2 + r), load<u32>(env + (r << 3), FR_RAX), wide);
  const selectors: u32 = wide ? 6 : 4;
  for (let s: u32 = 0; s < selectors; s++) systemSt16(env, base + selectorsAt(wide) + s * size, selectorOf(env, s));
}

/** Load registers, then segments; the first fault stops it and leaves the rest unusable. */
function loadTask(env: usize, base: u64, wide: bool, nested: bool): void {
  const size: u32 = wide ? 4 : 2;
  const at = base + registersAt(wide);
  const cr3 = wide && (cr0(env) & CR0_PG) != 0 ? systemLd32(env, base + 28) : 0;
  store<u64>(env, loadWord(env, at, wide), FR_RIP);
  let eflags = loadWord(env, at + size, wide);
  if (nested) eflags |= NT;
  if (!wide) eflags &= 0xffff;
  for (let r: u32 = 0; r < 8; r++) store<u64>(env + (r << 3), <u64>loadWord(env, at + size * (2 + r), wide), FR_RAX);
  const es = systemLd16(env, base + selectorsAt(wide));
  const cs = systemLd16(env, base + selectorsAt(wide) + size);
  const ss = systemLd16(env, base + selectorsAt(wide) + size * 2);
  const ds = systemLd16(env, base + selectorsAt(wide) + size * 3);
  const fs = wide ? systemLd16(env, base + selectorsAt(wide) + size * 4) : 0;
  const gs = wide ? systemLd16(env, base + selectorsAt(wide) + size * 5) : 0;
  const ldt = systemLd16(env, base + ldtAt(wide));

  writeEflags(env, eflags & (~RF | loadableRf(env)));
  const level = cs & 3;
  setSegment(env, SEG_LDTR, ldt, 0, 0, 0);
  setSegment(env, SEG_CS, cs, 0, 0, 0);
  setSegment(env, SEG_SS, ss, 0, 0, level << 13);
  setSegment(env, SEG_ES, es, 0, 0, 0);
  setSegment(env, SEG_DS, ds, 0, 0, 0);
  setSegment(env, SEG_FS, fs, 0, 0, 0);
  setSegment(env, SEG_GS, gs, 0, 0, 0);
  if (wide && (cr0(env) & CR0_PG) != 0 && !setCr3(env, cr3)) return;
  update_hflags(env);

  if (!loadTaskLdt(env, ldt)) return;
  if (eflags & VM) {
    setVirtualSegment(env, SEG_CS, cs);
    setVirtualSegment(env, SEG_SS, ss);
    setVirtualSegment(env, SEG_ES, es);
    setVirtualSegment(env, SEG_DS, ds);
    setVirtualSegment(env, SEG_FS, fs);
    setVirtualSegment(env, SEG_GS, gs);
    update_hflags(env);
    return;
  }
  if (!loadTaskStack(env, ss, level) || !loadTaskCode(env, cs, level)) return;
  update_hflags(env);
  if (!loadTaskData(env, SEG_DS, ds, level) || !loadTaskData(env, SEG_ES, es, level)) return;
  if (!loadTaskData(env, SEG_FS, fs, level)) return;
  loadTaskData(env, SEG_GS, gs, level);
}

function loadTaskLdt(env: usize, selector: u32): bool {
  if (isNull(selector)) return true;
  if (selector & 4) return raise(env, VEC_TS, errorOf(selector));
  const d = readDescriptor(env, selector, VEC_TS, 0);
  if (exited(env)) return false;
  const access = accessBits(d);
  if ((access & (D_S | D_P)) != D_P || typeOf(access) != T_LDT) return raise(env, VEC_TS, errorOf(selector));
  setSegment(env, SEG_LDTR, selector, baseBits(d), limitBits(d), access);
  return true;
}

function loadTaskStack(env: usize, selector: u32, level: u32): bool {
  if (isNull(selector)) return raise(env, VEC_TS, errorOf(selector));
  const d = readDescriptor(env, selector, VEC_TS, 0);
  if (exited(env)) return false;
  const access = accessBits(d);
  if (!isWritableData(access) || dplOf(access) != level || (selector & 3) != level) return raise(env, VEC_TS, errorOf(selector));
  if (!(access & D_P)) return raise(env, VEC_SS, errorOf(selector));
  if (!markAccessed(env, selector, d)) return false;
  setFromDescriptor(env, SEG_SS, selector, d);
  return true;
}

function loadTaskCode(env: usize, selector: u32, level: u32): bool {
  if (isNull(selector)) return raise(env, VEC_TS, errorOf(selector));
  const d = readDescriptor(env, selector, VEC_TS, 0);
  if (exited(env)) return false;
  const access = accessBits(d);
  const allowed = isCode(access) && (isConforming(access) ? dplOf(access) <= level : dplOf(access) == level);
  if (!allowed) return raise(env, VEC_TS, errorOf(selector));
  if (!(access & D_P)) return raise(env, VEC_NP, errorOf(selector));
  if (!markAccessed(env, selector, d)) return false;
  setFromDescriptor(env, SEG_CS, selector, d);
  return targetFits(env, d, rip(env));
}

function loadTaskData(env: usize, seg: u32, selector: u32, level: u32): bool {
  if (isNull(selector)) return true;
  const d = readDescriptor(env, selector, VEC_TS, 0);
  if (exited(env)) return false;
  const access = accessBits(d);
  const visible = isConforming(access) || (dplOf(access) >= level && dplOf(access) >= (selector & 3));
  if (!isReadable(access) || !visible) return raise(env, VEC_TS, errorOf(selector));
  if (!(access & D_P)) return raise(env, VEC_NP, errorOf(selector));
  if (!markAccessed(env, selector, d)) return false;
  setFromDescriptor(env, seg, selector, d);
  return true;
}

function pushError(env: usize, error: u32, wide: bool): void {
  const stack = currentStack(env, 0);
  if (stack.push(error, wide ? 4 : 2)) stack.commit();
}
