/**
 * The core helpers that generated code may call: the rows of the runtime's table whose callers include `code`. They are
 * imported as "h".<name>, Wasm to Wasm, so i64 passes freely.
 */
import { CORE_HELPERS, type CoreHelperDef, type CoreHelperName, type WasmValueType } from '@wasm-tcg/runtime';

/** Names of core helpers that generated code may call. */
export type CoreCallName = {
  [K in CoreHelperName]: 'code' extends (typeof CORE_HELPERS)[K]['callers'][number] ? K : never;
}[CoreHelperName];

interface Letters {
  readonly i32: string;
  readonly i64: string;
  readonly f32: string;
  readonly f64: string;
  readonly v128: string;
}

/** Signature letters (opcodes/row.ts) by the name of the type; the IR names its types alike. */
export const TYPE_LETTER: Letters = { i32: 'i', i64: 'I', f32: 'f', f64: 'F', v128: 'v' };

function letters(types: readonly WasmValueType[]): string {
  return types.map((type) => TYPE_LETTER[type]).join('');
}

const SIGNATURES: Readonly<Record<string, string>> = Object.fromEntries(
  Object.entries<CoreHelperDef>(CORE_HELPERS).map(([name, { params, results }]) => [name, `${letters(params)}>${letters(results)}`]),
);

/** The signature of a core helper in letters: "iIi>I". */
export function coreSignature(name: CoreCallName): string {
  return SIGNATURES[name];
}
