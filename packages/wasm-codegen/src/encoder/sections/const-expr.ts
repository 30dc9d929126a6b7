/** Constant expressions: initial values of globals, offsets of segments. */
import { Op } from '../opcodes.ts';
import type { ByteSink, FuncRef } from '../sink.ts';
import { typeByte, type RefType } from '../types.ts';

export type ConstExpr =
  | { readonly i32: number }
  | { readonly i64: readonly [low: number, high: number] }
  | { readonly f32: number }
  | { readonly f64: number }
  | { readonly v128: readonly [number, number, number, number] }
  | { readonly global: number }
  | { readonly func: FuncRef }
  | { readonly null: RefType };

export function writeConstExpr(out: ByteSink, value: ConstExpr): void {
  if ('i32' in value) {
    out.opcode(Op.i32_const);
    out.s32(value.i32);
  } else if ('i64' in value) {
    out.opcode(Op.i64_const);
    out.s64(value.i64[0], value.i64[1]);
  } else if ('f32' in value) {
    out.opcode(Op.f32_const);
    out.f32(value.f32);
  } else if ('f64' in value) {
    out.opcode(Op.f64_const);
    out.f64(value.f64);
  } else if ('v128' in value) {
    out.opcode(Op.v128_const);
    for (const word of value.v128) out.word(word);
  } else if ('global' in value) {
    out.opcode(Op.global_get);
    out.u32(value.global);
  } else if ('func' in value) {
    out.opcode(Op.ref_func);
    out.func(value.func);
  } else {
    out.opcode(Op.ref_null);
    out.u8(typeByte(value.null));
  }
  out.opcode(Op.end);
}
