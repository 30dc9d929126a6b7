// What all transfers of control between code segments share: checks of the target, the stacks in the TSS, the commit.
import {
  FR_RSP, HF_VM, SEG_CS, SEG_SS, SEG_TR, ST_INTERRUPT_SHADOW,
} from '../generated/layout';
import { D_ACCESSED, D_L, D_P, VEC_NP, VEC_SS, VEC_TS } from './arch';
import {
  accessBits, baseBits, dplOf, errorOf, isBadLong, isCode, isConforming, isNull, isWritableData, limitBits, markAccessed, readDescriptor, typeOf,
} from './descriptor';
import { exited, raise, raiseGp } from './fault';
import { update_hflags, update_level } from './hflags';
import { systemLd16, systemLd32, systemLd64 } from './memory';
import { Stack, innerStack, stackMask } from './stack';
import {
  accessOf, baseOf, cpl, hflags, isCanonical, isCode64, isLongMode, isVm86, limitOf, rsp, selectorOf, setRip, setSegment, shapeOf,
} from './state';

/** Is the code segment of a descriptor one of 64-bit code? */
export function isLongTarget(env: usize, d: u64): bool { return isLongMode(env) && (accessBits(d) & D_L) != 0; }

/** #GP(0) unless the target segment holds the offset (or it is canonical, in 64-bit code). */
export function targetFits(env: usize, d: u64, offset: u64): bool {
  const fits = isLongTarget(env, d) ? isCanonical(offset) : offset <= limitBits(d);
  return fits || raiseGp(env, 0);
}

/** #NP(selector) unless present; #GP(selector) for a code segment with L and D set in long mode. `ext` joins the error code. */
export function codeUsable(env: usize, selector: u32, access: u32, ext: u32): bool {
  if (isLongMode(env) && isBadLong(access)) return raiseGp(env, errorOf(selector) | ext);
  return (access & D_P) != 0 || raise(env, VEC_NP, errorOf(selector) | ext);
}

/** Load CS and rip; nothing can fault any more. The caller has loaded SS, and calls `arrived` at the end. */
export function enterCode(env: usize, selector: u32, level: u32, d: u64, offset: u64): void {
  const base = isLongTarget(env, d) ? 0 : baseBits(d);
  setSegment(env, SEG_CS, (selector & 0xfffc) | level, base, limitBits(d), accessBits(d) | D_ACCESSED);
  setRip(env, offset);
}

/** CS:rip of real and virtual-8086 mode: the base changes, limit and rights stay. False: #GP(0), offset beyond the limit. */
export function enterRealCode(env: usize, selector: u32, offset: u64): bool {
  if (offset > limitOf(env, SEG_CS)) return raiseGp(env, 0);
  setSegment(env, SEG_CS, selector, selector << 4, limitOf(env, SEG_CS), accessOf(env, SEG_CS));
  setRip(env, offset);
  return true;
}

/** End of every transfer: the instruction is over, and with it the interrupt shadow. */
export function arrived(env: usize): void {
  store<u32>(env, 0, ST_INTERRUPT_SHADOW);
  update_hflags(env);
}

/**
 * The same, of a transfer between levels that before it had CS and SS of these shapes. Others of ES … GS must be what they were, or have been followed by an update of hflags;
 * 64-bit code takes nothing from them, nor from SS.
 */
export function arrivedFrom(env: usize, cs: u64, ss: u64): void {
  const same = shapeOf(env, SEG_CS) == cs && (shapeOf(env, SEG_SS) == ss || isCode64(env));
  if (!same || ((hflags(env) & HF_VM) != 0) != isVm86(env)) {
    arrived(env);
    return;
  }
  store<u32>(env, 0, ST_INTERRUPT_SHADOW);
  update_level(env);
}

/** Is TR's task state segment a 32-bit one (type 9, 11)? */
@inline export function isTss32(env: usize): bool { return (typeOf(accessOf(env, SEG_TR)) & 8) != 0; }

/** #TS of the running task: its TSS is too short. */
function tssTooShort(env: usize, ext: u32): bool { return raise(env, VEC_TS, errorOf(selectorOf(env, SEG_TR)) | ext); }

