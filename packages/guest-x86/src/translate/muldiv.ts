/**
 * MUL, IMUL, MULX, DIV, IDIV, ADCX, ADOX.
 *
 * Undefined flags of the multiplications are what CcKind.mul says; divisions leave all flags.
 */
import { Cond, Op, type Temp, Type } from '@wasm-tcg/ir';
import { CcKind } from '../state/cc-op.ts';
import { carryBit, overflowBit } from './cond.ts';
import { G, Vector, type Ctx } from './context.ts';
import type { Size } from './emit.ts';
import { overrideCarry, overrideOverflow, setPair } from './flags.ts';
import type { Handler, HandlersOf } from './handler.ts';
import { read, readSext, readZext, sizeOf, writeReg } from './operands.ts';

/** Two results of one op: the second is `lo + 1`, as locals are numbered in order. */
function pair(c: Ctx, type: Type): Temp {
  const lo = c.tb.newLocal(type);
  c.tb.newLocal(type);
  return lo;
}

/** Write a double-length result: AX, or rDX:rAX. */
function writeProduct(c: Ctx, size: Size, lo: Temp, hi: Temp): void {
  if (size === 1) {
    c.writeGpr(G.rax, 2, lo);
    return;
  }
  c.writeGpr(G.rax, size, lo);
  c.writeGpr(G.rdx, size, hi);
}

/** MUL and IMUL of one operand. */
const multiply = (signed: boolean): Handler => (c) => {
  const size = sizeOf(c, 0);
  const b = signed ? readSext(c, 0) : readZext(c, 0);
  const a = signed ? c.sext(G.rax, size) : c.zext(G.rax, size);
  let lo: Temp;
  let hi: Temp;
  if (size === c.wordSize) {
    lo = pair(c, c.W);
    hi = lo + 1;
    if (signed) c.b.muls2(c.W, lo, hi, a, b);
    else c.b.mulu2(c.W, lo, hi, a, b);
  } else {
    lo = c.mul(a, b);
    hi = c.shrI(lo, size * 8);
  }
  let overflow: Temp;
  if (signed) {
    overflow = size === c.wordSize
      ? c.setcond(c.W, Cond.ne, hi, c.sar(lo, c.k(c.wordBits - 1)))
      : c.setcond(c.W, Cond.ne, lo, c.sext(lo, size));
  } else {
    overflow = c.setcond(c.W, Cond.ne, hi, c.k(0));
  }
  setPair(c, CcKind.mul, size, lo, overflow);
  writeProduct(c, size, lo, hi);
};

/** IMUL of two or three operands: the low half. */
function imulTruncating(c: Ctx): void {
  const size = sizeOf(c, 0);
  const three = c.insn.opCount === 3;
  const b = readSext(c, 1);
  const a = three ? readSext(c, 2) : c.sext(read(c, 0), size);
  let r: Temp;
  let overflow: Temp;
  if (size === c.wordSize) {
    r = pair(c, c.W);
    c.b.muls2(c.W, r, r + 1, a, b);
    overflow = c.setcond(c.W, Cond.ne, r + 1, c.sar(r, c.k(c.wordBits - 1)));
  } else {
    r = c.mul(a, b);
    overflow = c.setcond(c.W, Cond.ne, r, c.sext(r, size));
  }
  setPair(c, CcKind.mul, size, r, overflow);
  writeReg(c, 0, r);
}

const imulOneOperand = multiply(true);

function imul(c: Ctx): void {
  if (c.insn.opCount === 1) imulOneOperand(c);
  else imulTruncating(c);
}

/** MULX: high half into operand 0, low half into operand 1 (the high one wins when they are the same); no flags. */
function mulx(c: Ctx): void {
  const size = sizeOf(c, 0);
  const b = readZext(c, 2);
  const a = c.zext(G.rdx, size);
  if (size === c.wordSize) {
    const lo = pair(c, c.W);
    c.b.mulu2(c.W, lo, lo + 1, a, b);
    writeReg(c, 1, lo);
    writeReg(c, 0, lo + 1);
  } else {
    const product = c.mul(a, b);
    writeReg(c, 1, product);
    writeReg(c, 0, c.shrI(product, size * 8));
  }
}

/**
 * DIV and IDIV of a dividend that fits i64 (or i32, for 8- and 16-bit operands): #DE when the divisor is 0 or the quotient does not
 * fit `size` bytes.
 */
