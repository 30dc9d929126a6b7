/**
 * Packed shifts of MMX and SSE. A count is the whole low 64 bits of its operand: beyond the lane width the result is zero, or all sign. Wasm takes
 * counts modulo the lane width, so that those are told apart here.
 */
import { Cond, type Temp, Type } from '@wasm-tcg/ir';
import { OperandKind } from '../decode/index.ts';
import type { Ctx } from './context.ts';
import type { Handler, HandlersOf } from './handler.ts';
import { isMem } from './operands.ts';
import { isMmx, load128, load64, readMmx, readVector, simd, sse, writeVector, xmm } from './sse-common.ts';
import { vbinary, vextract, vshift, vshuffle, vsplat, vzero } from './vector.ts';

type Shape = 'i16x8' | 'i32x4' | 'i64x2';
const BITS: Readonly<Record<Shape, number>> = { i16x8: 16, i32x4: 32, i64x2: 64 };

/** i64: the count in a register or memory. */
function countOperand(c: Ctx): Temp {
  if (isMmx(c, 0)) return isMem(c, 1) ? load64(c, 8) : readMmx(c, 1);
  return vextract(c, isMem(c, 1) ? load128(c, true) : xmm(c, 1), 3, 0);
}

function trunc(c: Ctx, value: Temp): Temp {
  const d = c.tb.newLocal(Type.i32);
  c.b.trunc(d, value);
  return d;
}

const isImmediate = (c: Ctx): boolean => c.insn.opKinds[1] === OperandKind.Imm;

/** PSLL, PSRL. */
function logical(shape: Shape, direction: 'shl' | 'shr_u'): Handler {
  const name = `${shape}.${direction}` as const;
  const bits = BITS[shape];
  return simd((c) => {
    if (isImmediate(c)) {
      const count = c.insn.imm & 0xff;
      writeVector(c, 0, count < bits ? vshift(c, name, readVector(c, 0), c.k32(count)) : vzero(c));
      return;
    }
    const count = countOperand(c);
    const inRange = c.tb.newLocal(Type.i64);
    c.b.negsetcond(Type.i64, inRange, count, c.tb.constI64(bits), Cond.ltu);
    writeVector(c, 0, vbinary(c, 'v128.and', vshift(c, name, readVector(c, 0), trunc(c, count)), vsplat(c, inRange, 3)));
  });
}

/** PSRA. */
function arithmetic(shape: 'i16x8' | 'i32x4'): Handler {
  const name = `${shape}.shr_s` as const;
  const last = BITS[shape] - 1;
  return simd((c) => {
    if (isImmediate(c)) {
      writeVector(c, 0, vshift(c, name, readVector(c, 0), c.k32(Math.min(c.insn.imm & 0xff, last))));
      return;
    }
    const count = countOperand(c);
    const most = c.tb.constI64(last);
    writeVector(c, 0, vshift(c, name, readVector(c, 0), trunc(c, c.movcond(Type.i64, Cond.ltu, count, most, count, most))));
  });
}

/** Bytes at … at+15 of (a, b), taken as 32 bytes with zeros around them. */
function window(c: Ctx, a: Temp, b: Temp, at: number): Temp {
  if (at <= -16 || at >= 32) return vzero(c);
  if (at >= 0 && at <= 16) return vshuffle(c, a, b, Array.from({ length: 16 }, (_, i) => at + i));
  return at < 0 ? window(c, vzero(c), a, at + 16) : window(c, b, vzero(c), at - 16);
}

/** PSLLDQ, PSRLDQ: by bytes; always an immediate. */
const bytesLeft: Handler = sse((c) => writeVector(c, 0, window(c, xmm(c, 0), vzero(c), -Math.min(c.insn.imm & 0xff, 16))));
const bytesRight: Handler = sse((c) => writeVector(c, 0, window(c, xmm(c, 0), vzero(c), Math.min(c.insn.imm & 0xff, 16))));

/** PALIGNR: (destination, source) as one number, shifted right by bytes. */
const palignr: Handler = simd((c) => {
  const source = readVector(c, 1);
  const dest = readVector(c, 0);
  const count = c.insn.imm & 0xff;
  if (!isMmx(c, 0)) {
    writeVector(c, 0, window(c, source, dest, count));
    return;
  }
  const both = vshuffle(c, source, dest, [0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23]);
  writeVector(c, 0, window(c, both, vzero(c), count));
});

export const PACKED_SHIFT = {
  psllw: logical('i16x8', 'shl'), pslld: logical('i32x4', 'shl'), psllq: logical('i64x2', 'shl'),
  psrlw: logical('i16x8', 'shr_u'), psrld: logical('i32x4', 'shr_u'), psrlq: logical('i64x2', 'shr_u'),
  psraw: arithmetic('i16x8'), psrad: arithmetic('i32x4'),
  pslldq: bytesLeft, psrldq: bytesRight, palignr,
} satisfies HandlersOf<'psllw' | 'pslld' | 'psllq' | 'psrlw' | 'psrld' | 'psrlq' | 'psraw' | 'psrad' | 'pslldq' | 'psrldq' | 'palignr'>;
