/**
 * Values as bits. The evaluator holds every value, integer, float or vector, as a BigInt of its bits, zero-extended: so
 * that no NaN payload or high half is lost on the way.
 */
import { Type } from '../types.ts';

/** Width in bits of each type, indexed by type code. */
export const TYPE_BITS = [32, 64, 32, 64, 128] as const;

export const unsigned = (bits: number, a: bigint): bigint => BigInt.asUintN(bits, a);
export const signed = (bits: number, a: bigint): bigint => BigInt.asIntN(bits, a);

/** Bits of a canonical NaN (quiet, positive, empty payload). */
export const NAN_BITS: { readonly 32: bigint; readonly 64: bigint } = { 32: 0x7fc00000n, 64: 0x7ff8000000000000n };

export type FloatBits = 32 | 64;

export function floatBitsOf(type: Type): FloatBits {
  return type === Type.f32 ? 32 : 64;
}

/** The number that these bits are as f32 or f64. */
export function toFloat(bits: FloatBits, a: bigint): number {
  const view = new DataView(new ArrayBuffer(8));
  view.setBigUint64(0, a);
  return bits === 32 ? view.getFloat32(4) : view.getFloat64(0);
}

/** Bits of a number rounded to f32 or f64; a NaN becomes the canonical one. */
export function fromFloat(bits: FloatBits, a: number): bigint {
  if (Number.isNaN(a)) return NAN_BITS[bits];
  const view = new DataView(new ArrayBuffer(8));
  if (bits === 64) {
    view.setFloat64(0, a);
    return view.getBigUint64(0);
  }
  view.setFloat32(0, a);
  return BigInt(view.getUint32(0));
}

/** An integer of up to 65 bits rounded once, to nearest even. */
export function intToFloat(bits: FloatBits, a: bigint): bigint {
  if (bits === 64) return fromFloat(64, Number(a));
  const magnitude = a < 0n ? -a : a;
  if (magnitude < 1n << 53n) return fromFloat(32, Number(a));
  // Two roundings could differ from one: keep 53 bits with the lost ones or-ed into the last, then round that.
  const sticky = (magnitude >> 11n) | (magnitude & 0x7ffn ? 1n : 0n);
  return fromFloat(32, Number(a < 0n ? -sticky : sticky) * 2048);
}

/** A float rounded to zero and saturated to a signed or unsigned integer of `to` bits; NaN becomes 0. Result as bits. */
export function floatToInt(a: number, to: number, isSigned: boolean): bigint {
  if (Number.isNaN(a)) return 0n;
  const min = isSigned ? -(1n << BigInt(to - 1)) : 0n;
  const max = isSigned ? (1n << BigInt(to - 1)) - 1n : (1n << BigInt(to)) - 1n;
  if (a <= Number(min)) return unsigned(to, min);
  if (a >= Number(max) + 1) return max;
  const whole = BigInt(Math.trunc(a));
  return unsigned(to, whole > max ? max : whole);
}

/** Nearest integer, ties to even, sign of zero kept. */
export function nearest(a: number): number {
  if (!Number.isFinite(a) || Math.abs(a) >= 2 ** 52 || a === 0) return a;
  const low = Math.floor(a);
  const rest = a - low;
  const result = rest < 0.5 || (rest === 0.5 && low % 2 === 0) ? low : low + 1;
  return result === 0 && a < 0 ? -0 : result;
}

/** 16 bytes, lane 0 first, as the bits of a v128. */
export function vectorFromBytes(bytes: ArrayLike<number>): bigint {
  let a = 0n;
  for (let i = 15; i >= 0; i--) a = (a << 8n) | BigInt(bytes[i]!);
  return a;
}

export function vectorToBytes(a: bigint): Uint8Array {
  const bytes = new Uint8Array(16);
  for (let i = 0; i < 16; i++) bytes[i] = Number((a >> BigInt(8 * i)) & 0xffn);
  return bytes;
}

/** Lanes of a v128, lane 0 first, each as its bits. */
export function toLanes(a: bigint, bits: number): bigint[] {
  return Array.from({ length: 128 / bits }, (_, i) => unsigned(bits, a >> BigInt(i * bits)));
}

export function fromLanes(lanes: readonly bigint[], bits: number): bigint {
  return lanes.reduceRight((all, lane) => (all << BigInt(bits)) | unsigned(bits, lane), 0n);
}
