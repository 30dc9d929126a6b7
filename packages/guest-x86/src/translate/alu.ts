/**
 * Arithmetic and logic of two operands, and of one: ADD … CMP, TEST, INC, DEC, NEG, NOT, XADD, CMPXCHG.
 */
import { Cond, Op } from '@wasm-tcg/ir';
import { CcKind } from '../state/cc-op.ts';
import { carryBit } from './cond.ts';
import { G, type Ctx } from './context.ts';
import { setAdc, setAdd, setLogic, setPair, setSbb, setSub } from './flags.ts';
import type { Handler, HandlersOf } from './handler.ts';
import { isMem, openDest, read, sizeOf, storeDest, writeDest, writeReg } from './operands.ts';

function add(c: Ctx): void {
  const b = read(c, 1);
  const r = c.add(openDest(c), b);
  storeDest(c, r);
  setAdd(c, sizeOf(c, 0), r, b);
  writeDest(c, r);
}

function sub(c: Ctx): void {
  const b = read(c, 1);
  const a = openDest(c);
  const r = c.sub(a, b);
  storeDest(c, r);
  setSub(c, sizeOf(c, 0), r, isMem(c, 0) ? a : -1, b);
  writeDest(c, r);
}

function cmp(c: Ctx): void {
  const a = read(c, 0);
  const b = read(c, 1);
  setSub(c, sizeOf(c, 0), c.sub(a, b), a, b);
}

function adc(c: Ctx): void {
  const b = read(c, 1);
  const carry = c.copy(carryBit(c));
  const r = c.add(c.add(openDest(c), b), carry);
  storeDest(c, r);
  setAdc(c, sizeOf(c, 0), r, b, carry);
  writeDest(c, r);
}

function sbb(c: Ctx): void {
  const b = read(c, 1);
  const carry = c.copy(carryBit(c));
  const r = c.sub(c.sub(openDest(c), b), carry);
  storeDest(c, r);
  setSbb(c, sizeOf(c, 0), r, b, carry);
  writeDest(c, r);
}

const logic = (op: number): Handler => (c) => {
  const b = read(c, 1);
  const r = c.binary(op, c.W, openDest(c), b);
  storeDest(c, r);
  setLogic(c, sizeOf(c, 0), r);
  writeDest(c, r);
};

/** Register with itself: is operand 1 the same register as operand 0? */
function sameRegister(c: Ctx): boolean {
  const { opKinds, opRegs } = c.insn;
  return opKinds[0] === opKinds[1] && !isMem(c, 0) && opRegs[0] === opRegs[1];
}

function xor(c: Ctx): void {
  if (!sameRegister(c)) {
    logic(Op.xor)(c);
    return;
  }
  // The idiom for zero depends on nothing.
  setLogic(c, sizeOf(c, 0), c.k(0));
  writeDest(c, c.k(0));
}

function test(c: Ctx): void {
  if (sameRegister(c)) {
    setLogic(c, sizeOf(c, 0), read(c, 0));
    return;
  }
  const a = read(c, 0);
  setLogic(c, sizeOf(c, 0), c.and(a, read(c, 1)));
}

/** INC and DEC: CF stays. */
const step = (kind: CcKind, by: number): Handler => (c) => {
  const carry = carryBit(c);
  const r = c.addI(openDest(c), by);
  storeDest(c, r);
  setPair(c, kind, sizeOf(c, 0), r, carry);
  writeDest(c, r);
};

function neg(c: Ctx): void {
  const b = openDest(c);
  const r = c.neg(b);
  storeDest(c, r);
  setSub(c, sizeOf(c, 0), r, c.k(0), b);
  writeDest(c, r);
}

function not(c: Ctx): void {
  const r = c.not(openDest(c));
  storeDest(c, r);
  writeDest(c, r);
}

/** XADD: the register gets the old destination; with one register twice the sum stays. */
function xadd(c: Ctx): void {
  const b = c.copy(read(c, 1));
  const a = c.copy(openDest(c));
  const r = c.add(a, b);
  storeDest(c, r);
  setAdd(c, sizeOf(c, 0), r, b);
  writeReg(c, 1, a);
  writeDest(c, r);
}

/**
 * CMPXCHG: equal: the destination gets the source; else the accumulator gets the destination, which memory gets back. The upper half of a
 * 64-bit register changes only with its lower half.
 */
function cmpxchg(c: Ctx): void {
  const size = sizeOf(c, 0);
  const source = c.copy(read(c, 1));
  const expected = c.copy(c.zext(G.rax, size));
  const raw = c.copy(openDest(c));
  const old = isMem(c, 0) ? raw : c.zext(raw, size);
  if (isMem(c, 0)) storeDest(c, c.movcond(c.W, Cond.eq, old, expected, source, old));
  setSub(c, size, c.sub(expected, old), expected, old);
  const half = size === 4 && c.wide;
  if (half) c.writeGprClean(G.rax, 4, c.movcond(c.W, Cond.eq, old, expected, G.rax, old));
  else c.writeGpr(G.rax, size, old);
  if (isMem(c, 0)) return;
  const result = c.movcond(c.W, Cond.eq, old, expected, half ? c.zext(source, 4) : source, raw);
  if (half) c.writeGprClean(c.insn.opRegs[0]!, 4, result);
  else writeDest(c, result);
}

export const ALU = {
  add, sub, cmp, adc, sbb, xor, test, neg, not, xadd, cmpxchg,
  and: logic(Op.and),
  or: logic(Op.or),
  inc: step(CcKind.inc, 1),
  dec: step(CcKind.dec, -1),
} satisfies HandlersOf<'add' | 'sub' | 'cmp' | 'adc' | 'sbb' | 'xor' | 'test' | 'neg' | 'not' | 'xadd' | 'cmpxchg' | 'and' | 'or' | 'inc' | 'dec'>;