function divideInWord(c: Ctx, signed: boolean, size: Size, type: Type, dividend: Temp, divisor: Temp): void {
  const bits = size * 8;
  const constant = (n: number): Temp => c.tb.constInt(type, n);
  c.raiseIf(Cond.eq, type, divisor, constant(0), Vector.DE);
  // −2^63 ÷ −1 gives −2^63 here: it does not fit either.
  const quotient = c.binary(signed ? Op.divs : Op.divu, type, dividend, divisor);
  const remainder = c.binary(signed ? Op.rems : Op.remu, type, dividend, divisor);
  const cut = c.tb.newLocal(type);
  if (signed) c.b.sextract(type, cut, quotient, 0, bits);
  else c.b.extract(type, cut, quotient, 0, bits);
  c.raiseIf(Cond.ne, type, quotient, cut, Vector.DE);
  const word = (t: Temp): Temp => (type === c.W ? t : c.fromI64(t));
  if (size === 1) {
    c.writeGpr(G.rax, 2, c.deposit(word(quotient), word(remainder), 8, 8));
    return;
  }
  const rest = word(remainder);
  c.writeGpr(G.rax, size, word(quotient));
  c.writeGpr(G.rdx, size, rest);
}

/** rDX:rAX of 2 × 16 or 2 × 32 bits as one value. */
function dividend(c: Ctx, size: Size): Temp {
  if (size === 2) return c.deposit(c.zext(G.rax, 2), G.rdx, 16, 16);
  const d = c.tb.newLocal(Type.i64);
  c.b.concat(d, c.toI32(G.rax), c.toI32(G.rdx));
  return d;
}

/** 128 ÷ 64 bits. #DE by comparison: the quotient fits if the high half is smaller than the divisor. */
function divide128(c: Ctx, signed: boolean, divisor: Temp): void {
  const I64 = Type.i64;
  const quotient = pair(c, I64);
  if (!signed) {
    c.raiseIf(Cond.geu, I64, G.rdx, divisor, Vector.DE);
    c.b.divu2(I64, quotient, quotient + 1, G.rax, G.rdx, divisor);
  } else {
    // divs2 gives (0, 0) where the quotient does not fit; a true result of that kind has the dividend 0.
    c.b.divs2(I64, quotient, quotient + 1, G.rax, G.rdx, divisor);
    c.raiseIf(Cond.eq, I64, divisor, c.k(0), Vector.DE);
    const result = c.or(quotient, quotient + 1);
    const ok = c.tb.newLabel();
    c.b.brcond(I64, result, c.k(0), Cond.ne, ok);
    c.raiseIf(Cond.ne, I64, c.or(G.rax, G.rdx), c.k(0), Vector.DE);
    c.b.label(ok);
  }
  c.mov(G.rax, quotient);
  c.mov(G.rdx, quotient + 1);
  if (c.ccA === G.rax || c.ccA === G.rdx) c.ccA = -1;
}

const divide = (signed: boolean): Handler => (c) => {
  const size = sizeOf(c, 0);
  if (size === 8) {
    // Bits of rAX and rDX are read before they are written; a divisor in one of them is only read before.
    divide128(c, signed, c.copy(read(c, 0)));
    return;
  }
  const divisor = signed ? readSext(c, 0) : readZext(c, 0);
  if (size === 1) {
    divideInWord(c, signed, 1, c.W, signed ? c.sext(G.rax, 2) : c.zext(G.rax, 2), divisor);
  } else if (size === 2) {
    const value = dividend(c, 2);
    divideInWord(c, signed, 2, c.W, signed ? c.sext(value, 4) : value, divisor);
  } else {
    let wide = divisor;
    if (!c.wide) {
      wide = c.tb.newLocal(Type.i64);
      if (signed) c.b.exts(wide, divisor);
      else c.b.extu(wide, divisor);
    }
    divideInWord(c, signed, 4, Type.i64, dividend(c, 4), wide);
  }
};

/** ADCX, ADOX: add with the one flag as carry in and out. */
const addWith = (overflow: boolean): Handler => (c) => {
  const size = sizeOf(c, 0);
  const b = readZext(c, 1);
  const a = c.zext(read(c, 0), size);
  const carry = overflow ? overflowBit(c) : carryBit(c);
  let r: Temp;
  let out: Temp;
  if (size === c.wordSize) {
    const partial = c.add(a, b);
    r = c.add(partial, carry);
    out = c.or(c.setcond(c.W, Cond.ltu, partial, a), c.setcond(c.W, Cond.ltu, r, partial));
  } else {
    r = c.add(c.add(a, b), carry);
    out = c.extract(r, size * 8, 1);
  }
  if (overflow) overrideOverflow(c, out);
  else overrideCarry(c, out);
  writeReg(c, 0, r);
};

export const MULDIV = {
  mul: multiply(false), imul, mulx,
  div: divide(false), idiv: divide(true),
  adcx: addWith(false), adox: addWith(true),
} satisfies HandlersOf<'mul' | 'imul' | 'mulx' | 'div' | 'idiv' | 'adcx' | 'adox'>;
