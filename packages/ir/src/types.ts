/**
 * Value types of the IR. The numeric codes are what the op stream stores; they are dense so that tables can be indexed
 * by them.
 */
export const Type = { i32: 0, i64: 1, f32: 2, f64: 3, v128: 4 } as const;
export type TypeName = keyof typeof Type;
/** Numeric type code as stored in the op stream. */
export type Type = (typeof Type)[TypeName];

/** Name of each type code, the inverse of {@link Type}. */
export const TYPE_NAMES = ['i32', 'i64', 'f32', 'f64', 'v128'] as const satisfies readonly TypeName[];

/** Size in bytes of a value of each type, indexed by type code. */
export const TYPE_SIZE = [4, 8, 4, 8, 16] as const;

/** Frame slots (8 bytes each) that a value of each type occupies, indexed by type code. */
export const TYPE_SLOTS = [1, 1, 1, 1, 2] as const;
