/** Integer arithmetic. No op traps: Wasm's division is fenced from the operands it traps on. */
import { Type } from '@wasm-tcg/ir';
import { WASM_CONTEXT } from '@wasm-tcg/runtime';
import { Op, type Opcode } from '../encoder/opcodes.ts';
import { ValType } from '../encoder/types.ts';
import { direct, emit, intType, pair, pushInt } from './common.ts';
import type { LowerCtx, Lowering } from './context.ts';

const SUB = pair(Op.i32_sub, Op.i64_sub);
const ADD = pair(Op.i32_add, Op.i64_add);
const EQZ = pair(Op.i32_eqz, Op.i64_eqz);
const LE_U = pair(Op.i32_le_u, Op.i64_le_u);

/** Pushes 1 when the divisor is one that Wasm cannot take: 0, or for signed division 0 or −1. */
function pushUnsafe(c: LowerCtx, b: number, signed: boolean): void {
  c.f.get(b);
  if (!signed) {
    emit(c, EQZ);
    return;
  }
  pushInt(c, 1);
  emit(c, ADD);
  pushInt(c, 1);
  emit(c, LE_U);
}

/** The divisor is a constant that Wasm can divide by. */
function safeDivisor(c: LowerCtx, signed: boolean): boolean {
  if (!c.isConst(1)) return false;
  const lo = c.constLo(1);
  const hi = c.constHi(1);
  const zero = lo === 0 && hi === 0;
  const minusOne = lo === -1 && (c.type !== Type.i64 || hi === -1);
  return !zero && !(signed && minusOne);
}

function division(signed: boolean, narrow: Opcode<'none'>, wide: Opcode<'none'>, unsafe: (c: LowerCtx, a: number, b: number) => void): Lowering {
  const plain = direct(2, narrow, wide);
  const op = pair(narrow, wide);
  return (c) => {
    if (safeDivisor(c, signed)) {
      plain(c);
      return;
    }
    const a = c.inLocal(0);
    const b = c.inLocal(1);
    c.outBegin(0);
    pushUnsafe(c, b, signed);
    c.f.if_(intType(c.type));
    unsafe(c, a, b);
    c.f.else_().get(a).get(b);
    emit(c, op);
    c.f.end();
    c.outEnd(0);
  };
}

/** Pushes the divisor as a condition for select: not 0. */
function pushNonZero(c: LowerCtx, b: number): void {
  c.f.get(b);
  if (c.type === Type.i64) c.f.op(Op.i64_eqz).op(Op.i32_eqz);
}

const neg: Lowering = (c) => {
  c.outBegin(0);
  pushInt(c, 0);
  c.in(0);
  emit(c, SUB);
  c.outEnd(0);
};

// b = −1: −a, which is a itself on overflow. b = 0: −1.
const divs = division(true, Op.i32_div_s, Op.i64_div_s, (c, a, b) => {
  pushInt(c, 0);
  c.f.get(a);
  emit(c, SUB);
  pushInt(c, -1);
  pushNonZero(c, b);
  c.f.select();
});
const divu = division(false, Op.i32_div_u, Op.i64_div_u, (c) => pushInt(c, -1));
// b = −1: 0. b = 0: a.
const rems = division(true, Op.i32_rem_s, Op.i64_rem_s, (c, a, b) => {
  pushInt(c, 0);
  c.f.get(a);
  pushNonZero(c, b);
  c.f.select();
});
const remu = division(false, Op.i32_rem_u, Op.i64_rem_u, (c, a) => {
  c.f.get(a);
});

/** Pushes inputs `lo` and `hi` (i32) as one i64. */
function pushJoined(c: LowerCtx, lo: number, hi: number): void {
  c.in(lo);
  c.f.op(Op.i64_extend_i32_u);
  c.in(hi);
  c.f.op(Op.i64_extend_i32_u).i64Const(32).op(Op.i64_shl).op(Op.i64_or);
}

