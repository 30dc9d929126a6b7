/**
 * `vshuffle` in the interpreter. Compiled code uses i8x16.shuffle, whose lane numbers are immediates; here they are data: two
 * swizzles, each zero where its operand is not meant.
 */
import { Op as W, ValType } from '@wasm-tcg/wasm-codegen';
import type { FrameCtx } from './frame-ctx.ts';

export function lowerDynamicShuffle(c: FrameCtx): void {
  const lanes = c.scratch(ValType.v128);
  c.in(2);
  c.f.set(lanes);
  c.outBegin(0);
  c.in(0);
  c.f.get(lanes).op(W.i8x16_swizzle);
  c.in(1);
  // Lanes below 16 wrap to 240 … 255 and select zero.
  c.f.get(lanes).v128Const(0x10101010, 0x10101010, 0x10101010, 0x10101010).op(W.i8x16_sub).op(W.i8x16_swizzle);
  c.f.op(W.v128_or);
  c.outEnd(0);
}
