/**
 * Values of a TB under construction: thin layer over the IR builder that makes the result local of each op and knows the
 * width of a word (i32 in narrow TBs, i64 in wide ones).
 *
 * Convention for operand values ("raw"): a word whose low `size` bytes are the operand; above them there may be anything.
 * `zext` and `sext` make the upper part definite where it matters.
 */
import { Builder, type Cond, Op, type Temp, type TbIr, Type } from '@wasm-tcg/ir';

/** Operand size in bytes. */
export type Size = 1 | 2 | 4 | 8;

export class Emit {
  readonly tb: TbIr;
  readonly b: Builder;
  wide = false;
  /** Type of words: i32 or i64. */
  W: Type = Type.i32;
  /** Bytes and bits of a word. */
  wordSize: 4 | 8 = 4;
  wordBits: 32 | 64 = 32;

  constructor(tb: TbIr) {
    this.tb = tb;
    this.b = new Builder(tb);
  }

  protected startTb(wide: boolean, csBase: number): void {
    this.tb.reset(wide, csBase);
    this.wide = wide;
    this.W = wide ? Type.i64 : Type.i32;
    this.wordSize = wide ? 8 : 4;
    this.wordBits = wide ? 64 : 32;
  }

  // ---- constants and locals -------------------------------------------------------------------------------------------

  /** Word constant; a safe integer, taken mod 2^word bits. */
  k(value: number): Temp {
    if (!this.wide) return this.tb.constI32(value);
    const low = value | 0;
    return this.tb.constant(Type.i64, low, low === value ? low >> 31 : Math.floor(value / 0x1_0000_0000) | 0);
  }

  k32(value: number): Temp {
    return this.tb.constI32(value);
  }

  /** All ones in the low `size` bytes of a word. */
  mask(size: Size): Temp {
    if (size === this.wordSize) return this.k(-1);
    return this.k(size === 4 ? 0xffff_ffff : size === 2 ? 0xffff : 0xff);
  }

  word(): Temp {
    return this.tb.newLocal(this.W);
  }

  // ---- ops of one result --------------------------------------------------------------------------------------------------

  unary(op: number, type: Type, a: Temp): Temp {
    const d = this.tb.newLocal(type);
    this.tb.emit(op, type, 2, d, a);
    return d;
  }

  binary(op: number, type: Type, a: Temp, b: Temp): Temp {
    const d = this.tb.newLocal(type);
    this.tb.emit(op, type, 3, d, a, b);
    return d;
  }

  add(a: Temp, b: Temp): Temp { return this.binary(Op.add, this.W, a, b); }
  sub(a: Temp, b: Temp): Temp { return this.binary(Op.sub, this.W, a, b); }
  mul(a: Temp, b: Temp): Temp { return this.binary(Op.mul, this.W, a, b); }
  and(a: Temp, b: Temp): Temp { return this.binary(Op.and, this.W, a, b); }
  or(a: Temp, b: Temp): Temp { return this.binary(Op.or, this.W, a, b); }
  xor(a: Temp, b: Temp): Temp { return this.binary(Op.xor, this.W, a, b); }
  andc(a: Temp, b: Temp): Temp { return this.binary(Op.andc, this.W, a, b); }
  shl(a: Temp, b: Temp): Temp { return this.binary(Op.shl, this.W, a, b); }
  shr(a: Temp, b: Temp): Temp { return this.binary(Op.shr, this.W, a, b); }
  sar(a: Temp, b: Temp): Temp { return this.binary(Op.sar, this.W, a, b); }
  neg(a: Temp): Temp { return this.unary(Op.neg, this.W, a); }
  not(a: Temp): Temp { return this.unary(Op.not, this.W, a); }

  /** a + n; a itself when n is 0. */
  addI(a: Temp, n: number): Temp { return n === 0 ? a : this.add(a, this.k(n)); }
  andI(a: Temp, n: number): Temp { return this.and(a, this.k(n)); }
  xorI(a: Temp, n: number): Temp { return this.xor(a, this.k(n)); }
  shlI(a: Temp, n: number): Temp { return n === 0 ? a : this.shl(a, this.k(n)); }
  shrI(a: Temp, n: number): Temp { return n === 0 ? a : this.shr(a, this.k(n)); }

