/**
 * What MMX and SSE instructions share: the checks that come before them, their operands as vectors, results into registers and memory.
 *
 * A vector of an MMX register is its 16-byte cell of the x87 state: the mantissa in the low half, in the high half something that no result
 * may depend on. So is a memory operand of fewer than 16 bytes: its value is in the low bytes.
 *
 * An MMX instruction leaves TOP = 0 and all registers valid (SDM vol. 1, 9.5.1). That is stored after the instruction's last fault, and only
 * where the instruction before it in the block was not one as well.
 */
import { MO_128, MO_32, MO_64, MO_ALIGN_16, type Temp, Type } from '@wasm-tcg/ir';
import { OperandKind } from '../decode/index.ts';
import { X86_LAYOUT, X86_STATE } from '../state/cpu-state.ts';
import { HFlag } from '../state/hflags.ts';
import { memop, operandAddress } from './address.ts';
import { G, Vector, type Ctx } from './context.ts';
import type { Size } from './emit.ts';
import type { Handler } from './handler.ts';
import { isMem, sizeOf } from './operands.ts';
import { vinsert, vsplat, vzero } from './vector.ts';
import { checkFpuError } from './x87-common.ts';
import { forgetStack } from './x87-stack.ts';

const { stateOffset } = X86_LAYOUT;
const FPR = stateOffset + X86_STATE.offset.fpr;
const FP_TOP = stateOffset + X86_STATE.offset.fpTop;

/** Sign and exponent of a register that an MMX instruction has written (SDM vol. 1, 9.2.2). */
const MMX_EXPONENT = 0xffff;
/** `fpEmpty` when all registers are empty. */
const ALL_EMPTY = 0xff;

// ---- checks ------------------------------------------------------------------------------------------------------------------------

function hasOperand(c: Ctx, kind: OperandKind): boolean {
  const { opKinds, opCount } = c.insn;
  for (let i = 0; i < opCount; i++) if (opKinds[i] === kind) return true;
  return false;
}

/** #UD and #NM of SIMD instructions (SDM vol. 3, 13.1 and tables of vol. 2, 2.4). False: the fault has been emitted, the block has ended. */
export function simdAvailable(c: Ctx, usesXmm: boolean): boolean {
  const { hflags } = c;
  if ((hflags & HFlag.EM) !== 0 || (usesXmm && (hflags & HFlag.OSFXSR) === 0)) c.fault(Vector.UD);
  else if ((hflags & HFlag.TS) !== 0) c.fault(Vector.NM);
  else return true;
  return false;
}

/** An instruction on XMM registers behind its checks. */
export function sse(handler: Handler): Handler {
  return (c) => {
    if (simdAvailable(c, true)) handler(c);
  };
}

/** An instruction with MMX or XMM operands, or both, behind its checks; MMX operands leave the x87 state of an MMX instruction. */
export function simd(handler: Handler): Handler {
  return (c) => {
    const usesMmx = hasOperand(c, OperandKind.Mmx);
    if (!simdAvailable(c, hasOperand(c, OperandKind.Xmm))) return;
    if (usesMmx) beginMmx(c);
    handler(c);
    if (usesMmx) endMmx(c);
  };
}

/** True when the instruction before this one in the block has left the x87 state of MMX. */
function followsMmx(c: Ctx): boolean {
  return c.mmxNext === c.delta;
}

/** A pending x87 exception comes first. */
export function beginMmx(c: Ctx): void {
  if (followsMmx(c)) return;
  checkFpuError(c);
}

/** Before an MMX register is stored to memory: processors have TOP = 0 even when the store faults, unlike the tags (recorded vectors). */
export function beginMmxStore(c: Ctx): void {
  if (!followsMmx(c)) c.b.st(Type.i32, c.tb.env, c.k32(0), FP_TOP, MO_32);
  forgetStack(c);
}

/** TOP = 0, all registers valid. After the last op that may fault. */
export function endMmx(c: Ctx): void {
  if (!followsMmx(c)) setTags(c, 0);
  c.mmxNext = c.next;
}

/** TOP = 0 and `fpEmpty`, which follows it, in one store. */
function setTags(c: Ctx, empty: number): void {
  c.b.st(Type.i64, c.tb.env, c.tb.constant(Type.i64, 0, empty), FP_TOP, MO_64);
  forgetStack(c);
}

