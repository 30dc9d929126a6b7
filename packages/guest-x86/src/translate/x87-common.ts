/**
 * What every x87 instruction begins and ends with: whether it may run (#NM, the pending error of an earlier one), its memory operand, and the pointers
 * to it that FNSTENV and FNSAVE tell.
 */
import { Cond, MO_16, MO_32, MO_64, type Temp, Type } from '@wasm-tcg/ir';
import { Seg } from '../decode/index.ts';
import { helperId } from '../helpers/table.ts';
import { X86_LAYOUT, X86_STATE } from '../state/cpu-state.ts';
import { FpuInsn, FpuStatus } from '../state/fpu.ts';
import { HFlag } from '../state/hflags.ts';
import { addBase, checkSegment, effectiveAddress, memop } from './address.ts';
import { Vector, type Ctx } from './context.ts';
import type { Size } from './emit.ts';

const FPU_ERROR = helperId('fpu_error');
const S = X86_STATE.offset;

/** Offset from env of a field of the state. */
export function stateAt(field: keyof typeof S): number {
  return X86_LAYOUT.stateOffset + S[field];
}

/** #NM for ESC instructions by CR0.EM and CR0.TS (SDM vol. 3, 2.5). False: it has been raised, and the TB has ended. */
export function fpuAvailable(c: Ctx): boolean {
  if ((c.hflags & (HFlag.EM | HFlag.TS)) === 0) return true;
  c.fault(Vector.NM);
  return false;
}

/** What waiting instructions do first, MMX and WAIT too: an unmasked exception of an earlier one is raised. */
export function checkFpuError(c: Ctx): void {
  if (c.fpuStack.quiet) return;
  const status = c.tb.newLocal(Type.i32);
  c.b.ld(Type.i32, status, c.tb.env, stateAt('fpStatus'), MO_32);
  const ok = c.tb.newLabel();
  c.b.brcond(Type.i32, status, c.k32(FpuStatus.ES), Cond.tsteq, ok);
  c.b.call(FPU_ERROR, -1, []);
  c.label(ok);
  c.fpuStack.quiet = true;
}

/** Begin a waiting ESC instruction. False: it has faulted. */
export function startFpu(c: Ctx): boolean {
  if (!fpuAvailable(c)) return false;
  checkFpuError(c);
  return true;
}

/** Offset in its segment, checked, and linear address of the memory operand. */
export interface FpuOperand {
  readonly offset: Temp;
  readonly address: Temp;
}

export function fpuOperand(c: Ctx, size: number, write: boolean): FpuOperand {
  const offset = effectiveAddress(c);
  checkSegment(c, c.insn.seg, offset, size, write);
  return { offset, address: addBase(c, c.insn.seg, offset) };
}

/** The access will be made by a helper, which does not look at alignment: #AC if it is in force. */
export function checkAlignment(c: Ctx, address: Temp, size: Size, write: boolean): void {
  if (c.aligned) c.b.guest_probe(address, write ? 1 : 0, memop(c, size), c.mmu);
}

/** Load of a type of its own: TBs of 16- and 32-bit code have 64-bit operands here. */
export function loadAs(c: Ctx, type: Type, address: Temp, op: number): Temp {
  const d = c.tb.newLocal(type);
  c.b.guest_ld(type, d, address, op, c.mmu);
  return d;
}

/** Eight bytes at an address and two bytes behind them. */
export function loadTen(c: Ctx, { offset }: FpuOperand): { readonly low: Temp; readonly high: Temp } {
  const { insn } = c;
  const low = loadAs(c, Type.i64, addBase(c, insn.seg, offset), c.aligned ? memop(c, 8) : MO_64);
  const high = loadAs(c, Type.i32, addBase(c, insn.seg, c.zext(c.addI(offset, 8), insn.addrSize)), MO_16);
  return { low, high };
}

function saveSelector(c: Ctx, seg: number, field: 'fpLastCs' | 'fpLastDs'): void {
  const selector = c.tb.newLocal(Type.i32);
  c.b.ld(Type.i32, selector, c.tb.env, stateAt('segSelector') + seg * 4, MO_32);
  c.b.st(Type.i32, c.tb.env, selector, stateAt(field), MO_32);
}

/**
 * Note the instruction, and its memory operand, as the last one: all but control instructions do (SDM vol. 1, 8.1.8). After the last op that may fault.
 */
export function noteLast(c: Ctx, operand?: FpuOperand): void {
  const { insn, tb, b } = c;
  if (!c.fpuNoted) {
    b.st(Type.i64, tb.env, c.toI64(c.pc(0)), stateAt('fpLastBase'), MO_64);
    saveSelector(c, Seg.CS, 'fpLastCs');
    c.fpuNoted = true;
  }
  const opcode = ((insn.opcode & 7) << 8) | insn.modrm;
  b.st(Type.i32, tb.env, c.k32(c.delta | (opcode << FpuInsn.opcodeShift) | (c.wide ? 0 : FpuInsn.narrow)), stateAt('fpLastInsn'), MO_32);
  if (operand === undefined) return;
  b.st(Type.i64, tb.env, c.toI64(operand.offset), stateAt('fpLastDp'), MO_64);
  if (c.fpuNotedSeg === insn.seg) return;
  saveSelector(c, insn.seg, 'fpLastDs');
  c.fpuNotedSeg = insn.seg;
}

/** The unit's pointers are not what `noteLast` has left. */
export function forgetLast(c: Ctx): void {
  c.fpuNoted = false;
  c.fpuNotedSeg = -1;
}
