/**
 * SHL, SHR, SAR, SHLD, SHRD by constant and variable counts.
 *
 * The count is taken mod 32, or mod 64 for 64-bit operands. A count of zero changes no flag: where it is not known, each word of the
 * lazy flags is chosen by a `movcond`, and cc_op becomes dynamic (unless it was the same already). A zero count still writes the
 * destination: a 32-bit register is zero-extended.
 */
import { Cond, Op, type Temp, Type } from '@wasm-tcg/ir';
import { OperandKind } from '../decode/index.ts';
import { CcKind, ccOp } from '../state/cc-op.ts';
import { CC_DYNAMIC, G, type Ctx } from './context.ts';
import type { Size } from './emit.ts';
import { setShift } from './flags.ts';
import type { Handler, HandlersOf } from './handler.ts';
import { openDest, read, sizeOf, storeDest, writeDest } from './operands.ts';

/** The count of operand `i`: a constant, or −1 when it is CL. */
export function constantCount(c: Ctx, i: number): number {
  const kind = c.insn.opKinds[i];
  if (kind === OperandKind.Gpr) return -1;
  const n = kind === OperandKind.One ? 1 : c.insn.imm;
  return n & (sizeOf(c, 0) === 8 ? 63 : 31);
}

/** CL as the processor masks it, as a word local. */
export function variableCount(c: Ctx): Temp {
  return c.extract(G.rcx, 0, sizeOf(c, 0) === 8 ? 6 : 5);
}

/** Set the flags of a shift by `count` unless it is zero. All operands are values of this instruction, not globals to be written. */
function setShiftUnlessZero(c: Ctx, kind: CcKind, size: Size, count: Temp, dst: Temp, src: Temp, src2: Temp): void {
  const zero = c.k(0);
  const { b, W } = c;
  b.movcond(W, G.cc_dst, count, zero, dst, G.cc_dst, Cond.ne);
  b.movcond(W, G.cc_src, count, zero, src, G.cc_src, Cond.ne);
  b.movcond(W, G.cc_src2, count, zero, src2, G.cc_src2, Cond.ne);
  const op = ccOp(kind, size);
  if (c.ccOp === op) return;
  const old = c.ccOp === CC_DYNAMIC ? G.cc_op : c.k32(c.ccOp);
  b.movcond(Type.i32, G.cc_op, c.toI32(count), c.k32(0), c.k32(op), old, Cond.ne);
  c.setCcDynamic();
}

/** Flags, then the destination. */
function finish(c: Ctx, kind: CcKind, constant: number, count: Temp, r: Temp, src: Temp, src2: Temp): void {
  const size = sizeOf(c, 0);
  storeDest(c, r);
  if (constant < 0) setShiftUnlessZero(c, kind, size, count, r, src, src2);
  else if (constant > 0) setShift(c, kind, size, r, src, src2);
  writeDest(c, r);
}

/** The three plain shifts. `op` works on a word that `widen` has made of the operand. */
const plain = (op: number, kind: CcKind): Handler => (c) => {
  const size = sizeOf(c, 0);
  const constant = constantCount(c, 1);
  const count = constant < 0 ? variableCount(c) : c.k(constant);
  const raw = openDest(c);
  const a = op === Op.shl ? raw : op === Op.shr ? c.zext(raw, size) : c.sext(raw, size);
  const r = constant === 0 ? a : c.binary(op, c.W, a, count);
  // The value shifted by one less has the carry at its edge.
  const src = constant === 1 ? a : c.binary(op, c.W, a, constant < 0 ? c.addI(count, -1) : c.k(constant - 1));
  finish(c, kind, constant, count, r, src, op === Op.sar ? c.k(0) : raw);
};

/** SHLD and SHRD of words shift through a:b:a, so that counts above 16 are what processors make of them. */
function doubleWord16(c: Ctx, left: boolean, constant: number, count: Temp, a: Temp, b: Temp): void {
  const I64 = Type.i64;
  const k = (n: number): Temp => c.tb.constI64(n);
  const az = c.toI64(c.zext(a, 2));
  const high = c.binary(Op.shl, I64, az, k(32));
  const middle = c.binary(Op.shl, I64, c.toI64(c.zext(b, 2)), k(16));
  const all = c.binary(Op.or, I64, c.binary(Op.or, I64, high, middle), az);
  const shift = (n: Temp): Temp => {
    const moved = c.binary(left ? Op.shl : Op.shr, I64, all, n);
    return c.fromI64(left ? c.binary(Op.shr, I64, moved, k(32)) : moved);
  };
  const n = c.toI64(count);
  const r = shift(n);
  const src = shift(c.binary(Op.add, I64, n, k(-1)));
  finish(c, left ? CcKind.shl : CcKind.shr, constant, count, r, src, left ? a : c.xor(a, c.shlI(b, 15)));
}

/** SHLD and SHRD: bits of operand 1 come in from the other side. */
const double = (left: boolean): Handler => (c) => {
  const size = sizeOf(c, 0);
  const constant = constantCount(c, 2);
  const count = constant < 0 ? variableCount(c) : c.k(constant);
  const b = read(c, 1);
  const a = openDest(c);
  if (size === 2) {
    doubleWord16(c, left, constant, count, a, b);
    return;
  }
  const bits = size * 8;
  const before = c.addI(count, -1);
  // Two steps: a shift by all bits would be none.
  const rest = c.xorI(count, bits - 1);
  const az = left ? a : c.zext(a, size);
  const bz = left ? c.zext(b, size) : b;
  const own = left ? c.shl(az, count) : c.shr(az, count);
  const incoming = left ? c.shr(c.shrI(bz, 1), rest) : c.shl(c.shlI(bz, 1), rest);
  const src = left ? c.shl(az, before) : c.shr(az, before);
  finish(c, left ? CcKind.shl : CcKind.shr, constant, count, c.or(own, incoming), src, left ? a : c.xor(a, c.shlI(b, bits - 1)));
};

/** SARX, SHLX, SHRX: operand 1 by operand 2, no flags. */
const withoutFlags = (op: number): Handler => (c) => {
  const size = sizeOf(c, 0);
  const raw = read(c, 1);
  const a = op === Op.shl ? raw : op === Op.shr ? c.zext(raw, size) : c.sext(raw, size);
  const count = c.extract(read(c, 2), 0, size === 8 ? 6 : 5);
  writeDest(c, c.binary(op, c.W, a, count));
};

export const SHIFT = {
  shl: plain(Op.shl, CcKind.shl),
  shr: plain(Op.shr, CcKind.shr),
  sar: plain(Op.sar, CcKind.shr),
  shld: double(true),
  shrd: double(false),
  sarx: withoutFlags(Op.sar),
  shlx: withoutFlags(Op.shl),
  shrx: withoutFlags(Op.shr),
} satisfies HandlersOf<'shl' | 'shr' | 'sar' | 'shld' | 'shrd' | 'sarx' | 'shlx' | 'shrx'>;
