/** CMPXCHG8B, CMPXCHG16B, BOUND: instructions on pairs in memory. */
import { Cond, MO_128, Type, type Temp } from '@wasm-tcg/ir';
import { effectiveAddress, linear, loadSigned, offsetBy, operandAddress } from './address.ts';
import { G, Vector, type Ctx } from './context.ts';
import type { HandlersOf } from './handler.ts';
import { makeFlags, setFlags } from './flags.ts';
import { openAt, readSext, sizeOf, storeOpen } from './operands.ts';

/** 64 bits of two 32-bit registers. */
function joined(c: Ctx, lo: Temp, hi: Temp): Temp {
  const d = c.tb.newLocal(Type.i64);
  c.b.concat(d, c.toI32(lo), c.toI32(hi));
  return d;
}

/** ZF from a comparison; the other flags stay. */
function setEqual(c: Ctx, equal: Temp): void {
  makeFlags(c);
  setFlags(c, c.deposit(G.cc_src, equal, 6, 1));
}

/** Both halves of the accumulator pair get the old value if it differed; their upper halves stay otherwise. */
function loadAccumulator(c: Ctx, equal: Temp, lo: Temp, hi: Temp): void {
  const zero = c.k(0);
  c.writeGprClean(G.rax, 4, c.movcond(c.W, Cond.ne, equal, zero, G.rax, lo));
  c.writeGprClean(G.rdx, 4, c.movcond(c.W, Cond.ne, equal, zero, G.rdx, hi));
}

/** In a wide TB one 64-bit word; in a narrow one, which has no 64-bit words, two rmw pairs: both are open before either is written. */
function cmpxchg8b(c: Ctx): void {
  const address = operandAddress(c, 8, true);
  if (c.wide) {
    const old = openAt(c, address, 8);
    const equal64 = c.setcond(Type.i64, Cond.eq, old, joined(c, G.rax, G.rdx));
    storeOpen(c, c.movcond(Type.i64, Cond.ne, equal64, c.k(0), joined(c, G.rbx, G.rcx), old), 8);
    setEqual(c, equal64);
    loadAccumulator(c, equal64, c.zext(old, 4), c.shrI(old, 32));
    return;
  }
  const I64 = Type.i64;
  const old = c.tb.newLocal(I64);
  const token = c.tb.newLocal(Type.i32);
  const memop = c.aligned ? 3 | (3 << 5) : 3;
  c.b.guest_rmw_ld(I64, old, token, address, memop, c.mmu);
  const equal = c.setcond(I64, Cond.eq, old, joined(c, G.rax, G.rdx));
  const same = c.movcond(I64, Cond.eq, old, joined(c, G.rax, G.rdx), joined(c, G.rbx, G.rcx), old);
  c.b.guest_rmw_st(I64, token, address, same, memop, c.mmu);
  const hi = c.tb.newLocal(Type.i32);
  c.b.trunch(hi, old);
  setEqual(c, equal);
  loadAccumulator(c, equal, c.fromI64(old), hi);
}

/** CMPXCHG16B: #GP(0) unless aligned. One store, so that nothing is half done when it meets running code. */
function cmpxchg16b(c: Ctx): void {
  const I64 = Type.i64;
  const V = Type.v128;
  const address = operandAddress(c, 16, true);
  c.raiseIf(Cond.tstne, I64, address, c.k(15), Vector.GP, 0);
  c.b.guest_probe(address, 1, MO_128, c.mmu);
  const old = c.tb.newLocal(V);
  c.b.guest_ld(V, old, address, MO_128, c.mmu);
  const lo = c.word();
  const hi = c.word();
  c.b.vextract(lo, old, 3, 0);
  c.b.vextract(hi, old, 3, 1);
  const equal = c.and(c.setcond(I64, Cond.eq, lo, G.rax), c.setcond(I64, Cond.eq, hi, G.rdx));
  const zero = c.k(0);
  const half = c.tb.newLocal(V);
  const value = c.tb.newLocal(V);
  c.b.vsplat(half, c.movcond(I64, Cond.ne, equal, zero, G.rbx, lo), 3);
  c.b.vinsert(value, half, c.movcond(I64, Cond.ne, equal, zero, G.rcx, hi), 3, 1);
  c.b.guest_st(V, address, value, MO_128, c.mmu);
  setEqual(c, equal);
  loadAccumulator(c, equal, lo, hi);
}

/** BOUND: #BR unless lower ≤ index ≤ upper, signed. The upper bound is read only for an index that passes the lower one. */
function bound(c: Ctx): void {
  const size = sizeOf(c, 0);
  const at = effectiveAddress(c);
  const index = readSext(c, 0);
  const lower = loadSigned(c, linear(c, c.insn.seg, at, size, false), size);
  c.raiseIf(Cond.lt, c.W, index, lower, Vector.BR);
  const upper = loadSigned(c, linear(c, c.insn.seg, offsetBy(c, at, size, c.insn.addrSize), size, false), size);
  c.raiseIf(Cond.gt, c.W, index, upper, Vector.BR);
}

export const WIDE_EXCHANGE = { cmpxchg8b, cmpxchg16b, bound } satisfies HandlersOf<'cmpxchg8b' | 'cmpxchg16b' | 'bound'>;
