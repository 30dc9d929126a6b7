/**
 * Bit tests and scans, counts, BMI1 and BMI2 without the shifts, CRC32.
 */
import { Cond, Op, type Temp, Type } from '@wasm-tcg/ir';
import { OperandKind } from '../decode/index.ts';
import { helperId } from '../helpers/table.ts';
import { CcKind } from '../state/cc-op.ts';
import { effectiveAddress, linear, load } from './address.ts';
import type { Ctx } from './context.ts';
import type { Size } from './emit.ts';
import { overrideCarry, setLogic, setPair } from './flags.ts';
import type { Handler, HandlersOf } from './handler.ts';
import { isMem, openAt, openDest, read, readZext, sizeOf, storeOpen, writeDest, writeReg } from './operands.ts';

const PDEP = helperId('pdep');
const PEXT = helperId('pext');
const CRC32 = helperId('crc32');

const BitOp = { test: 0, set: 1, reset: 2, complement: 3 } as const;
type BitOp = (typeof BitOp)[keyof typeof BitOp];

/** Address of the unit that holds a bit: with a register offset the bit string reaches ± 2^(size·8−1) bits around the operand. */
function bitAddress(c: Ctx, size: Size, write: boolean): Temp {
  let offset = effectiveAddress(c);
  if (c.insn.opKinds[1] === OperandKind.Gpr) {
    const unit = c.sar(c.sext(read(c, 1), size), c.k(Math.log2(size * 8)));
    offset = c.zext(c.add(offset, c.shlI(unit, Math.log2(size))), c.insn.addrSize);
  }
  return linear(c, c.insn.seg, offset, size, write);
}

/** BT, BTS, BTR, BTC: CF is the bit, the other flags stay. */
const bitTest = (op: BitOp): Handler => (c) => {
  const size = sizeOf(c, 0);
  const bits = size * 8;
  const immediate = c.insn.opKinds[1] === OperandKind.Imm;
  const n = immediate ? c.k(c.insn.imm & (bits - 1)) : c.extract(read(c, 1), 0, Math.log2(bits));
  let value: Temp;
  if (!isMem(c, 0)) value = openDest(c);
  else if (op === BitOp.test) value = load(c, bitAddress(c, size, false), size);
  else value = openAt(c, bitAddress(c, size, true), size);
  const carry = c.andI(c.shr(value, n), 1);
  let r: Temp = -1;
  if (op !== BitOp.test) {
    const bit = c.shl(c.k(1), n);
    r = op === BitOp.set ? c.or(value, bit) : op === BitOp.reset ? c.andc(value, bit) : c.xor(value, bit);
    if (isMem(c, 0)) storeOpen(c, r, size);
  }
  overrideCarry(c, carry);
  if (r >= 0) writeDest(c, r);
};

/** Trailing zeros of a zero-extended value; the operand's width for zero. */
function trailing(c: Ctx, value: Temp, size: Size): Temp {
  const bounded = size === c.wordSize ? value : c.or(value, c.k(2 ** (size * 8)));
  return c.unary(Op.ctz, c.W, bounded);
}

/** Leading zeros of a zero-extended value. */
function leading(c: Ctx, value: Temp, size: Size): Temp {
  return c.addI(c.unary(Op.clz, c.W, value), size * 8 - c.wordBits);
}

/**
 * BSF, BSR: a zero source leaves the destination, upper half included. ZF says so; PF is that of the index, the rest is zero: as
 * those of a word that is 0, or else the index with bit 8 set.
 */
const scan = (reverse: boolean): Handler => (c) => {
  const size = sizeOf(c, 1);
  const value = readZext(c, 1);
  const zero = c.k(0);
  const index = reverse ? c.sub(c.k(size * 8 - 1), leading(c, value, size)) : trailing(c, value, size);
  const reg = c.insn.opRegs[0]!;
  const result = c.movcond(c.W, Cond.ne, value, zero, index, reg);
  setLogic(c, 4, c.movcond(c.W, Cond.ne, value, zero, c.or(index, c.k(0x100)), zero));
  c.writeGprClean(reg, size, result);
};

