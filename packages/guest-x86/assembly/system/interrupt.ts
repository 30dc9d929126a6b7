// Delivery of exceptions and interrupts: real-mode IVT, IDT gates of 16, 32 and 64 bits, stacks from the TSS, double and triple faults
// (SDM vol. 3, chapter 6).
import {
  CTX_EXIT_CODE, CTX_EXIT_DATA, CTX_FAULT_ADDRESS, CTX_FAULT_ERROR, CTX_TB_PTR, EXIT_FAULT, EXIT_HALT, EXIT_NONE, EXIT_SHUTDOWN, SEG_CS,
  SEG_DS, SEG_ES, SEG_GS, SEG_SS, ST_CR2, ST_DEBUG_PENDING, ST_IDTR_BASE, ST_IDTR_LIMIT, ST_INTERRUPT_SHADOW, ST_MONITOR_ARMED, ST_NMI_BLOCKED,
} from '../generated/layout';
import {
  AC, D_P, IF, NT, OF, RF, T_INT16, T_INT32, T_TASK, T_TRAP16, T_TRAP32, TF, VEC_BP, VEC_DB, VEC_DF, VEC_GP, VEC_NMI, VEC_NP, VEC_OF, VEC_PF, VEC_TS, VM,
  WAIT_FERR,
} from './arch';
import { KEEPS_RF, breakpointBeforeFetch, debugDelivered } from './debug';
import { accessBits, dplOf, errorOf, isCode, isConforming, isNull, readDescriptor } from './descriptor';
import { exited, hasErrorCode, raise, raiseGp } from './fault';
import { get_eflags, writeEflags } from './flags';
import { update_hflags } from './hflags';
import { systemLd32, systemLd64 } from './memory';
import { faultVector, restore_state } from './restore';
import { currentStack, wideStack } from './stack';
import { cpl, iopl, isLongMode, isProtected, isVm86, rip, rsp, selectorOf, setSegment, shapeOf } from './state';
import { TASK_CALL, switchByGate } from './task';
import {
  arrived, arrivedFrom, codeUsable, enterCode, enterRealCode, enterStack, isLongTarget, markBoth, targetFits, tssStack, tssStackPointer,
} from './transfer';

/** What is delivered: decides about gate privilege, the EXT bit, error codes and the saved RF. */
const SOFTWARE: u32 = 0;
const EXTERNAL: u32 = 1;
const FAULT: u32 = 2;
const TRAP: u32 = 3;

/** One attempt at delivery, with rip in the frame as the return address. False: it faulted, and nothing has changed. */
function tryDeliver(env: usize, vector: u32, kind: u32, error: u32): bool {
  const cs = shapeOf(env, SEG_CS);
  const ss = shapeOf(env, SEG_SS);
  const done = isProtected(env) || isVm86(env) ? deliverByGate(env, vector, kind, error) : deliverReal(env, vector);
  // What its handler stores may be what a monitor looks for.
  store<u32>(env, 0, ST_MONITOR_ARMED);
  if (done) arrivedFrom(env, cs, ss);
  return done;
}

// ---- real mode -----------------------------------------------------------------------------------------------------------

function deliverReal(env: usize, vector: u32): bool {
  if (vector * 4 + 3 > load<u32>(env, ST_IDTR_LIMIT)) return raiseGp(env, 0);
  const target = systemLd32(env, load<u64>(env, ST_IDTR_BASE) + vector * 4);
  if (exited(env)) return false;
  const eflags = get_eflags(env);
  const stack = currentStack(env, 0);
  if (!stack.push(eflags & 0xffff, 2) || !stack.push(selectorOf(env, SEG_CS), 2) || !stack.push(rip(env) & 0xffff, 2)) return false;
  if (!enterRealCode(env, target >> 16, target & 0xffff)) return false;
  stack.commit();
  writeEflags(env, eflags & ~(IF | TF | AC | RF));
  return true;
}

// ---- protected modes -----------------------------------------------------------------------------------------------------

