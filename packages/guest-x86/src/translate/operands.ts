/**
 * Operands of the decoded instruction as values, and results into them.
 *
 * A memory destination that is read first goes through `openDest` … `storeDest`: one address, one permission check, and nothing
 * written before the store. Results go to memory before flags and registers are written (only memory can fault), to registers
 * after the flags (whose operands the register may be): hence the pair `storeDest`, `writeDest`, of which each does nothing in the
 * other's case.
 */
import { type Temp, Type } from '@wasm-tcg/ir';
import { OperandKind } from '../decode/index.ts';
import { load, loadSigned, memop, operandAddress, store } from './address.ts';
import type { Ctx } from './context.ts';
import type { Size } from './emit.ts';

/** Size of operand `i` in bytes. */
export function sizeOf(c: Ctx, i: number): Size {
  return c.insn.opSizes[i] as Size;
}

export function isMem(c: Ctx, i: number): boolean {
  return c.insn.opKinds[i] === OperandKind.Mem;
}

/** The immediate as a word: a constant, unless it is live. */
function immediate(c: Ctx): Temp {
  const live = c.liveImmediate();
  if (live >= 0) return live;
  return c.wide ? c.tb.constant(Type.i64, c.insn.imm, c.insn.immHi) : c.k32(c.insn.imm);
}

/** A value without a memory access: register, immediate or constant 1. Raw; may be a global. */
function direct(c: Ctx, i: number): Temp {
  const { insn } = c;
  switch (insn.opKinds[i]) {
    case OperandKind.Gpr: return insn.opRegs[i]!;
    case OperandKind.GprHigh: return c.extract(insn.opRegs[i]!, 8, 8);
    case OperandKind.Imm2: return c.k(insn.imm2);
    case OperandKind.One: return c.k(1);
    default: return immediate(c);
  }
}

/** Operand `i` raw: its low bytes are right. A general register is given as the global itself. */
export function read(c: Ctx, i: number): Temp {
  return isMem(c, i) ? load(c, operandAddress(c, sizeOf(c, i), false), sizeOf(c, i)) : direct(c, i);
}

/** Operand `i`, zero-extended to a word. */
export function readZext(c: Ctx, i: number): Temp {
  if (isMem(c, i)) return read(c, i);
  return c.insn.opKinds[i] === OperandKind.GprHigh ? direct(c, i) : c.zext(direct(c, i), sizeOf(c, i));
}

/** Operand `i`, sign-extended to a word. */
export function readSext(c: Ctx, i: number): Temp {
  if (isMem(c, i)) return loadSigned(c, operandAddress(c, sizeOf(c, i), false), sizeOf(c, i));
  if (c.insn.opKinds[i] === OperandKind.GprHigh) return c.sextract(c.insn.opRegs[i]!, 8, 8);
  return c.sext(direct(c, i), sizeOf(c, i));
}

/** Write a raw value to register operand `i`. */
export function writeReg(c: Ctx, i: number, value: Temp): void {
  const { insn } = c;
  const reg = insn.opRegs[i]!;
  if (insn.opKinds[i] === OperandKind.GprHigh) {
    if (c.ccA === reg) c.ccA = -1;
    c.b.deposit(c.W, reg, reg, value, 8, 8);
  } else {
    c.writeGpr(reg, sizeOf(c, i), value);
  }
}

/** Write a raw value to operand `i`, register or memory, that is not read before. Nothing that faults may follow. */
export function write(c: Ctx, i: number, value: Temp): void {
  if (isMem(c, i)) store(c, operandAddress(c, sizeOf(c, i), true), value, sizeOf(c, i));
  else writeReg(c, i, value);
}

/** Value of destination operand 0 (raw), which `storeDest` or `writeDest` will replace. */
export function openDest(c: Ctx): Temp {
  if (!isMem(c, 0)) return direct(c, 0);
  return openAt(c, operandAddress(c, sizeOf(c, 0), true), sizeOf(c, 0));
}

/** Open memory at a linear address as the destination. */
export function openAt(c: Ctx, address: Temp, size: Size): Temp {
  const value = c.word();
  c.dest.address = address;
  c.dest.token = c.tb.newLocal(Type.i32);
  c.b.guest_rmw_ld(c.W, value, c.dest.token, address, memop(c, size), c.mmu);
  return value;
}

/** Store to the memory that is open. */
export function storeOpen(c: Ctx, value: Temp, size: Size): void {
  c.b.guest_rmw_st(c.W, c.dest.token, c.dest.address, value, memop(c, size), c.mmu);
}

/** The result of a memory destination: before any global is written. */
export function storeDest(c: Ctx, value: Temp): void {
  if (isMem(c, 0)) storeOpen(c, value, sizeOf(c, 0));
}

/** The result of a register destination: after flags have been set. */
export function writeDest(c: Ctx, value: Temp): void {
  if (!isMem(c, 0)) writeReg(c, 0, value);
}
