/**
 * x87 loads and stores: FLD, FST, FILD, FIST, FISTTP, FBLD, FBSTP. Normal numbers and zeros are converted here, the rest is the helpers': a store by a helper comes
 * before it changes anything.
 */
import { Cond, MO_SIGN, MO_32, Op, type Temp, Type } from '@wasm-tcg/ir';
import { helperId } from '../helpers/table.ts';
import { FpuStatus } from '../state/fpu.ts';
import { memop } from './address.ts';
import type { Ctx } from './context.ts';
import type { Size } from './emit.ts';
import type { Handler, HandlersOf } from './handler.ts';
import { isMem, sizeOf } from './operands.ts';
import { type FpuOperand, checkAlignment, fpuOperand, loadAs, loadTen, noteLast, startFpu, stateAt } from './x87-common.ts';
import { type DirectWay, bothWays, forgetStack, loadHead, loadSignificand, needFull, needRoom, pop, push, setStatus, storeParts } from './x87-stack.ts';
import { fldRegister, fstRegister, fstpRegister } from './x87.ts';

const H = {
  fldF32: helperId('fpu_fld_f32'), fldF64: helperId('fpu_fld_f64'), fldF80: helperId('fpu_fld_f80'), fild: helperId('fpu_fild'), fbld: helperId('fpu_fbld'),
  fstF32: helperId('fpu_fst_f32'), fstF64: helperId('fpu_fst_f64'), fstpF80: helperId('fpu_fstp_f80'), fist: helperId('fpu_fist'), fbstp: helperId('fpu_fbstp'),
  quickInteger: helperId('fpu_quick_integer'),
} as const;
/** Bytes of an 80-bit operand. */
const TEN = 10;
const BIAS = 0x3fff;
const EXPONENT = 0x7fff;
/** RC and the mask of PE in the control word; PE masked, to nearest. */
const CONTROL_MASK = 0xc20;
const CONTROL_USUAL = 0x20;
/** C1 of the status word by position. */
const C1_SHIFT = 9;
/** What `fpu_quick_integer` gives for other than usual cases, upper half. */
const NO_INTEGER = 0x8000_0000;

const i64 = (c: Ctx, op: number, a: Temp, b: Temp): Temp => c.binary(op, Type.i64, a, b);
const k64 = (c: Ctx, value: number): Temp => c.tb.constI64(value);
/** 2^63. */
const integerBit = (c: Ctx): Temp => c.tb.constant(Type.i64, 0, 0x8000_0000 | 0);

/** What is pushed. */
const NEXT = [-1] as const;

/** How a format lies in its bits. */
interface Format {
  readonly fieldBits: number;
  /** Of the fraction. */
  readonly bits: number;
}
const F32: Format = { fieldBits: 8, bits: 23 };
const F64: Format = { fieldBits: 11, bits: 52 };
const biasOf = ({ fieldBits }: Format): number => (1 << (fieldBits - 1)) - 1;

// ---- loads ------------------------------------------------------------------------------------------------------------------------------

/** Push the value of f32 or f64 bits (i64, zero-extended). */
function pushFloat(c: Ctx, way: DirectWay, format: Format, bits: Temp): void {
  const next = way.st[0]!;
  needRoom(c, way, next);
  const [other, done] = [c.tb.newLabel(), c.tb.newLabel()];
  const field = c.tb.newLocal(Type.i64);
  c.b.extract(Type.i64, field, bits, format.bits, format.fieldBits);
  const sign = i64(c, Op.and, i64(c, Op.shr, bits, k64(c, format.bits + format.fieldBits - 15)), k64(c, 0x8000));
  c.b.brcond(Type.i64, i64(c, Op.sub, field, k64(c, 1)), k64(c, (1 << format.fieldBits) - 2), Cond.geu, other);
  const head = i64(c, Op.or, i64(c, Op.add, field, k64(c, BIAS - biasOf(format))), sign);
  storeParts(c, next, head, i64(c, Op.or, i64(c, Op.shl, bits, k64(c, 63 - format.bits)), integerBit(c)));
  c.b.br(done);
  c.label(other);
  c.b.brcond(Type.i64, i64(c, Op.shl, bits, k64(c, 64 - format.bits - format.fieldBits)), k64(c, 0), Cond.ne, way.exact);
  storeParts(c, next, sign, k64(c, 0));
  c.label(done);
  setStatus(c);
  push(c, next);
}

