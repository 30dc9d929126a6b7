/** Logic, shifts, bit fields, and moves between integer widths. Wasm takes shift counts modulo the width, as the ops do. */
import { Type } from '@wasm-tcg/ir';
import { Op } from '../encoder/opcodes.ts';
import { direct, emit, INT, pair, pushInt, pushMask, swapBytes, widthOf } from './common.ts';
import type { LowerCtx, Lowering } from './context.ts';

const XOR = pair(Op.i32_xor, Op.i64_xor);
const SHR_S = pair(Op.i32_shr_s, Op.i64_shr_s);

/** Pushes the complement of what is on the stack. */
function complement(c: LowerCtx): void {
  pushInt(c, -1);
  emit(c, XOR);
}

/** a op ~b, or ~(a op b). */
function complemented(op: ReturnType<typeof pair>, whole: boolean): Lowering {
  return (c) => {
    c.outBegin(0);
    c.in(0);
    c.in(1);
    if (!whole) complement(c);
    emit(c, op);
    if (whole) complement(c);
    c.outEnd(0);
  };
}

const not: Lowering = (c) => {
  c.outBegin(0);
  c.in(0);
  complement(c);
  c.outEnd(0);
};

const bswap: Lowering = (c) => {
  c.outBegin(0);
  c.in(0);
  swapBytes(c, c.type, c.attr(0) >> 3);
  c.outEnd(0);
};

/** Pushes a dynamic attribute as a number of the op's type. */
function pushAttr(c: LowerCtx, i: number): void {
  c.pushAttr(i);
  if (c.type === Type.i64) c.f.op(Op.i64_extend_i32_u);
}

/** Shifts what is on the stack so that the field ends at the top bit, then down by the rest of the width. */
function dynamicField(c: LowerCtx, signed: boolean): void {
  const width = widthOf(c.type);
  pushInt(c, width);
  pushAttr(c, 0);
  c.f.op(c.type === Type.i64 ? Op.i64_sub : Op.i32_sub);
  pushAttr(c, 1);
  c.f.op(c.type === Type.i64 ? Op.i64_sub : Op.i32_sub);
  emit(c, INT.shl);
  pushInt(c, width);
  pushAttr(c, 1);
  c.f.op(c.type === Type.i64 ? Op.i64_sub : Op.i32_sub);
  emit(c, signed ? SHR_S : INT.shrU);
}

function field(signed: boolean, known: (c: LowerCtx, pos: number, len: number) => void): Lowering {
  return (c) => {
    c.outBegin(0);
    c.in(0);
    if (c.isDynamic(0)) dynamicField(c, signed);
    else known(c, c.attr(0), c.attr(1));
    c.outEnd(0);
  };
}

const extract = field(false, (c, pos, len) => {
  if (pos > 0) {
    pushInt(c, pos);
    emit(c, INT.shrU);
  }
  if (pos + len < widthOf(c.type)) {
    pushMask(c, len);
    emit(c, INT.and);
  }
});

const sextract = field(true, (c, pos, len) => {
  const width = widthOf(c.type);
  const wide = c.type === Type.i64;
  // extend8/16/32 sign-extend the low part, whatever is above it.
  if ((len === 8 || len === 16 || (len === 32 && wide)) && pos + len < width) {
    if (pos > 0) {
      pushInt(c, pos);
      emit(c, INT.shrU);
    }
    if (len === 8) c.f.op(wide ? Op.i64_extend8_s : Op.i32_extend8_s);
    else if (len === 16) c.f.op(wide ? Op.i64_extend16_s : Op.i32_extend16_s);
    else c.f.op(Op.i64_extend32_s);
    return;
  }
  if (pos + len < width) {
    pushInt(c, width - pos - len);
    emit(c, INT.shl);
  }
  if (len < width) {
    pushInt(c, width - len);
    emit(c, SHR_S);
  }
});

/** a ^ ((a ^ (b << pos)) & (mask << pos)), all of it computed. */
function dynamicDeposit(c: LowerCtx): void {
  const a = c.inLocal(0);
  c.outBegin(0);
  c.f.get(a).get(a);
  c.in(1);
  pushAttr(c, 0);
  emit(c, INT.shl);
  emit(c, XOR);
  // The mask of len bits without a shift by the width: all ones shifted down by width − len.
  pushInt(c, -1);
  pushInt(c, widthOf(c.type));
  pushAttr(c, 1);
  c.f.op(c.type === Type.i64 ? Op.i64_sub : Op.i32_sub);
  emit(c, INT.shrU);
  pushAttr(c, 0);
  emit(c, INT.shl);
  emit(c, INT.and);
  emit(c, XOR);
  c.outEnd(0);
}

