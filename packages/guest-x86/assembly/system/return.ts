// RETF and IRET in all modes (SDM vol. 2, RET and IRET; vol. 3, 5.8.6).
import { SEG_CS, SEG_DS, SEG_ES, SEG_FS, SEG_GS, SEG_SS, ST_EFLAGS, ST_NMI_BLOCKED } from '../generated/layout';
import { AC, ARITHMETIC, DF, ID, IF, IOPL, NT, RF, TF, VEC_GP, VIF, VIP, VM } from './arch';
import { loadableRf } from './debug';
import { isNull } from './descriptor';
import { exited, raiseGp } from './fault';
import { get_eflags, noticeInterrupts, poppableFlags, writeEflags } from './flags';
import { dropInnerSegments } from './segments';
import { Stack, currentStack } from './stack';
import { cpl, iopl, isCode64, isLongMode, isProtected, isVm86, setRip, setSegment, shapeOf } from './state';
import { TASK_IRET, switchBack } from './task';
import {
  arrived, arrivedFrom, enterCode, enterRealCode, enterStack, isLongTarget, markBoth, returnRsp, returnTarget, stackDescriptor, targetFits,
} from './transfer';

export function far_ret(env: usize, release: u32, size: u32): void {
  const done = isProtected(env) ? protectedReturn(env, release, size) : realReturn(env, release, size);
  if (done) arrived(env);
}

function realReturn(env: usize, release: u32, size: u32): bool {
  const stack = currentStack(env, 0);
  const offset = stack.pop(size);
  if (exited(env)) return false;
  const selector = <u32>stack.pop(size) & 0xffff;
  if (exited(env) || !enterRealCode(env, selector, offset)) return false;
  stack.release(release);
  stack.commit();
  return true;
}

/** SS descriptor of a return to `level`: 0 for the null selector that 64-bit code below level 3 may have. Test `exited`. */
function returnStack(env: usize, selector: u32, level: u32, long: bool): u64 {
  if (isNull(selector) && long && level != 3 && (selector & 3) == level) return 0;
  return stackDescriptor(env, selector, level, VEC_GP, 0);
}

function protectedReturn(env: usize, release: u32, size: u32): bool {
  const stack = currentStack(env, 0);
  const offset = stack.pop(size);
  if (exited(env)) return false;
  const selector = <u32>stack.pop(size) & 0xffff;
  if (exited(env)) return false;
  const d = returnTarget(env, selector);
  if (exited(env)) return false;
  stack.release(release);
  const level = selector & 3;
  if (level == cpl(env)) {
    if (!targetFits(env, d, offset) || !markBoth(env, selector, d, 0, 0)) return false;
    stack.commit();
    enterCode(env, selector, level, d, offset);
    return true;
  }
  return returnOuter(env, stack, selector, d, offset, release, size);
}

/** The tail of a return to an outer level: SS:RSP follow on the stack. */
function returnOuter(env: usize, stack: Stack, selector: u32, d: u64, offset: u64, release: u32, size: u32): bool {
  const sp = stack.pop(size);
  if (exited(env)) return false;
  const ss = <u32>stack.pop(size) & 0xffff;
  if (exited(env)) return false;
  const level = selector & 3;
  const long = isLongTarget(env, d);
  const stackD = returnStack(env, ss, level, long);
  if (exited(env) || !targetFits(env, d, offset) || !markBoth(env, selector, d, ss, stackD)) return false;
  returnRsp(env, sp + release, stackD, long);
  const inner = cpl(env);
  enterStack(env, ss, level, stackD);
  enterCode(env, selector, level, d, offset);
  if (level > inner) dropInnerSegments(env, level);
  return true;
}

export function iret(env: usize, size: u32): void {
  // Also when it faults: the handler of that fault can take an NMI.
  store<u32>(env, 0, ST_NMI_BLOCKED);
  const cs = shapeOf(env, SEG_CS);
  const ss = shapeOf(env, SEG_SS);
  const done = isProtected(env) ? protectedIret(env, size) : isVm86(env) ? virtualIret(env, size) : realIret(env, size);
  if (!done) return;
  arrivedFrom(env, cs, ss);
  noticeInterrupts(env);
}

