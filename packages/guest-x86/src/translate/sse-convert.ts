/** Conversions between integers, f32 and f64, and comparisons that set EFLAGS (SDM vol. 1, 10.4.3, 11.4.1.3, 11.4.1.6). */
import { Cond, Op, type Temp, Type } from '@wasm-tcg/ir';
import { SseOp, SseRounding } from '../state/sse-op.ts';
import type { Ctx } from './context.ts';
import type { Handler } from './handler.ts';
import { setFlags } from './flags.ts';
import { isMem, readSext, sizeOf, writeReg } from './operands.ts';
import { beginMmx, endMmx, isMmx, load64, readVector, simd, simdAvailable, sse, writeVector, xmm } from './sse-common.ts';
import { Shape, compareTo, computeTo, request, toIntegerTo } from './sse-compute.ts';
import {
  type Direct, branchIfFast, branchIfGood, comparisonFlags, fromInteger, guarded, lanesToIntegers, lowest, narrowed, singlesFromIntegers, toInteger, widened,
} from './sse-fast.ts';
import { vextract, vsplat, vunary, vzero } from './vector.ts';

/** log2 of the bytes of a float. */
const log2 = (shape: Shape): number => (shape.double ? 3 : 2);

/** General operand `i`, sign-extended to i64. */
function signed64(c: Ctx, i: number): Temp {
  const value = readSext(c, i);
  if (c.wide) return value;
  const d = c.tb.newLocal(Type.i64);
  c.b.exts(d, value);
  return d;
}

// ---- packed, and between the float formats ---------------------------------------------------------------------------------------------

/** A conversion of lanes. */
interface Conversion {
  readonly op: SseOp;
  /** Format of the source (`fromI32`: of the result), lanes that are converted. */
  readonly shape: Pick<Shape, 'double' | 'lanes'>;
  readonly imm?: SseRounding;
  /** What the lanes of operand 0 become that are not computed: kept, or zero; `none`: all are computed. */
  readonly rest: 'kept' | 'zero' | 'none';
}

/** The direct form, and the lanes of which its question is asked. */
function directConversion(c: Ctx, { op, shape, imm = SseRounding.current }: Conversion, a: Temp, b: Temp): Direct {
  switch (op) {
    case SseOp.widen: return widened(c, shape.lanes === 1, a, b);
    case SseOp.narrow: return narrowed(c, shape.lanes === 1, a, b);
    case SseOp.fromI32: return singlesFromIntegers(c, shape.lanes === 2 ? 2 : 4, a, b);
    default: return lanesToIntegers(c, shape, imm, b);
  }
}

function converted(c: Ctx, conversion: Conversion, source: Temp): void {
  const { op, shape, imm, rest } = conversion;
  const before = rest === 'kept' ? xmm(c, 0) : rest === 'zero' ? vzero(c) : -1;
  // Narrowing asks about lanes of its result.
  const asked = op === SseOp.narrow ? { double: false, lanes: shape.lanes } : shape;
  writeVector(c, 0, guarded(c, asked, directConversion(c, conversion, before, source), request(op, shape, imm), before, source));
}

const conversion = (what: Conversion): Handler => sse((c) => { converted(c, what, readVector(c, 1)); });

/** With MMX operands or memory. An MMX operand leaves the x87 state of an MMX instruction even when #XM follows. */
const mmxConversion = (what: Conversion): Handler => (c) => {
  if (!simdAvailable(c, true)) return;
  const usesMmx = isMmx(c, 0) || isMmx(c, 1);
  if (usesMmx) beginMmx(c);
  const source = readVector(c, 1);
  if (usesMmx) endMmx(c);
  converted(c, what, source);
};

/** Two signed 32-bit integers to f64: always exact. */
const fromTwoIntegers: Handler = (c) => { writeVector(c, 0, vunary(c, 'f64x2.convert_low_i32x4_s', readVector(c, 1))); };

const TWO_SINGLES = { double: false, lanes: 2 } as const;
const { truncate } = SseRounding;

// ---- general registers --------------------------------------------------------------------------------------------------------------------

/** CVTSI2SS, CVTSI2SD. */
function fromGeneral(shape: Shape): Handler {
  return sse((c) => {
    const value = signed64(c, 1);
    const d = xmm(c, 0);
    const result = fromInteger(c, shape, d, value);
    // 32 bits always fit into an f64.
    if (!shape.double || c.insn.opSizes[1] === 8) {
      const done = c.tb.newLabel();
      branchIfFast(c, done);
      computeTo(c, result, request(SseOp.fromI64, shape), d, vsplat(c, value, 3));
      c.label(done);
    }
    c.b.mov(Type.v128, d, result);
  });
}

/** The scalar operand `i` as a float and as its bits in an i64; the latter is made when asked for. */
function scalar(c: Ctx, i: number, shape: Shape): { readonly float: Temp; readonly bits: () => Temp } {
  if (!isMem(c, i)) return { float: lowest(c, shape, xmm(c, i)), bits: () => vextract(c, xmm(c, i), log2(shape), 0) };
  const bits = load64(c, sizeOf(c, i));
  return { float: c.unary(Op.fbits, shape.double ? Type.f64 : Type.f32, bits), bits: () => bits };
}

/** CVTSS2SI, CVTSD2SI and their truncating forms. */
function toGeneral(shape: Shape, mode: SseRounding): Handler {
  return sse((c) => {
    const wide = c.insn.opSizes[0] === 8;
    const { float, bits } = scalar(c, 1, shape);
    const { value, good } = toInteger(c, shape, mode, wide, float);
    const done = c.tb.newLabel();
    c.b.brcond(Type.i32, good, c.k32(0), Cond.ne, done);
    toIntegerTo(c, value, request(wide ? SseOp.toI64 : SseOp.toI32, shape, mode), bits());
    c.label(done);
    writeReg(c, 0, c.fromI64(value));
  });
}

// ---- comparisons ------------------------------------------------------------------------------------------------------------------------------

/** COMIS (op `compare`), UCOMIS (`compareQuiet`). */
function comparison(op: SseOp, shape: Shape): Handler {
  return sse((c) => {
    const [a, b] = [xmm(c, 0), readVector(c, 1)];
    const { value, good } = comparisonFlags(c, shape, a, b);
    const done = c.tb.newLabel();
    branchIfGood(c, shape, good, done);
    compareTo(c, value, request(op, shape), vextract(c, a, log2(shape), 0), vextract(c, b, log2(shape), 0));
    c.label(done);
    setFlags(c, c.fromI32(value));
  });
}

export const SSE_CONVERT = {
  cvtps2pd: conversion({ op: SseOp.widen, shape: TWO_SINGLES, rest: 'none' }),
  cvtss2sd: conversion({ op: SseOp.widen, shape: Shape.ss, rest: 'kept' }),
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
  cvtsi2ss: fromGeneral(Shape.ss),
  cvtsi2sd: fromGeneral(Shape.sd),
  cvtss2si: toGeneral(Shape.ss, SseRounding.current),
  cvtsd2si: toGeneral(Shape.sd, SseRounding.current),
  cvttss2si: toGeneral(Shape.ss, truncate),
  cvttsd2si: toGeneral(Shape.sd, truncate),
  comiss: comparison(SseOp.compare, Shape.ss),
  comisd: comparison(SseOp.compare, Shape.sd),
  ucomiss: comparison(SseOp.compareQuiet, Shape.ss),
  ucomisd: comparison(SseOp.compareQuiet, Shape.sd),
} as const satisfies Readonly<Record<string, Handler>>;
