/**
 * The core helpers of the runtime that lowerings call, with their Wasm signatures (letters as in opcodes/row.ts). They are
 * imported as "h".<name>, Wasm to Wasm, so i64 passes freely. Meaning: `core-helpers.ts` of the runtime.
 */
export const CORE_CALLS = {
  ld_slow: 'iIi>I',
  st_slow: 'iIIi>',
  ld_slow128: 'iIi>',
  st_slow128: 'iIi>',
  rmw_ld_slow: 'iIi>I',
  rmw_st_slow: 'iIIi>',
  probe_slow: 'iIii>',
  region_check: 'ii>i',
} as const;
CORE_CALLS satisfies Record<string, string>;

export type CoreHelperName = keyof typeof CORE_CALLS;
