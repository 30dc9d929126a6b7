/**
 * Constants as text, `$` and a value; the operand's type says how to read it. Integers: decimal when small, else hex of
 * the bits. Floats: the shortest decimal that reads back to the same bits, `$inf`, `$-inf`, or `$bits:0x…`. Vectors: 32 hex
 * digits, lane 0 last.
 */
import { floatBitsOf, fromFloat, signed, toFloat, TYPE_BITS, unsigned, vectorFromBytes, vectorToBytes } from '../eval/bits.ts';
import type { TbIr, Temp } from '../tb-ir.ts';
import { Type } from '../types.ts';

/** Integers up to this magnitude are written in decimal. */
const DECIMAL_MAX = 64n;

/** Bits of a constant temp, zero-extended. */
export function constantBits(tb: TbIr, t: Temp): bigint {
  if (tb.tempType[t] === Type.v128) return vectorFromBytes(tb.vectors[tb.constLo[t]!]!);
  return (BigInt(tb.constHi[t]! >>> 0) << 32n) | BigInt(tb.constLo[t]! >>> 0);
}

/** The constant temp of `type` with these bits. */
export function constantOf(tb: TbIr, type: Type, bits: bigint): Temp {
  if (type === Type.v128) return tb.constV128(vectorToBytes(bits));
  return tb.constant(type, Number(BigInt.asIntN(32, bits)), Number(BigInt.asIntN(32, bits >> 32n)));
}

export function printConstant(type: Type, bits: bigint): string {
  if (type === Type.v128) return `$0x${bits.toString(16).padStart(32, '0')}`;
  if (type === Type.f32 || type === Type.f64) return printFloat(type, bits);
  const value = signed(TYPE_BITS[type], bits);
  return value <= DECIMAL_MAX && value >= -DECIMAL_MAX ? `$${value}` : `$0x${bits.toString(16)}`;
}

function printFloat(type: Type, bits: bigint): string {
  const value = toFloat(floatBitsOf(type), bits);
  if (value === Infinity) return '$inf';
  if (value === -Infinity) return '$-inf';
  if (Number.isNaN(value)) return `$bits:0x${bits.toString(16)}`;
  return Object.is(value, -0) ? '$-0' : `$${value}`;
}

/** Bits of the constant written `text` (without `$`), or undefined when it is none of `type`. */
export function parseConstant(type: Type, text: string): bigint | undefined {
  if (type === Type.f32 || type === Type.f64) return parseFloatBits(type, text);
  if (!/^-?(0x[0-9a-f]+|\d+)$/i.test(text)) return undefined;
  const value = text.startsWith('-') ? -BigInt(text.slice(1)) : BigInt(text);
  const width = TYPE_BITS[type];
  const bits = unsigned(width, value);
  return value === bits || value === signed(width, bits) ? bits : undefined;
}

function parseFloatBits(type: Type, text: string): bigint | undefined {
  const width = floatBitsOf(type);
  const raw = /^bits:(0x[0-9a-f]+)$/i.exec(text);
  if (raw) return BigInt(raw[1]!) < 1n << BigInt(width) ? BigInt(raw[1]!) : undefined;
  if (text === 'inf' || text === '-inf') return fromFloat(width, text === 'inf' ? Infinity : -Infinity);
  return /^-?\d+(\.\d+)?(e[+-]?\d+)?$/i.test(text) ? fromFloat(width, Number(text)) : undefined;
}
