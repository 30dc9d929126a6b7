/**
 * LEB128 into a byte array at a position; every function returns the position after what it wrote.
 *
 * Invariant: the caller has made room (5 bytes for 32 bits, 10 for 64): a typed array drops writes past its end without a
 * word. Encodings are minimal except where a fixed width is asked for. Source: WebAssembly core specification, 5.2.2.
 */

/** Longest encoding of a 32-bit value, in bytes; also the width of a patchable size. */
export const LEB32_MAX = 5;

/** Unsigned 32-bit; `value` is taken modulo 2^32. */
export function writeU32(bytes: Uint8Array, at: number, value: number): number {
  let rest = value >>> 0;
  let pos = at;
  while (rest > 0x7f) {
    bytes[pos++] = (rest & 0x7f) | 0x80;
    rest >>>= 7;
  }
  bytes[pos++] = rest;
  return pos;
}

/** Signed 32-bit; `value` is taken modulo 2^32. */
export function writeS32(bytes: Uint8Array, at: number, value: number): number {
  let rest = value | 0;
  let pos = at;
  while (rest < -0x40 || rest > 0x3f) {
    bytes[pos++] = (rest & 0x7f) | 0x80;
    rest >>= 7;
  }
  bytes[pos++] = rest & 0x7f;
  return pos;
}

/** Signed 64-bit from two 32-bit halves (no BigInt: translation makes one such constant every few ops). */
export function writeS64(bytes: Uint8Array, at: number, low: number, high: number): number {
  let lo = low | 0;
  let hi = high | 0;
  let pos = at;
  // While the value is not the sign extension of its low 7 bits.
  while (hi !== lo >> 31 || lo < -0x40 || lo > 0x3f) {
    bytes[pos++] = (lo & 0x7f) | 0x80;
    lo = (lo >>> 7) | (hi << 25);
    hi >>= 7;
  }
  bytes[pos++] = lo & 0x7f;
  return pos;
}

/** Unsigned 32-bit in exactly `width` bytes (1…5), with redundant continuation bits, so that it can be patched. */
export function writeU32Padded(bytes: Uint8Array, at: number, value: number, width: number): number {
  let rest = value >>> 0;
  const last = at + width - 1;
  for (let pos = at; pos < last; pos++) {
    bytes[pos] = (rest & 0x7f) | 0x80;
    rest >>>= 7;
  }
  bytes[last] = rest;
  return last + 1;
}
