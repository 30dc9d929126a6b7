/**
 * SSE4 instructions with results beyond lanes: tests into flags, sums of differences, string comparison; and the masked stores of MMX and SSE2.
 */
import { Cond, Op, type Temp, Type } from '@wasm-tcg/ir';
import { Seg } from '../decode/index.ts';
import { helperId } from '../helpers/table.ts';
import { Eflag } from '../state/cc-op.ts';
import { linear } from './address.ts';
import { G, type Ctx } from './context.ts';
import { setFlags } from './flags.ts';
import type { Handler, HandlersOf } from './handler.ts';
import { isMmx, readUnaligned, readVector, simd, sse, writeVector, xmm, zeroExtended } from './sse-common.ts';
import { vbinary, vconst, vshuffle, vsplat, vtest, vunary, vzero } from './vector.ts';

const MASK_STORE = helperId('mask_store');
const PCMPISTR = helperId('pcmpistr');
const PCMPESTR = helperId('pcmpestr');

/** PTEST: ZF = no bit common with the destination, CF = no bit beyond the destination's; the other flags are cleared. */
const ptest: Handler = sse((c) => {
  const source = readVector(c, 1);
  const empty = (v: Temp): Temp => c.xorI(c.fromI32(vtest(c, 'v128.any_true', v)), 1);
  const zf = empty(vbinary(c, 'v128.and', source, xmm(c, 0)));
  const cf = empty(vbinary(c, 'v128.andnot', source, xmm(c, 0)));
  setFlags(c, c.or(c.shlI(zf, 6), cf));
});

/** MPSADBW: eight sums of four absolute differences, of a sliding window of the destination and one group of the source. */
const mpsadbw: Handler = sse((c) => {
  const { imm } = c.insn;
  const source = readVector(c, 1);
  const zero = vzero(c);
  const from = (imm & 3) * 4;
  const start = imm & 4;
  const words = (v: Temp, byteOf: (lane: number) => number): Temp =>
    vshuffle(c, v, zero, Array.from({ length: 16 }, (_, i) => (i % 2 === 0 ? byteOf(i >> 1) : 16)));
  let sum: Temp = -1;
  for (let i = 0; i < 4; i++) {
    const difference = vbinary(c, 'i16x8.sub', words(xmm(c, 0), (lane) => start + lane + i), words(source, () => from + i));
    const absolute = vunary(c, 'i16x8.abs', difference);
    sum = sum < 0 ? absolute : vbinary(c, 'i16x8.add', sum, absolute);
  }
  writeVector(c, 0, sum);
});

// ---- strings -------------------------------------------------------------------------------------------------------------------------

/** Immediate bit 6: the last element instead of the first; elements as masks instead of bits. */
const IMM_WHICH = 0x40;

/** A length register, sign-extended to i64. */
function length(c: Ctx, reg: Temp): Temp {
  if (c.wide) return c.sext(reg, c.insn.w === 1 ? 8 : 4);
  const d = c.tb.newLocal(Type.i64);
  c.b.exts(d, reg);
  return d;
}

/** Compare, and set the flags. @returns the result bits (IntRes2) as word */
function compareStrings(c: Ctx, explicit: boolean): Temp {
  const b = readUnaligned(c, 1);
  const result = c.tb.newLocal(Type.i32);
  const imm = c.k32(c.insn.imm & 0xff);
  if (explicit) c.b.call(PCMPESTR, result, [xmm(c, 0), b, imm, length(c, G.rax), length(c, G.rdx)]);
  else c.b.call(PCMPISTR, result, [xmm(c, 0), b, imm]);
  const word = c.fromI32(result);
  setFlags(c, c.andI(c.shrI(word, 16), Eflag.CF | Eflag.ZF | Eflag.SF | Eflag.OF));
  return c.andI(word, 0xffff);
}

/** PCMPESTRI, PCMPISTRI: ECX = number of the first or last element, or the number of elements. */
const index = (explicit: boolean): Handler => sse((c) => {
  const bits = compareStrings(c, explicit);
  const count = (c.insn.imm & 1) !== 0 ? 8 : 16;
  let found: Temp;
  if ((c.insn.imm & IMM_WHICH) === 0) {
    found = c.unary(Op.ctz, c.W, c.or(bits, c.k(1 << count)));
  } else {
    const last = c.sub(c.k(c.wordBits - 1), c.unary(Op.clz, c.W, bits));
    found = c.movcond(c.W, Cond.eq, bits, c.k(0), c.k(count), last);
  }
  c.writeGprClean(G.rcx, 4, found);
});

/** PCMPESTRM, PCMPISTRM: XMM0 = the bits, or lanes of all ones. */
const mask = (explicit: boolean): Handler => sse((c) => {
  const bits = c.toI64(compareStrings(c, explicit));
  const { imm } = c.insn;
  let value: Temp;
  if ((imm & IMM_WHICH) === 0) {
    value = zeroExtended(c, bits, 3);
  } else if ((imm & 1) !== 0) {
    const one = vconst(c, Array.from({ length: 16 }, (_, i) => (i % 2 === 0 ? 1 << (i >> 1) : 0)));
    value = vbinary(c, 'i16x8.eq', vbinary(c, 'v128.and', vsplat(c, bits, 1), one), one);
  } else {
    const one = vconst(c, Array.from({ length: 16 }, (_, i) => 1 << (i & 7)));
    const all = vsplat(c, bits, 1);
    const bytes = vshuffle(c, all, all, [0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1]);
    value = vbinary(c, 'i8x16.eq', vbinary(c, 'v128.and', bytes, one), one);
  }
  c.b.mov(Type.v128, G.xmm0, value);
});

/** MASKMOVQ, MASKMOVDQU: to [rDI], in DS or the segment of a prefix; any address. */
const maskStore: Handler = simd((c) => {
  const { insn } = c;
  const bytes = isMmx(c, 0) ? 8 : 16;
  const seg = insn.segOverride >= 0 ? insn.segOverride : Seg.DS;
  const address = linear(c, seg, c.zext(G.rdi, insn.addrSize), bytes, true);
  c.b.call(MASK_STORE, -1, [c.toI64(address), readVector(c, 0), readVector(c, 1), c.k32(bytes), c.k32(c.mmu)]);
});

export const SSE4 = {
  ptest, mpsadbw, pcmpestri: index(true), pcmpistri: index(false), pcmpestrm: mask(true), pcmpistrm: mask(false),
  maskmovq: maskStore, maskmovdqu: maskStore,
} satisfies HandlersOf<'ptest' | 'mpsadbw' | 'pcmpestri' | 'pcmpistri' | 'pcmpestrm' | 'pcmpistrm' | 'maskmovq' | 'maskmovdqu'>;
