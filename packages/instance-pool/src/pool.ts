/**
 * A pool of compiled modules and their instances under separate limits.
 *
 * Invariants, after every call:
 * - held + uncollected modules ≤ limits.modules, and the same for bytes: what the engine still keeps counts.
 * - held modules ≤ limits.heldModules, live instances ≤ limits.instances.
 * - With nothing uncollected, `canCompile` says yes to one more module of any permitted size: no state is stuck.
 *
 * Evicting an instance keeps its module, because making an instance again takes 2–3 µs against about 20 µs per TB to
 * compile. Table slots and function indices of the owner are free the moment `onEvict` returns: waiting for a
 * FinalizationRegistry, as QEMU does, means to interpret everything meanwhile. Only Modules are counted until their
 * collection is observed, because only they make an engine abort.
 */
import { finalizationObserver, type CollectionObserver, type CollectionObserverFactory } from './collection.ts';
import { newCounters, type PoolCounters } from './counters.ts';
import { InstancePoolError } from './errors.ts';
import { heldBytesLimit, largestModule, resolveLimits, type PoolLimits } from './limits.ts';
import { aging } from './policies/aging.ts';
import type { EvictionPolicy, PolicyFactory } from './policy.ts';
import { Slots, SlotState, type PoolHandle } from './slots.ts';

/** Why a module left the pool without `drop`. */
export type RetireReason = 'limit' | 'mostly-dead';

/**
 * What the owner does for the pool. From inside a callback only `drop`, `killMember`, `touch` and questions may be
 * called, and from `instantiate` only questions.
 */
export interface PoolHost<Module extends object, Instance> {
  /** Makes an instance and makes it reachable (table slots, function indices). May throw. */
  instantiate(module: Module, handle: PoolHandle): Instance;
  /** The instance leaves: clear table slots and function indices and forget it. */
  onEvict(handle: PoolHandle, instance: Instance): void;
  /**
   * The module has left; the handle is stale from here on. `survivors` members were not killed: queue them again when
   * they are hot. Not called for `drop` and `clear`. Comes after `onEvict`.
   */
  onRetire?(handle: PoolHandle, survivors: number, reason: RetireReason): void;
  /**
   * Whether the module ran since the last question, then clears that mark: for owners whose generated code marks its
   * use in memory. `touch` serves all others.
   */
  takeUse?(handle: PoolHandle): boolean;
  /**
   * Compiling stands still until the engine collects dropped modules; a host that can hurry it may. Called at the 1st,
   * 2nd, 4th, 8th … refusal since a collection was last observed.
   */
  requestCollection?(): void;
}

export interface PoolOptions {
  limits?: Partial<PoolLimits>;
  /** Default `aging`. */
  policy?: PolicyFactory;
  /** Default: a FinalizationRegistry. */
  observer?: CollectionObserverFactory;
}

/** Size of a module at `add`. */
export interface ModuleInfo {
  /** Length of its binary. */
  bytes: number;
  /** How many members (TBs) `killMember` can take from it. 1 or more. */
  members: number;
}

/** Which calls are open while a callback of the host runs. */
const Activity = { none: 0, callback: 1, instantiating: 2 } as const;
type Activity = (typeof Activity)[keyof typeof Activity];

export class InstancePool<Module extends object, Instance> {
  readonly limits: Readonly<PoolLimits>;
  /** Largest `bytes` that `add` takes: an eighth of the byte limit. */
  readonly maxModuleBytes: number;
  readonly #host: PoolHost<Module, Instance>;
  readonly #slots: Slots<Module, Instance>;
  readonly #observer: CollectionObserver;
  readonly #instancePolicy: EvictionPolicy;
  readonly #modulePolicy: EvictionPolicy;
  readonly #victims: Int32Array;
  readonly #counters: PoolCounters = newCounters();
  #births = 0;
  #refusalsInARow = 0;
  #activity: Activity = Activity.none;

  constructor(host: PoolHost<Module, Instance>, options: PoolOptions = {}) {
    this.limits = resolveLimits(options.limits ?? {});
    this.maxModuleBytes = largestModule(this.limits);
    // One more than may be held: `add` takes a slot before it makes room.
    const capacity = this.limits.heldModules + 1;
    const policy = options.policy ?? aging;
    this.#host = host;
    this.#slots = new Slots(capacity, host.takeUse?.bind(host));
    this.#instancePolicy = policy(capacity);
    this.#modulePolicy = policy(capacity);
    this.#victims = new Int32Array(capacity);
    this.#observer = (options.observer ?? finalizationObserver)((bytes) => this.#collected(bytes));
  }

