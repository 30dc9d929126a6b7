/**
 * The exact way of SSE floating point: a request (state/sse-op.ts) to a helper that knows every state of MXCSR, every operand and every flag.
 *
 * In a block with HFlag.SSE_FAST no exception is unmasked, and the helper is called in its form that cannot fault. In any other block it may, and after
 * an instruction that may have set PE for the first time the block is left when that has brought MXCSR into the fast state: `settle`. Until then
 * hflags do not follow MXCSR, so that links made from this block stay good.
 */
import { Cond, MO_128, MO_32, Op, type Temp, Type } from '@wasm-tcg/ir';
import { helperId } from '../helpers/table.ts';
import { X86_LAYOUT, X86_STATE } from '../state/cpu-state.ts';
import { HFlag } from '../state/hflags.ts';
import { Mxcsr, SSE_DOUBLE, SSE_IMM_SHIFT, SSE_LANES_SHIFT, type SseOp } from '../state/sse-op.ts';
import type { Ctx } from './context.ts';
import { endByPointer, writeNextPc } from './exit.ts';
import type { Handler } from './handler.ts';
import { sse } from './sse-common.ts';

const { stateOffset } = X86_LAYOUT;
const SSE_A = stateOffset + X86_STATE.offset.sseA;
const SSE_B = stateOffset + X86_STATE.offset.sseB;
/** Offset of MXCSR from env. */
export const MXCSR: number = stateOffset + X86_STATE.offset.mxcsr;

/** Ids of a helper in its two forms. */
interface Forms {
  readonly checked: number;
  readonly masked: number;
}
const forms = (name: string): Forms => ({ checked: helperId(name), masked: helperId(`${name}_masked`) });

const COMPUTE = forms('sse_compute');
const TO_INTEGER = forms('sse_to_integer');
const COMPARE = forms('sse_compare');
const SETTLE = helperId('sse_settle');

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

/** MXCSR is known to be in the fast state. */
export function isFast(c: Ctx): boolean {
  return (c.hflags & HFlag.SSE_FAST) !== 0;
}

const form = (c: Ctx, { checked, masked }: Forms): number => (isFast(c) ? masked : checked);

/** `d` = the operation on `a` and `b`. `a` −1: none of it counts. */
export function computeTo(c: Ctx, d: Temp, what: number, a: Temp, b: Temp): void {
  const { env } = c.tb;
  if (a >= 0) c.b.st(Type.v128, env, a, SSE_A, MO_128);
  c.b.st(Type.v128, env, b, SSE_B, MO_128);
  c.b.call(form(c, COMPUTE), -1, [c.k32(what)]);
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
  c.b.call(form(c, TO_INTEGER), d, [c.k32(what), bits]);
}

/** `d` (i32) = ZF PF CF of a comparison of two floats, given as their bits. */
export function compareTo(c: Ctx, d: Temp, what: number, a: Temp, b: Temp): void {
  c.b.call(form(c, COMPARE), d, [c.k32(what), a, b]);
}

/** MXCSR, i32. */
export function readMxcsr(c: Ctx): Temp {
  const d = c.tb.newLocal(Type.i32);
  c.b.ld(Type.i32, d, c.tb.env, MXCSR, MO_32);
  return d;
}

/** After an instruction that may have set PE: leave the block if it would now be translated for the fast state. */
function settle(c: Ctx): void {
  if (isFast(c) || c.ended) return;
  const relevant = c.binary(Op.and, Type.i32, readMxcsr(c), c.k32(Mxcsr.FAST_MASK));
  const stay = c.tb.newLabel();
  c.b.brcond(Type.i32, relevant, c.k32(Mxcsr.FAST_VALUE), Cond.ne, stay);
  c.b.call(SETTLE, -1, []);
  writeNextPc(c);
  endByPointer(c);
  c.ended = false;
  c.label(stay);
}

/** What may set PE: `handler` and then the question whether the fast state has been reached. */
export function settling(handler: Handler): Handler {
  return (c) => {
    handler(c);
    settle(c);
  };
}

/** An instruction on XMM registers that may raise PE, behind its checks. */
export function sseRounding(handler: Handler): Handler {
  return settling(sse(handler));
}
