/** Conversions between integers, f32 and f64, and comparisons that set EFLAGS (SDM vol. 1, 10.4.3, 11.4.1.3, 11.4.1.6). */
import { type Temp, Type } from '@wasm-tcg/ir';
import { SseOp, SseRounding } from '../state/sse-op.ts';
import type { Ctx } from './context.ts';
import type { Handler } from './handler.ts';
import { setFlags } from './flags.ts';
import { isMem, readSext, sizeOf, writeReg } from './operands.ts';
import { beginMmx, endMmx, isMmx, load64, readVector, simd, simdAvailable, sse, writeVector, xmm } from './sse-common.ts';
import { Shape, compareTo, compute, request, settling, sseRounding, toIntegerTo } from './sse-compute.ts';
import { vextract, vinsert, vsplat, vunary, vzero } from './vector.ts';

/** log2 of the bytes of a float. */
const log2 = (shape: Shape): number => (shape.double ? 3 : 2);

/** Bits of the scalar operand `i`, zero-extended to i64. */
function scalarBits(c: Ctx, i: number, shape: Shape): Temp {
  return isMem(c, i) ? load64(c, sizeOf(c, i)) : vextract(c, xmm(c, i), log2(shape), 0);
}

/** General operand `i`, sign-extended to i64. */
function signed64(c: Ctx, i: number): Temp {
  const value = readSext(c, i);
  if (c.wide) return value;
  const d = c.tb.newLocal(Type.i64);
  c.b.exts(d, value);
  return d;
}

// ---- packed, and between the float formats ---------------------------------------------------------------------------------------------

/** How many lanes of the source are converted to what. */
interface Conversion {
  readonly op: SseOp;
  readonly shape: Pick<Shape, 'double' | 'lanes'>;
  readonly imm?: number;
  /** What the lanes of operand 0 become that are not computed: kept, or zero; `none`: all are computed. */
  readonly rest: 'kept' | 'zero' | 'none';
}

function converted(c: Ctx, { op, shape, imm, rest }: Conversion, source: Temp): void {
  const before = rest === 'kept' ? xmm(c, 0) : rest === 'zero' ? vzero(c) : -1;
  writeVector(c, 0, compute(c, request(op, shape, imm), before, source));
}

const conversion = (what: Conversion): Handler => sseRounding((c) => { converted(c, what, readVector(c, 1)); });

/** With MMX operands or memory. An MMX operand leaves the x87 state of an MMX instruction even when #XM follows. */
const mmxConversion = (what: Conversion): Handler => settling((c) => {
  if (!simdAvailable(c, true)) return;
  const usesMmx = isMmx(c, 0) || isMmx(c, 1);
  if (usesMmx) beginMmx(c);
  const source = readVector(c, 1);
  if (usesMmx) endMmx(c);
  converted(c, what, source);
});

/** Two signed 32-bit integers to f64: always exact. */
const fromTwoIntegers: Handler = (c) => { writeVector(c, 0, vunary(c, 'f64x2.convert_low_i32x4_s', readVector(c, 1))); };

const TWO_SINGLES = { double: false, lanes: 2 } as const;
const { truncate } = SseRounding;

// ---- general registers --------------------------------------------------------------------------------------------------------------------

/** CVTSI2SS, CVTSI2SD. */
function fromInteger(shape: Shape): Handler {
  return sseRounding((c) => {
    const value = signed64(c, 1);
    const d = xmm(c, 0);
    if (shape.double && c.insn.opSizes[1] === 4) {
      // 32 bits always fit.
      const float = c.tb.newLocal(Type.f64);
      const bits = c.tb.newLocal(Type.i64);
      c.b.fcvt_s(Type.f64, float, value);
      c.b.ibits(Type.f64, bits, float);
      c.b.mov(Type.v128, d, vinsert(c, d, bits, 3, 0));
    } else {
      c.b.mov(Type.v128, d, compute(c, request(SseOp.fromI64, shape), d, vsplat(c, value, 3)));
    }
  });
}

/** CVTSS2SI, CVTSD2SI and their truncating forms. */
function toInteger(shape: Shape, mode: SseRounding): Handler {
  return sseRounding((c) => {
    const result = c.tb.newLocal(Type.i64);
    const op = c.insn.opSizes[0] === 8 ? SseOp.toI64 : SseOp.toI32;
    toIntegerTo(c, result, request(op, shape, mode), scalarBits(c, 1, shape));
    writeReg(c, 0, c.fromI64(result));
  });
}

// ---- comparisons ------------------------------------------------------------------------------------------------------------------------------

/** COMIS (op `compare`), UCOMIS (`compareQuiet`). */
function comparison(op: SseOp, shape: Shape): Handler {
  return sse((c) => {
    const b = scalarBits(c, 1, shape);
    const flags = c.tb.newLocal(Type.i32);
    compareTo(c, flags, request(op, shape), scalarBits(c, 0, shape), b);
    setFlags(c, c.fromI32(flags));
  });
}

export const SSE_CONVERT = {
  cvtps2pd: sse((c) => { converted(c, { op: SseOp.widen, shape: TWO_SINGLES, rest: 'none' }, readVector(c, 1)); }),
  cvtss2sd: sse((c) => { converted(c, { op: SseOp.widen, shape: Shape.ss, rest: 'kept' }, readVector(c, 1)); }),
  cvtpd2ps: conversion({ op: SseOp.narrow, shape: Shape.pd, rest: 'zero' }),
  cvtsd2ss: conversion({ op: SseOp.narrow, shape: Shape.sd, rest: 'kept' }),
  cvtdq2ps: conversion({ op: SseOp.fromI32, shape: Shape.ps, rest: 'none' }),
  cvtdq2pd: sse(fromTwoIntegers),
  cvtps2dq: conversion({ op: SseOp.toI32, shape: Shape.ps, rest: 'none' }),
  cvttps2dq: conversion({ op: SseOp.toI32, shape: Shape.ps, imm: truncate, rest: 'none' }),
  cvtpd2dq: conversion({ op: SseOp.toI32, shape: Shape.pd, rest: 'zero' }),
  cvttpd2dq: conversion({ op: SseOp.toI32, shape: Shape.pd, imm: truncate, rest: 'zero' }),
  cvtpi2ps: mmxConversion({ op: SseOp.fromI32, shape: TWO_SINGLES, rest: 'kept' }),
  cvtpi2pd: simd(fromTwoIntegers),
  cvtps2pi: mmxConversion({ op: SseOp.toI32, shape: TWO_SINGLES, rest: 'none' }),
  cvttps2pi: mmxConversion({ op: SseOp.toI32, shape: TWO_SINGLES, imm: truncate, rest: 'none' }),
  cvtpd2pi: mmxConversion({ op: SseOp.toI32, shape: Shape.pd, rest: 'none' }),
  cvttpd2pi: mmxConversion({ op: SseOp.toI32, shape: Shape.pd, imm: truncate, rest: 'none' }),
  cvtsi2ss: fromInteger(Shape.ss),
  cvtsi2sd: fromInteger(Shape.sd),
  cvtss2si: toInteger(Shape.ss, SseRounding.current),
  cvtsd2si: toInteger(Shape.sd, SseRounding.current),
  cvttss2si: toInteger(Shape.ss, truncate),
  cvttsd2si: toInteger(Shape.sd, truncate),
  comiss: comparison(SseOp.compare, Shape.ss),
  comisd: comparison(SseOp.compare, Shape.sd),
  ucomiss: comparison(SseOp.compareQuiet, Shape.ss),
  ucomisd: comparison(SseOp.compareQuiet, Shape.sd),
} as const satisfies Readonly<Record<string, Handler>>;
