/**
 * Moving code up: which TBs are compiled, when, and into what. All compilation is synchronous and in small pieces: a batch of 32
 * TBs costs V8 about as much as running 50,000 guest instructions.
 *
 * TBs that have become warm wait until there are some. Then regions are grown from them, the hottest first, by what the interpreter has counted on their edges; those that are
 * on no way to another become a module of TBs. What is merely warm is compiled once: it is in the region of one, and entered there from others; small regions of one page are made
 * one. What is hot goes into every region that runs through it.
 */
import { SINCE_SHIFT, TB_CPU, TB_HEADER, tbCpuAddress, TbKind, type MachineMemory, type TbStore } from '@wasm-tcg/runtime';
import type { CodeBuilder } from './code-builder.ts';
import type { CodeUnit, CompiledTbs, RegionPlace } from './compiled-code.ts';
import { RegionRecutter } from './recut.ts';
import type { RegionPlan, RegionSeed } from './region-select.ts';
import type { ExecutionConfig } from './thresholds.ts';

const AT = TB_HEADER.offset;
const NEVER = 0xffffffff;
/** Bytes of Wasm that a TB makes, roughly: for asking the pool before anything is built. */
const BYTES_PER_TB = 1024;
/** Executions until a TB that the pool had no room for asks again: the engine has to collect modules meanwhile. */
const RETRY_THRESHOLD = 20_000;
/**
 * A TB that is in a region of others' becomes an entry of it after so many times the threshold. Without that, blocks that get hot together each grow a
 * region over the same blocks: 10,000 blocks in a row made 3,843 regions with 245,952 members.
 */
const COVERED_FACTOR = 8;
/** Members that have been entered from outside so often, as a share of the threshold, become entries with the one that has reached it. */
const WARM_SHARE = 1 / 8;
/** Entries that a region may have as seeds of its successor: each costs optimisation across it. */
const MAX_ENTRIES = 32;
/** A region of so many members or fewer takes others in that are of its page. */
const SMALL_REGION = 16;
/** So many of them at most: each is an entry. */
const MAX_NEIGHBOURS = 15;

/** A TB that is not frequent asks again after up to so many times the threshold. */
const MOST_PATIENCE = 16;

export interface TieringParts {
  readonly machine: MachineMemory;
  readonly store: TbStore;
  readonly builder: CodeBuilder;
  readonly compiled: CompiledTbs;
  readonly config: ExecutionConfig;
  /** Instructions retired. */
  readonly now: () => number;
  /** Times that regions have been left for other code. */
  readonly hops: () => number;
  readonly onCompile?: (kind: 'module' | 'region', tbs: number, bytes: Uint8Array) => void;
}

export class Tiering {
  readonly #p: TieringParts;
  /** Warm TBs, with the instructions in which each was run once. */
  readonly #queue = new Map<number, number>();
  #age = 0;
  readonly #recutter: RegionRecutter;
  recutRegions = 0;
  compiledModules = 0;
  compiledModuleTbs = 0;
  compiledRegions = 0;
  compiledRegionTbs = 0;
  wasmBytes = 0;
  regionBytes = 0;
  compileMs = 0;
  /** Of {@link compileMs}: what regions took. */
  regionMs = 0;
  /** Of {@link compileMs} and {@link regionMs}: `new WebAssembly.Module`. */
  engineMs = 0;
  regionEngineMs = 0;
  /** Of {@link compileMs}: neither that nor instantiation. */
  emitMs = 0;

  constructor(parts: TieringParts) {
    this.#p = parts;
    this.#recutter = new RegionRecutter({ ...parts, isApart: (header) => parts.builder.isApart(header) });
  }

