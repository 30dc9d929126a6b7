/** Shuffles, interleaves and blends of MMX and SSE. */
import type { Temp } from '@wasm-tcg/ir';
import type { Ctx } from './context.ts';
import type { Handler, HandlersOf } from './handler.ts';
import { packed } from './packed.ts';
import { G } from './context.ts';
import { readVector, simd, sse, writeVector, xmm } from './sse-common.ts';
import { vbinary, vrepeat, vselect, vshuffle, vzero } from './vector.ts';

/** Bytes of lanes of `size` bytes, by lane number. */
const bytesOf = (size: number, lanes: readonly number[]): readonly number[] =>
  lanes.flatMap((lane) => Array.from({ length: size }, (_, i) => lane * size + i));

/** PUNPCK, UNPCK: lanes of one half of the destination and the source, alternating. MMX: half of 8 bytes. */
function interleave(size: 1 | 2 | 4 | 8, half: 'low' | 'high'): Handler {
  return packed((c, a, b, bytes) => {
    const count = bytes / size / 2;
    const first = half === 'low' ? 0 : count;
    return vshuffle(c, a, b, bytesOf(size, Array.from({ length: 2 * count }, (_, i) => first + (i >> 1) + (i & 1) * (16 / size))));
  });
}

/** Four two-bit fields of the immediate. */
const fields = (c: Ctx): readonly number[] => [0, 2, 4, 6].map((at) => (c.insn.imm >> at) & 3);

/** PSHUFD, PSHUFW, PSHUFLW, PSHUFHW: `order` makes lane numbers of the immediate's fields. */
function permute(size: 2 | 4, order: (picked: readonly number[]) => readonly number[]): Handler {
  return simd((c) => {
    const source = readVector(c, 1);
    writeVector(c, 0, vshuffle(c, source, source, bytesOf(size, order(fields(c)))));
  });
}

/** SHUFPS: two lanes of the destination, two of the source. */
const shufps: Handler = sse((c) => {
  const picked = fields(c);
  const source = readVector(c, 1);
  writeVector(c, 0, vshuffle(c, xmm(c, 0), source, bytesOf(4, picked.map((lane, i) => (i < 2 ? lane : lane + 4)))));
});

const shufpd: Handler = sse((c) => {
  const { imm } = c.insn;
  const source = readVector(c, 1);
  writeVector(c, 0, vshuffle(c, xmm(c, 0), source, bytesOf(8, [imm & 1, 2 + ((imm >> 1) & 1)])));
});

/** PSHUFB: an index with bit 7 set gives 0. Wasm gives 0 for every index above the last byte. */
const pshufb: Handler = packed((c, a, b, bytes) => vbinary(c, 'i8x16.swizzle', a, vbinary(c, 'v128.and', b, vrepeat(c, 0x80 | (bytes - 1), 1))));

/** BLENDPS, BLENDPD, PBLENDW: lanes of the source where the immediate has a 1. */
function blend(size: 2 | 4 | 8): Handler {
  return sse((c) => {
    const lanes = Array.from({ length: 16 / size }, (_, i) => (((c.insn.imm >> i) & 1) === 1 ? 16 / size + i : i));
    const source = readVector(c, 1);
    writeVector(c, 0, vshuffle(c, xmm(c, 0), source, bytesOf(size, lanes)));
  });
}

/** BLENDVPS, BLENDVPD, PBLENDVB: lanes of the source where XMM0's are negative. */
function blendVariable(shape: 'i8x16' | 'i32x4' | 'i64x2'): Handler {
  return sse((c) => {
    const source = readVector(c, 1);
    const mask: Temp = vbinary(c, `${shape}.lt_s`, G.xmm0, vzero(c));
    writeVector(c, 0, vselect(c, source, xmm(c, 0), mask));
  });
}

const unpcklps = interleave(4, 'low');
const unpckhps = interleave(4, 'high');
const unpcklpd = interleave(8, 'low');
const unpckhpd = interleave(8, 'high');

export const SHUFFLE = {
  punpcklbw: interleave(1, 'low'), punpcklwd: interleave(2, 'low'), punpckldq: unpcklps, punpcklqdq: unpcklpd, unpcklps, unpcklpd,
  punpckhbw: interleave(1, 'high'), punpckhwd: interleave(2, 'high'), punpckhdq: unpckhps, punpckhqdq: unpckhpd, unpckhps, unpckhpd,
  pshufd: permute(4, (picked) => picked), pshufw: permute(2, (picked) => picked),
  pshuflw: permute(2, (picked) => [...picked, 4, 5, 6, 7]), pshufhw: permute(2, (picked) => [0, 1, 2, 3, ...picked.map((lane) => lane + 4)]),
  shufps, shufpd, pshufb,
  blendps: blend(4), blendpd: blend(8), pblendw: blend(2),
  blendvps: blendVariable('i32x4'), blendvpd: blendVariable('i64x2'), pblendvb: blendVariable('i8x16'),
} satisfies HandlersOf<
  | 'punpcklbw' | 'punpcklwd' | 'punpckldq' | 'punpcklqdq' | 'unpcklps' | 'unpcklpd' | 'punpckhbw' | 'punpckhwd' | 'punpckhdq' | 'punpckhqdq'
  | 'unpckhps' | 'unpckhpd' | 'pshufd' | 'pshufw' | 'pshuflw' | 'pshufhw' | 'shufps' | 'shufpd' | 'pshufb' | 'blendps' | 'blendpd' | 'pblendw'
  | 'blendvps' | 'blendvpd' | 'pblendvb'
>;
