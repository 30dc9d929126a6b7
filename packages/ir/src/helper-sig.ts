/**
 * Signatures and effects of helpers: functions that generated code calls for what is too long or too rare to inline.
 * One table per guest; the verifier, the optimiser and all back ends read the effects from it.
 */
import type { TypeName } from './types.ts';

/** Which globals a helper touches through their frame slots: by name, all, or none. */
export type GlobalSet = 'all' | 'none' | readonly string[];

export interface HelperEffects {
  /** Globals it reads: stored to their slots before the call. */
  readonly reads: GlobalSet;
  /** Globals it writes: reloaded from their slots after the call. */
  readonly writes: GlobalSet;
  /**
   * It may raise a guest fault: it then sets the context's exit code and returns at once; the caller tests it and leaves.
   * Globals hold their values of the start of the instruction when it is called.
   */
  readonly mayFault?: true;
  /**
   * It may ask the TB to be left after the call (exit code set), e.g. HLT, or a device that wants attention. Its work is done then; with `mayFault`
   * as well, it may have faulted with nothing done, or have asked to leave with all done: the frame says which.
   */
  readonly mayExit?: true;
  /** It looks at virtual time or at a device: the budget is written back before and reloaded after it. */
  readonly io?: true;
  /**
   * It may run further guest instructions by itself, and takes them off the context's budget. What is in there when it is called is what it may take: a
   * region keeps back what the way to its next budget test needs.
   */
  readonly takesBudget?: true;
  /** It may change the lookup key (flags, code segment base, mode): must be followed by an exit or `goto_ptr`. */
  readonly changesFlags?: true;
  /** It may change the address mapping (mapping generation): must be followed by an exit or `goto_ptr`. */
  readonly changesMapping?: true;
  /** No effect besides its result, which depends on its arguments alone: may be deleted or merged. Excludes all others. */
  readonly pure?: true;
}

export interface HelperDef {
  readonly name: string;
  /** The first Wasm parameter is `env`. Default true; pure helpers often do without. */
  readonly env?: boolean;
  readonly args: readonly TypeName[];
  readonly ret: TypeName | null;
  /**
   * Where the code is: `wasm`, linked Wasm to Wasm; `js`, a host function (i32 and f64 only: a BigInt crossing costs
   * 12–33 ns, so 64-bit values pass through the context's `arg` and `ret` buffers).
   */
  readonly impl: 'wasm' | 'js';
  readonly effects: HelperEffects;
  readonly doc: string;
}

/** A guest's helpers, in the order of their ids (the index is what a `call` op carries). */
export type HelperTable = readonly HelperDef[];