/** TZCNT, LZCNT: CF for a zero source. */
const count = (leadingZeros: boolean): Handler => (c) => {
  const size = sizeOf(c, 1);
  const value = readZext(c, 1);
  const r = leadingZeros ? leading(c, value, size) : trailing(c, value, size);
  setPair(c, CcKind.bits, size, r, c.setcond(c.W, Cond.eq, value, c.k(0)));
  c.writeGprClean(c.insn.opRegs[0]!, size, r);
};

function popcnt(c: Ctx): void {
  const size = sizeOf(c, 1);
  const r = c.unary(Op.ctpop, c.W, readZext(c, 1));
  setPair(c, CcKind.bits, size, r, c.k(0));
  c.writeGprClean(c.insn.opRegs[0]!, size, r);
}

function andn(c: Ctx): void {
  const r = c.andc(read(c, 2), read(c, 1));
  setPair(c, CcKind.bits, sizeOf(c, 0), r, c.k(0));
  writeDest(c, r);
}

/** The lowest `n` bits as a mask; all ones from the word's width on. */
function lowMask(c: Ctx, n: Temp): Temp {
  const mask = c.addI(c.shl(c.k(1), n), -1);
  return c.movcond(c.W, Cond.ltu, n, c.k(c.wordBits), mask, c.k(-1));
}

/** BEXTR: start in bits 7–0 of the control, length in bits 15–8. */
function bextr(c: Ctx): void {
  const value = readZext(c, 1);
  const control = read(c, 2);
  const start = c.extract(control, 0, 8);
  const moved = c.movcond(c.W, Cond.ltu, start, c.k(c.wordBits), c.shr(value, start), c.k(0));
  const r = c.and(moved, lowMask(c, c.extract(control, 8, 8)));
  setPair(c, CcKind.bits, sizeOf(c, 0), r, c.k(0));
  writeDest(c, r);
}

/** BZHI: CF when the index lies beyond the operand. */
function bzhi(c: Ctx): void {
  const size = sizeOf(c, 0);
  const value = read(c, 1);
  const index = c.extract(read(c, 2), 0, 8);
  const r = c.and(value, lowMask(c, index));
  setPair(c, CcKind.bits, size, r, c.setcond(c.W, Cond.gtu, index, c.k(size * 8 - 1)));
  writeDest(c, r);
}

/** BLSR, BLSMSK, BLSI. */
const lowest = (op: number, carryOnZero: boolean): Handler => (c) => {
  const size = sizeOf(c, 0);
  const value = readZext(c, 1);
  const other = op === -1 ? c.neg(value) : c.addI(value, -1);
  const r = c.binary(op === -1 ? Op.and : op, c.W, value, other);
  setPair(c, CcKind.bits, size, r, c.setcond(c.W, carryOnZero ? Cond.eq : Cond.ne, value, c.k(0)));
  writeDest(c, r);
};

const deposit = (helper: number): Handler => (c) => {
  const mask = c.toI64(readZext(c, 2));
  const r = c.tb.newLocal(Type.i64);
  c.b.call(helper, r, [c.toI64(readZext(c, 1)), mask]);
  writeDest(c, c.fromI64(r));
};

function crc32(c: Ctx): void {
  const data = c.toI64(readZext(c, 1));
  const r = c.tb.newLocal(Type.i32);
  c.b.call(CRC32, r, [c.toI32(read(c, 0)), data, c.k32(sizeOf(c, 1))]);
  writeReg(c, 0, c.fromI32(r));
}

export const BITS = {
  bt: bitTest(BitOp.test), bts: bitTest(BitOp.set), btr: bitTest(BitOp.reset), btc: bitTest(BitOp.complement),
  bsf: scan(false), bsr: scan(true), tzcnt: count(false), lzcnt: count(true), popcnt,
  andn, bextr, bzhi,
  blsr: lowest(Op.and, true), blsmsk: lowest(Op.xor, true), blsi: lowest(-1, false),
  pdep: deposit(PDEP), pext: deposit(PEXT), crc32,
} satisfies HandlersOf<
  | 'bt' | 'bts' | 'btr' | 'btc' | 'bsf' | 'bsr' | 'tzcnt' | 'lzcnt' | 'popcnt' | 'andn' | 'bextr' | 'bzhi' | 'blsr' | 'blsmsk' | 'blsi' | 'pdep' | 'pext' | 'crc32'
>;
