/**
 * SSE moves between registers, memory and general registers, and lane inserts and extracts: nothing is computed.
 */
import type { Temp } from '@wasm-tcg/ir';
import type { Ctx } from './context.ts';
import type { Handler, HandlersOf } from './handler.ts';
import { isMem, sizeOf } from './operands.ts';
import { beginMmxStore, isMmx, load128, load64, readMmx, readVector, simd, sse, store128, store64, writeMmx, writeVector, xmm, zeroExtended } from './sse-common.ts';
import { vbinary, vconst, vextract, vinsert, vshuffle, vtest } from './vector.ts';

const log2 = (size: number): number => 31 - Math.clz32(size);

/** Whole registers. `aligned`: 16 bytes of memory must be. */
function move(aligned: boolean): Handler {
  return sse((c) => {
    if (isMem(c, 0)) store128(c, xmm(c, 1), aligned);
    else writeVector(c, 0, isMem(c, 1) ? load128(c, aligned) : xmm(c, 1));
  });
}

/** MOVSS, MOVSD: a load clears the rest of the register, a move between registers keeps it. */
const moveScalar: Handler = sse((c) => {
  const size = sizeOf(c, 0);
  if (isMem(c, 0)) store64(c, vextract(c, xmm(c, 1), log2(size), 0), size);
  else if (isMem(c, 1)) writeVector(c, 0, zeroExtended(c, load64(c, size), 3));
  else writeVector(c, 0, vshuffle(c, xmm(c, 1), xmm(c, 0), Array.from({ length: 16 }, (_, i) => (i < size ? i : 16 + i))));
});

/** MOVLPS … MOVHPD: 64 bits of memory, to or from one half; the other half stays. */
function moveHalf(half: 0 | 1): Handler {
  return sse((c) => {
    if (isMem(c, 0)) store64(c, vextract(c, xmm(c, 1), 3, half), 8);
    else writeVector(c, 0, vinsert(c, xmm(c, 0), load64(c, 8), 3, half));
  });
}

/** A shuffle of (destination, source), a constant of the instruction. */
function rearrange(bytes: readonly number[]): Handler {
  return sse((c) => writeVector(c, 0, vshuffle(c, xmm(c, 0), readVector(c, 1), bytes)));
}

/** A shuffle of the source alone. */
function spread(bytes: readonly number[]): Handler {
  return sse((c) => {
    const source = readVector(c, 1);
    writeVector(c, 0, vshuffle(c, source, source, bytes));
  });
}

/** Lanes of four bytes by number: 0–3 of the destination, 4–7 of the source. */
const dwords = (...lanes: readonly number[]): readonly number[] => lanes.flatMap((lane) => [4 * lane, 4 * lane + 1, 4 * lane + 2, 4 * lane + 3]);

/** 32 or 64 bits of a general register or memory, zero-extended. */
function generalSource(c: Ctx, i: number): Temp {
  return isMem(c, i) ? load64(c, sizeOf(c, i)) : c.toI64(c.zext(c.insn.opRegs[i]!, sizeOf(c, i)));
}

/** An i64, zero-extended from at most the operand's size, to a general register or memory. */
function toGeneral(c: Ctx, i: number, value: Temp): void {
  if (isMem(c, i)) store64(c, value, sizeOf(c, i));
  else c.writeGprClean(c.insn.opRegs[i]!, 4, c.fromI64(value));
}

/** MOVD, and MOVQ with a general register: the rest of the destination is cleared. */
const movd: Handler = simd((c) => {
  if (isMmx(c, 0)) writeMmx(c, 0, generalSource(c, 1));
  else if (isMmx(c, 1)) toGeneral(c, 0, lowOf(c, low64(c, 1)));
  else if (c.insn.opcode === 0x6e) writeVector(c, 0, zeroExtended(c, generalSource(c, 1), 3));
  else toGeneral(c, 0, vextract(c, xmm(c, 1), log2(sizeOf(c, 0)), 0));
});

/** As many low bits of an i64 as operand 0 has. */
function lowOf(c: Ctx, value: Temp): Temp {
  if (sizeOf(c, 0) === 8) return value;
  return c.toI64(c.zext(c.fromI64(value), 4));
}

/** MOVQ between MMX registers and memory, between XMM registers and memory; MOVQ2DQ, MOVDQ2Q. */
const movq: Handler = simd((c) => {
  if (isMem(c, 0)) {
    store64(c, low64(c, 1), 8);
    return;
  }
  const value = isMem(c, 1) ? load64(c, 8) : low64(c, 1);
  if (isMmx(c, 0)) writeMmx(c, 0, value);
  else writeVector(c, 0, zeroExtended(c, value, 3));
});

/** Low 64 bits of register operand `i`, which may be on its way to memory. */
function low64(c: Ctx, i: number): Temp {
  if (!isMmx(c, i)) return vextract(c, xmm(c, i), 3, 0);
  if (isMem(c, 0)) beginMmxStore(c);
  return readMmx(c, i);
}

