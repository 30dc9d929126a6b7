/**
 * The one table of opcodes: text name → immediates, code, stack signature; and `Op`, the same opcodes as numbers for
 * emitting. Emit methods, disassembly in tests and the validation of every row derive from it.
 */
import { ATOMIC } from './opcodes/atomic.ts';
import { CORE } from './opcodes/core.ts';
import { MISC } from './opcodes/misc.ts';
import { RELAXED } from './opcodes/relaxed.ts';
import type { Immediate, OpcodeRow } from './opcodes/row.ts';
import { SIMD } from './opcodes/simd.ts';

export type { Immediate, OpcodeRow } from './opcodes/row.ts';

/** Every opcode by the name the text format gives it (`select_t` is the typed `select`). */
export const OPCODES: typeof CORE & typeof MISC & typeof SIMD & typeof RELAXED & typeof ATOMIC = {
  ...CORE,
  ...MISC,
  ...SIMD,
  ...RELAXED,
  ...ATOMIC,
};

export type OpcodeName = keyof typeof OPCODES;

/**
 * An opcode as a number: bits 0–11 code, bits 12–19 prefix (0 if none), bits 20–23 log2 of the access size. `I` is the kind
 * of its immediates, so that an emit method takes only opcodes it can encode.
 */
export type Opcode<I extends Immediate = Immediate> = number & { readonly immediate: I };

const PREFIX_SHIFT = 12;
const ALIGN_SHIFT = 20;

/** The opcode byte, or the number after the prefix. */
export function opcodeNumber(op: Opcode): number {
  return op & 0xfff;
}

/** 0xFC, 0xFD, 0xFE, or 0 for an opcode of one byte. */
export function opcodePrefix(op: Opcode): number {
  return (op >> PREFIX_SHIFT) & 0xff;
}

/** Whether the opcode is one byte, without a prefix. */
export function isCoreOpcode(op: Opcode): boolean {
  return (op & (0xff << PREFIX_SHIFT)) === 0;
}

/** log2 of the bytes a memory access touches: its natural alignment. */
export function naturalAlignment(op: Opcode): number {
  return op >> ALIGN_SHIFT;
}

/** The SIMD instruction without immediates that has that number after prefix 0xFD: for tables that carry the number. */
export function simdOpcode(number: number): Opcode<'none'> {
  return (number | (0xfd << PREFIX_SHIFT)) as Opcode<'none'>;
}

type Identifier<Name extends string> = Name extends `${infer Head}.${infer Tail}` ? `${Head}_${Identifier<Tail>}` : Name;

type OpTable = { readonly [Name in OpcodeName as Identifier<Name>]: Opcode<(typeof OPCODES)[Name][0]> };

function pack(prefix: number, row: OpcodeRow): number {
  return row[1] | (prefix << PREFIX_SHIFT) | ((row[3] ?? 0) << ALIGN_SHIFT);
}

function packAll(): OpTable {
  const part = (prefix: number, rows: Record<string, OpcodeRow>): [string, number][] =>
    Object.entries(rows).map(([name, row]) => [name.replaceAll('.', '_'), pack(prefix, row)]);
  // Not built property by property and not frozen: V8 would keep so large an object as a hash table, and every emitted
  // instruction would pay for a look-up (measured: 6 times the cost per byte).
  return Object.fromEntries([
    ...part(0, CORE), ...part(0xfc, MISC), ...part(0xfd, SIMD), ...part(0xfd, RELAXED), ...part(0xfe, ATOMIC),
  ]) as OpTable;
}

/** The opcodes as numbers, dots of the text name replaced: `Op.i32_add`, `Op.i64_atomic_rmw8_xchg_u`. */
export const Op: OpTable = packAll();