/** The stack that the 16- or 32-bit TSS has for a level, checked (SDM vol. 3, 5.8.5). Test `exited` before using it. */
export function tssStack(env: usize, level: u32, ext: u32): Stack {
  const none = changetype<Stack>(<usize>0);
  const wide = isTss32(env);
  const offset: u32 = wide ? 4 + level * 8 : 2 + level * 4;
  const last: u32 = offset + (wide ? 5 : 3);
  if (last > limitOf(env, SEG_TR)) {
    tssTooShort(env, ext);
    return none;
  }
  const at = baseOf(env, SEG_TR) + offset;
  const sp = wide ? systemLd32(env, at) : systemLd16(env, at);
  if (exited(env)) return none;
  const selector = systemLd16(env, at + (wide ? 4 : 2));
  if (exited(env)) return none;
  const d = stackDescriptor(env, selector, level, VEC_TS, ext);
  return exited(env) ? none : innerStack(env, level, selector, d, sp, errorOf(selector) | ext);
}

/** RSP of a level (0–2), or of an interrupt stack (`3 + ist`, ist 1–7), in the 64-bit TSS. Test `exited`. */
export function tssStackPointer(env: usize, index: u32, ext: u32): u64 {
  const offset: u32 = index < 3 ? 4 + index * 8 : 0x24 + (index - 4) * 8;
  if (offset + 7 > limitOf(env, SEG_TR)) {
    tssTooShort(env, ext);
    return 0;
  }
  const sp = systemLd64(env, baseOf(env, SEG_TR) + offset);
  if (exited(env)) return 0;
  if (!isCanonical(sp)) raise(env, VEC_SS, ext);
  return sp;
}

/** Descriptor of a stack segment for `level`, checked; faults other than "not present" are `vector`. Test `exited`. */
export function stackDescriptor(env: usize, selector: u32, level: u32, vector: u32, ext: u32): u64 {
  if (isNull(selector)) {
    raise(env, vector, ext);
    return 0;
  }
  const d = readDescriptor(env, selector, vector, ext);
  if (exited(env)) return 0;
  const access = accessBits(d);
  if ((selector & 3) != level || dplOf(access) != level || !isWritableData(access)) raise(env, vector, errorOf(selector) | ext);
  else if (!(access & D_P)) raise(env, VEC_SS, errorOf(selector) | ext);
  return d;
}

/** Mark the code segment and, unless it is the null selector, the stack segment of a transfer as accessed. False on a fault. */
export function markBoth(env: usize, code: u32, codeDescriptor: u64, stack: u32, stackDescriptor: u64): bool {
  return markAccessed(env, code, codeDescriptor) && (stackDescriptor == 0 || markAccessed(env, stack, stackDescriptor));
}

/** Load SS from a checked descriptor; 0 is the null selector of 64-bit mode, which carries the privilege level. */
export function enterStack(env: usize, selector: u32, level: u32, d: u64): void {
  if (d == 0) setSegment(env, SEG_SS, selector, 0, 0, level << 13);
  else setSegment(env, SEG_SS, selector, baseBits(d), limitBits(d), accessBits(d) | D_ACCESSED);
}

/** RSP after a return that popped `value` for it: a 16-bit stack takes 16 bits only. */
export function returnRsp(env: usize, value: u64, d: u64, long: bool): void {
  const mask = long ? u64.MAX_VALUE : stackMask(accessBits(d));
  const kept = mask == 0xffff ? rsp(env) & ~<u64>0xffff : 0;
  store<u64>(env, kept | (value & mask), FR_RSP);
}

/** Code descriptor that RETF or IRET goes to, checked. Test `exited`. */
export function returnTarget(env: usize, selector: u32): u64 {
  if (isNull(selector)) {
    raiseGp(env, 0);
    return 0;
  }
  const d = readDescriptor(env, selector, 13, 0);
  if (exited(env)) return 0;
  const access = accessBits(d);
  const rpl = selector & 3;
  const allowed = isCode(access) && rpl >= cpl(env) && (isConforming(access) ? dplOf(access) <= rpl : dplOf(access) == rpl);
  if (!allowed) raiseGp(env, errorOf(selector));
  else codeUsable(env, selector, access, 0);
  return d;
}
