/**
 * `defStruct`: the layout of a structure in linear memory, declared once. TypeScript reads the offsets from it, generated
 * code embeds them, and the AssemblyScript offsets are generated from it. Nobody adds offsets by hand.
 */

/** Field types: integers by width (`ptr` is a u32 address in linear memory), or `[type, count]` for arrays. `['line', 0]` takes no room: what follows begins a cache line. */
export type ScalarType = 'u8' | 'u16' | 'u32' | 'i32' | 'ptr' | 'u64' | 'i64' | 'v128' | 'line';
export type FieldType = ScalarType | readonly [ScalarType, number];

const SIZE: Readonly<Record<ScalarType, number>> = { u8: 1, u16: 2, u32: 4, i32: 4, ptr: 4, u64: 8, i64: 8, v128: 16, line: 64 };

export interface StructDef<F extends Readonly<Record<string, FieldType>>> {
  readonly name: string;
  readonly fields: F;
  /** Byte offset of each field from the start of the structure. */
  readonly offset: { readonly [K in keyof F]: number };
  /** Size in bytes, a multiple of {@link align}. */
  readonly size: number;
  readonly align: number;
}

/**
 * Lay out fields in order with natural alignment (as the C ABI does).
 * @param minAlign alignment of the whole structure, a power of two
 */
export function defStruct<const F extends Readonly<Record<string, FieldType>>>(name: string, fields: F, minAlign = 1): StructDef<F> {
  const offset: Record<string, number> = {};
  let at = 0;
  let align = minAlign;
  for (const [field, type] of Object.entries(fields)) {
    const [scalar, count] = typeof type === 'string' ? [type, 1] : type;
    const size = SIZE[scalar];
    at = (at + size - 1) & -size;
    offset[field] = at;
    at += size * count;
    if (size > align) align = size;
  }
  return { name, fields, offset: offset as StructDef<F>['offset'], size: (at + align - 1) & -align, align };
}
