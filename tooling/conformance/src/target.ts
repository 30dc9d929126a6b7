/** What the runner asks of an emulator. One small adapter per emulator implements it. */
import type { Mode } from './format/environment.ts';
import type { Fault, Run } from './format/vector.ts';

/** Instruction pointer and flags, beside the register words. */
export interface Control {
  rip: bigint;
  /** EFLAGS without TF and RF. */
  flags: number;
}

/** How far to run. */
export interface Extent {
  readonly run: Run;
  /** Address behind the code. A program runs until the instruction pointer is here; behind it stands HLT. */
  readonly stop: bigint;
  /** Where the instruction pointer was at the end of the recording: a hint for choosing how to run, not to be trusted. */
  readonly end: bigint;
  /** Whether the recording ended with an exception: a hint of the same kind. */
  readonly faults: boolean;
  /** Give up after this many instructions (iterations of repeated ones). */
  readonly limit: number;
}

/** How a run ended. */
export type Ending = { readonly kind: 'done' } | { readonly kind: 'fault'; readonly fault: Fault } | { readonly kind: 'limit' };

/**
 * A machine in the environment of `format/environment.ts`: CPL 3, IOPL 0, paging on, the regions of the mode mapped for
 * user code with their access rights, segments flat but for the one with a base, CR0.WP and NX on, SSE and x87 usable.
 */
export interface Target {
  /** Whether it runs vectors of a mode; without this, of all. */
  supports?(mode: Mode): boolean;
  /** Prepares a mode: page tables, segments. Memory content follows through `setMemory`. */
  enter(mode: Mode): void;
  /** Register words as `WORD` numbers them; x87 and SSE words only when `usesFp`. */
  loadState(words: BigUint64Array, control: Readonly<Control>, usesFp: boolean): void;
  readState(words: BigUint64Array, control: Control, usesFp: boolean): void;
  /** Linear address, within one region; must work on read-only pages and be seen by code already translated. */
  setMemory(address: bigint, bytes: Uint8Array): void;
  /** Linear address, within one region. The result may be a view that the next call invalidates. */
  readMemory(address: bigint, length: number): Uint8Array;
  /** Runs. A fault is reported with the state as the handler would find it saved: at the start of the instruction. */
  step(extent: Extent): Ending;
  /** One line about how everything so far was run. */
  summary?(): string;
}