function deliverByGate(env: usize, vector: u32, kind: u32, error: u32): bool {
  const ext: u32 = kind == SOFTWARE ? 0 : 1;
  const long = isLongMode(env);
  const gateError = vector << 3 | 2 | ext;
  const size: u32 = long ? 16 : 8;
  if (vector * size + size - 1 > load<u32>(env, ST_IDTR_LIMIT)) return raiseGp(env, gateError);
  const at = load<u64>(env, ST_IDTR_BASE) + vector * size;
  const gate = systemLd64(env, at);
  if (exited(env)) return false;
  const high = long ? systemLd64(env, at + 8) : 0;
  if (exited(env)) return false;

  const access = accessBits(gate);
  const type = (access >> 8) & 31;
  const known = type == T_INT32 || type == T_TRAP32 || (!long && (type == T_INT16 || type == T_TRAP16 || type == T_TASK));
  if (!known) return raiseGp(env, gateError);
  if (kind == SOFTWARE && dplOf(access) < cpl(env)) return raiseGp(env, gateError);
  if (!(access & D_P)) return raise(env, VEC_NP, gateError);
  const pushesError = kind == FAULT && hasErrorCode(vector);
  if (type == T_TASK) return switchByGate(env, gate, TASK_CALL, error, pushesError, ext);

  const selector = <u32>(gate >> 16) & 0xffff;
  if (isNull(selector)) return raiseGp(env, ext);
  const code = readDescriptor(env, selector, VEC_GP, ext);
  if (exited(env)) return false;
  const codeAccess = accessBits(code);
  const level = dplOf(codeAccess);
  if (!isCode(codeAccess) || level > cpl(env)) return raiseGp(env, errorOf(selector) | ext);
  if (long && !isLongTarget(env, code)) return raiseGp(env, errorOf(selector) | ext);
  if (!codeUsable(env, selector, codeAccess, ext)) return false;
  const inner = !isConforming(codeAccess) && level < cpl(env);
  if (isVm86(env) && (!inner || level != 0)) return raiseGp(env, errorOf(selector) | ext);

  const wide = type == T_INT32 || type == T_TRAP32;
  let offset = gate & 0xffff;
  if (wide) offset |= gate >> 32 & 0xffff0000;
  if (long) offset |= high << 32;
  const target = inner ? level : cpl(env);
  const saved = get_eflags(env);
  const setsRf = kind == FAULT && !(vector == VEC_DB && error == KEEPS_RF);
  const image = setsRf ? saved | RF : saved;
  const done = long
    ? pushFrame64(env, selector, code, offset, target, inner, <u32>(gate >> 32) & 7, image, pushesError, error, ext)
    : pushFrame(env, selector, code, offset, target, inner, wide ? 4 : 2, image, pushesError, error, ext);
  if (!done) return false;
  const masksIf = type == T_INT32 || type == T_INT16;
  writeEflags(env, saved & ~(TF | NT | RF | VM | (masksIf ? IF : 0)));
  return true;
}

function pushFrame(
  env: usize, selector: u32, code: u64, offset: u64, level: u32, inner: bool, size: u32, image: u32, pushesError: bool, error: u32, ext: u32,
): bool {
  const stack = inner ? tssStack(env, level, ext) : currentStack(env, ext);
  if (exited(env)) return false;
  const virtual = isVm86(env);
  if (virtual) {
    // GS, FS, DS, ES.
    for (let seg = SEG_GS; seg >= SEG_DS; seg--) if (!stack.push(selectorOf(env, seg), size)) return false;
    if (!stack.push(selectorOf(env, SEG_ES), size)) return false;
  }
  if (inner && (!stack.push(selectorOf(env, SEG_SS), size) || !stack.push(rsp(env), size))) return false;
  if (!stack.push(image, size) || !stack.push(selectorOf(env, SEG_CS), size) || !stack.push(rip(env), size)) return false;
  if (pushesError && !stack.push(error, size)) return false;
  if (!targetFits(env, code, offset)) return false;
  if (!markBoth(env, selector, code, inner ? stack.selector : 0, inner ? stack.descriptor : 0)) return false;
  if (virtual) {
    setSegment(env, SEG_ES, 0, 0, 0, 0);
    for (let seg = SEG_DS; seg <= SEG_GS; seg++) setSegment(env, seg, 0, 0, 0, 0);
  }
  stack.commit();
  if (inner) enterStack(env, stack.selector, level, stack.descriptor);
  enterCode(env, selector, level, code, offset);
  return true;
}

function pushFrame64(
  env: usize, selector: u32, code: u64, offset: u64, level: u32, inner: bool, ist: u32, image: u32, pushesError: bool, error: u32, ext: u32,
): bool {
  let sp = rsp(env);
  if (ist != 0) sp = tssStackPointer(env, 3 + ist, ext);
  else if (inner) sp = tssStackPointer(env, level, ext);
  if (exited(env)) return false;
  const stack = wideStack(env, level, sp & ~<u64>15, ext);
  if (!stack.push(selectorOf(env, SEG_SS), 8) || !stack.push(rsp(env), 8)) return false;
  if (!stack.push(image, 8) || !stack.push(selectorOf(env, SEG_CS), 8) || !stack.push(rip(env), 8)) return false;
  if (pushesError && !stack.push(error, 8)) return false;
  if (!targetFits(env, code, offset) || !markBoth(env, selector, code, 0, 0)) return false;
  stack.commit();
  if (inner) enterStack(env, stack.selector, level, 0);
  enterCode(env, selector, level, code, offset);
  return true;
}

