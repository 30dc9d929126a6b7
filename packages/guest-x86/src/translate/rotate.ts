/**
 * ROL, ROR, RCL, RCR, RORX. They change CF and OF only: an override of the lazy flags (state/cc-op.ts), which costs nothing when nobody asks.
 *
 * OF, undefined unless the count is 1, is as processors leave it: that of a rotation by one whatever the count; but ROL and ROR of a
 * register by an immediate other than 1 leave it alone, and so do RCL and RCR by a multiple of width + 1.
 */
import { Cond, Op, type Temp, Type } from '@wasm-tcg/ir';
import { helperId } from '../helpers/table.ts';
import { carryBit, overflowBit } from './cond.ts';
import type { Ctx } from './context.ts';
import type { Size } from './emit.ts';
import { overrideCarry, overrideCarryOverflow } from './flags.ts';
import type { Handler, HandlersOf } from './handler.ts';
import { isMem, openDest, read, sizeOf, storeDest, writeDest } from './operands.ts';
import { constantCount, variableCount } from './shift.ts';

const RCL = helperId('rcl');
const RCR = helperId('rcr');
const RCL64 = helperId('rcl64');
const RCR64 = helperId('rcr64');

/** Word with CF (bit 0 of `carry`) in bit 0 and OF (top bit of raw `overflow`) in bit 11. */
function overrideBits(c: Ctx, size: Size, carry: Temp, overflow: Temp): Temp {
  const from = size * 8 - 12;
  const placed = from > 0 ? c.shrI(overflow, from) : c.shlI(overflow, -from);
  return c.deposit(placed, carry, 0, 1);
}

/** CF and OF as they are, in the places of `overrideBits`. */
function presentBits(c: Ctx): Temp {
  return c.or(carryBit(c), c.shlI(overflowBit(c), 11));
}

/** Memory result, flags unless `effective` (a count; −1: not zero) is zero, register result. */
function finish(c: Ctx, r: Temp, bits: Temp, effective: Temp): void {
  storeDest(c, r);
  overrideCarryOverflow(c, effective < 0 ? bits : c.movcond(c.W, Cond.ne, effective, c.k(0), bits, presentBits(c)));
  writeDest(c, r);
}

/** Rotated value, raw. Bytes and words are repeated to 32 bits first. */
function rotated(c: Ctx, op: number, size: Size, a: Temp, count: Temp): Temp {
  if (size === 8) return c.binary(op, Type.i64, a, count);
  let value = c.toI32(size === 4 ? a : c.zext(a, size));
  if (size < 4) value = c.binary(Op.mul, Type.i32, value, c.k32(size === 1 ? 0x01010101 : 0x00010001));
  return c.fromI32(c.binary(op, Type.i32, value, c.toI32(count)));
}

const rotate = (left: boolean): Handler => (c) => {
  const size = sizeOf(c, 0);
  const constant = constantCount(c, 1);
  const a = openDest(c);
  if (constant === 0) {
    storeDest(c, a);
    writeDest(c, a);
    return;
  }
  const count = constant < 0 ? variableCount(c) : c.k(constant);
  const r = rotated(c, left ? Op.rotl : Op.rotr, size, a, count);
  const top = size * 8 - 1;
  const carry = left ? r : c.shrI(r, top);
  if (constant > 1 && !isMem(c, 0)) {
    overrideCarry(c, c.andI(carry, 1));
    writeDest(c, r);
    return;
  }
  const bits = overrideBits(c, size, carry, c.xor(a, c.shlI(a, left ? 1 : top)));
  finish(c, r, bits, constant < 0 ? count : -1);
};

/** RCL and RCR by one: inline. */
function rotateCarryOnce(c: Ctx, left: boolean, size: Size): void {
  const a = openDest(c);
  const carry = carryBit(c);
  const top = size * 8 - 1;
  if (left) {
    finish(c, c.or(c.shlI(a, 1), carry), overrideBits(c, size, c.shrI(a, top), c.xor(a, c.shlI(a, 1))), -1);
  } else {
    const r = c.or(c.shrI(c.zext(a, size), 1), c.shlI(carry, top));
    finish(c, r, overrideBits(c, size, a, c.xor(a, c.shlI(carry, top))), -1);
  }
}

/** Result and carry out (bit 0) of RCL, RCR of up to 32 bits. */
function rotateCarry32(c: Ctx, left: boolean, size: Size, count: Temp): void {
  const bits = size * 8;
  const a = openDest(c);
  const carry = carryBit(c);
  const both = c.tb.newLocal(Type.i64);
  c.b.call(left ? RCL : RCR, both, [c.toI64(a), c.toI32(carry), c.toI32(count), c.k32(bits)]);
  const high = c.tb.newLocal(Type.i32);
  c.b.trunch(high, both);
  const overflow = c.xor(a, left ? c.shlI(a, 1) : c.shlI(carry, bits - 1));
  const effective = size < 4 ? c.binary(Op.remu, c.W, count, c.k(bits + 1)) : count;
  finish(c, c.fromI64(both), overrideBits(c, size, c.fromI32(high), overflow), effective);
}

function rotateCarry64(c: Ctx, left: boolean, count: Temp): void {
  const a = openDest(c);
  const carry = carryBit(c);
  const turned = c.word();
  c.b.call(left ? RCL64 : RCR64, turned, [a, c.toI32(carry), c.toI32(count)]);
  const r = c.movcond(c.W, Cond.ne, count, c.k(0), turned, a);
  const out = c.shr(a, left ? c.neg(count) : c.addI(count, -1));
  finish(c, r, overrideBits(c, 8, out, c.xor(a, left ? c.shlI(a, 1) : c.shlI(carry, 63))), count);
}

const rotateCarry = (left: boolean): Handler => (c) => {
  const size = sizeOf(c, 0);
  const constant = constantCount(c, 1);
  if (constant === 1) {
    rotateCarryOnce(c, left, size);
    return;
  }
  const count = constant < 0 ? variableCount(c) : c.k(constant);
  if (size === 8) rotateCarry64(c, left, count);
  else rotateCarry32(c, left, size, count);
};

/** RORX: no flags. */
function rorx(c: Ctx): void {
  const size = sizeOf(c, 0);
  writeDest(c, rotated(c, Op.rotr, size, read(c, 1), c.k(c.insn.imm & (size * 8 - 1))));
}

export const ROTATE = {
  rol: rotate(true), ror: rotate(false), rcl: rotateCarry(true), rcr: rotateCarry(false), rorx,
} satisfies HandlersOf<'rol' | 'ror' | 'rcl' | 'rcr' | 'rorx'>;
