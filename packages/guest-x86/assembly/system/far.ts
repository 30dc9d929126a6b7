// JMP and CALL to another code segment, directly or through a call gate (SDM vol. 3, 5.8; vol. 2, CALL and JMP). Task gates and task state
// segments go to task.ts.
import { SEG_CS, SEG_SS } from '../generated/layout';
import { D_P, D_S, T_CALL16, T_CALL32, T_TASK, T_TSS16, T_TSS32, VEC_GP, VEC_NP } from './arch';
import {
  NOWHERE, accessBits, descriptorAddress, dplOf, errorOf, isCode, isConforming, isNull, markAccessed, readDescriptor, typeOf,
} from './descriptor';
import { exited, raise, raiseGp } from './fault';
import { systemLd64 } from './memory';
import { Stack, currentStack, wideStack } from './stack';
import { cpl, isLongMode, isProtected, rip, rsp, selectorOf, truncate } from './state';
import { TASK_CALL, TASK_JUMP, switchByGate, switchTask } from './task';
import { arrived, codeUsable, enterCode, enterRealCode, enterStack, isLongTarget, markBoth, targetFits, tssStack, tssStackPointer } from './transfer';

export function far_jmp(env: usize, selector: u32, offset: u64, size: u32): void {
  selector &= 0xffff;
  offset = truncate(offset, size);
  const done = isProtected(env) ? protectedJump(env, selector, offset) : enterRealCode(env, selector, offset);
  if (done) arrived(env);
}

export function far_call(env: usize, selector: u32, offset: u64, size: u32): void {
  selector &= 0xffff;
  offset = truncate(offset, size);
  const done = isProtected(env) ? protectedCall(env, selector, offset, size) : realCall(env, selector, offset, size);
  if (done) arrived(env);
}

function realCall(env: usize, selector: u32, offset: u64, size: u32): bool {
  const stack = currentStack(env, 0);
  if (!stack.push(selectorOf(env, SEG_CS), size) || !stack.push(rip(env), size)) return false;
  if (!enterRealCode(env, selector, offset)) return false;
  stack.commit();
  return true;
}

/** May the running code go straight to this code segment? */
function allowsDirect(env: usize, selector: u32, access: u32): bool {
  const level = cpl(env);
  if (isConforming(access)) return dplOf(access) <= level;
  return (selector & 3) <= level && dplOf(access) == level;
}

function protectedJump(env: usize, selector: u32, offset: u64): bool {
  if (isNull(selector)) return raiseGp(env, 0);
  const d = readDescriptor(env, selector, VEC_GP, 0);
  if (exited(env)) return false;
  const access = accessBits(d);
  if (!(access & D_S)) return jumpBySystemDescriptor(env, selector, d);
  if (!isCode(access) || !allowsDirect(env, selector, access)) return raiseGp(env, errorOf(selector));
  if (!codeUsable(env, selector, access, 0) || !targetFits(env, d, offset) || !markAccessed(env, selector, d)) return false;
  enterCode(env, selector, cpl(env), d, offset);
  return true;
}

function protectedCall(env: usize, selector: u32, offset: u64, size: u32): bool {
  if (isNull(selector)) return raiseGp(env, 0);
  const d = readDescriptor(env, selector, VEC_GP, 0);
  if (exited(env)) return false;
  const access = accessBits(d);
  if (!(access & D_S)) return callBySystemDescriptor(env, selector, d);
  if (!isCode(access) || !allowsDirect(env, selector, access)) return raiseGp(env, errorOf(selector));
  if (!codeUsable(env, selector, access, 0)) return false;
  const stack = currentStack(env, 0);
  if (!stack.push(selectorOf(env, SEG_CS), size) || !stack.push(rip(env), size)) return false;
  if (!targetFits(env, d, offset) || !markAccessed(env, selector, d)) return false;
  stack.commit();
  enterCode(env, selector, cpl(env), d, offset);
  return true;
}

// ---- call gates ------------------------------------------------------------------------------------------------------------

/** Privilege and presence of a gate or TSS descriptor named by JMP or CALL. */
function gateUsable(env: usize, selector: u32, access: u32): bool {
  if (dplOf(access) < cpl(env) || dplOf(access) < (selector & 3)) return raiseGp(env, errorOf(selector));
  return (access & D_P) != 0 || raise(env, VEC_NP, errorOf(selector));
}

@inline function gateSelector(d: u64): u32 { return <u32>(d >> 16) & 0xffff; }

/** Entry point in a call gate; reads its second half in long mode. Test `exited`. */
function gateOffset(env: usize, selector: u32, d: u64): u64 {
  if (typeOf(accessBits(d)) == T_CALL16) return d & 0xffff;
  const low = (d & 0xffff) | (d >> 32 & 0xffff0000);
  if (!isLongMode(env)) return low;
  const at = descriptorAddress(env, selector, 16);
  if (at == NOWHERE) {
    raiseGp(env, errorOf(selector));
    return 0;
  }
  const high = systemLd64(env, at + 8);
  if (!exited(env) && (high >> 32 & 0x1f00) != 0) raiseGp(env, errorOf(selector));
  return low | high << 32;
}

