/**
 * The helper table of the x86 guest, in the order of helper ids, and the ids by name.
 */
import type { HelperTable } from '@wasm-tcg/ir';
import { INTEGER_HELPERS } from './table-integer.ts';
import { SIMD_HELPERS } from './table-simd.ts';
import { SSE_HELPERS } from './table-sse.ts';
import { SYSTEM_HELPERS } from './table-system.ts';
import { X87_HELPERS } from './table-x87.ts';

export const X86_HELPERS: HelperTable = [...SYSTEM_HELPERS, ...INTEGER_HELPERS, ...SSE_HELPERS, ...SIMD_HELPERS, ...X87_HELPERS];

/** Thrown when code asks for a helper that no table declares. */
export class UnknownHelperError extends Error {
  readonly code = 'X86_UNKNOWN_HELPER';
  readonly hint = 'Add a row to one of the tables of src/helpers.';
  constructor(name: string) {
    super(`No helper is called "${name}".`);
    this.name = 'UnknownHelperError';
  }
}

const IDS: ReadonlyMap<string, number> = new Map(X86_HELPERS.map((row, id) => [row.name, id]));

/** Id of a helper: what a `call` op carries. */
export function helperId(name: string): number {
  const id = IDS.get(name);
  if (id === undefined) throw new UnknownHelperError(name);
  return id;
}