const deposit: Lowering = (c) => {
  if (c.isDynamic(0)) {
    dynamicDeposit(c);
    return;
  }
  const pos = c.attr(0);
  const len = c.attr(1);
  const width = widthOf(c.type);
  c.outBegin(0);
  if (len < width) {
    // a without the field: a mask with a hole, unless the field reaches the top.
    c.in(0);
    pushMask(c, len);
    pushInt(c, pos);
    emit(c, pair(Op.i32_rotl, Op.i64_rotl));
    complement(c);
    emit(c, INT.and);
  }
  c.in(1);
  if (pos + len < width) {
    pushMask(c, len);
    emit(c, INT.and);
  }
  if (pos > 0) {
    pushInt(c, pos);
    emit(c, INT.shl);
  }
  if (len < width) emit(c, INT.or);
  c.outEnd(0);
};

const extract2: Lowering = (c) => {
  const width = widthOf(c.type);
  if (!c.isDynamic(0)) {
    const pos = c.attr(0);
    c.outBegin(0);
    if (pos === 0 || pos === width) {
      c.in(pos === 0 ? 0 : 1);
    } else {
      c.in(0);
      pushInt(c, pos);
      emit(c, INT.shrU);
      c.in(1);
      pushInt(c, width - pos);
      emit(c, INT.shl);
      emit(c, INT.or);
    }
    c.outEnd(0);
    return;
  }
  // pos < width: (a >> pos) | ((b << 1) << (width − 1 − pos)), where no count reaches the width; pos = width: b.
  const b = c.inLocal(1);
  c.outBegin(0);
  c.f.get(b);
  c.in(0);
  pushAttr(c, 0);
  emit(c, INT.shrU);
  c.f.get(b);
  pushInt(c, 1);
  emit(c, INT.shl);
  pushInt(c, width - 1);
  pushAttr(c, 0);
  c.f.op(c.type === Type.i64 ? Op.i64_sub : Op.i32_sub);
  emit(c, INT.shl);
  emit(c, INT.or);
  c.pushAttr(0);
  c.f.i32Const(width).op(Op.i32_eq).select();
  c.outEnd(0);
};

const trunch: Lowering = (c) => {
  c.outBegin(0);
  c.in(0);
  c.f.i64Const(32).op(Op.i64_shr_u).op(Op.i32_wrap_i64);
  c.outEnd(0);
};

const concat: Lowering = (c) => {
  c.outBegin(0);
  c.in(0);
  c.f.op(Op.i64_extend_i32_u);
  c.in(1);
  c.f.op(Op.i64_extend_i32_u).i64Const(32).op(Op.i64_shl).op(Op.i64_or);
  c.outEnd(0);
};

export const BITS = {
  and: direct(2, Op.i32_and, Op.i64_and),
  or: direct(2, Op.i32_or, Op.i64_or),
  xor: direct(2, Op.i32_xor, Op.i64_xor),
  not,
  andc: complemented(INT.and, false),
  orc: complemented(INT.or, false),
  eqv: complemented(XOR, true),
  shl: direct(2, Op.i32_shl, Op.i64_shl),
  shr: direct(2, Op.i32_shr_u, Op.i64_shr_u),
  sar: direct(2, Op.i32_shr_s, Op.i64_shr_s),
  rotl: direct(2, Op.i32_rotl, Op.i64_rotl),
  rotr: direct(2, Op.i32_rotr, Op.i64_rotr),
  clz: direct(1, Op.i32_clz, Op.i64_clz),
  ctz: direct(1, Op.i32_ctz, Op.i64_ctz),
  ctpop: direct(1, Op.i32_popcnt, Op.i64_popcnt),
  bswap,
  extract,
  sextract,
  deposit,
  extract2,
  extu: direct(1, Op.i64_extend_i32_u),
  exts: direct(1, Op.i64_extend_i32_s),
  trunc: direct(1, Op.i32_wrap_i64),
  trunch,
  concat,
};
BITS satisfies Record<string, Lowering>;