// ---- events ------------------------------------------------------------------------------------------------------------------

/** Divide error, invalid TSS, segment not present, stack fault, general protection. */
function isContributory(vector: u32): bool { return vector == 0 || (vector >= VEC_TS && vector <= VEC_GP); }

/** Does `second`, raised while delivering `first`, make a double fault? (SDM vol. 3, table 6-5) */
function isDouble(first: u32, second: u32): bool {
  if (isContributory(first)) return isContributory(second);
  return first == VEC_PF && (second == VEC_PF || isContributory(second));
}

/**
 * Deliver an event with rip in the frame as return address; faults on the way are delivered in its place. Ends with exitCode none, or
 * shutdown after a third fault. TB-relative restoring is over by then, so that no store can meet "the running TB".
 */
function deliver(env: usize, vector: u32, kind: u32, error: u32): void {
  store<u32>(env, 0, CTX_TB_PTR);
  for (;;) {
    store<u32>(env, EXIT_NONE, CTX_EXIT_CODE);
    if (kind == FAULT && vector == VEC_PF) store<u64>(env, load<u64>(env, CTX_FAULT_ADDRESS), ST_CR2);
    // A task switch that has been committed may leave a fault of the new task behind: it counts as one on the way, too.
    if (tryDeliver(env, vector, kind, error) && !exited(env)) break;
    const second = load<u32>(env, CTX_EXIT_DATA);
    const firstIsException = kind == FAULT;
    error = load<u32>(env, CTX_FAULT_ERROR);
    if (firstIsException && vector == VEC_DF && (isContributory(second) || second == VEC_PF)) {
      store<u32>(env, EXIT_SHUTDOWN, CTX_EXIT_CODE);
      return;
    }
    const double = firstIsException && isDouble(vector, second);
    vector = double ? VEC_DF : second;
    if (double) error = 0;
    kind = FAULT;
  }
  store<u32>(env, EXIT_NONE, CTX_EXIT_CODE);
  if (vector == VEC_DB) debugDelivered(env);
}

/** Deliver a trap at the end of an instruction that is complete, with rip naming the next one. */
export function deliverTrap(env: usize, vector: u32): void { deliver(env, vector, TRAP, 0); }

/**
 * Deliver the fault in the context's record, after ExitCode.fault (the state is that of the faulting instruction: rip and cc_op are restored
 * first) or fetchFault (the state is exact). WAIT_FERR is delivered as a halt before the instruction.
 */
export function fault_deliver(env: usize): void {
  let vector = faultVector(env);
  // What the instruction had hit before it faulted, it will hit again.
  store<u32>(env, 0, ST_DEBUG_PENDING);
  if (load<u32>(env, CTX_EXIT_CODE) == EXIT_FAULT) restore_state(env);
  else if (vector != VEC_DB && breakpointBeforeFetch(env)) vector = VEC_DB;
  if (vector == WAIT_FERR) {
    store<u32>(env, 0, ST_INTERRUPT_SHADOW);
    update_hflags(env);
    store<u32>(env, EXIT_HALT, CTX_EXIT_CODE);
    return;
  }
  deliver(env, vector, FAULT, load<u32>(env, CTX_FAULT_ERROR));
}

/** Deliver an external interrupt between two instructions. The caller has looked at IF and the shadow. */
export function interrupt_deliver(env: usize, vector: u32): void {
  deliver(env, vector & 0xff, EXTERNAL, 0);
}

/** Deliver an NMI between two instructions. The caller has seen that none is being handled; the next IRET ends that (SDM vol. 3, 7.7.1). */
export function nmi_deliver(env: usize): void {
  store<u32>(env, 1, ST_NMI_BLOCKED);
  deliver(env, VEC_NMI, EXTERNAL, 0);
}

/**
 * INT n, INT3, INTO inside their TB: a fault on the way belongs to the instruction and leaves nothing behind, so that it goes through the
 * fault exit like any other.
 */
function software(env: usize, vector: u32, kind: u32): void { tryDeliver(env, vector & 0xff, kind, 0); }

export function int_n(env: usize, vector: u32): void {
  if (isVm86(env) && iopl(env) < 3) raiseGp(env, 0);
  else software(env, vector, SOFTWARE);
}

export function int3(env: usize): void { software(env, VEC_BP, SOFTWARE); }
export function int1(env: usize): void {
  software(env, VEC_DB, TRAP);
  if (!exited(env)) debugDelivered(env);
}
export function into(env: usize): void {
  if (get_eflags(env) & OF) software(env, VEC_OF, SOFTWARE);
  else arrived(env);
}