  extract(a: Temp, pos: number, len: number): Temp {
    if (pos === 0 && len === this.wordBits) return a;
    const d = this.word();
    this.b.extract(this.W, d, a, pos, len);
    return d;
  }

  sextract(a: Temp, pos: number, len: number): Temp {
    if (pos === 0 && len === this.wordBits) return a;
    const d = this.word();
    this.b.sextract(this.W, d, a, pos, len);
    return d;
  }

  /** a with bits pos … pos+len−1 replaced by the low bits of b. */
  deposit(a: Temp, b: Temp, pos: number, len: number): Temp {
    if (pos === 0 && len === this.wordBits) return b;
    const d = this.word();
    this.b.deposit(this.W, d, a, b, pos, len);
    return d;
  }

  mov(d: Temp, a: Temp): void {
    if (d !== a) this.b.mov(this.W, d, a);
  }

  /** A local with the present value of a global, which may be overwritten afterwards. */
  copy(a: Temp): Temp {
    if (!this.tb.isGlobal(a)) return a;
    const d = this.word();
    this.b.mov(this.W, d, a);
    return d;
  }

  // ---- widths ----------------------------------------------------------------------------------------------------------------

  /** The low `size` bytes, zero-extended to a word. */
  zext(a: Temp, size: Size): Temp {
    if (size === this.wordSize) return a;
    const { tb } = this;
    if (tb.isConst(a)) {
      const lo = tb.constLo[a]!;
      return this.k(size === 4 ? lo >>> 0 : size === 2 ? lo & 0xffff : lo & 0xff);
    }
    return this.extract(a, 0, size * 8);
  }

  /** The low `size` bytes, sign-extended to a word. */
  sext(a: Temp, size: Size): Temp {
    if (size === this.wordSize) return a;
    const { tb } = this;
    if (tb.isConst(a)) {
      const lo = tb.constLo[a]!;
      return this.k(size === 4 ? lo : size === 2 ? (lo << 16) >> 16 : (lo << 24) >> 24);
    }
    return this.sextract(a, 0, size * 8);
  }

  /** Low 32 bits of a word as i32. */
  toI32(a: Temp): Temp {
    if (!this.wide) return a;
    if (this.tb.isConst(a)) return this.k32(this.tb.constLo[a]!);
    const d = this.tb.newLocal(Type.i32);
    this.b.trunc(d, a);
    return d;
  }

  /** Word from an i32, zero-extended. */
  fromI32(a: Temp): Temp {
    if (!this.wide) return a;
    const d = this.tb.newLocal(Type.i64);
    this.b.extu(d, a);
    return d;
  }

  /** Word as i64, zero-extended: an argument of a helper. */
  toI64(a: Temp): Temp {
    if (this.wide) return a;
    if (this.tb.isConst(a)) return this.tb.constant(Type.i64, this.tb.constLo[a]!, 0);
    const d = this.tb.newLocal(Type.i64);
    this.b.extu(d, a);
    return d;
  }

  /** Low word of an i64. */
  fromI64(a: Temp): Temp {
    if (this.wide) return a;
    const d = this.tb.newLocal(Type.i32);
    this.b.trunc(d, a);
    return d;
  }

  // ---- conditions ------------------------------------------------------------------------------------------------------------

  /** i32 0 or 1. */
  setcond32(type: Type, cond: Cond, a: Temp, b: Temp): Temp {
    const d = this.tb.newLocal(Type.i32);
    this.b.setcond(type, d, a, b, cond);
    return d;
  }

  /** Word 0 or 1. */
  setcond(type: Type, cond: Cond, a: Temp, b: Temp): Temp {
    return this.fromI32(this.setcond32(type, cond, a, b));
  }

  /** a cond b ? v1 : v2, all of one type. */
  movcond(type: Type, cond: Cond, a: Temp, b: Temp, v1: Temp, v2: Temp): Temp {
    const d = this.tb.newLocal(type);
    this.b.movcond(type, d, a, b, v1, v2, cond);
    return d;
  }
}
