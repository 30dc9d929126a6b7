/**
 * Who has compiled code, and where: modules of TBs and regions in the instance pool, their functions in the shared table, the fn
 * fields of the TB headers.
 *
 * A TB may have a function in a module and be the entry of a region; the region goes first. Whatever happens to either, {@link
 * CompiledTbs.install} puts the best function that lives now into the header and gives it a new state word, which breaks direct links.
 */
import { InstancePool, oldestHalf, type PoolHandle, type PoolLimits, type PoolOptions } from '@wasm-tcg/instance-pool';
import { TB_CPU, TB_HEADER, TbKind, tbCpuAddress, type MachineMemory, type TbStore } from '@wasm-tcg/runtime';
import type { CodeTier } from '../api-code.ts';
import type { CompiledCode } from './tb-maint.ts';
import type { ExecutionConfig } from './thresholds.ts';

/** A member of a region. */
export interface RegionPlace {
  readonly header: number;
  /** Linear pages from the first member to it. */
  readonly pages: number;
  /** Which entry of the region's function it is; −1: none. */
  readonly entry: number;
  /** Positions of the places that its goto_ptr reaches inside of the region. */
  readonly indirect: readonly number[];
}

/** A compiled unit: a module of TBs, or a region (one function with several entries). */
export interface CodeUnit {
  readonly kind: 'module' | 'region';
  /** Headers; function k of a module is members[k]'s. */
  readonly members: readonly number[];
  /** Of a region. */
  readonly places: readonly RegionPlace[];
  /** Its members have been chosen together ({@link RegionPlan.isCut}). */
  readonly isCut: boolean;
  readonly bytes: number;
  handle: PoolHandle;
  /** Table index of each function while the unit has an instance. */
  slots: readonly number[] | undefined;
  dead: boolean;
}

interface TbCode {
  module: CodeUnit | undefined;
  /** Position in the module. */
  index: number;
  /** Region entered at this TB, and its place in it. */
  region: CodeUnit | undefined;
  place: RegionPlace | undefined;
  /** All regions that contain it, in the order in which they were made. */
  readonly inRegions: Set<CodeUnit>;
}

/** Executions in the interpreter after which an evicted unit is instantiated again are in the config: `returnThreshold`. */
export class CompiledTbs implements CompiledCode {
  readonly #machine: MachineMemory;
  readonly #store: TbStore;
  readonly #table: WebAssembly.Table;
  readonly #imports: WebAssembly.Imports;
  readonly #config: ExecutionConfig;
  readonly #code = new Map<number, TbCode>();
  readonly #units = new Map<PoolHandle, CodeUnit>();
  readonly #freeSlots: number[] = [];
  readonly pool: InstancePool<WebAssembly.Module, WebAssembly.Instance>;
  /** TBs whose module went away with them alive; the caller queues them again. */
  readonly orphans: number[] = [];
  /** Time in which the engine instantiated units. */
  instantiateMs = 0;

  constructor(parts: {
    machine: MachineMemory; store: TbStore; table: WebAssembly.Table; imports: WebAssembly.Imports; config: ExecutionConfig;
    limits: Partial<PoolLimits>; policy: 'aging' | 'oldest-half';
  }) {
    this.#machine = parts.machine;
    this.#store = parts.store;
    this.#table = parts.table;
    this.#imports = parts.imports;
    this.#config = parts.config;
    const options: PoolOptions = { limits: parts.limits };
    if (parts.policy === 'oldest-half') options.policy = oldestHalf;
    this.pool = new InstancePool<WebAssembly.Module, WebAssembly.Instance>(
      {
        instantiate: (module, handle) => this.#instantiate(module, handle),
        onEvict: (handle) => this.#evicted(handle),
        onRetire: (handle) => this.#retired(handle),
        takeUse: (handle) => this.#takeUse(handle),
      },
      options,
    );
  }

  /** Has the TB a function now? */
  hasFunction(header: number): boolean {
    return this.#machine.views().u32[(tbCpuAddress(header, 0) + TB_CPU.offset.fn) >>> 2] !== 0;
  }

  /** Where a TB's instructions run now: a TB inside a region mostly runs there, and in its module when it is entered from elsewhere. */
  tierOf(header: number): CodeTier {
    const code = this.#code.get(header);
    if (code === undefined) return 'tci';
    for (const region of code.inRegions) if (region.slots !== undefined) return 'region';
    return code.module?.slots?.[code.index] ? 'module' : 'tci';
  }

  moduleOf(header: number): CodeUnit | undefined {
    return this.#code.get(header)?.module;
  }

  /** The region that is entered at this TB. */
  regionOf(header: number): CodeUnit | undefined {
    return this.#code.get(header)?.region;
  }