function fld(c: Ctx): void {
  if (!isMem(c, 0)) {
    fldRegister(c);
    return;
  }
  if (!startFpu(c)) return;
  const size = c.insn.opSizes[0]!;
  const operand = fpuOperand(c, size, false);
  if (size === TEN) {
    loadExtended(c, operand);
    return;
  }
  const bits = loadAs(c, Type.i64, operand.address, memop(c, size as Size));
  bothWays(c, {
    st: NEXT,
    direct: (way) => pushFloat(c, way, size === 8 ? F64 : F32, bits),
    exact: () => {
      if (size === 8) c.b.call(H.fldF64, -1, [bits]);
      else c.b.call(H.fldF32, -1, [narrow(c, bits)]);
    },
    last: () => noteLast(c, operand),
  });
}

function narrow(c: Ctx, a: Temp): Temp {
  const d = c.tb.newLocal(Type.i32);
  c.b.trunc(d, a);
  return d;
}

function extend(c: Ctx, a: Temp): Temp {
  const d = c.tb.newLocal(Type.i64);
  c.b.extu(d, a);
  return d;
}

/** FLD m80 takes any pattern as it is. */
function loadExtended(c: Ctx, operand: FpuOperand): void {
  const { low, high } = loadTen(c, operand);
  bothWays(c, {
    st: NEXT,
    direct: (way) => {
      const next = way.st[0]!;
      needRoom(c, way, next);
      storeParts(c, next, extend(c, high), low);
      setStatus(c);
      push(c, next);
    },
    exact: () => c.b.call(H.fldF80, -1, [low, high]),
    last: () => noteLast(c, operand),
  });
}

/** Push a signed integer: the leading one of its magnitude moves to the top. */
function pushInteger(c: Ctx, way: DirectWay, value: Temp): void {
  const next = way.st[0]!;
  needRoom(c, way, next);
  const negative = i64(c, Op.sar, value, k64(c, 63));
  const magnitude = i64(c, Op.sub, i64(c, Op.xor, value, negative), negative);
  const shift = c.unary(Op.clz, Type.i64, magnitude);
  const sign = i64(c, Op.and, negative, k64(c, 0x8000));
  const head = i64(c, Op.or, i64(c, Op.sub, k64(c, BIAS + 63), shift), sign);
  const finite = c.tb.newLocal(Type.i64);
  c.b.movcond(Type.i64, finite, value, k64(c, 0), k64(c, 0), head, Cond.eq);
  storeParts(c, next, finite, i64(c, Op.shl, magnitude, shift));
  setStatus(c);
  push(c, next);
}

function fild(c: Ctx): void {
  if (!startFpu(c)) return;
  const size = sizeOf(c, 0);
  const operand = fpuOperand(c, size, false);
  const value = loadAs(c, Type.i64, operand.address, memop(c, size) | (size === 8 ? 0 : MO_SIGN));
  bothWays(c, { st: NEXT, direct: (way) => pushInteger(c, way, value), exact: () => c.b.call(H.fild, -1, [value]), last: () => noteLast(c, operand) });
}

function fbld(c: Ctx): void {
  if (!startFpu(c)) return;
  const operand = fpuOperand(c, TEN, false);
  const { low, high } = loadTen(c, operand);
  c.b.call(H.fbld, -1, [low, high]);
  forgetStack(c);
  noteLast(c, operand);
}

// ---- stores -----------------------------------------------------------------------------------------------------------------------------

/** A store: its operand's address is checked, and known to be aligned where it must be; `more` are the helper's arguments after (address, mmu). */
function storeBy(c: Ctx, helper: number, size: number, aligned: Size, more: readonly Temp[], direct?: (way: DirectWay, address: Temp) => void): void {
  if (!startFpu(c)) return;
  const operand = fpuOperand(c, size, true);
  checkAlignment(c, operand.address, aligned, true);
  const exact = (): void => c.b.call(helper, -1, [c.toI64(operand.address), c.k32(c.mmu), ...more]);
  const last = (): void => noteLast(c, operand);
  if (direct !== undefined) {
    bothWays(c, { st: [0], direct: (way) => direct(way, operand.address), exact, last });
    return;
  }
  exact();
  forgetStack(c);
  last();
}

