/**
 * Packed integer arithmetic, comparison and logic of MMX and SSE: destination = destination op source, lane by lane or by pairs of lanes.
 *
 * What is written for 16 bytes serves MMX too where each half of the result comes from the same half of the operands; the others ask for the width.
 */
import type { Temp, VopName } from '@wasm-tcg/ir';
import { OperandKind } from '../decode/index.ts';
import type { Ctx } from './context.ts';
import type { Handler, HandlersOf } from './handler.ts';
import { readVector, simd, writeVector } from './sse-common.ts';
import { vbinary, vconst, vrepeat, vshift, vshuffle, vunary, vzero } from './vector.ts';

/** The value of an operation on (destination, source); `bytes` 8 (MMX) or 16 of it count. */
type Operation = (c: Ctx, a: Temp, b: Temp, bytes: 8 | 16) => Temp;

/** An instruction of two vector operands. */
export function packed(operation: Operation): Handler {
  return simd((c) => {
    const b = readVector(c, 1);
    writeVector(c, 0, operation(c, readVector(c, 0), b, c.insn.opKinds[0] === OperandKind.Mmx ? 8 : 16));
  });
}

/** One instruction of Wasm SIMD. */
const binary = (name: VopName): Handler => packed((c, a, b) => vbinary(c, name, a, b));
const reversed = (name: VopName): Handler => packed((c, a, b) => vbinary(c, name, b, a));
const unary = (name: VopName): Handler => packed((c, _, b) => vunary(c, name, b));

/** The low halves of two vectors, one after the other. */
function joinLow(c: Ctx, a: Temp, b: Temp): Temp {
  return vshuffle(c, a, b, [0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23]);
}

/** Saturating halving of the lane width: destination's lanes, then the source's. */
const pack = (name: VopName): Handler => packed((c, a, b, bytes) => {
  if (bytes === 16) return vbinary(c, name, a, b);
  const both = joinLow(c, a, b);
  return vbinary(c, name, both, both);
});

// ---- multiplication ------------------------------------------------------------------------------------------------------------------

/** Upper halves of the 32-bit products of 16-bit lanes. */
const multiplyHigh = (sign: 's' | 'u'): Handler => packed((c, a, b, bytes) => {
  const low = vbinary(c, `i32x4.extmul_low_i16x8_${sign}`, a, b);
  const high = bytes === 16 ? vbinary(c, `i32x4.extmul_high_i16x8_${sign}`, a, b) : low;
  return vshuffle(c, low, high, [2, 3, 6, 7, 10, 11, 14, 15, 18, 19, 22, 23, 26, 27, 30, 31]);
});

/** 64-bit products of the even 32-bit lanes. */
const multiplyEven = (sign: 's' | 'u'): Handler => packed((c, a, b, bytes) => {
  const name: VopName = `i64x2.extmul_low_i32x4_${sign}`;
  if (bytes === 8) return vbinary(c, name, a, b);
  const even = (v: Temp): Temp => vshuffle(c, v, v, [0, 1, 2, 3, 8, 9, 10, 11]);
  return vbinary(c, name, even(a), even(b));
});

/** PMULHRSW. Wasm's rounding multiplication saturates −1 × −1; x86 wraps to −1. */
const pmulhrsw = packed((c, a, b) => {
  const minimum = vrepeat(c, 0x8000, 2);
  const wraps = vbinary(c, 'v128.and', vbinary(c, 'i16x8.eq', a, minimum), vbinary(c, 'i16x8.eq', b, minimum));
  return vbinary(c, 'v128.xor', vbinary(c, 'i16x8.q15mulr_sat_s', a, b), wraps);
});

/** PMADDUBSW: unsigned bytes of the destination by signed ones of the source, pairs added with saturation. No product needs saturation. */
const pmaddubsw = packed((c, a, b) => {
  const eight = c.k32(8);
  const evenA = vbinary(c, 'v128.and', a, vrepeat(c, 0xff, 2));
  const evenB = vshift(c, 'i16x8.shr_s', vshift(c, 'i16x8.shl', b, eight), eight);
  const even = vbinary(c, 'i16x8.mul', evenA, evenB);
  const odd = vbinary(c, 'i16x8.mul', vshift(c, 'i16x8.shr_u', a, eight), vshift(c, 'i16x8.shr_s', b, eight));
  return vbinary(c, 'i16x8.add_sat_s', even, odd);
});

// ---- sums ------------------------------------------------------------------------------------------------------------------------------

/** PSADBW: sums of the absolute differences of eight bytes each. */
const psadbw = packed((c, a, b) => {
  const difference = vbinary(c, 'v128.or', vbinary(c, 'i8x16.sub_sat_u', a, b), vbinary(c, 'i8x16.sub_sat_u', b, a));
  const fours = vunary(c, 'i32x4.extadd_pairwise_i16x8_u', vunary(c, 'i16x8.extadd_pairwise_i8x16_u', difference));
  const upper = vshift(c, 'i64x2.shr_u', fours, c.k32(32));
  return vbinary(c, 'v128.and', vbinary(c, 'i32x4.add', fours, upper), vrepeat(c, 0xffff_ffff, 8));
});

