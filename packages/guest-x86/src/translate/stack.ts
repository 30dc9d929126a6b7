/**
 * PUSH, POP, PUSHA, POPA, ENTER, LEAVE, PUSHF, POPF. RSP is written last: nothing is committed when an access faults.
 */
import { Type, type Temp } from '@wasm-tcg/ir';
import { OperandKind, Seg } from '../decode/index.ts';
import { helperId } from '../helpers/table.ts';
import { HFlag } from '../state/hflags.ts';
import { linear, load, probeStore, store } from './address.ts';
import { G, Vector, type Ctx } from './context.ts';
import type { Size } from './emit.ts';
import { endIf } from './exit.ts';
import type { HandlersOf } from './handler.ts';
import { read, write } from './operands.ts';
import { loadSegmentFrom, readSelector } from './segment.ts';

const READ_EFLAGS = helperId('read_eflags');
const POPF = helperId('popf');

/** A stack offset `by` bytes from `sp`, as wide as the stack pointer is. */
export function stackOffset(c: Ctx, sp: Temp, by: number): Temp {
  return c.zext(c.addI(sp, by), c.stackWidth);
}

export function stackLoad(c: Ctx, offset: Temp, size: Size): Temp {
  return load(c, linear(c, Seg.SS, offset, size, false), size);
}

export function stackStore(c: Ctx, offset: Temp, value: Temp, size: Size): void {
  store(c, linear(c, Seg.SS, offset, size, true), value, size);
}

/** Set the stack pointer: SP, ESP or RSP. */
export function writeStackPointer(c: Ctx, offset: Temp): void {
  if (c.stackWidth === 2) c.writeGpr(G.rsp, 2, offset);
  else c.writeGprClean(G.rsp, 4, offset);
}

/** Push a raw value: store, then commit. */
export function push(c: Ctx, value: Temp, size: Size): void {
  const offset = stackOffset(c, G.rsp, -size);
  stackStore(c, offset, value, size);
  writeStackPointer(c, offset);
}

/** Value at the top of the stack; the caller commits `stackOffset(c, G.rsp, size)`. */
export function peek(c: Ctx, size: Size): Temp {
  return stackLoad(c, stackOffset(c, G.rsp, 0), size);
}

function opPush(c: Ctx): void {
  const { insn } = c;
  if (insn.opKinds[0] === OperandKind.Seg) {
    // A selector is stored by a 16-bit move, whatever the operand size moves the pointer by; in 64-bit code all of it is written.
    const offset = stackOffset(c, G.rsp, -insn.opSize);
    stackStore(c, offset, readSelector(c, insn.opRegs[0]!), insn.opSize === 8 ? 8 : 2);
    writeStackPointer(c, offset);
    return;
  }
  push(c, read(c, 0), insn.opSize);
}

function opPop(c: Ctx): void {
  const { insn } = c;
  const size = insn.opSize;
  if (insn.opKinds[0] === OperandKind.Seg) {
    const selector = peek(c, 2);
    loadSegmentFrom(c, insn.opRegs[0]!, c.toI32(selector), () => writeStackPointer(c, stackOffset(c, G.rsp, size)));
    return;
  }
  const value = peek(c, size);
  const offset = stackOffset(c, G.rsp, size);
  if (insn.opKinds[0] === OperandKind.Mem) {
    // The destination is addressed with the incremented stack pointer.
    c.spOverride = c.stackWidth === 2 ? c.deposit(G.rsp, offset, 0, 16) : offset;
    write(c, 0, value);
    c.spOverride = -1;
    writeStackPointer(c, offset);
  } else {
    writeStackPointer(c, offset);
    write(c, 0, value);
  }
}

/** PUSHA: as processors do, what was stored before a fault stays; no register has changed then. */
function pusha(c: Ctx): void {
  const size = c.insn.opSize;
  for (let i = 0; i < 8; i++) stackStore(c, stackOffset(c, G.rsp, -(i + 1) * size), i, size);
  writeStackPointer(c, stackOffset(c, G.rsp, -8 * size));
}

/**
 * POPA reads the stored stack pointer and drops it. As processors do, registers popped before a fault keep what they got; the stack pointer
 * is as before, so that popping again gives the same.
 */
function popa(c: Ctx): void {
  const size = c.insn.opSize;
  for (let i = 0; i < 8; i++) {
    const value = stackLoad(c, stackOffset(c, G.rsp, i * size), size);
    if (i !== 3) c.writeGpr(7 - i, size, value);
  }
  writeStackPointer(c, stackOffset(c, G.rsp, 8 * size));
}

/** ENTER: push rBP, copy `level − 1` frame pointers, push the new one, make room. The final top must be writable. */
function enter(c: Ctx): void {
  const { insn } = c;
  const size = insn.opSize;
  const level = insn.imm2 & 31;
  const frame = stackOffset(c, G.rsp, -size);
  const top = stackOffset(c, frame, -level * size - (insn.imm & 0xffff));
  // A 16-bit stack pointer keeps the upper half of ESP, also in the frame pointer.
  const pointer = c.stackWidth === 2 ? c.deposit(G.rsp, frame, 0, 16) : frame;
  stackStore(c, frame, G.rbp, size);
  for (let i = 1; i < level; i++) {
    stackStore(c, stackOffset(c, frame, -i * size), stackLoad(c, stackOffset(c, G.rbp, -i * size), size), size);
  }
  if (level > 0) stackStore(c, stackOffset(c, frame, -level * size), pointer, size);
  probeStore(c, linear(c, Seg.SS, top, size, true), size);
  c.writeGpr(G.rbp, size, pointer);
  writeStackPointer(c, top);
}

/** LEAVE: rSP = rBP, pop rBP. */
function leave(c: Ctx): void {
  const size = c.insn.opSize;
  const value = stackLoad(c, stackOffset(c, G.rbp, 0), size);
  writeStackPointer(c, stackOffset(c, G.rbp, size));
  c.writeGpr(G.rbp, size, value);
}

/** In virtual-8086 mode PUSHF and POPF are privileged. */
function faultsInV86(c: Ctx): boolean {
  const trapped = (c.hflags & HFlag.VM) !== 0 && (c.hflags & HFlag.IOPL_MASK) !== HFlag.IOPL_MASK;
  if (trapped) c.fault(Vector.GP, 0);
  return trapped;
}

function pushf(c: Ctx): void {
  if (faultsInV86(c)) return;
  const flags = c.tb.newLocal(Type.i64);
  c.syncCcOp();
  c.b.call(READ_EFLAGS, flags, []);
  push(c, c.fromI64(flags), c.insn.opSize);
}

function popf(c: Ctx): void {
  if (faultsInV86(c)) return;
  const size = c.insn.opSize;
  const image = c.toI64(peek(c, size));
  const changed = c.tb.newLocal(Type.i32);
  c.syncCcOp();
  c.b.call(POPF, changed, [image, c.k32(size)]);
  writeStackPointer(c, stackOffset(c, G.rsp, size));
  c.setCcDynamic();
  endIf(c, changed);
}

export const STACK = {
  push: opPush, pop: opPop, pusha, popa, enter, leave, pushf, popf,
} satisfies HandlersOf<'push' | 'pop' | 'pusha' | 'popa' | 'enter' | 'leave' | 'pushf' | 'popf'>;

