// Loading segment registers, LDTR and TR, and asking about descriptors: MOV/POP Sreg, LDS …, LLDT, LTR, LAR, LSL, VERR, VERW (SDM vol. 2; vol. 3,
// chapter 5).
import {
  FEATURE_FSGSBASE, FR_ES_BASE, FR_GS_BASE, SEG_FS, SEG_GS, SEG_LDTR, SEG_SS, SEG_TR, ST_GDTR_BASE, ST_GDTR_LIMIT, ST_IDTR_BASE,
  ST_IDTR_LIMIT, ST_INTERRUPT_SHADOW, ST_KERNEL_GS_BASE,
} from '../generated/layout';
import {
  CR4_FSGSBASE, CR4_UMIP, D_P, D_S, T_CALL16, T_CALL32, T_LDT, T_TASK, T_TSS16, T_TSS16_BUSY, T_TSS32, T_TSS32_BUSY, VEC_GP, VEC_NP,
  VEC_SS,
} from './arch';
import {
  NOWHERE, accessBits, baseBits, descriptorAddress, dplOf, errorOf, isConforming, isNull, isReadable, isWritableData, limitBits,
  markAccessed, readDescriptor, setFromDescriptor, typeOf,
} from './descriptor';
import { SHADOW_OF_SS } from './debug';
import { exited, raise, raiseGp, raiseUd } from './fault';
import { update_hflags } from './hflags';
import { systemLd64, systemLd8, systemSt8 } from './memory';
import { accessOf, baseOf, cpl, cr4, has, hflags, isAmd, isCanonical, isCode64, isLongMode, isProtected, limitOf, setSegment, shapeOf } from './state';

/** @returns 1 if hflags are others now; nothing after a fault */
export function load_seg(env: usize, seg: u32, selector: u32): u32 {
  const before = hflags(env);
  const shape = shapeOf(env, seg);
  selector &= 0xffff;
  if (isProtected(env)) {
    const ok = seg == SEG_SS ? loadStackSegment(env, selector) : loadDataSegment(env, seg, selector);
    if (!ok) return 0;
  } else {
    // Real and virtual-8086 mode change the base alone: limits of "unreal mode" survive.
    setSegment(env, seg, selector, selector << 4, limitOf(env, seg), accessOf(env, seg));
  }
  // SS has the DPL that it had: CPL.
  if (shapeOf(env, seg) == shape) return 0;
  update_hflags(env);
  return hflags(env) != before ? 1 : 0;
}

export function mov_ss(env: usize, selector: u32): void {
  load_seg(env, SEG_SS, selector);
  if (exited(env)) return;
  store<u32>(env, SHADOW_OF_SS, ST_INTERRUPT_SHADOW);
  update_hflags(env);
}

function loadStackSegment(env: usize, selector: u32): bool {
  const level = cpl(env);
  const rpl = selector & 3;
  if (isNull(selector)) {
    if (!isCode64(env) || level == 3 || rpl != level) return raiseGp(env, 0);
    setSegment(env, SEG_SS, selector, 0, 0, level << 13);
    return true;
  }
  const d = readDescriptor(env, selector, VEC_GP, 0);
  if (exited(env)) return false;
  const access = accessBits(d);
  if (rpl != level || !isWritableData(access) || dplOf(access) != level) return raiseGp(env, errorOf(selector));
  if (!(access & D_P)) return raise(env, VEC_SS, errorOf(selector));
  if (!markAccessed(env, selector, d)) return false;
  setFromDescriptor(env, SEG_SS, selector, d);
  return true;
}

function loadDataSegment(env: usize, seg: u32, selector: u32): bool {
  if (isNull(selector)) {
    // AMD processors keep the bases of FS and GS.
    const base = isAmd(env) && seg >= SEG_FS ? baseOf(env, seg) : 0;
    setSegment(env, seg, selector, base, 0, 0);
    return true;
  }
  const d = readDescriptor(env, selector, VEC_GP, 0);
  if (exited(env)) return false;
  const access = accessBits(d);
  if (!isReadable(access)) return raiseGp(env, errorOf(selector));
  if (!isConforming(access) && (dplOf(access) < cpl(env) || dplOf(access) < (selector & 3))) return raiseGp(env, errorOf(selector));
  if (!(access & D_P)) return raise(env, VEC_NP, errorOf(selector));
  if (!markAccessed(env, selector, d)) return false;
  setFromDescriptor(env, seg, selector, d);
  return true;
}