/** Code descriptor that a call gate leads to, with the checks that JMP and CALL share. Test `exited`. */
function gateTarget(env: usize, target: u32): u64 {
  if (isNull(target)) {
    raiseGp(env, 0);
    return 0;
  }
  const d = readDescriptor(env, target, VEC_GP, 0);
  if (exited(env)) return 0;
  const access = accessBits(d);
  if (!isCode(access) || dplOf(access) > cpl(env)) raiseGp(env, errorOf(target));
  else if (isLongMode(env) && !isLongTarget(env, d)) raiseGp(env, errorOf(target));
  else codeUsable(env, target, access, 0);
  return d;
}

function isCallGate(env: usize, type: u32): bool { return type == T_CALL32 || (type == T_CALL16 && !isLongMode(env)); }

function jumpBySystemDescriptor(env: usize, selector: u32, d: u64): bool {
  const access = accessBits(d);
  const type = typeOf(access);
  if (!isLongMode(env) && (type == T_TSS16 || type == T_TSS32)) return gateUsable(env, selector, access) && switchTask(env, selector, d, TASK_JUMP, 0, false, VEC_GP, 0);
  if (!isLongMode(env) && type == T_TASK) return gateUsable(env, selector, access) && switchByGate(env, d, TASK_JUMP, 0, false, 0);
  if (!isCallGate(env, type)) return raiseGp(env, errorOf(selector));
  if (!gateUsable(env, selector, access)) return false;
  const offset = gateOffset(env, selector, d);
  if (exited(env)) return false;
  const target = gateSelector(d);
  const code = gateTarget(env, target);
  if (exited(env)) return false;
  // JMP never changes the privilege level.
  if (!isConforming(accessBits(code)) && dplOf(accessBits(code)) != cpl(env)) return raiseGp(env, errorOf(target));
  if (!targetFits(env, code, offset) || !markAccessed(env, target, code)) return false;
  enterCode(env, target, cpl(env), code, offset);
  return true;
}

function callBySystemDescriptor(env: usize, selector: u32, d: u64): bool {
  const access = accessBits(d);
  const type = typeOf(access);
  if (!isLongMode(env) && (type == T_TSS16 || type == T_TSS32)) return gateUsable(env, selector, access) && switchTask(env, selector, d, TASK_CALL, 0, false, VEC_GP, 0);
  if (!isLongMode(env) && type == T_TASK) return gateUsable(env, selector, access) && switchByGate(env, d, TASK_CALL, 0, false, 0);
  if (!isCallGate(env, type)) return raiseGp(env, errorOf(selector));
  if (!gateUsable(env, selector, access)) return false;
  const offset = gateOffset(env, selector, d);
  if (exited(env)) return false;
  const target = gateSelector(d);
  const code = gateTarget(env, target);
  if (exited(env)) return false;
  const size: u32 = isLongMode(env) ? 8 : type == T_CALL32 ? 4 : 2;
  const level = dplOf(accessBits(code));
  const inner = !isConforming(accessBits(code)) && level < cpl(env);
  return inner
    ? callInner(env, target, code, offset, size, level, <u32>(d >> 32) & 31)
    : callSame(env, target, code, offset, size);
}

function callSame(env: usize, target: u32, code: u64, offset: u64, size: u32): bool {
  const stack = currentStack(env, 0);
  // A gate of 64-bit mode pushes on a 64-bit stack also when compatibility-mode code calls.
  if (size == 8) stack.mask = u64.MAX_VALUE;
  if (!stack.push(selectorOf(env, SEG_CS), size) || !stack.push(rip(env), size)) return false;
  if (!targetFits(env, code, offset) || !markAccessed(env, target, code)) return false;
  stack.commit();
  enterCode(env, target, cpl(env), code, offset);
  return true;
}

function callInner(env: usize, target: u32, code: u64, offset: u64, size: u32, level: u32, parameters: u32): bool {
  let stack: Stack;
  if (size == 8) {
    const sp = tssStackPointer(env, level, 0);
    if (exited(env)) return false;
    stack = wideStack(env, level, sp, 0);
  } else {
    stack = tssStack(env, level, 0);
    if (exited(env)) return false;
  }
  if (!stack.push(selectorOf(env, SEG_SS), size) || !stack.push(rsp(env), size)) return false;
  if (size != 8) {
    const outer = currentStack(env, 0);
    for (let i = parameters; i > 0; i--) {
      const value = outer.peek((i - 1) * size, size);
      if (exited(env) || !stack.push(value, size)) return false;
    }
  }
  if (!stack.push(selectorOf(env, SEG_CS), size) || !stack.push(rip(env), size)) return false;
  if (!targetFits(env, code, offset) || !markBoth(env, target, code, stack.selector, stack.descriptor)) return false;
  enterStack(env, stack.selector, level, stack.descriptor);
  stack.commit();
  enterCode(env, target, level, code, offset);
  return true;
}
