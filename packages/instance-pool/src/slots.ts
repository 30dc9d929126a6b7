/**
 * The pool's table: one slot per held module, flat arrays only, so that `touch` and scans allocate nothing.
 *
 * A handle is a slot and the slot's generation in 30 bits: it fits an Int32Array, and one kept past the drop of its
 * module is recognised (until the same slot has been reused 16,384 times).
 */
import type { PolicyView } from './policy.ts';

/** Names one module in the pool; a non-negative integer of at most 30 bits. */
export type PoolHandle = number;

export const SlotState = { free: 0, kept: 1, live: 2 } as const;
/** free; module held without an instance; module and instance. */
export type SlotState = (typeof SlotState)[keyof typeof SlotState];

const SLOT_BITS = 16;
const SLOT_MASK = (1 << SLOT_BITS) - 1;
const GENERATION_MASK = (1 << 14) - 1;

export class Slots<Module extends object, Instance> implements PolicyView {
  readonly capacity: number;
  readonly state: Uint8Array;
  readonly age: Uint8Array;
  readonly born: Float64Array;
  readonly bytes: Float64Array;
  readonly members: Int32Array;
  readonly dead: Int32Array;
  readonly modules: (Module | null)[];
  readonly instances: (Instance | null)[];
  /** Set by the pool before it asks a policy. */
  candidateState: SlotState = SlotState.live;
  /** A slot that is never a candidate: the one that room is being made for. */
  protectedSlot = -1;
  readonly #referenced: Uint8Array;
  readonly #generation: Uint16Array;
  readonly #free: Int32Array;
  readonly #takeUse: ((handle: PoolHandle) => boolean) | undefined;
  #freeCount: number;

  constructor(capacity: number, takeUse?: (handle: PoolHandle) => boolean) {
    this.capacity = capacity;
    this.state = new Uint8Array(capacity);
    this.age = new Uint8Array(capacity);
    this.born = new Float64Array(capacity);
    this.bytes = new Float64Array(capacity);
    this.members = new Int32Array(capacity);
    this.dead = new Int32Array(capacity);
    this.modules = Array.from({ length: capacity }, () => null);
    this.instances = Array.from({ length: capacity }, () => null);
    this.#referenced = new Uint8Array(capacity);
    this.#generation = new Uint16Array(capacity);
    this.#free = Int32Array.from({ length: capacity }, (_, i) => capacity - 1 - i);
    this.#freeCount = capacity;
    this.#takeUse = takeUse;
  }

  /** Takes a free slot for a module without an instance. There must be one. */
  take(module: Module, bytes: number, members: number): number {
    const slot = this.#free[--this.#freeCount];
    this.state[slot] = SlotState.kept;
    this.modules[slot] = module;
    this.bytes[slot] = bytes;
    this.born[slot] = 0;
    this.members[slot] = members;
    this.dead[slot] = 0;
    this.age[slot] = 0;
    this.#referenced[slot] = 0;
    return slot;
  }

  /** Gives a slot back; handles to it are stale from here on. */
  release(slot: number): void {
    this.state[slot] = SlotState.free;
    this.modules[slot] = null;
    this.instances[slot] = null;
    this.#generation[slot] = (this.#generation[slot] + 1) & GENERATION_MASK;
    this.#free[this.#freeCount++] = slot;
  }

  handleOf(slot: number): PoolHandle {
    return (this.#generation[slot] << SLOT_BITS) | slot;
  }

  /** The slot of a handle, or −1 when its module has been dropped. */
  slotOf(handle: PoolHandle): number {
    const slot = handle & SLOT_MASK;
    if (slot >= this.capacity || this.state[slot] === SlotState.free) return -1;
    return this.handleOf(slot) === handle ? slot : -1;
  }

  mark(slot: number): void {
    this.#referenced[slot] = 1;
  }

  isCandidate(slot: number): boolean {
    return this.state[slot] === this.candidateState && slot !== this.protectedSlot;
  }

  takeReference(slot: number): boolean {
    const marked = this.#referenced[slot] !== 0;
    this.#referenced[slot] = 0;
    // Asked in every case: the owner's own mark is cleared by asking.
    const used = this.#takeUse !== undefined && this.#takeUse(this.handleOf(slot));
    return marked || used;
  }
}
