/** x87 loads and stores: FLD, FST, FILD, FIST, FISTTP, FBLD, FBSTP. Stores are made by the helper, before it changes anything. */
import { MO_SIGN, type Temp, Type } from '@wasm-tcg/ir';
import { helperId } from '../helpers/table.ts';
import { memop } from './address.ts';
import type { Ctx } from './context.ts';
import type { Size } from './emit.ts';
import type { Handler, HandlersOf } from './handler.ts';
import { isMem, sizeOf } from './operands.ts';
import { checkAlignment, fpuOperand, loadAs, loadTen, noteLast, startFpu } from './x87-common.ts';
import { fldRegister, fstRegister, fstpRegister } from './x87.ts';

const H = {
  fldF32: helperId('fpu_fld_f32'), fldF64: helperId('fpu_fld_f64'), fldF80: helperId('fpu_fld_f80'), fild: helperId('fpu_fild'), fbld: helperId('fpu_fbld'),
  fstF32: helperId('fpu_fst_f32'), fstF64: helperId('fpu_fst_f64'), fstpF80: helperId('fpu_fstp_f80'), fist: helperId('fpu_fist'), fbstp: helperId('fpu_fbstp'),
} as const;
/** Bytes of an 80-bit operand. */
const TEN = 10;

function fld(c: Ctx): void {
  if (!isMem(c, 0)) {
    fldRegister(c);
    return;
  }
  if (!startFpu(c)) return;
  const size = c.insn.opSizes[0]!;
  const operand = fpuOperand(c, size, false);
  if (size === TEN) {
    const { low, high } = loadTen(c, operand);
    c.b.call(H.fldF80, -1, [low, high]);
  } else if (size === 8) {
    c.b.call(H.fldF64, -1, [loadAs(c, Type.i64, operand.address, memop(c, 8))]);
  } else {
    c.b.call(H.fldF32, -1, [loadAs(c, Type.i32, operand.address, memop(c, 4))]);
  }
  noteLast(c, operand);
}

function fild(c: Ctx): void {
  if (!startFpu(c)) return;
  const size = sizeOf(c, 0);
  const operand = fpuOperand(c, size, false);
  c.b.call(H.fild, -1, [loadAs(c, Type.i64, operand.address, memop(c, size) | (size === 8 ? 0 : MO_SIGN))]);
  noteLast(c, operand);
}

function fbld(c: Ctx): void {
  if (!startFpu(c)) return;
  const operand = fpuOperand(c, TEN, false);
  const { low, high } = loadTen(c, operand);
  c.b.call(H.fbld, -1, [low, high]);
  noteLast(c, operand);
}

/** A store by a helper of (address, mmu, …). `aligned`: what #AC wants. */
function storeBy(c: Ctx, helper: number, size: number, aligned: Size, more: readonly Temp[]): void {
  if (!startFpu(c)) return;
  const operand = fpuOperand(c, size, true);
  checkAlignment(c, operand.address, aligned, true);
  c.b.call(helper, -1, [c.toI64(operand.address), c.k32(c.mmu), ...more]);
  noteLast(c, operand);
}

const fst = (pops: 0 | 1, register: Handler): Handler => (c) => {
  const size = c.insn.opSizes[0]!;
  if (!isMem(c, 0)) register(c);
  else if (size === TEN) storeBy(c, H.fstpF80, TEN, 8, []);
  else storeBy(c, size === 8 ? H.fstF64 : H.fstF32, size, size as Size, [c.k32(pops)]);
};

const fist = (truncates: 0 | 1, pops: 0 | 1): Handler => (c) => {
  const size = sizeOf(c, 0);
  storeBy(c, H.fist, size, size, [c.k32(size), c.k32(truncates), c.k32(pops)]);
};

export const X87_MEMORY = {
  fld, fst: fst(0, fstRegister), fstp: fst(1, fstpRegister), fild, fist: fist(0, 0), fistp: fist(0, 1), fisttp: fist(1, 1), fbld,
  fbstp: (c) => storeBy(c, H.fbstp, TEN, 8, []),
} satisfies HandlersOf<'fld' | 'fst' | 'fstp' | 'fild' | 'fist' | 'fistp' | 'fisttp' | 'fbld' | 'fbstp'>;