/** Even or odd lanes of the destination, then those of the source: `first` is the byte of the first. */
function everyOther(c: Ctx, a: Temp, b: Temp, lane: number, first: number, bytes: 8 | 16): Temp {
  const picked: number[] = [];
  for (const operand of [0, 16]) {
    for (let at = first; at < bytes; at += 2 * lane) for (let i = 0; i < lane; i++) picked.push(operand + at + i);
  }
  return vshuffle(c, a, b, picked);
}

/** Sum or difference of neighbours, of the destination and of the source. */
const horizontal = (lane: 2 | 4, name: VopName): Handler => packed((c, a, b, bytes) =>
  vbinary(c, name, everyOther(c, a, b, lane, 0, bytes), everyOther(c, a, b, lane, lane, bytes)));

/** PSIGN: the destination's lane negated, kept or cleared as the source's is negative, positive or zero. */
const sign = (shape: 'i8x16' | 'i16x8' | 'i32x4'): Handler => packed((c, a, b) => {
  const zero = vzero(c);
  const negative = vbinary(c, `${shape}.lt_s`, b, zero);
  const signed = vbinary(c, `${shape}.sub`, vbinary(c, 'v128.xor', a, negative), negative);
  return vbinary(c, 'v128.andnot', signed, vbinary(c, `${shape}.eq`, b, zero));
});

// ---- widening ----------------------------------------------------------------------------------------------------------------------------

/** PMOVSX, PMOVZX: low lanes of the source, widened step by step. */
const widen = (...steps: readonly VopName[]): Handler => packed((c, _, b) => steps.reduce((value, name) => vunary(c, name, value), b));

const AND = binary('v128.and');
const OR = binary('v128.or');
const XOR = binary('v128.xor');
const AND_NOT = reversed('v128.andnot');

/** PHMINPOSUW is a lane's number and the smallest lane: the minimum of (lane value, lane number) as 32-bit numbers. */
const phminposuw = packed((c, _, b) => {
  const number = (first: number): Temp => vconst(c, Array.from({ length: 16 }, (__, i) => (i % 4 === 0 ? first + (i >> 2) : 0)));
  const sixteen = c.k32(16);
  const low = vbinary(c, 'v128.or', vshift(c, 'i32x4.shl', vunary(c, 'i32x4.extend_low_i16x8_u', b), sixteen), number(0));
  const high = vbinary(c, 'v128.or', vshift(c, 'i32x4.shl', vunary(c, 'i32x4.extend_high_i16x8_u', b), sixteen), number(4));
  const four = vbinary(c, 'i32x4.min_u', low, high);
  const two = vbinary(c, 'i32x4.min_u', four, vshuffle(c, four, four, [8, 9, 10, 11, 12, 13, 14, 15]));
  const one = vbinary(c, 'i32x4.min_u', two, vshuffle(c, two, two, [4, 5, 6, 7]));
  return vshuffle(c, one, vzero(c), [2, 3, 0, 1, 16, 16, 16, 16, 16, 16, 16, 16, 16, 16, 16, 16]);
});