/** PINSRB, PINSRW, PINSRD, PINSRQ: a lane from a general register or memory; surplus bits of the immediate are ignored. */
function insertLane(bytes: 1 | 2 | 4): Handler {
  return simd((c) => {
    const size = bytes === 4 ? sizeOf(c, 1) : bytes;
    const value = isMem(c, 1) ? load64(c, size) : c.toI64(c.insn.opRegs[1]!);
    writeVector(c, 0, vinsert(c, readVector(c, 0), value, log2(size), c.insn.imm & ((isMmx(c, 0) ? 8 : 16) / size - 1)));
  });
}

/** PEXTRB, PEXTRW, PEXTRD, PEXTRQ, EXTRACTPS: a lane, zero-extended. */
function extractLane(bytes: 1 | 2 | 4): Handler {
  return simd((c) => {
    const size = bytes === 4 && c.insn.opSizes[0] === 8 && c.insn.opcode === 0x16 ? 8 : bytes;
    toGeneral(c, 0, vextract(c, readVector(c, 1), log2(size), c.insn.imm & ((isMmx(c, 1) ? 8 : 16) / size - 1)));
  });
}

/** INSERTPS (imm: source lane, destination lane, lanes to clear). Memory is one lane. */
const insertps: Handler = sse((c) => {
  const { imm } = c.insn;
  const from = isMem(c, 1) ? 0 : (imm >> 6) & 3;
  const to = (imm >> 4) & 3;
  const lanes = [0, 1, 2, 3].map((lane) => (lane === to ? 4 + from : lane));
  const inserted = vshuffle(c, xmm(c, 0), readVector(c, 1), dwords(...lanes));
  const kept = vconst(c, Array.from({ length: 16 }, (_, i) => ((imm >> (i >> 2)) & 1 ? 0 : 0xff)));
  writeVector(c, 0, (imm & 15) === 0 ? inserted : vbinary(c, 'v128.and', inserted, kept));
});

/** Sign bits of lanes into a general register. */
function signMask(name: 'i32x4.bitmask' | 'i64x2.bitmask'): Handler {
  return sse((c) => c.writeGprClean(c.insn.opRegs[0]!, 4, c.fromI32(vtest(c, name, xmm(c, 1)))));
}

const pmovmskb: Handler = simd((c) => {
  const mask = c.fromI32(vtest(c, 'i8x16.bitmask', readVector(c, 1)));
  c.writeGprClean(c.insn.opRegs[0]!, 4, isMmx(c, 1) ? c.andI(mask, 0xff) : mask);
});

const ALIGNED = move(true);
const ANY_ADDRESS = move(false);

export const SSE_MOVE = {
  movaps: ALIGNED, movapd: ALIGNED, movdqa: ALIGNED, movntps: ALIGNED, movntpd: ALIGNED, movntdq: ALIGNED, movntdqa: ALIGNED,
  movups: ANY_ADDRESS, movupd: ANY_ADDRESS, movdqu: ANY_ADDRESS, lddqu: ANY_ADDRESS,
  movss: moveScalar, movsd: moveScalar,
  movlps: moveHalf(0), movlpd: moveHalf(0), movhps: moveHalf(1), movhpd: moveHalf(1),
  movhlps: rearrange(dwords(6, 7, 2, 3)), movlhps: rearrange(dwords(0, 1, 4, 5)),
  movsldup: spread(dwords(0, 0, 2, 2)), movshdup: spread(dwords(1, 1, 3, 3)), movddup: spread(dwords(0, 1, 0, 1)),
  movd, movq, movq2dq: movq, movdq2q: movq, movntq: movq,
  pinsrb: insertLane(1), pinsrw: insertLane(2), pinsrd: insertLane(4), pextrb: extractLane(1), pextrw: extractLane(2), pextrd: extractLane(4),
  extractps: extractLane(4), insertps,
  movmskps: signMask('i32x4.bitmask'), movmskpd: signMask('i64x2.bitmask'), pmovmskb,
} satisfies HandlersOf<
  | 'movaps' | 'movapd' | 'movdqa' | 'movntps' | 'movntpd' | 'movntdq' | 'movntdqa' | 'movups' | 'movupd' | 'movdqu' | 'lddqu' | 'movss' | 'movsd'
  | 'movlps' | 'movlpd' | 'movhps' | 'movhpd' | 'movhlps' | 'movlhps' | 'movsldup' | 'movshdup' | 'movddup' | 'movd' | 'movq' | 'movq2dq' | 'movdq2q'
  | 'movntq' | 'pinsrb' | 'pinsrw' | 'pinsrd' | 'pextrb' | 'pextrw' | 'pextrd' | 'extractps' | 'insertps' | 'movmskps' | 'movmskpd' | 'pmovmskb'
>;
