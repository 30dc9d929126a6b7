/**
 * Moving code up: which TBs are compiled, when, and into what. All compilation is synchronous and in small pieces: a batch of 32
 * TBs costs V8 about as much as running 50,000 guest instructions.
 */
import { mergeRegion, TbIr, type HelperTable } from '@wasm-tcg/ir';
import {
  NO_PAGE, REGION_DESCRIPTOR, REGION_PAGE, SINCE_SHIFT, TB_CPU, TB_HEADER, tbCpuAddress, TbKind, type MachineMemory, type TbArena, type TbStore,
} from '@wasm-tcg/runtime';
import { RegionModuleBuilder, TbModuleBuilder, type TbLink } from '@wasm-tcg/wasm-codegen';
import type { CompiledTbs } from './compiled-code.ts';
import type { TbOptimiser } from './optimiser.ts';
import { selectRegion } from './region-select.ts';
import { translateRegion } from './region-translate.ts';
import type { TbTranslator } from './tb-translator.ts';
import type { ExecutionConfig } from './thresholds.ts';

const AT = TB_HEADER.offset;
const NEVER = 0xffffffff;
/** Bytes of Wasm that a TB makes, roughly: for asking the pool before anything is built. */
const BYTES_PER_TB = 1024;
/** Executions until a TB that the pool had no room for asks again: the engine has to collect modules meanwhile. */
const RETRY_THRESHOLD = 20_000;
/**
 * A TB that is in a region of another's grows its own after so many times the threshold. Without it, blocks that get hot together each grow a
 * region over the same blocks: 10,000 blocks in a row made 3,843 regions with 245,952 members.
 */
const COVERED_FACTOR = 8;

/** A TB that is not frequent asks again after up to so many times the threshold. */
const MOST_PATIENCE = 16;
/** Least executions of a TB between a refused region and the next: without any, threshold 1 would compile for ever and run nothing. */
const REFUSED_THRESHOLD = 64;

export interface TieringParts {
  readonly machine: MachineMemory;
  readonly arena: TbArena;
  readonly store: TbStore;
  readonly translator: TbTranslator;
  readonly compiled: CompiledTbs;
  readonly helpers: HelperTable;
  readonly optimiser: TbOptimiser;
  readonly config: ExecutionConfig;
  /** Does the engine have tail calls? */
  readonly tailCalls: boolean;
  readonly excluded: (header: number) => boolean;
  /** Instructions retired. */
  readonly now: () => number;
  readonly onCompile?: (kind: 'module' | 'region', tbs: number, bytes: Uint8Array) => void;
}

export class Tiering {
  readonly #p: TieringParts;
  readonly #queue: number[] = [];
  readonly #queued = new Set<number>();
  readonly #modules: TbModuleBuilder;
  readonly #regions: RegionModuleBuilder;
  readonly #ir: TbIr;
  /** IR of region members; as many as a region may have, made when first needed. */
  readonly #memberIr: TbIr[] = [];
  #age = 0;
  compiledModules = 0;
  compiledModuleTbs = 0;
  compiledRegions = 0;
  compiledRegionTbs = 0;
  wasmBytes = 0;
  compileMs = 0;
  /** Of {@link compileMs}, what regions took; and of both, what the engine took. */
  regionMs = 0;
  engineMs = 0;

