/** Exit codes of the x86 guest, and what exitData means for each. */
import { GUEST_EXIT } from '@wasm-tcg/runtime';

export const X86Exit = {
  /** HLT: rip names the next instruction. Run again after an interrupt has been delivered. */
  halt: GUEST_EXIT,
  /** A fault while delivering a double fault: the processor has shut down; only reset goes on. */
  shutdown: GUEST_EXIT + 1,
} as const;
export type X86Exit = (typeof X86Exit)[keyof typeof X86Exit];
