/**
 * The exact way of SSE floating point: a request (state/sse-op.ts) to a helper that knows every state of MXCSR, every operand and every flag.
 */
import { MO_128, MO_32, type Temp, Type } from '@wasm-tcg/ir';
import { helperId } from '../helpers/table.ts';
import { X86_LAYOUT, X86_STATE } from '../state/cpu-state.ts';
import { SSE_DOUBLE, SSE_IMM_SHIFT, SSE_LANES_SHIFT, type SseOp } from '../state/sse-op.ts';
import type { Ctx } from './context.ts';

const { stateOffset } = X86_LAYOUT;
const SSE_A = stateOffset + X86_STATE.offset.sseA;
const SSE_B = stateOffset + X86_STATE.offset.sseB;
const MXCSR = stateOffset + X86_STATE.offset.mxcsr;

const COMPUTE = helperId('sse_compute');
const TO_INTEGER = helperId('sse_to_integer');
const COMPARE = helperId('sse_compare');

/** Lanes of an operation: f32 or f64, all or the lowest one. */
export const Shape = {
  ps: { double: false, scalar: false, lanes: 4 },
  pd: { double: true, scalar: false, lanes: 2 },
  ss: { double: false, scalar: true, lanes: 1 },
  sd: { double: true, scalar: true, lanes: 1 },
} as const;
export type ShapeName = keyof typeof Shape;
export type Shape = (typeof Shape)[ShapeName];

/** The number that asks for an operation. */
export function request(op: SseOp, shape: Pick<Shape, 'double' | 'lanes'>, imm = 0): number {
  return op | (imm << SSE_IMM_SHIFT) | (shape.double ? SSE_DOUBLE : 0) | (shape.lanes << SSE_LANES_SHIFT);
}

/** `d` = the operation on `a` and `b`. `a` −1: none of it counts. */
export function computeTo(c: Ctx, d: Temp, what: number, a: Temp, b: Temp): void {
  const { env } = c.tb;
  if (a >= 0) c.b.st(Type.v128, env, a, SSE_A, MO_128);
  c.b.st(Type.v128, env, b, SSE_B, MO_128);
  c.b.call(COMPUTE, -1, [c.k32(what)]);
  c.b.ld(Type.v128, d, env, SSE_A, MO_128);
}

/** The operation on `a` and `b` as a new local. */
export function compute(c: Ctx, what: number, a: Temp, b: Temp): Temp {
  const d = c.tb.newLocal(Type.v128);
  computeTo(c, d, what, a, b);
  return d;
}

/** `d` (i64) = integer from the bits of a float. */
export function toIntegerTo(c: Ctx, d: Temp, what: number, bits: Temp): void {
  c.b.call(TO_INTEGER, d, [c.k32(what), bits]);
}

/** `d` (i32) = ZF PF CF of a comparison of two floats, given as their bits. */
export function compareTo(c: Ctx, d: Temp, what: number, a: Temp, b: Temp): void {
  c.b.call(COMPARE, d, [c.k32(what), a, b]);
}

/** MXCSR, i32. */
export function readMxcsr(c: Ctx): Temp {
  const d = c.tb.newLocal(Type.i32);
  c.b.ld(Type.i32, d, c.tb.env, MXCSR, MO_32);
  return d;
}