/** Takes an i64 from the stack and stores its halves into outputs 0 and 1. */
function outHalves(c: LowerCtx): void {
  const value = c.scratch(ValType.i64);
  c.f.set(value);
  c.outBegin(0);
  c.f.get(value).op(Op.i32_wrap_i64);
  c.outEnd(0);
  c.outBegin(1);
  c.f.get(value).i64Const(32).op(Op.i64_shr_u).op(Op.i32_wrap_i64);
  c.outEnd(1);
}

/** Stores two locals into outputs 0 and 1. */
function outBoth(c: LowerCtx, first: number, second: number): void {
  c.outBegin(0);
  c.f.get(first);
  c.outEnd(0);
  c.outBegin(1);
  c.f.get(second);
  c.outEnd(1);
}

/** add2 and sub2: carry out of the low half is `sum < a`, borrow is `a < b`. */
function twoWord(op: Opcode<'none'>, subtract: boolean): Lowering {
  return (c) => {
    const { f } = c;
    if (c.type !== Type.i64) {
      pushJoined(c, 0, 1);
      pushJoined(c, 2, 3);
      f.op(op);
      outHalves(c);
      return;
    }
    const aLow = c.inLocal(0);
    const bLow = c.inLocal(2);
    const low = c.scratch(ValType.i64);
    const high = c.scratch(ValType.i64);
    f.get(aLow).get(bLow).op(op).set(low);
    c.in(1);
    c.in(3);
    f.op(op);
    f.get(subtract ? aLow : low).get(subtract ? bLow : aLow).op(Op.i64_lt_u).op(Op.i64_extend_i32_u);
    f.op(op).set(high);
    outBoth(c, low, high);
  };
}

/**
 * Pushes the high half of the unsigned product of two i64 locals: schoolbook on 32-bit halves, where no partial sum
 * overflows (Knuth, TAOCP vol. 2, 4.3.1, algorithm M).
 */
function pushMulHighU(c: LowerCtx, a: number, b: number): void {
  const { f } = c;
  const mid = c.scratch(ValType.i64);
  const mask = (): void => {
    f.i64Const(-1, 0).op(Op.i64_and);
  };
  const high = (local: number): void => {
    f.get(local).i64Const(32).op(Op.i64_shr_u);
  };
  const low = (local: number): void => {
    f.get(local);
    mask();
  };
  // mid = a1·b0 + (a0·b0 >> 32)
  high(a);
  low(b);
  f.op(Op.i64_mul);
  low(a);
  low(b);
  f.op(Op.i64_mul).i64Const(32).op(Op.i64_shr_u).op(Op.i64_add).set(mid);
  // a1·b1 + (mid >> 32) + ((a0·b1 + low(mid)) >> 32)
  high(a);
  high(b);
  f.op(Op.i64_mul);
  high(mid);
  f.op(Op.i64_add);
  low(a);
  high(b);
  f.op(Op.i64_mul);
  low(mid);
  f.op(Op.i64_add).i64Const(32).op(Op.i64_shr_u).op(Op.i64_add);
}

function multiply(signed: boolean): Lowering {
  return (c) => {
    const { f } = c;
    if (c.type !== Type.i64) {
      const extend = signed ? Op.i64_extend_i32_s : Op.i64_extend_i32_u;
      c.in(0);
      f.op(extend);
      c.in(1);
      f.op(extend).op(Op.i64_mul);
      outHalves(c);
      return;
    }
    const a = c.inLocal(0);
    const b = c.inLocal(1);
    const low = c.scratch(ValType.i64);
    const high = c.scratch(ValType.i64);
    pushMulHighU(c, a, b);
    if (signed) {
      // Each negative factor has counted 2^64 too much of the other one.
      f.get(a).i64Const(63).op(Op.i64_shr_s).get(b).op(Op.i64_and).op(Op.i64_sub);
      f.get(b).i64Const(63).op(Op.i64_shr_s).get(a).op(Op.i64_and).op(Op.i64_sub);
    }
    f.set(high).get(a).get(b).op(Op.i64_mul).set(low);
    outBoth(c, low, high);
  };
}

