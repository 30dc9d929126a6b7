/** What an eviction policy sees and decides. Slots are small integers; policies know neither modules nor instances. */

/** The pool's table as a policy sees it; one element per slot. */
export interface PolicyView {
  /** Number of slots; slots are 0…capacity − 1. */
  readonly capacity: number;
  /** When the slot's instance was made, as a counter that only grows. */
  readonly born: Float64Array;
  /** Free for the policy's own use per slot; the pool sets it to `newAge` when an instance is made. */
  readonly age: Uint8Array;
  /** Whether the slot may be chosen. */
  isCandidate(slot: number): boolean;
  /** Whether the slot was used since the last call for it; clears the mark. */
  takeReference(slot: number): boolean;
}

export interface EvictionPolicy {
  readonly name: string;
  /** `age` of a slot whose instance has just been made. */
  readonly newAge: number;
  /** How many to give up at once when a limit of this size is reached. At least 1. */
  batch(limit: number): number;
  /**
   * Writes up to `count` different candidate slots to `out` and returns how many. Returns less only when there are
   * fewer candidates.
   */
  pick(view: PolicyView, count: number, out: Int32Array): number;
}

/** Makes a policy with state of its own; called once per limit and pool. */
export type PolicyFactory = (capacity: number) => EvictionPolicy;