/** Privileged instruction of protected mode: #GP(0) above CPL 0. */
function needsLevel0(env: usize): bool { return cpl(env) == 0 || raiseGp(env, 0); }

/** Base of a system descriptor: 16 bytes in long mode. Test `exited`. */
function systemBase(env: usize, selector: u32, d: u64): u64 {
  if (!isLongMode(env)) return baseBits(d);
  const at = descriptorAddress(env, selector, 16);
  if (at == NOWHERE) {
    raiseGp(env, errorOf(selector));
    return 0;
  }
  const high = systemLd64(env, at + 8);
  if (exited(env)) return 0;
  const base = baseBits(d) | high << 32;
  if ((high >> 32 & 0x1f00) != 0 || !isCanonical(base)) raiseGp(env, errorOf(selector));
  return base;
}

export function lldt(env: usize, selector: u32): void {
  selector &= 0xffff;
  if (!needsLevel0(env)) return;
  if (isNull(selector)) {
    setSegment(env, SEG_LDTR, selector, 0, 0, 0);
    return;
  }
  if (selector & 4) {
    raiseGp(env, errorOf(selector));
    return;
  }
  const d = readDescriptor(env, selector, VEC_GP, 0);
  if (exited(env)) return;
  const access = accessBits(d);
  if ((access & D_S) != 0 || typeOf(access) != T_LDT) {
    raiseGp(env, errorOf(selector));
    return;
  }
  if (!(access & D_P)) {
    raise(env, VEC_NP, errorOf(selector));
    return;
  }
  const base = systemBase(env, selector, d);
  if (!exited(env)) setSegment(env, SEG_LDTR, selector, base, limitBits(d), access);
}

export function ltr(env: usize, selector: u32): void {
  selector &= 0xffff;
  if (!needsLevel0(env)) return;
  if (isNull(selector) || (selector & 4) != 0) {
    raiseGp(env, errorOf(selector));
    return;
  }
  const d = readDescriptor(env, selector, VEC_GP, 0);
  if (exited(env)) return;
  const access = accessBits(d);
  const type = typeOf(access);
  if ((access & D_S) != 0 || (type != T_TSS32 && (type != T_TSS16 || isLongMode(env)))) {
    raiseGp(env, errorOf(selector));
    return;
  }
  if (!(access & D_P)) {
    raise(env, VEC_NP, errorOf(selector));
    return;
  }
  const base = systemBase(env, selector, d);
  if (exited(env)) return;
  const busy = descriptorAddress(env, selector, 8) + 5;
  const byte = systemLd8(env, busy);
  if (exited(env)) return;
  systemSt8(env, busy, byte | 2);
  if (!exited(env)) setSegment(env, SEG_TR, selector, base, limitBits(d), access | 2 << 8);
}

export function lgdt(env: usize, limit: u32, base: u64): void {
  if (!needsTable(env, base)) return;
  store<u32>(env, limit & 0xffff, ST_GDTR_LIMIT);
  store<u64>(env, base, ST_GDTR_BASE);
}

export function lidt(env: usize, limit: u32, base: u64): void {
  if (!needsTable(env, base)) return;
  store<u32>(env, limit & 0xffff, ST_IDTR_LIMIT);
  store<u64>(env, base, ST_IDTR_BASE);
}

function needsTable(env: usize, base: u64): bool {
  if (!needsLevel0(env)) return false;
  return !isCode64(env) || isCanonical(base) || raiseGp(env, 0);
}

export function check_umip(env: usize): void {
  if ((cr4(env) & CR4_UMIP) != 0 && cpl(env) != 0) raiseGp(env, 0);
}

/** Descriptor that LAR, LSL, VERR and VERW look at: 0 when there is none to see. Raises page faults only; test `exited`. */
function visible(env: usize, selector: u32): u64 {
  if (isNull(selector)) return 0;
  const at = descriptorAddress(env, selector, 8);
  return at == NOWHERE ? 0 : systemLd64(env, at);
}

function isPrivateTo(env: usize, selector: u32, access: u32): bool {
  return !isConforming(access) && (dplOf(access) < cpl(env) || dplOf(access) < (selector & 3));
}

