/** AES, PCLMULQDQ and SHA: one helper call each (helpers/table-simd.ts). */
import { type Temp, Type } from '@wasm-tcg/ir';
import { helperId } from '../helpers/table.ts';
import { G, type Ctx } from './context.ts';
import type { Handler, HandlersOf } from './handler.ts';
import { readVector, sse, writeVector, xmm } from './sse-common.ts';
import { vextract } from './vector.ts';

/** Destination = helper of `args`. */
function compute(helper: string, args: (c: Ctx) => readonly Temp[]): Handler {
  const id = helperId(helper);
  return sse((c) => {
    const value = c.tb.newLocal(Type.v128);
    c.b.call(id, value, args(c));
    writeVector(c, 0, value);
  });
}

const binary = (helper: string): Handler => compute(helper, (c) => [xmm(c, 0), readVector(c, 1)]);

export const CRYPTO = {
  aesenc: binary('aesenc'), aesenclast: binary('aesenclast'), aesdec: binary('aesdec'), aesdeclast: binary('aesdeclast'),
  aesimc: compute('aesimc', (c) => [readVector(c, 1)]),
  aeskeygenassist: compute('aeskeygenassist', (c) => [readVector(c, 1), c.k32(c.insn.imm & 0xff)]),
  /** Immediate bits 0 and 4 choose the halves. */
  pclmulqdq: compute('clmul', (c) => [vextract(c, xmm(c, 0), 3, c.insn.imm & 1), vextract(c, readVector(c, 1), 3, (c.insn.imm >> 4) & 1)]),
  sha1msg1: binary('sha1msg1'), sha1msg2: binary('sha1msg2'), sha1nexte: binary('sha1nexte'),
  sha1rnds4: compute('sha1rnds4', (c) => [xmm(c, 0), readVector(c, 1), c.k32(c.insn.imm & 3)]),
  sha256msg1: binary('sha256msg1'), sha256msg2: binary('sha256msg2'),
  sha256rnds2: compute('sha256rnds2', (c) => [xmm(c, 0), readVector(c, 1), G.xmm0]),
} satisfies HandlersOf<
  | 'aesenc' | 'aesenclast' | 'aesdec' | 'aesdeclast' | 'aesimc' | 'aeskeygenassist' | 'pclmulqdq' | 'sha1msg1' | 'sha1msg2' | 'sha1nexte' | 'sha1rnds4'
  | 'sha256msg1' | 'sha256msg2' | 'sha256rnds2'
>;