/** divu2 and divs2 of i32: a 64-bit dividend fits Wasm's own division. */
function divideWords(c: LowerCtx, signed: boolean): void {
  const { f } = c;
  const n = c.scratch(ValType.i64);
  const b = c.scratch(ValType.i64);
  const q = c.scratch(ValType.i64);
  const r = c.scratch(ValType.i64);
  pushJoined(c, 0, 1);
  f.set(n);
  c.in(2);
  f.op(signed ? Op.i64_extend_i32_s : Op.i64_extend_i32_u).set(b);
  f.i64Const(0).set(q).i64Const(0).set(r);
  const done = f.block();
  f.get(b).op(Op.i64_eqz).brIf(done);
  if (signed) {
    // n = −2^63 traps with b = −1; no quotient of such an n fits 32 bits unless |b| > 2^32, which b never is.
    f.get(n).i64Const(0, -0x80000000).op(Op.i64_eq).brIf(done);
    f.get(n).get(b).op(Op.i64_div_s).tee(q);
    f.get(q).op(Op.i64_extend32_s).op(Op.i64_ne);
  } else {
    f.get(n).get(b).op(Op.i64_div_u).tee(q).i64Const(-1, 0).op(Op.i64_gt_u);
  }
  f.if_();
  f.i64Const(0).set(q).br(done).end();
  f.get(n).get(b).op(signed ? Op.i64_rem_s : Op.i64_rem_u).set(r).end();
  c.outBegin(0);
  f.get(q).op(Op.i32_wrap_i64);
  c.outEnd(0);
  c.outBegin(1);
  f.get(r).op(Op.i32_wrap_i64);
  c.outEnd(1);
}

/**
 * divu2 and divs2 of i64. Compilers nearly always extend the dividend from one word (xor edx,edx; cqo), which Wasm divides;
 * all else, also what has no quotient, goes to the runtime's 128-bit division, which leaves the remainder in context.ret.
 */
function divideDoubleWords(c: LowerCtx, signed: boolean): void {
  const { f } = c;
  const low = c.inLocal(0);
  const high = c.inLocal(1);
  const b = c.inLocal(2);
  const q = c.scratch(ValType.i64);
  const r = c.scratch(ValType.i64);
  f.get(high);
  if (signed) f.get(low).i64Const(63).op(Op.i64_shr_s).op(Op.i64_eq);
  else f.op(Op.i64_eqz);
  if (signed) f.get(b).i64Const(1).op(Op.i64_add).i64Const(1).op(Op.i64_gt_u);
  else f.get(b).i64Const(0).op(Op.i64_ne);
  f.op(Op.i32_and).if_();
  f.get(low).get(b).op(signed ? Op.i64_div_s : Op.i64_div_u).set(q);
  f.get(low).get(b).op(signed ? Op.i64_rem_s : Op.i64_rem_u).set(r);
  f.else_();
  c.env();
  f.get(high).get(low).get(b);
  c.callCore(signed ? 'sdiv128' : 'udiv128');
  f.set(q);
  c.env();
  f.mem(Op.i64_load, WASM_CONTEXT.offset.ret + 8).set(r).end();
  outBoth(c, q, r);
}

function divide2(signed: boolean): Lowering {
  return (c) => {
    if (c.type === Type.i64) divideDoubleWords(c, signed);
    else divideWords(c, signed);
  };
}

export const ALU = {
  mov: ((c) => {
    c.outBegin(0);
    c.in(0);
    c.outEnd(0);
  }) as Lowering,
  add: direct(2, Op.i32_add, Op.i64_add),
  sub: direct(2, Op.i32_sub, Op.i64_sub),
  mul: direct(2, Op.i32_mul, Op.i64_mul),
  neg,
  divs,
  divu,
  rems,
  remu,
  add2: twoWord(Op.i64_add, false),
  sub2: twoWord(Op.i64_sub, true),
  mulu2: multiply(false),
  muls2: multiply(true),
  divu2: divide2(false),
  divs2: divide2(true),
};
ALU satisfies Record<string, Lowering>;