  /**
   * Whether `modules` more modules of `bytes` together may be compiled now. Ask before compiling, with everything that
   * is being compiled in the background added in. No means: stay in the lower tier and ask again later; dropped modules
   * are waiting for the engine's collector.
   */
  canCompile(modules = 1, bytes = 0): boolean {
    if (this.#hasRoom(modules, bytes)) return true;
    this.#counters.refusals++;
    this.#refusalsInARow++;
    const isPowerOfTwo = (this.#refusalsInARow & (this.#refusalsInARow - 1)) === 0;
    if (isPowerOfTwo) this.#host.requestCollection?.();
    return false;
  }

  /**
   * Takes a compiled module; makes no instance yet. Other modules may be retired for it, those without an instance
   * first. Throws `POOL_FULL` where `canCompile` would say no, `MODULE_TOO_LARGE` above an eighth of the byte limit.
   */
  add(module: Module, { bytes, members }: ModuleInfo): PoolHandle {
    this.#expectIdle('add');
    if (bytes > this.maxModuleBytes) {
      const hint = `Compile fewer TBs into one module or raise limits.bytes to ${bytes * 8}.`;
      throw new InstancePoolError('MODULE_TOO_LARGE', `a module of ${bytes} bytes; the largest allowed has ${this.maxModuleBytes}`, hint);
    }
    if (!this.#hasRoom(1, bytes)) {
      const { modules, uncollected } = this.#counters;
      const message = `no room for a module: ${modules} held, ${uncollected} not collected yet, limit ${this.limits.modules}`;
      throw new InstancePoolError('POOL_FULL', message, 'Ask canCompile() before compiling and drop the job when it says no.');
    }
    const slots = this.#slots;
    const slot = slots.take(module, bytes, members);
    this.#counters.modules++;
    this.#counters.bytes += bytes;
    const handle = slots.handleOf(slot);
    const bytesLimit = heldBytesLimit(this.limits);
    slots.protectedSlot = slot;
    try {
      while (this.#counters.modules > this.limits.heldModules || this.#counters.bytes > bytesLimit) this.#retireSlice();
    } finally {
      slots.protectedSlot = -1;
    }
    return handle;
  }

  /**
   * The module's instance, made (again) if it has none; counts as a use. Other instances may be evicted for it. Throws
   * `STALE_HANDLE`, and `INSTANTIATE_FAILED` with the host's error as cause; the module stays in the pool then.
   */
  acquire(handle: PoolHandle): Instance {
    const slots = this.#slots;
    let slot = this.#expectSlot(handle);
    if (slots.state[slot] === SlotState.live) {
      this.#counters.hits++;
      slots.mark(slot);
      return slots.instances[slot] as Instance;
    }
    this.#expectIdle('acquire');
    if (this.#counters.instances >= this.limits.instances) {
      this.#evictSlice();
      // The owner may have dropped this module while it heard of another's eviction.
      slot = this.#expectSlot(handle);
    }
    const instance = this.#instantiate(slots.modules[slot] as Module, handle);
    if (slots.born[slot] === 0) this.#counters.instantiations++;
    else this.#counters.reinstantiations++;
    slots.instances[slot] = instance;
    slots.state[slot] = SlotState.live;
    slots.born[slot] = ++this.#births;
    // No mark: the age stands for this first use, so what is never used again goes before what is.
    slots.age[slot] = this.#instancePolicy.newAge;
    this.#counters.instances++;
    return instance;
  }

  /** The module's instance if it has one now. Does not count as a use. Null for stale handles too. */
  peek(handle: PoolHandle): Instance | null {
    const slot = this.#slots.slotOf(handle);
    return slot < 0 ? null : this.#slots.instances[slot];
  }

  /** Whether the handle's module is in the pool. */
  has(handle: PoolHandle): boolean {
    return this.#slots.slotOf(handle) >= 0;
  }

  /** Marks the module as used. Allocates nothing; ignores stale handles. */
  touch(handle: PoolHandle): void {
    const slot = this.#slots.slotOf(handle);
    if (slot >= 0) this.#slots.mark(slot);
  }

  /**
   * One member (TB) of the module was invalidated. When more than half of the members are dead the module is retired,
   * because its dead code costs as much as live code. Returns whether that happened. Throws `STALE_HANDLE` and
   * `NO_LIVE_MEMBER`.
   */
  killMember(handle: PoolHandle): boolean {
    this.#expectNotInstantiating('killMember');
    const slot = this.#expectSlot(handle);
    const { dead, members } = this.#slots;
    if (dead[slot] >= members[slot]) {
      const message = `module ${handle} has ${members[slot]} members and all are dead`;
      throw new InstancePoolError('NO_LIVE_MEMBER', message, 'Kill each member once and pass the right number to add().');
    }
    dead[slot]++;
    if (dead[slot] * 2 <= members[slot]) return false;
    this.#counters.deadDrops++;
    this.#retire(slot, 'mostly-dead');
    return true;
  }

  /** Gives a module up on the owner's wish: `onEvict` if it has an instance, no `onRetire`. Throws `STALE_HANDLE`. */
  drop(handle: PoolHandle): void {
    this.#expectNotInstantiating('drop');
    this.#retire(this.#expectSlot(handle), null);
  }

  /** Drops everything, for a flush of all generated code. */
  clear(): void {
    this.#expectIdle('clear');
    for (let slot = 0; slot < this.#slots.capacity; slot++) {
      if (this.#slots.state[slot] !== SlotState.free) this.#retire(slot, null);
    }
  }

  /** A copy of all counters, written to `into` if given. */
  counters(into: PoolCounters = newCounters()): PoolCounters {
    return Object.assign(into, this.#counters);
  }

  #hasRoom(modules: number, bytes: number): boolean {
    const now = this.#counters;
    const fitsModules = now.modules + now.uncollected + modules <= this.limits.modules;
    return fitsModules && now.bytes + now.uncollectedBytes + bytes <= this.limits.bytes;
  }

  /** Gives up some instances; their modules stay. */
  #evictSlice(): void {
    const slots = this.#slots;
    slots.candidateState = SlotState.live;
    const count = this.#instancePolicy.pick(slots, this.#instancePolicy.batch(this.limits.instances), this.#victims);
    for (let i = 0; i < count; i++) {
      const slot = this.#victims[i];
      // A callback may have dropped it meanwhile.
      if (slots.state[slot] !== SlotState.live) continue;
      this.#counters.evictions++;
      this.#evict(slot);
    }
  }

  /** Gives up some modules: those that have no instance if there are any. */
  #retireSlice(): void {
    const slots = this.#slots;
    const policy = this.#modulePolicy;
    const batch = policy.batch(this.limits.heldModules);
    slots.candidateState = SlotState.kept;
    let count = policy.pick(slots, batch, this.#victims);
    if (count === 0) {
      slots.candidateState = SlotState.live;
      count = policy.pick(slots, batch, this.#victims);
    }
    for (let i = 0; i < count; i++) {
      const slot = this.#victims[i];
      if (slots.state[slot] === SlotState.free) continue;
      this.#counters.limitDrops++;
      this.#retire(slot, 'limit');
    }
  }

  #evict(slot: number): void {
    const slots = this.#slots;
    const instance = slots.instances[slot] as Instance;
    slots.instances[slot] = null;
    slots.state[slot] = SlotState.kept;
    this.#counters.instances--;
    this.#inCallback(() => this.#host.onEvict(slots.handleOf(slot), instance));
  }

  #retire(slot: number, reason: RetireReason | null): void {
    const slots = this.#slots;
    const handle = slots.handleOf(slot);
    if (slots.state[slot] === SlotState.live) this.#evict(slot);
    // Dropped by the owner from inside onEvict.
    if (slots.slotOf(handle) < 0) return;
    const module = slots.modules[slot] as Module;
    const bytes = slots.bytes[slot];
    const survivors = slots.members[slot] - slots.dead[slot];
    slots.release(slot);
    this.#counters.modules--;
    this.#counters.bytes -= bytes;
    this.#counters.uncollected++;
    this.#counters.uncollectedBytes += bytes;
    this.#observer.watch(module, bytes);
    if (reason !== null) this.#inCallback(() => this.#host.onRetire?.(handle, survivors, reason));
  }

  #collected(bytes: number): void {
    this.#counters.uncollected--;
    this.#counters.uncollectedBytes -= bytes;
    this.#refusalsInARow = 0;
  }

  #instantiate(module: Module, handle: PoolHandle): Instance {
    this.#activity = Activity.instantiating;
    try {
      return this.#host.instantiate(module, handle);
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause);
      const hint = 'When the engine is out of memory, lower limits.instances; otherwise the module and its imports do not fit.';
      throw new InstancePoolError('INSTANTIATE_FAILED', `module ${handle} could not be instantiated: ${reason}`, hint, cause);
    } finally {
      this.#activity = Activity.none;
    }
  }

  #inCallback(callback: () => void): void {
    const before = this.#activity;
    this.#activity = Activity.callback;
    try {
      callback();
    } finally {
      this.#activity = before;
    }
  }

  #expectSlot(handle: PoolHandle): number {
    const slot = this.#slots.slotOf(handle);
    if (slot >= 0) return slot;
    const hint = 'Forget a handle when onRetire reports it or after drop(); ask has() when in doubt.';
    throw new InstancePoolError('STALE_HANDLE', `no module in the pool has handle ${handle}`, hint);
  }

  #expectIdle(call: string): void {
    if (this.#activity === Activity.none) return;
    const hint = 'Note what to do and do it after the call that led here has returned.';
    throw new InstancePoolError('REENTRANT', `${call}() from inside a callback of the pool`, hint);
  }

  #expectNotInstantiating(call: string): void {
    if (this.#activity === Activity.instantiating) this.#expectIdle(call);
  }
}
