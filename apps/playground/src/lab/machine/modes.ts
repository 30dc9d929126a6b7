/** The modes of execution, as the Lab names them. */
import type { ExecutionMode } from '@wasm-tcg/emulator';

export const MODES: readonly { readonly value: ExecutionMode; readonly text: string; readonly title: string }[] = [
  { value: 'tci', text: 'Interpreter', title: 'tci: bytecode only, nothing is compiled' },
  { value: 'tb-per-module', text: 'TB modules', title: 'tb-per-module: one WebAssembly module per hot block, as QEMU has it' },
  { value: 'tiered', text: 'Tiered', title: 'tiered: interpreter, then modules of several blocks, then regions' },
];

export function modeText(mode: ExecutionMode): string {
  return MODES.find(({ value }) => value === mode)?.text ?? mode;
}