  /** A TB has reached its threshold. Afterwards it can be run, in whatever tier. */
  hot(header: number): void {
    const { compiled, config } = this.#p;
    if (compiled.hasFunction(header)) {
      // A TB with a region gets here when regions are off for the last instructions of a run.
      if (compiled.regionOf(header) !== undefined) this.#setThreshold(header, NEVER);
      else if (this.#frequent(header, config.regionThreshold, config.regionWindow)) this.#growRegion(header, this.#plan(header, true));
      return;
    }
    if (compiled.bringBack(header)) return;
    const interval = this.#interval(header);
    if (!this.#frequent(header, config.moduleThreshold, config.moduleWindow)) return;
    this.#setThreshold(header, NEVER);
    this.#queue.set(header, interval);
    if (this.#queue.size >= config.queue) this.compileQueue();
  }

  /** Is the next slice to be interpreted, regions or not? */
  get countsWays(): boolean {
    return this.#recutter.counts;
  }

  /** Called once per slice: what has waited long enough is compiled though the batch is not full. */
  slice(): void {
    const { compiled, config } = this.#p;
    for (const header of compiled.orphans.splice(0)) this.#setThreshold(header, config.moduleThreshold);
    if (config.regions) for (const plan of this.#recutter.slice()) if (this.#growRegion(plan.members[0]!.header, plan) !== undefined) this.recutRegions++;
    if (this.#queue.size === 0) return;
    if (++this.#age >= config.queueAge) this.compileQueue();
    else if (this.#age % config.hotAge === 0) this.#compileWarm((interval) => interval <= config.hotInterval);
  }

  /** Forget everything queued: the arena is about to be reused. */
  clear(): void {
    this.#queue.clear();
    this.#recutter.clear();
  }

  compileQueue(): void {
    this.#age = 0;
    this.#compileWarm(() => true);
  }

  /** Compile those in the queue whose interval is as wanted. */
  #compileWarm(wanted: (interval: number) => boolean): void {
    const { config } = this.#p;
    const taken = [...this.#queue].filter(([, interval]) => wanted(interval));
    for (const [tb] of taken) this.#queue.delete(tb);
    const live = taken.filter(([tb]) => this.#word(tb, AT.state) !== 0);
    const alone = config.regions ? this.#growRegions(live) : live.map(([tb]) => tb);
    for (let i = 0; i < alone.length; i += config.batch) this.#compileBatch(alone.slice(i, i + config.batch));
  }

  /** Regions of warm TBs. @returns those that are left, since they are on no way to another */
  #growRegions(warm: readonly (readonly [tb: number, interval: number])[]): number[] {
    const { compiled, config } = this.#p;
    const made = new Set<CodeUnit>();
    const alone: number[] = [];
    for (const [tb, interval] of [...warm].sort((a, b) => a[1] - b[1])) {
      const home = compiled.newestRegion(tb)?.region;
      // It has come into one just now, and is counted anew.
      if (home !== undefined && made.has(home)) continue;
      const hot = interval <= config.hotInterval;
      const own = this.#plan(tb, hot);
      const plan = hot ? own : this.#withNeighbours(own, warm);
      const region = plan.inside > 0 ? this.#growRegion(tb, plan) : undefined;
      if (region !== undefined) made.add(region);
      else if (plan.inside === 0) alone.push(tb);
    }
    return alone.filter((tb) => compiled.newestRegion(tb) === undefined);
  }

  /**
   * A small region that is entered at one TB becomes one with what else has become warm on its page. Functions that are called through pointers would be a region each: a module
   * costs the engine 0.3 ms, however small, and code of many modules is in no cache.
   */
  #withNeighbours(plan: RegionPlan, warm: readonly (readonly [tb: number, interval: number])[]): RegionPlan {
    const { compiled, builder, config } = this.#p;
    const { members, entries, inside, isCut } = plan;
    const isFree = (header: number): boolean => compiled.newestRegion(header) === undefined;
    if (inside === 0 || isCut === true || entries.length > 1 || members.length > SMALL_REGION || !isFree(members[0]!.header)) return plan;
    const first = members[0]!.header;
    const page = this.#word(first, AT.physPage);
    const taken = new Set(members.map(({ header }) => header));
    const neighbours = warm
      .filter(([tb, interval]) => interval > config.hotInterval && this.#word(tb, AT.physPage) === page && !taken.has(tb) && isFree(tb) && !builder.isApart(tb))
      .map(([tb]) => tb)
      // In the order in which they were translated.
      .sort((a, b) => a - b);
    if (neighbours.length === 0) return plan;
    return builder.planRegion([first, ...neighbours.slice(0, MAX_NEIGHBOURS)].map((header) => ({ header, pageDelta: 0 })), { wanted: isFree });
  }

  #compileBatch(headers: readonly number[]): void {
    const { compiled } = this.#p;
    if (!this.#hasRoom(headers, this.#guess(headers.length))) return;
    const account = this.#account('module');
    const bytes = this.#buildBatch(headers);
    if (!this.#hasRoom(headers, bytes.length)) return;
    compiled.add('module', headers, this.#compile(bytes), bytes.length);
    for (const header of headers) this.#restart(header);
    this.compiledModules++;
    this.compiledModuleTbs += headers.length;
    account(headers.length, bytes);
  }

  /** Bytes to ask the pool for before anything is built. */
  #guess(tbs: number): number {
    return Math.min(tbs * BYTES_PER_TB, this.#p.compiled.pool.maxModuleBytes);
  }

  /** Does the pool take a module of so many bytes? If not, the TBs that were to go into it ask again after a while: the first guess may be low. */
  #hasRoom(headers: readonly number[], bytes: number): boolean {
    const { pool } = this.#p.compiled;
    if (bytes <= pool.maxModuleBytes && pool.canCompile(1, bytes)) return true;
    for (const header of headers) this.#setThreshold(header, RETRY_THRESHOLD);
    return false;
  }

  /** They become TBs of the module kind: their new state words are what it will be valid for. */
  #buildBatch(headers: readonly number[]): Uint8Array<ArrayBuffer> {
    const { store, builder } = this.#p;
    const index = new Map(headers.map((header, i) => [header, i]));
    const states = headers.map((header) => store.setKind(header, TbKind.module));
    const linked = (header: number, slot: 0 | 1): number => index.get(this.#word(header, AT.jmpTarget + slot * 4)) ?? -1;
    return builder.batch(headers.map((header, i) => ({ header, state: states[i]!, links: [linked(header, 0), linked(header, 1)] as const })));
  }

  /**
   * The region that a TB would have, or an entry in the one that contains it.
   * @param hot it may go over TBs that have a region
   */
  #plan(entry: number, hot: boolean): RegionPlan {
    const { compiled, builder } = this.#p;
    const home = compiled.newestRegion(entry)?.region;
    const isFree = (header: number): boolean => {
      const other = compiled.newestRegion(header)?.region;
      return other === undefined || other === home;
    };
    const seeds = this.#seeds(entry);
    if (home?.isCut && seeds.length > 1) return this.#withEntry(home, entry);
    return builder.planRegion(seeds, hot ? {} : { wanted: isFree });
  }

  /** A region as it is, entered at one more of its TBs. */
  #withEntry({ places }: CodeUnit, entry: number): RegionPlan {
    // Second copies of entries come last.
    const copies = places.findIndex(({ header, pages }, i) => places.findIndex((place) => place.header === header && place.pages === pages) < i);
    const own = copies < 0 ? places : places.slice(0, copies);
    const [first] = own;
    return {
      members: own.map(({ header, pages, indirect }) => ({ header, pageDelta: pages - first!.pages, indirect: [...indirect] })),
      entries: own.flatMap((place, i) => (this.#isEntry(place, entry) ? [i] : [])),
      inside: 1,
      isCut: true,
    };
  }

  #growRegion(entry: number, plan: RegionPlan): CodeUnit | undefined {
    const { compiled, config } = this.#p;
    this.#setThreshold(entry, NEVER);
    // A TB that accesses devices ends behind the access, whatever follows.
    if (this.#word(entry, AT.cflags) !== 0 || plan.members.length === 0) return undefined;
    if (!this.#hasRoom([entry], this.#guess(config.regionTbs))) return undefined;
    const account = this.#account('region');
    const region = this.#buildRegion(plan);
    // Without room for its descriptor, the next translation flushes everything.
    if (region === undefined || !this.#hasRoom([entry], region.bytes.length)) return undefined;
    const { bytes, places } = region;
    const members = [...new Set(places.map((place) => place.header))];
    const unit = compiled.add('region', members, this.#compile(bytes), bytes.length, places, plan.isCut);
    // The other members are in good hands; one that goes on being entered from elsewhere becomes an entry, later.
    for (const header of members) {
      if (compiled.regionOf(header) !== undefined) continue;
      this.#setThreshold(header, (compiled.hasFunction(header) ? config.regionThreshold : config.moduleThreshold) * COVERED_FACTOR);
    }
    this.compiledRegions++;
    this.compiledRegionTbs += members.length;
    account(members.length, bytes);
    return unit;
  }

  #compile(bytes: Uint8Array<ArrayBuffer>): WebAssembly.Module {
    const started = performance.now();
    const module = new WebAssembly.Module(bytes);
    this.engineMs += performance.now() - started;
    return module;
  }

  #buildRegion(plan: RegionPlan): { bytes: Uint8Array<ArrayBuffer>; places: readonly RegionPlace[] } | undefined {
    const { builder } = this.#p;
    const region = builder.mergeRegion(builder.regionSources(plan));
    const { bytes, descriptor } = builder.region(region);
    if (descriptor === undefined) return undefined;
    let entries = 0;
    return { bytes, places: region.members.map((m, i) => {
      // Second copies of entries come last.
      return { header: m.header, pages: m.pageDelta, entry: m.entry ? entries++ : -1, indirect: plan.members[i]?.indirect ?? [] };
    }) };
  }

  /** What a region is grown from: a TB that is in a region of others' becomes one more entry of that, with whoever else is entered there from outside often. */
  #seeds(entry: number): readonly RegionSeed[] {
    const alone = [{ header: entry, pageDelta: 0 }];
    const home = this.#p.compiled.newestRegion(entry);
    if (home === undefined) return alone;
    const seeds = home.region.places.filter((place) => this.#isEntry(place, entry)).map(({ header, pages }) => ({ header, pageDelta: pages }));
    return seeds.length > MAX_ENTRIES ? alone : seeds;
  }

  /** Is a member of a region to be an entry when another one has become it? */
  #isEntry({ header, entry: k }: RegionPlace, entry: number): boolean {
    return k >= 0 || header === entry || this.#word(tbCpuAddress(header, 0), TB_CPU.offset.count) >= this.#p.config.regionThreshold * WARM_SHARE;
  }

  /** A unit is about to be built. @returns to be called when it has been installed */
  #account(kind: 'module' | 'region'): (tbs: number, bytes: Uint8Array) => void {
    const { compiled } = this.#p;
    const { engineMs } = this;
    const { instantiateMs } = compiled;
    const started = performance.now();
    return (tbs, bytes) => {
      const ms = performance.now() - started;
      const engine = this.engineMs - engineMs;
      this.wasmBytes += bytes.length;
      this.compileMs += ms;
      this.emitMs += ms - engine - (compiled.instantiateMs - instantiateMs);
      if (kind === 'region') {
        this.regionBytes += bytes.length;
        this.regionMs += ms;
        this.regionEngineMs += engine;
      }
      this.#p.onCompile?.(kind, tbs, bytes);
    };
  }

  #word(header: number, field: number): number {
    return this.#p.machine.views().u32[(header + field) >>> 2]!;
  }

  #machineWord(at: number, value: number): void {
    this.#p.machine.views().u32[at >>> 2] = value;
  }

  /**
   * Did a TB reach its threshold in time? If not, it is counted anew, up to a higher threshold, so that it does not ask too often.
   * @param window instructions for `threshold` executions
   */
  #frequent(header: number, threshold: number, window: number): boolean {
    if (this.#interval(header) * threshold <= window) return true;
    const counted = this.#word(tbCpuAddress(header, 0), TB_CPU.offset.threshold);
    this.#setThreshold(header, Math.min(counted * 2, threshold * MOST_PATIENCE));
    return false;
  }

  /** Instructions in which a TB has been run once, of late. */
  #interval(header: number): number {
    const record = tbCpuAddress(header, 0);
    const took = ((this.#clock - this.#word(record, TB_CPU.offset.since)) >>> 0) * 2 ** SINCE_SHIFT;
    return took / this.#word(record, TB_CPU.offset.threshold);
  }

  /** Instructions retired, as `since` has them. */
  get #clock(): number {
    return Math.floor(this.#p.now() / 2 ** SINCE_SHIFT) >>> 0;
  }

  #restart(header: number): void {
    this.#machineWord(tbCpuAddress(header, 0) + TB_CPU.offset.since, this.#clock);
  }

  #setThreshold(header: number, value: number): void {
    this.#restart(header);
    const record = tbCpuAddress(header, 0);
    this.#machineWord(record + TB_CPU.offset.count, 0);
    this.#machineWord(record + TB_CPU.offset.threshold, value);
  }
}
