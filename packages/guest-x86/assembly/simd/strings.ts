// String comparison of SSE4.2 (SDM vol. 2, 4.1): aggregation, polarity, flags. Which result the instruction makes of the bits is translated inline.
//
// Sets of elements are bit masks, element 0 in bit 0. Elements of the first operand are taken one by one and compared with all of the second.

/** Bits of the immediate. */
const WORDS: i32 = 1;
const SIGNED: i32 = 2;

const CF: i32 = 1;
const ZF: i32 = 0x40;
const SF: i32 = 0x80;
const OF: i32 = 0x800;

/** Element `i` in all lanes. */
@inline function splatOf(v: v128, i: i32, words: bool): v128 {
  return i8x16.swizzle(v, words ? i16x8.splat(<i16>(i * 0x202 + 0x100)) : i8x16.splat(<i8>i));
}

@inline function maskOf(v: v128, words: bool): i32 { return words ? i16x8.bitmask(v) : i8x16.bitmask(v); }

@inline function equal(a: v128, b: v128, words: bool): i32 { return maskOf(words ? i16x8.eq(a, b) : i8x16.eq(a, b), words); }

/** Elements of `a` that are not below those of `b`. */
function notBelow(a: v128, b: v128, imm: i32): i32 {
  if (imm & WORDS) return i16x8.bitmask(imm & SIGNED ? i16x8.ge_s(a, b) : i16x8.ge_u(a, b));
  return i8x16.bitmask(imm & SIGNED ? i8x16.ge_s(a, b) : i8x16.ge_u(a, b));
}

/** Elements of `b` that occur in `a`. */
function anyOf(a: v128, la: i32, b: v128, words: bool): i32 {
  let found = 0;
  for (let i = 0; i < la; i++) found |= equal(splatOf(a, i, words), b, words);
  return found;
}

/** Elements of `b` in one of the ranges that the pairs of `a` are. */
function inRanges(a: v128, la: i32, b: v128, imm: i32): i32 {
  const words = (imm & WORDS) != 0;
  let found = 0;
  for (let i = 0; i + 1 < la; i += 2) found |= notBelow(b, splatOf(a, i, words), imm) & notBelow(splatOf(a, i + 1, words), b, imm);
  return found;
}

/** Places in `b` where `a` begins: as far as `b` goes, what lies behind it is taken to match. */
function occurrences(a: v128, la: i32, b: v128, valid: i32, count: i32, words: bool): i32 {
  let found = -1;
  for (let i = 0; i < la; i++) {
    const matches = equal(splatOf(a, i, words), b, words) & valid;
    found &= matches >> i | -1 << (count - i);
  }
  return found;
}

/** Result bits (IntRes2) in bits 15–0, CF ZF SF OF in their EFLAGS positions shifted left by 16. */
function compare(a: v128, la: i32, b: v128, lb: i32, imm: i32): i32 {
  const words = (imm & WORDS) != 0;
  const count = words ? 8 : 16;
  const all = (1 << count) - 1;
  const validA = (1 << la) - 1;
  const validB = (1 << lb) - 1;
  let found: i32;
  switch ((imm >> 2) & 3) {
    case 0: found = anyOf(a, la, b, words) & validB; break;
    case 1: found = inRanges(a, la, b, imm) & validB; break;
    case 2: found = equal(a, b, words) & validA & validB | ~(validA | validB); break;
    default: found = occurrences(a, la, b, validB, count, words); break;
  }
  if (imm & 0x10) found ^= imm & 0x20 ? validB : all;
  found &= all;
  return found | ((found != 0 ? CF : 0) | (lb < count ? ZF : 0) | (la < count ? SF : 0) | (found & 1 ? OF : 0)) << 16;
}

/** Elements before the first zero. */
function lengthOf(v: v128, words: bool): i32 {
  return ctz(equal(v, i64x2.splat(0), words) | 1 << (words ? 8 : 16));
}

/** Magnitude of a length register, at most the number of elements. */
function clamp(length: i64, words: bool): i32 {
  const magnitude = <u64>(length < 0 ? -length : length);
  return <i32>min<u64>(magnitude, words ? 8 : 16);
}

/** `pcmpistr(a, b, imm)` of the helper table. */
export function pcmpistr(a: v128, b: v128, imm: i32): i32 {
  const words = (imm & WORDS) != 0;
  return compare(a, lengthOf(a, words), b, lengthOf(b, words), imm);
}

/** `pcmpestr(a, b, imm, length of a, length of b)` of the helper table. */
export function pcmpestr(a: v128, b: v128, imm: i32, la: i64, lb: i64): i32 {
  const words = (imm & WORDS) != 0;
  return compare(a, clamp(la, words), b, clamp(lb, words), imm);
}