export const PACKED = {
  pand: AND, andps: AND, andpd: AND, por: OR, orps: OR, orpd: OR, pxor: XOR, xorps: XOR, xorpd: XOR, pandn: AND_NOT, andnps: AND_NOT, andnpd: AND_NOT,
  paddb: binary('i8x16.add'), paddw: binary('i16x8.add'), paddd: binary('i32x4.add'), paddq: binary('i64x2.add'),
  psubb: binary('i8x16.sub'), psubw: binary('i16x8.sub'), psubd: binary('i32x4.sub'), psubq: binary('i64x2.sub'),
  paddsb: binary('i8x16.add_sat_s'), paddsw: binary('i16x8.add_sat_s'), paddusb: binary('i8x16.add_sat_u'), paddusw: binary('i16x8.add_sat_u'),
  psubsb: binary('i8x16.sub_sat_s'), psubsw: binary('i16x8.sub_sat_s'), psubusb: binary('i8x16.sub_sat_u'), psubusw: binary('i16x8.sub_sat_u'),
  pavgb: binary('i8x16.avgr_u'), pavgw: binary('i16x8.avgr_u'),
  pcmpeqb: binary('i8x16.eq'), pcmpeqw: binary('i16x8.eq'), pcmpeqd: binary('i32x4.eq'), pcmpeqq: binary('i64x2.eq'),
  pcmpgtb: binary('i8x16.gt_s'), pcmpgtw: binary('i16x8.gt_s'), pcmpgtd: binary('i32x4.gt_s'), pcmpgtq: binary('i64x2.gt_s'),
  pminsb: binary('i8x16.min_s'), pminsw: binary('i16x8.min_s'), pminsd: binary('i32x4.min_s'),
  pminub: binary('i8x16.min_u'), pminuw: binary('i16x8.min_u'), pminud: binary('i32x4.min_u'),
  pmaxsb: binary('i8x16.max_s'), pmaxsw: binary('i16x8.max_s'), pmaxsd: binary('i32x4.max_s'),
  pmaxub: binary('i8x16.max_u'), pmaxuw: binary('i16x8.max_u'), pmaxud: binary('i32x4.max_u'),
  pabsb: unary('i8x16.abs'), pabsw: unary('i16x8.abs'), pabsd: unary('i32x4.abs'),
  psignb: sign('i8x16'), psignw: sign('i16x8'), psignd: sign('i32x4'),
  pmullw: binary('i16x8.mul'), pmulld: binary('i32x4.mul'), pmulhw: multiplyHigh('s'), pmulhuw: multiplyHigh('u'),
  pmuldq: multiplyEven('s'), pmuludq: multiplyEven('u'), pmaddwd: binary('i32x4.dot_i16x8_s'), pmaddubsw, pmulhrsw,
  packsswb: pack('i8x16.narrow_i16x8_s'), packuswb: pack('i8x16.narrow_i16x8_u'),
  packssdw: pack('i16x8.narrow_i32x4_s'), packusdw: pack('i16x8.narrow_i32x4_u'),
  phaddw: horizontal(2, 'i16x8.add'), phaddd: horizontal(4, 'i32x4.add'), phaddsw: horizontal(2, 'i16x8.add_sat_s'),
  phsubw: horizontal(2, 'i16x8.sub'), phsubd: horizontal(4, 'i32x4.sub'), phsubsw: horizontal(2, 'i16x8.sub_sat_s'),
  psadbw, phminposuw,
  pmovsxbw: widen('i16x8.extend_low_i8x16_s'), pmovsxbd: widen('i16x8.extend_low_i8x16_s', 'i32x4.extend_low_i16x8_s'),
  pmovsxbq: widen('i16x8.extend_low_i8x16_s', 'i32x4.extend_low_i16x8_s', 'i64x2.extend_low_i32x4_s'),
  pmovsxwd: widen('i32x4.extend_low_i16x8_s'), pmovsxwq: widen('i32x4.extend_low_i16x8_s', 'i64x2.extend_low_i32x4_s'),
  pmovsxdq: widen('i64x2.extend_low_i32x4_s'),
  pmovzxbw: widen('i16x8.extend_low_i8x16_u'), pmovzxbd: widen('i16x8.extend_low_i8x16_u', 'i32x4.extend_low_i16x8_u'),
  pmovzxbq: widen('i16x8.extend_low_i8x16_u', 'i32x4.extend_low_i16x8_u', 'i64x2.extend_low_i32x4_u'),
  pmovzxwd: widen('i32x4.extend_low_i16x8_u'), pmovzxwq: widen('i32x4.extend_low_i16x8_u', 'i64x2.extend_low_i32x4_u'),
  pmovzxdq: widen('i64x2.extend_low_i32x4_u'),
} satisfies HandlersOf<
  | 'pand' | 'andps' | 'andpd' | 'por' | 'orps' | 'orpd' | 'pxor' | 'xorps' | 'xorpd' | 'pandn' | 'andnps' | 'andnpd' | 'paddb' | 'paddw' | 'paddd'
  | 'paddq' | 'psubb' | 'psubw' | 'psubd' | 'psubq' | 'paddsb' | 'paddsw' | 'paddusb' | 'paddusw' | 'psubsb' | 'psubsw' | 'psubusb' | 'psubusw'
  | 'pavgb' | 'pavgw' | 'pcmpeqb' | 'pcmpeqw' | 'pcmpeqd' | 'pcmpeqq' | 'pcmpgtb' | 'pcmpgtw' | 'pcmpgtd' | 'pcmpgtq' | 'pminsb' | 'pminsw' | 'pminsd'
  | 'pminub' | 'pminuw' | 'pminud' | 'pmaxsb' | 'pmaxsw' | 'pmaxsd' | 'pmaxub' | 'pmaxuw' | 'pmaxud' | 'pabsb' | 'pabsw' | 'pabsd' | 'psignb' | 'psignw'
  | 'psignd' | 'pmullw' | 'pmulld' | 'pmulhw' | 'pmulhuw' | 'pmuldq' | 'pmuludq' | 'pmaddwd' | 'pmaddubsw' | 'pmulhrsw' | 'packsswb' | 'packuswb'
  | 'packssdw' | 'packusdw' | 'phaddw' | 'phaddd' | 'phaddsw' | 'phsubw' | 'phsubd' | 'phsubsw' | 'psadbw' | 'phminposuw' | 'pmovsxbw' | 'pmovsxbd'
  | 'pmovsxbq' | 'pmovsxwd' | 'pmovsxwq' | 'pmovsxdq' | 'pmovzxbw' | 'pmovzxbd' | 'pmovzxbq' | 'pmovzxwd' | 'pmovzxwq' | 'pmovzxdq'
>;
