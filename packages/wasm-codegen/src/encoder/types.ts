/**
 * Value types, block types, signatures and limits.
 *
 * Value types are the negative numbers that the binary format's s33 block types give them, so a value type, "no value" and
 * a type index share one number space without ambiguity, and the byte of a type is its low seven bits.
 */
import { CodegenError } from '../errors.ts';

export const ValType = {
  i32: -0x01,
  i64: -0x02,
  f32: -0x03,
  f64: -0x04,
  v128: -0x05,
  funcref: -0x10,
  externref: -0x11,
} as const;
export type ValType = (typeof ValType)[keyof typeof ValType];
export type RefType = typeof ValType.funcref | typeof ValType.externref;

/** The block type without parameters and results. */
export const BLOCK_VOID = -0x40;

/** An interned function type of one module. */
export type TypeIndex = number & { readonly brand: 'TypeIndex' };

/** Nothing, one result, or any function type (multi-value). */
export type BlockType = typeof BLOCK_VOID | ValType | TypeIndex;

/** Size limits of a memory (64 KiB pages) or a table (elements). */
export interface Limits {
  readonly min: number;
  readonly max?: number;
  /** Memories only; needs `max`. */
  readonly shared?: boolean;
}

/** The byte of a value type. */
export function typeByte(type: ValType): number {
  return type & 0x7f;
}

/** The value type of a signature letter (`iIfFvce`). */
export function typeOfLetter(letter: string): ValType {
  switch (letter) {
    case 'i': return ValType.i32;
    case 'I': return ValType.i64;
    case 'f': return ValType.f32;
    case 'F': return ValType.f64;
    case 'v': return ValType.v128;
    case 'c': return ValType.funcref;
    case 'e': return ValType.externref;
    default:
      throw new CodegenError('bad-signature', `"${letter}" is no type letter`, 'use i I f F v c e, and ">" between parameters and results: "iI>i"');
  }
}

/** Index of the ">" of a signature, which is also its number of parameters. */
export function parameterCount(signature: string): number {
  const arrow = signature.indexOf('>');
  if (arrow < 0) throw new CodegenError('bad-signature', `"${signature}" has no ">"`, 'write parameters, ">", results: "ii>i", ">" for none');
  return arrow;
}
