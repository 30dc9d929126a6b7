/** Why generated code, the interpreter or a helper wants the host. Numbers ≥ 32 belong to the guest. */
export const ExitCode = {
  none: 0,
  /** No TB for what the frame names: translate one. `linkFrom` says which link to patch. */
  translate: 1,
  /** The TB in tbPtr reached its threshold in the interpreter. It has not been run. */
  hot: 2,
  /** Fewer instructions are left than the TB in tbPtr has; pc names that TB, which has not been run. */
  budget: 3,
  /** A guest fault: record in the context, guest's vector in exitData. State is that of the instruction at insnIndex of tbPtr. */
  fault: 4,
  /**
   * A store met the code of the running TB or region: it was not made, that code has been invalidated, and state is that of the
   * start of the instruction at insnIndex: run this one instruction in TCI.
   */
  retry: 5,
  /**
   * The next instruction was to be fetched and could not be: fault record as for `fault`, state is exact. With another access than a fetch in the record:
   * what the instruction just completed has led to (a task that cannot start).
   */
  fetchFault: 6,
  /** Somebody asked to stop (pause, breakpoint, watchpoint); exitData says who. */
  stop: 7,
  /**
   * An access to a device in a TB that is not made for it ({@link import('./layout/tb-header.ts').TbFlag}). Nothing was done, and state is that of
   * the start of the instruction at insnIndex: run it in a TB of its own, so that time and interrupts are those of this instruction in every tier.
   */
  device: 8,
} as const;
export type ExitCode = (typeof ExitCode)[keyof typeof ExitCode];
/** First exit code of the guest. */
export const GUEST_EXIT = 32;