/** Round ST(0) to nearest even and store it: zero, or a normal number that stays one, with PE masked. */
const storeFloat = (c: Ctx, format: Format, pops: 0 | 1) => (way: DirectWay, address: Temp): void => {
  const top = way.st[0]!;
  needFull(c, way, top);
  const head = extend(c, loadHead(c, top));
  const significand = loadSignificand(c, top);
  const exponent = i64(c, Op.and, head, k64(c, EXPONENT));
  const field = i64(c, Op.sub, exponent, k64(c, BIAS - biasOf(format)));
  const sign = i64(c, Op.shl, i64(c, Op.shr, head, k64(c, 15)), k64(c, format.bits + format.fieldBits));
  const [other, rounded] = [c.tb.newLabel(), c.tb.newLabel()];
  const result = c.tb.newLocal(Type.i64);
  const flags = c.tb.newLocal(Type.i32);
  // One below the greatest exponent, so that rounding up stays finite.
  c.b.brcond(Type.i64, i64(c, Op.sub, field, k64(c, 1)), k64(c, (1 << format.fieldBits) - 3), Cond.geu, other);
  c.b.brcond(Type.i64, significand, k64(c, 0), Cond.ge, way.exact);
  const control = c.tb.newLocal(Type.i32);
  c.b.ld(Type.i32, control, c.tb.env, stateAt('fpControl'), MO_32);
  c.b.brcond(Type.i32, c.binary(Op.and, Type.i32, control, c.k32(CONTROL_MASK)), c.k32(CONTROL_USUAL), Cond.ne, way.exact);
  const dropped = 63 - format.bits;
  const rest = c.tb.newLocal(Type.i64);
  c.b.extract(Type.i64, rest, significand, 0, dropped);
  // 1 above a half, and at a half if what is kept is odd.
  const odd = c.tb.newLocal(Type.i64);
  c.b.extract(Type.i64, odd, significand, dropped, 1);
  const half = 2 ** (dropped - 1) - 1;
  const up = i64(c, Op.shr, i64(c, Op.add, i64(c, Op.add, rest, odd), c.tb.constant(Type.i64, half | 0, Math.floor(half / 2 ** 32))), k64(c, dropped));
  const fraction = c.tb.newLocal(Type.i64);
  c.b.extract(Type.i64, fraction, significand, dropped, format.bits);
  const magnitude = i64(c, Op.add, i64(c, Op.or, i64(c, Op.shl, field, k64(c, format.bits)), fraction), up);
  c.b.mov(Type.i64, result, i64(c, Op.or, magnitude, sign));
  const inexact = c.tb.newLocal(Type.i32);
  c.b.setcond(Type.i64, inexact, rest, k64(c, 0), Cond.ne);
  const precision = c.binary(Op.shl, Type.i32, inexact, c.k32(Math.log2(FpuStatus.PE)));
  c.b.mov(Type.i32, flags, c.binary(Op.or, Type.i32, precision, c.binary(Op.shl, Type.i32, narrow(c, up), c.k32(C1_SHIFT))));
  c.b.br(rounded);
  c.label(other);
  c.b.brcond(Type.i64, i64(c, Op.or, exponent, significand), k64(c, 0), Cond.ne, way.exact);
  c.b.mov(Type.i64, result, sign);
  c.b.mov(Type.i32, flags, c.k32(0));
  c.label(rounded);
  c.b.guest_st(Type.i64, address, result, memop(c, format === F64 ? 8 : 4), c.mmu);
  setStatus(c, flags);
  if (pops === 1) pop(c, top);
};

const fst = (pops: 0 | 1, register: Handler): Handler => (c) => {
  const size = c.insn.opSizes[0]!;
  if (!isMem(c, 0)) register(c);
  else if (size === TEN) storeBy(c, H.fstpF80, TEN, 8, []);
  else storeBy(c, size === 8 ? H.fstF64 : H.fstF32, size, size as Size, [c.k32(pops)], storeFloat(c, size === 8 ? F64 : F32, pops));
};

const storeInteger = (c: Ctx, size: Size, truncates: 0 | 1, pops: 0 | 1) => (way: DirectWay, address: Temp): void => {
  const top = way.st[0]!;
  needFull(c, way, top);
  const value = c.tb.newLocal(Type.i64);
  c.b.call(H.quickInteger, value, [top.cell, c.k32(size), c.k32(truncates)]);
  c.b.brcond(Type.i64, value, c.tb.constant(Type.i64, 0, NO_INTEGER | 0), Cond.eq, way.exact);
  const flags = c.tb.newLocal(Type.i32);
  c.b.ld(Type.i32, flags, c.tb.env, stateAt('scratch'), MO_32);
  c.b.guest_st(Type.i64, address, value, memop(c, size), c.mmu);
  setStatus(c, flags);
  if (pops === 1) pop(c, top);
};

const fist = (truncates: 0 | 1, pops: 0 | 1): Handler => (c) => {
  const size = sizeOf(c, 0);
  storeBy(c, H.fist, size, size, [c.k32(size), c.k32(truncates), c.k32(pops)], storeInteger(c, size, truncates, pops));
};

export const X87_MEMORY = {
  fld, fst: fst(0, fstRegister), fstp: fst(1, fstpRegister), fild, fist: fist(0, 0), fistp: fist(0, 1), fisttp: fist(1, 1), fbld,
  fbstp: (c) => storeBy(c, H.fbstp, TEN, 8, []),
} satisfies HandlersOf<'fld' | 'fst' | 'fstp' | 'fild' | 'fist' | 'fistp' | 'fisttp' | 'fbld' | 'fbstp'>;