  constructor(parts: TieringParts) {
    this.#p = parts;
    const { machine, helpers, config } = parts;
    this.#ir = new TbIr(machine.layout);
    const baseline = config.mode === 'tb-per-module';
    this.#modules = new TbModuleBuilder(machine.layout, helpers, {
      scheme: baseline ? 'loop-if' : 'structured', tailCalls: parts.tailCalls && !baseline,
      ...(baseline ? {} : { profile: 0 }), memory: this.#memoryLimits(),
    });
    this.#regions = new RegionModuleBuilder(machine.layout, helpers, { memory: this.#memoryLimits() });
  }

  /** A TB has reached its threshold. Afterwards it can be run, in whatever tier. */
  hot(header: number): void {
    const { compiled, config } = this.#p;
    if (compiled.hasFunction(header)) {
      // A TB with a region gets here when regions are off for the last instructions of a run.
      if (compiled.regionOf(header) !== undefined) this.#setThreshold(header, NEVER);
      else if (this.#frequent(header, config.regionThreshold, config.regionWindow)) this.#growRegion(header);
      return;
    }
    if (compiled.bringBack(header) || !this.#frequent(header, config.moduleThreshold, config.moduleWindow)) return;
    this.#setThreshold(header, NEVER);
    if (!this.#queued.has(header)) {
      this.#queued.add(header);
      this.#queue.push(header);
    }
    if (this.#queue.length >= config.batch) this.compileQueue();
  }

  /**
   * A TB's region was refused: its pages are mapped elsewhere now. It is given up. Where a guest maps back and forth, the next one would be refused
   * too, so that it is not grown before the TB has run for a while.
   */
  refused(header: number): void {
    const { compiled, config } = this.#p;
    const region = compiled.regionOf(header);
    if (region !== undefined) compiled.dropRegion(region);
    this.#setThreshold(header, Math.max(config.regionThreshold, REFUSED_THRESHOLD));
  }

  /** Called once per slice: what has waited long enough is compiled though the batch is not full. */
  slice(): void {
    const { compiled, config } = this.#p;
    for (const header of compiled.orphans.splice(0)) this.#setThreshold(header, config.moduleThreshold);
    if (this.#queue.length > 0 && ++this.#age >= config.batchAge) this.compileQueue();
  }

  /** Forget everything queued: the arena is about to be reused. */
  clear(): void {
    this.#queue.length = 0;
    this.#queued.clear();
  }

  compileQueue(): void {
    const { config } = this.#p;
    this.#age = 0;
    const live = this.#queue.filter((tb) => this.#word(tb, AT.state) !== 0);
    this.clear();
    for (let i = 0; i < live.length; i += config.batch) this.#compileBatch(live.slice(i, i + config.batch));
  }

  /** Bytes of the module of one TB, or of the region grown from it, for inspection. Installs nothing. */
  bytesOf(header: number, kind: 'module' | 'region'): Uint8Array {
    if (kind === 'region') return this.#buildRegion(header).bytes.slice();
    return this.#buildBatch([header]).slice();
  }

  #compileBatch(headers: readonly number[]): void {
    const { compiled } = this.#p;
    if (!this.#hasRoom(headers, this.#guess(headers.length))) return;
    const started = performance.now();
    const bytes = this.#buildBatch(headers);
    if (!this.#hasRoom(headers, bytes.length)) return;
    compiled.add('module', headers, this.#compile(bytes), bytes.length);
    for (const header of headers) this.#restart(header);
    this.compiledModules++;
    this.compiledModuleTbs += headers.length;
    this.#account('module', headers.length, bytes, performance.now() - started);
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

  #buildBatch(headers: readonly number[]): Uint8Array<ArrayBuffer> {
    const { store, translator } = this.#p;
    const index = new Map(headers.map((header, i) => [header, i]));
    const states = headers.map((header) => store.setKind(header, TbKind.module));
    this.#modules.begin();
    for (const header of headers) {
      const link = (slot: 0 | 1): TbLink | undefined => {
        const target = this.#word(header, AT.jmpTarget + slot * 4);
        const at = index.get(target);
        return at === undefined ? undefined : { index: at, header: target, state: states[at]! };
      };
      this.#modules.add({ tb: translator.irOf(header, this.#ir), header, links: [link(0), link(1)] });
    }
    return this.#modules.finish().bytes;
  }

  #growRegion(entry: number): void {
    const { compiled, config } = this.#p;
    this.#setThreshold(entry, NEVER);
    // A TB that accesses devices ends behind the access, whatever follows.
    if (this.#word(entry, AT.cflags) !== 0) return;
    if (!this.#hasRoom([entry], this.#guess(config.regionTbs))) return;
    const started = performance.now();
    const { bytes, members, descriptor } = this.#buildRegion(entry);
    // Without room for the descriptor, the next translation flushes everything.
    if (descriptor === 0 || !this.#hasRoom([entry], bytes.length)) return;
    compiled.add('region', members, this.#compile(bytes), bytes.length);
    // The other members are in good hands; one that goes on being entered from elsewhere gets a region of its own, later.
    for (const header of members) {
      if (compiled.moduleOf(header) !== undefined && compiled.regionOf(header) === undefined) this.#setThreshold(header, config.regionThreshold * COVERED_FACTOR);
    }
    this.compiledRegions++;
    this.compiledRegionTbs += members.length;
    this.#account('region', members.length, bytes, performance.now() - started);
  }

  #compile(bytes: Uint8Array<ArrayBuffer>): WebAssembly.Module {
    const started = performance.now();
    const module = new WebAssembly.Module(bytes);
    this.engineMs += performance.now() - started;
    return module;
  }

  #buildRegion(entry: number): { bytes: Uint8Array<ArrayBuffer>; members: readonly number[]; descriptor: number } {
    const { machine, store, translator, config, optimiser, excluded } = this.#p;
    const plan = selectRegion(machine, store, entry, config, excluded);
    const { members, sources } = translateRegion(machine, translator, plan, this.#memberIr);
    for (const { tb } of sources) optimiser.run(tb);
    const region = mergeRegion(sources, optimiser.facts);
    optimiser.runRegion(region);
    const descriptor = this.#descriptor(members.map((m) => [m.pageDelta, m.header] as const));
    const bytes = this.#regions.build({ region, descriptor });
    return { bytes: bytes.bytes, members: members.map((m) => m.header), descriptor };
  }

  /** The pages that a region's members lie on, relative to the entry's page. 0 when the arena has no room for the list. */
  #descriptor(members: readonly (readonly [pageDelta: number, header: number])[]): number {
    const { machine, arena } = this.#p;
    const pages = new Map<number, number>();
    for (const [delta, header] of members) {
      pages.set(delta, this.#word(header, AT.physPage));
      const second = this.#word(header, AT.physPage2);
      if (second !== NO_PAGE) pages.set(delta + 1, second);
    }
    const at = arena.alloc(REGION_DESCRIPTOR.offset.pages + pages.size * REGION_PAGE.size, 8);
    if (at === 0) return 0;
    const { u32, i32 } = machine.views();
    u32[(at + REGION_DESCRIPTOR.offset.generation) >>> 2] = 0;
    u32[(at + REGION_DESCRIPTOR.offset.count) >>> 2] = pages.size;
    let record = at + REGION_DESCRIPTOR.offset.pages;
    for (const [delta, physPage] of pages) {
      i32[(record + REGION_PAGE.offset.deltaPages) >>> 2] = delta;
      u32[(record + REGION_PAGE.offset.physPage) >>> 2] = physPage;
      record += REGION_PAGE.size;
    }
    return at;
  }

  #memoryLimits(): { min: number; max?: number; shared?: boolean } {
    const { machine } = this.#p;
    return machine.shared ? { min: 1, max: machine.map.end / 65536, shared: true } : { min: 1 };
  }

  #account(kind: 'module' | 'region', tbs: number, bytes: Uint8Array, ms: number): void {
    this.wasmBytes += bytes.length;
    this.compileMs += ms;
    if (kind === 'region') this.regionMs += ms;
    this.#p.onCompile?.(kind, tbs, bytes);
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
    const record = tbCpuAddress(header, 0);
    const { u32 } = this.#p.machine.views();
    const took = ((this.#clock - u32[(record + TB_CPU.offset.since) >>> 2]!) >>> 0) * 2 ** SINCE_SHIFT;
    const counted = u32[(record + TB_CPU.offset.threshold) >>> 2]!;
    if (took * threshold <= window * counted) return true;
    this.#setThreshold(header, Math.min(counted * 2, threshold * MOST_PATIENCE));
    return false;
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