function realIret(env: usize, size: u32): bool {
  const mask = ARITHMETIC | TF | IF | DF | IOPL | NT | (size > 2 ? AC | ID | loadableRf(env) : 0);
  return shortIret(env, size, mask);
}

/** In virtual-8086 mode IOPL must be 3, and stays. */
function virtualIret(env: usize, size: u32): bool {
  if (iopl(env) != 3) return raiseGp(env, 0);
  return shortIret(env, size, poppableFlags(env, size) | (size > 2 ? loadableRf(env) : 0));
}

function shortIret(env: usize, size: u32, mask: u32): bool {
  const stack = currentStack(env, 0);
  const offset = stack.pop(size);
  if (exited(env)) return false;
  const selector = <u32>stack.pop(size) & 0xffff;
  if (exited(env)) return false;
  const image = <u32>stack.pop(size);
  if (exited(env) || !enterRealCode(env, selector, offset)) return false;
  stack.commit();
  writeEflags(env, (get_eflags(env) & ~mask) | (image & mask));
  return true;
}

function protectedIret(env: usize, size: u32): bool {
  if (load<u32>(env, ST_EFLAGS) & NT) return isLongMode(env) ? raiseGp(env, 0) : switchBack(env, TASK_IRET);
  const stack = currentStack(env, 0);
  const offset = stack.pop(size);
  if (exited(env)) return false;
  const selector = <u32>stack.pop(size) & 0xffff;
  if (exited(env)) return false;
  const image = <u32>stack.pop(size);
  if (exited(env)) return false;
  if ((image & VM) != 0 && size == 4 && cpl(env) == 0 && !isLongMode(env)) return iretToVirtual(env, stack, offset, selector, image);

  const d = returnTarget(env, selector);
  if (exited(env)) return false;
  let mask = poppableFlags(env, size) | (size > 2 ? loadableRf(env) : 0);
  if (size > 2 && cpl(env) == 0) mask |= VIF | VIP;
  const eflags = (get_eflags(env) & ~mask) | (image & mask);
  const level = selector & 3;
  if (level != cpl(env) || isCode64(env)) {
    if (!returnOuter(env, stack, selector, d, offset, 0, size)) return false;
  } else {
    if (!targetFits(env, d, offset) || !markBoth(env, selector, d, 0, 0)) return false;
    stack.commit();
    enterCode(env, selector, level, d, offset);
  }
  writeEflags(env, eflags);
  return true;
}

/** IRETD at CPL 0 with VM in the image: ESP and six segments follow. All is read before anything changes. */
function iretToVirtual(env: usize, stack: Stack, offset: u64, selector: u32, image: u32): bool {
  if (offset > 0xffff) return raiseGp(env, 0);
  const sp = stack.peek(0, 4);
  if (exited(env)) return false;
  const ss = <u32>stack.peek(4, 4);
  if (exited(env)) return false;
  const es = <u32>stack.peek(8, 4);
  if (exited(env)) return false;
  const ds = <u32>stack.peek(12, 4);
  if (exited(env)) return false;
  const fs = <u32>stack.peek(16, 4);
  if (exited(env)) return false;
  const gs = <u32>stack.peek(20, 4);
  if (exited(env)) return false;
  writeEflags(env, image & (~RF | loadableRf(env)));
  setVirtualSegment(env, SEG_CS, selector);
  setVirtualSegment(env, SEG_SS, ss);
  setVirtualSegment(env, SEG_ES, es);
  setVirtualSegment(env, SEG_DS, ds);
  setVirtualSegment(env, SEG_FS, fs);
  setVirtualSegment(env, SEG_GS, gs);
  stack.high = 0;
  stack.sp = sp;
  stack.commit();
  setRip(env, offset);
  return true;
}

/** A segment register as virtual-8086 mode has it: present, writable, 64 KiB, DPL 3. */
export function setVirtualSegment(env: usize, seg: u32, selector: u32): void {
  setSegment(env, seg, selector & 0xffff, (selector & 0xffff) << 4, 0xffff, 0xf300);
}
