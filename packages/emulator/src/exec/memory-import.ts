/** How generated modules import a machine's memory. */
import type { MachineMemory } from '@wasm-tcg/runtime';
import type { Limits } from '@wasm-tcg/wasm-codegen';

const WASM_PAGE = 65_536;

/** A shared memory is only taken by an import with a maximum that is no less than its own (threads proposal, "limits"). */
export function memoryImport({ shared, map }: MachineMemory): Limits {
  return shared ? { min: 1, max: map.end / WASM_PAGE, shared: true } : { min: 1 };
}