  /**
   * Take a compiled module and install its functions. A region that it leaves without an entry is given up.
   * @param places of a region's members
   * @param isCut the region's members are entered where it says, and in no other region
   */
  add(kind: 'module' | 'region', members: readonly number[], module: WebAssembly.Module, bytes: number, places: readonly RegionPlace[] = [], isCut = false): CodeUnit {
    const handle = this.pool.add(module, { bytes, members: kind === 'region' ? 1 : members.length });
    const unit: CodeUnit = { kind, members, places, isCut, bytes, handle, slots: undefined, dead: false };
    this.#units.set(handle, unit);
    members.forEach((header, index) => {
      const code = this.#codeOf(header);
      if (kind === 'region') {
        code.inRegions.add(unit);
      } else {
        const old = code.module;
        code.module = unit;
        code.index = index;
        if (old !== undefined && !old.dead) this.#killMember(old);
      }
    });
    for (const place of places) {
      const code = this.#codeOf(place.header);
      const old = code.region;
      if (place.entry >= 0) {
        code.region = unit;
        code.place = place;
      } else if (isCut && old !== undefined && old !== unit) {
        code.region = undefined;
        code.place = undefined;
        this.#install(place.header);
      }
      if (old !== undefined && old !== code.region && !this.#isEntered(old)) this.#drop(old);
    }
    this.pool.acquire(handle);
    return unit;
  }

  /** Instantiate what a TB has in the pool, if anything. @returns whether it has a function now */
  bringBack(header: number): boolean {
    const code = this.#code.get(header);
    if (code === undefined) return false;
    for (const unit of [code.region, code.module]) {
      if (unit === undefined || unit.dead || !this.pool.has(unit.handle)) continue;
      this.pool.acquire(unit.handle);
    }
    return this.hasFunction(header);
  }

  /** TBs that have code, or had some that may come back. */
  headers(): Iterable<number> {
    return this.#code.keys();
  }

  /** The regions that contain a TB. */
  regionsWith(header: number): Iterable<CodeUnit> {
    return this.#code.get(header)?.inRegions ?? [];
  }

  /** The newest region that contains a TB, if any, and its place there. */
  newestRegion(header: number): { readonly region: CodeUnit; readonly place: RegionPlace } | undefined {
    let found: { readonly region: CodeUnit; readonly place: RegionPlace } | undefined;
    for (const region of this.#code.get(header)?.inRegions ?? []) {
      const place = region.places.find((p) => p.header === header);
      if (place !== undefined) found = { region, place };
    }
    return found;
  }

  // ---- CompiledCode ------------------------------------------------------------------------------------------------------

  forget(header: number): void {
    const code = this.#code.get(header);
    if (code === undefined) return;
    this.#code.delete(header);
    for (const region of [...code.inRegions]) this.dropRegion(region);
    if (code.module !== undefined && !code.module.dead) {
      this.#freeSlot(code.module, code.index);
      this.#killMember(code.module);
    }
    this.#machine.views().u32[(tbCpuAddress(header, 0) + TB_CPU.offset.fn) >>> 2] = 0;
  }

  suspend(header: number): void {
    const code = this.#code.get(header);
    if (code === undefined) return;
    for (const region of [...code.inRegions]) if (region.members.length > 1) this.dropRegion(region);
  }

  /** A suspended TB is back: whatever is still there of it is good. One that has nothing goes on being counted, also when it was waiting to be compiled. */
  resume(header: number): void {
    if (this.#code.has(header)) this.#install(header);
    const { u32 } = this.#machine.views();
    const threshold = (tbCpuAddress(header, 0) + TB_CPU.offset.threshold) >>> 2;
    if (!this.hasFunction(header)) u32[threshold] = Math.min(u32[threshold]!, this.#config.moduleThreshold);
  }

  shareRegion(a: number, b: number): boolean {
    const regions = this.#code.get(a)?.inRegions;
    const other = this.#code.get(b)?.inRegions;
    if (regions === undefined || other === undefined) return false;
    for (const region of regions) if (other.has(region)) return true;
    return false;
  }

  /** Give a region up; its members fall back to what else they have. */
  dropRegion(region: CodeUnit): void {
    if (!region.dead) this.#drop(region);
  }

  /** Everything goes: the arena is about to be reused. */
  clear(): void {
    this.#code.clear();
    for (const unit of this.#units.values()) unit.dead = true;
    this.pool.clear();
    this.#units.clear();
    this.orphans.length = 0;
  }

  /** TBs that belong to some region, for counters. */
  get units(): number {
    return this.#units.size;
  }

  // ---- pool --------------------------------------------------------------------------------------------------------------

  #instantiate(module: WebAssembly.Module, handle: PoolHandle): WebAssembly.Instance {
    const unit = this.#units.get(handle)!;
    const started = performance.now();
    const instance = new WebAssembly.Instance(module, this.#imports);
    this.instantiateMs += performance.now() - started;
    // A member that is gone, or that has a newer function, needs no slot.
    const wanted = unit.kind === 'region' ? [this.#isEntered(unit)] : unit.members.map((header) => this.#code.get(header)?.module === unit);
    unit.slots = wanted.map((isWanted, k) => {
      if (!isWanted) return 0;
      const slot = this.#freeSlots.pop() ?? this.#table.grow(1);
      this.#table.set(slot, instance.exports[`f${k}`]);
      return slot;
    });
    this.#installAll(unit);
    return instance;
  }

  #evicted(handle: PoolHandle): void {
    const unit = this.#units.get(handle);
    if (unit?.slots === undefined) return;
    const { slots } = unit;
    unit.slots = undefined;
    for (let k = 0; k < slots.length; k++) {
      if (slots[k] === 0) continue;
      this.#table.set(slots[k]!, null);
      this.#freeSlots.push(slots[k]!);
    }
    this.#installAll(unit);
  }

  #retired(handle: PoolHandle): void {
    const unit = this.#units.get(handle);
    if (unit === undefined) return;
    this.#forgetUnit(unit);
    if (unit.kind === 'module') {
      for (const header of unit.members) {
        const code = this.#code.get(header);
        if (code === undefined || code.module !== undefined) continue;
        this.#install(header);
        this.orphans.push(header);
      }
    }
  }

  #drop(unit: CodeUnit): void {
    if (this.pool.has(unit.handle)) this.pool.drop(unit.handle);
    this.#forgetUnit(unit);
  }

  /** Take a unit out of everybody's records. */
  #forgetUnit(unit: CodeUnit): void {
    unit.dead = true;
    this.#units.delete(unit.handle);
    for (const header of unit.members) {
      const code = this.#code.get(header);
      if (code === undefined) continue;
      code.inRegions.delete(unit);
      if (code.region === unit) {
        code.region = undefined;
        this.#install(header);
      }
      if (code.module === unit) code.module = undefined;
    }
  }

  /** Is a region still the one that some TB is entered with? */
  #isEntered(unit: CodeUnit): boolean {
    return unit.places.some(({ header }) => this.#code.get(header)?.region === unit);
  }

  /** Update the TBs that a unit is to provide with a function. */
  #installAll(unit: CodeUnit): void {
    for (const header of unit.members) {
      const code = this.#code.get(header);
      if (code?.region === unit || code?.module === unit) this.#install(header);
    }
  }

