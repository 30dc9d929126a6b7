/**
 * Setting the lazy flags (state/cc-op.ts): one function per kind of operation. Operands are raw. They write globals, so they come after
 * the last op of the instruction that may fault.
 */
import type { Temp } from '@wasm-tcg/ir';
import { CC_FLAGS, CC_OVERRIDE, CcKind, Eflag, ccOp } from '../state/cc-op.ts';
import { carryBit, overflowBit } from './cond.ts';
import { CC_DYNAMIC, G, type Ctx } from './context.ts';
import { materialise } from './materialise.ts';
import type { Size } from './emit.ts';

/** dst = a + src. */
export function setAdd(c: Ctx, size: Size, dst: Temp, src: Temp): void {
  c.mov(G.cc_src, src);
  c.mov(G.cc_dst, dst);
  c.setCcOp(ccOp(CcKind.add, size));
}

/** dst = a − src. `a` is kept for comparisons when it will not change: pass −1 for an operand that the result overwrites. */
export function setSub(c: Ctx, size: Size, dst: Temp, a: Temp, src: Temp): void {
  c.mov(G.cc_src, src);
  c.mov(G.cc_dst, dst);
  c.setCcOp(ccOp(CcKind.sub, size));
  c.ccA = a;
}

/** dst = a + src + carry. */
export function setAdc(c: Ctx, size: Size, dst: Temp, src: Temp, carry: Temp): void {
  c.mov(G.cc_src, src);
  c.mov(G.cc_src2, carry);
  c.mov(G.cc_dst, dst);
  c.setCcOp(ccOp(CcKind.adc, size));
}

/** dst = a − src − carry. */
export function setSbb(c: Ctx, size: Size, dst: Temp, src: Temp, carry: Temp): void {
  c.mov(G.cc_src, src);
  c.mov(G.cc_src2, carry);
  c.mov(G.cc_dst, dst);
  c.setCcOp(ccOp(CcKind.sbb, size));
}

export function setLogic(c: Ctx, size: Size, dst: Temp): void {
  c.mov(G.cc_dst, dst);
  c.setCcOp(ccOp(CcKind.logic, size));
}

/** Of a kind whose second word is a bit or a value: inc, dec (carry), mul (overflow), bits (carry). */
export function setPair(c: Ctx, kind: CcKind, size: Size, dst: Temp, src: Temp): void {
  c.mov(G.cc_src, src);
  c.mov(G.cc_dst, dst);
  c.setCcOp(ccOp(kind, size));
}

/** shl or shr: see state/cc-op.ts for the operands. */
export function setShift(c: Ctx, kind: CcKind, size: Size, dst: Temp, src: Temp, src2: Temp): void {
  c.mov(G.cc_src2, src2);
  setPair(c, kind, size, dst, src);
}

/** The flags themselves, in their EFLAGS positions; all other bits zero. */
export function setFlags(c: Ctx, flags: Temp): void {
  c.mov(G.cc_src, flags);
  c.setCcOp(CC_FLAGS);
}

/** Turn the state into CcKind.flags, for kinds that cannot take an override. */
export function makeFlags(c: Ctx): void {
  if (c.ccOp !== CC_FLAGS) setFlags(c, materialise(c));
}

/** True when the kind here cannot take {@link CC_OVERRIDE}. */
function needsFlags(c: Ctx): boolean {
  if (c.ccOp === CC_DYNAMIC) return true;
  const kind = (c.ccOp & 0x7f) >> 2;
  return kind === CcKind.adc || kind === CcKind.sbb;
}

/** CF and OF become bits 0 and 11 of a word (other bits: anything); the other flags stay. */
export function overrideCarryOverflow(c: Ctx, bits: Temp): void {
  if (needsFlags(c)) makeFlags(c);
  if (c.ccOp === CC_FLAGS) {
    const kept = c.andI(G.cc_src, ~(Eflag.CF | Eflag.OF));
    setFlags(c, c.or(kept, c.andI(bits, Eflag.CF | Eflag.OF)));
    return;
  }
  c.mov(G.cc_src2, bits);
  c.setCcOp(c.ccOp | CC_OVERRIDE);
}

/** CF becomes a word of value 0 or 1; the other flags stay. */
export function overrideCarry(c: Ctx, carry: Temp): void {
  if (needsFlags(c)) makeFlags(c);
  if (c.ccOp === CC_FLAGS) {
    setFlags(c, c.deposit(G.cc_src, carry, 0, 1));
    return;
  }
  overrideCarryOverflow(c, c.or(carry, c.shlI(overflowBit(c), 11)));
}

/** OF becomes a word of value 0 or 1; the other flags stay. */
export function overrideOverflow(c: Ctx, overflow: Temp): void {
  if (needsFlags(c)) makeFlags(c);
  if (c.ccOp === CC_FLAGS) {
    setFlags(c, c.deposit(G.cc_src, overflow, 11, 1));
    return;
  }
  overrideCarryOverflow(c, c.or(carryBit(c), c.shlI(overflow, 11)));
}