/** System descriptor types that exist for LAR; LSL excludes gates. Bit n: type n. */
const LAR_LEGACY: u32 = 1 << T_TSS16 | 1 << T_LDT | 1 << T_TSS16_BUSY | 1 << T_CALL16 | 1 << T_TASK | 1 << T_TSS32 | 1 << T_TSS32_BUSY | 1 << T_CALL32;
const LAR_LONG: u32 = 1 << T_LDT | 1 << T_TSS32 | 1 << T_TSS32_BUSY | 1 << T_CALL32;
const GATES: u32 = 1 << T_CALL16 | 1 << T_TASK | 1 << T_CALL32;

function seesDescriptor(env: usize, selector: u32, access: u32, types: u32): bool {
  if (access & D_S) return !isPrivateTo(env, selector, access);
  return ((types >> typeOf(access)) & 1) != 0 && dplOf(access) >= cpl(env) && dplOf(access) >= (selector & 3);
}

export function lar(env: usize, selector: u32): i64 {
  selector &= 0xffff;
  const d = visible(env, selector);
  if (d == 0 || exited(env)) return -1;
  if (!seesDescriptor(env, selector, accessBits(d), isLongMode(env) ? LAR_LONG : LAR_LEGACY)) return -1;
  return <i64>(d >> 32 & 0x00ffff00);
}

export function lsl(env: usize, selector: u32): i64 {
  selector &= 0xffff;
  const d = visible(env, selector);
  if (d == 0 || exited(env)) return -1;
  if (!seesDescriptor(env, selector, accessBits(d), (isLongMode(env) ? LAR_LONG : LAR_LEGACY) & ~GATES)) return -1;
  return <i64>limitBits(d);
}

export function verr(env: usize, selector: u32): u32 {
  selector &= 0xffff;
  const d = visible(env, selector);
  if (d == 0 || exited(env)) return 0;
  const access = accessBits(d);
  return isReadable(access) && !isPrivateTo(env, selector, access) ? 1 : 0;
}

export function verw(env: usize, selector: u32): u32 {
  selector &= 0xffff;
  const d = visible(env, selector);
  if (d == 0 || exited(env)) return 0;
  const access = accessBits(d);
  return isWritableData(access) && !isPrivateTo(env, selector, access) ? 1 : 0;
}

export function swapgs(env: usize): void {
  if (!isCode64(env)) {
    raiseUd(env);
    return;
  }
  if (!needsLevel0(env)) return;
  const base = load<u64>(env, FR_GS_BASE);
  store<u64>(env, load<u64>(env, ST_KERNEL_GS_BASE), FR_GS_BASE);
  store<u64>(env, base, ST_KERNEL_GS_BASE);
}

function hasFsGsBase(env: usize): bool {
  return (isCode64(env) && has(env, FEATURE_FSGSBASE) && (cr4(env) & CR4_FSGSBASE) != 0) || raiseUd(env);
}

export function read_fs_gs_base(env: usize, seg: u32): u64 {
  return hasFsGsBase(env) ? baseOf(env, seg) : 0;
}

export function write_fs_gs_base(env: usize, seg: u32, base: u64): void {
  if (!hasFsGsBase(env)) return;
  if (isCanonical(base)) store<u64>(env + (seg << 3), base, FR_ES_BASE);
  else raiseGp(env, 0);
}

/**
 * A return to an outer level makes data segments unusable that the new level may not use (SDM vol. 2, RET). A null selector becomes 0,
 * whatever its RPL was. CS and SS have been loaded; hflags follow here when one of the others has got another shape.
 */
export function dropInnerSegments(env: usize, level: u32): void {
  let dropped = false;
  for (let seg: u32 = 0; seg <= SEG_GS; seg++) {
    if (seg == SEG_SS || seg == 1) continue;
    const access = accessOf(env, seg);
    const keeps = (access & D_P) != 0 && (isConforming(access) || dplOf(access) >= level);
    if (keeps) continue;
    const shape = shapeOf(env, seg);
    setSegment(env, seg, 0, isLongMode(env) ? baseOf(env, seg) : 0, 0, 0);
    dropped = dropped || shapeOf(env, seg) != shape;
  }
  if (dropped) update_hflags(env);
}