/** EMMS: all registers empty. */
export function emms(c: Ctx): void {
  if (!simdAvailable(c, false)) return;
  beginMmx(c);
  setTags(c, ALL_EMPTY);
}

// ---- registers -----------------------------------------------------------------------------------------------------------------------

export function isMmx(c: Ctx, i: number): boolean {
  return c.insn.opKinds[i] === OperandKind.Mmx;
}

/** The global of XMM register operand `i`. */
export function xmm(c: Ctx, i: number): Temp {
  return G.xmm0 + c.insn.opRegs[i]!;
}

/** Address offset of MMX register operand `i`. */
function cell(c: Ctx, i: number): number {
  return FPR + c.insn.opRegs[i]! * 16;
}

/** i64 of MMX register operand `i`. */
export function readMmx(c: Ctx, i: number): Temp {
  const d = c.tb.newLocal(Type.i64);
  c.b.ld(Type.i64, d, c.tb.env, cell(c, i), MO_64);
  return d;
}

/** Write an i64 to MMX register operand `i`: in one store, since readers load all of it, and processors forward no two stores to one load. */
export function writeMmx(c: Ctx, i: number, value: Temp): void {
  c.b.st(Type.v128, c.tb.env, vinsert(c, vinsert(c, vzero(c), c.tb.constI64(MMX_EXPONENT), 3, 1), value, 3, 0), cell(c, i), MO_128);
}

/** Write a vector to register operand `i`; of an MMX register its low half counts. After the last op that may fault. */
export function writeVector(c: Ctx, i: number, value: Temp): void {
  if (isMmx(c, i)) c.b.st(Type.v128, c.tb.env, vinsert(c, value, c.tb.constI64(MMX_EXPONENT), 3, 1), cell(c, i), MO_128);
  else c.b.mov(Type.v128, xmm(c, i), value);
}

// ---- memory --------------------------------------------------------------------------------------------------------------------------

/** MemOp of 16-byte operands: aligned, or #GP(0); unless the instruction takes any address. */
const ALIGNED = MO_128 | MO_ALIGN_16;

/** 16 bytes at the memory operand. */
export function load128(c: Ctx, aligned: boolean): Temp {
  const d = c.tb.newLocal(Type.v128);
  c.b.guest_ld(Type.v128, d, operandAddress(c, 16, false), aligned ? ALIGNED : MO_128, c.mmu);
  return d;
}

/** Store 16 bytes to the memory operand. */
export function store128(c: Ctx, value: Temp, aligned: boolean): void {
  c.b.guest_st(Type.v128, operandAddress(c, 16, true), value, aligned ? ALIGNED : MO_128, c.mmu);
}

/** i64 of the memory operand's `size` bytes, zero-extended. */
export function load64(c: Ctx, size: Size): Temp {
  const d = c.tb.newLocal(Type.i64);
  c.b.guest_ld(Type.i64, d, operandAddress(c, size, false), memop(c, size), c.mmu);
  return d;
}

/** Store the low `size` bytes of an i64 to the memory operand. */
export function store64(c: Ctx, value: Temp, size: Size): void {
  c.b.guest_st(Type.i64, operandAddress(c, size, true), value, memop(c, size), c.mmu);
}

/** Operand `i` as a vector: register or memory; 16 bytes of memory must be aligned. An XMM register is given as the global itself. */
export function readVector(c: Ctx, i: number): Temp {
  if (isMem(c, i)) return c.insn.opSizes[i] === 16 ? load128(c, true) : vsplat(c, load64(c, sizeOf(c, i)), 3);
  if (!isMmx(c, i)) return xmm(c, i);
  const d = c.tb.newLocal(Type.v128);
  c.b.ld(Type.v128, d, c.tb.env, cell(c, i), MO_128);
  return d;
}

/** As readVector, for instructions that take any address. */
export function readUnaligned(c: Ctx, i: number): Temp {
  return isMem(c, i) ? load128(c, false) : xmm(c, i);
}

/** The low bytes of an i64 as a vector whose other bytes are zero. */
export function zeroExtended(c: Ctx, value: Temp, log2: number): Temp {
  return vinsert(c, vzero(c), value, log2, 0);
}