  #killMember(unit: CodeUnit): void {
    if (this.pool.has(unit.handle)) this.pool.killMember(unit.handle);
  }

  #freeSlot(unit: CodeUnit, index: number): void {
    const slot = unit.slots?.[index];
    if (unit.slots === undefined || slot === undefined || slot === 0) return;
    this.#table.set(slot, null);
    this.#freeSlots.push(slot);
    unit.slots = unit.slots.map((s, i) => (i === index ? 0 : s));
  }

  #takeUse(handle: PoolHandle): boolean {
    const unit = this.#units.get(handle);
    if (unit === undefined) return false;
    const { u32 } = this.#machine.views();
    let used = false;
    for (const header of unit.members) {
      if (!this.#code.has(header)) continue;
      const at = (tbCpuAddress(header, 0) + TB_CPU.offset.used) >>> 2;
      if (u32[at] !== 0) used = true;
      u32[at] = 0;
    }
    return used;
  }

  #codeOf(header: number): TbCode {
    let code = this.#code.get(header);
    if (code === undefined) {
      code = { module: undefined, index: 0, region: undefined, place: undefined, inRegions: new Set() };
      this.#code.set(header, code);
    }
    return code;
  }

  /** The best function that a TB has now goes into its header. */
  #install(header: number): void {
    const code = this.#code.get(header);
    const { u32 } = this.#machine.views();
    if (u32[(header + TB_HEADER.offset.state) >>> 2] === 0) return;
    const record = tbCpuAddress(header, 0);
    const fromRegion = code?.region?.slots?.[0] ?? 0;
    const fromModule = code?.module?.slots?.[code.index] ?? 0;
    const fn = fromRegion || fromModule;
    const kind = fromRegion ? TbKind.region : fromModule ? TbKind.module : TbKind.tci;
    const at = (record + TB_CPU.offset.fn) >>> 2;
    if (fromRegion) {
      u32[(record + TB_CPU.offset.entry) >>> 2] = code!.place!.entry;
      u32[(record + TB_CPU.offset.entryPages) >>> 2] = code!.place!.pages;
    }
    if (u32[at] !== fn || this.#store.kindOf(header) !== kind) {
      u32[at] = fn;
      // A module was built for the state word the TB has had since it was queued: leave it when it becomes that kind.
      if (this.#store.kindOf(header) !== kind) this.#store.setKind(header, kind);
    }
    u32[(record + TB_CPU.offset.count) >>> 2] = 0;
    const kept = code?.region !== undefined || code?.module !== undefined;
    const { regionThreshold, returnThreshold, moduleThreshold } = this.#config;
    u32[(record + TB_CPU.offset.threshold) >>> 2] = fn !== 0 ? regionThreshold : kept ? returnThreshold : moduleThreshold;
  }
}
