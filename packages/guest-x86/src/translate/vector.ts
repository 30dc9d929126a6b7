/**
 * Vector values of a TB under construction: the vector ops of the IR with their result as a new local. Byte 0 of a vector is its lowest.
 */
import { type Temp, Type, Vop, type VopName } from '@wasm-tcg/ir';
import type { Emit } from './emit.ts';

function vector(c: Emit): Temp {
  return c.tb.newLocal(Type.v128);
}

export function vunary(c: Emit, name: VopName, a: Temp): Temp {
  const d = vector(c);
  c.b.vunary(d, a, Vop[name]);
  return d;
}

export function vbinary(c: Emit, name: VopName, a: Temp, b: Temp): Temp {
  const d = vector(c);
  c.b.vbinary(d, a, b, Vop[name]);
  return d;
}

/** `count` is an i32, taken modulo the lane width. */
export function vshift(c: Emit, name: VopName, a: Temp, count: Temp): Temp {
  const d = vector(c);
  c.b.vshift(d, a, count, Vop[name]);
  return d;
}

/** i32. */
export function vtest(c: Emit, name: VopName, a: Temp): Temp {
  const d = c.tb.newLocal(Type.i32);
  c.b.vtest(d, a, Vop[name]);
  return d;
}

/** Bits of `a` where `mask` is 1, of `b` where it is 0. */
export function vselect(c: Emit, a: Temp, b: Temp, mask: Temp): Temp {
  const d = vector(c);
  c.b.vselect(d, a, b, mask);
  return d;
}

/** Every lane of 2^log2 bytes = low bits of an i64. */
export function vsplat(c: Emit, value: Temp, log2: number): Temp {
  const d = vector(c);
  c.b.vsplat(d, value, log2);
  return d;
}

/** A lane of 2^log2 bytes, zero-extended to i64. */
export function vextract(c: Emit, a: Temp, log2: number, lane: number): Temp {
  const d = c.tb.newLocal(Type.i64);
  c.b.vextract(d, a, log2, lane);
  return d;
}

/** `a` with a lane of 2^log2 bytes replaced by the low bits of an i64. */
export function vinsert(c: Emit, a: Temp, value: Temp, log2: number, lane: number): Temp {
  const d = vector(c);
  c.b.vinsert(d, a, value, log2, lane);
  return d;
}

/** Byte i of the result is byte `bytes[i]` of (a, b) taken as 32 bytes. Fewer than 16 `bytes`: the rest is anything. */
export function vshuffle(c: Emit, a: Temp, b: Temp, bytes: readonly number[]): Temp {
  const d = vector(c);
  c.b.vshuffle(d, a, b, vconst(c, bytes));
  return d;
}

/** Constant of up to 16 bytes; the rest is zero. */
export function vconst(c: Emit, bytes: readonly number[]): Temp {
  const constant = new Uint8Array(16);
  constant.set(bytes);
  return c.tb.constV128(constant);
}

export function vzero(c: Emit): Temp {
  return vconst(c, []);
}

/** A constant with the same lane of `bytes` bytes (1, 2, 4, 8; value below 2^32, zero-extended) throughout. */
export function vrepeat(c: Emit, value: number, bytes: number): Temp {
  return vconst(c, Array.from({ length: 16 }, (_, i) => (i % bytes < 4 ? (value >>> (8 * (i % bytes))) & 0xff : 0)));
}
