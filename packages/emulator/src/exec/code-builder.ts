/**
 * Builds the Wasm modules of TBs and of regions from their headers. Changes nothing but what it is told to write: tiering installs what it makes, `Machine.listing`
 * only shows it.
 */
import { mergeRegion, TbIr, type HelperTable, type RegionIr, type RegionSource } from '@wasm-tcg/ir';
import { NO_PAGE, REGION_DESCRIPTOR, REGION_PAGE, TB_HEADER, type MachineMemory, type TbArena, type TbStore } from '@wasm-tcg/runtime';
import { RegionModuleBuilder, TbModuleBuilder, type OriginRecorder, type TbLink } from '@wasm-tcg/wasm-codegen';
import { memoryImport } from './memory-import.ts';
import type { TbOptimiser } from './optimiser.ts';
import { selectRegion, type RegionPlan, type RegionPlanMember, type RegionRules, type RegionSeed } from './region-select.ts';
import { translateRegion } from './region-translate.ts';
import type { TbTranslator } from './tb-translator.ts';
import type { ExecutionConfig } from './thresholds.ts';

const AT = TB_HEADER.offset;
/** Address of a descriptor that there is no room for, in code that is only looked at. */
const NOWHERE = 8;

/** What profilers of the engine show: `wasm://wasm/<name>-<hash>`. Also that of the interpreter is known: tb_exec. */
const MODULE_NAMES = { module: 'tbs', region: 'region' } as const;

export interface CodeBuilderParts {
  readonly machine: MachineMemory;
  /** Address of the area of the vCPU that runs the code. */
  readonly env: number;
  readonly arena: TbArena;
  readonly store: TbStore;
  readonly translator: TbTranslator;
  readonly helpers: HelperTable;
  readonly optimiser: TbOptimiser;
  readonly config: ExecutionConfig;
  /** Does the engine have tail calls? */
  readonly tailCalls: boolean;
  /** TBs that must not be in a region. */
  readonly excluded: (header: number) => boolean;
  /** TBs that are changed again and again: a region of theirs has no others in it, and no region of others has them. */
  readonly isRestless: (header: number) => boolean;
}

/** A TB of a batch. */
export interface BatchMember {
  readonly header: number;
  /** State word for which the module will be valid. */
  readonly state: number;
  /** Positions in the batch of the TBs that its goto_tb slots lead to, −1 for others. */
  readonly links: readonly [number, number];
}

/** Where a member of a region is, as plans, sources and merged members all say it. */
interface Placed {
  readonly header: number;
  readonly pageDelta: number;
}

/** Members of a region with their IR. */
export interface RegionSources {
  readonly members: readonly RegionPlanMember[];
  readonly sources: readonly RegionSource[];
}

/** How something is built, when not as the machine is configured. */
export interface BuildOptions {
  readonly optimiser?: TbOptimiser;
  readonly origins?: OriginRecorder;
}

export class CodeBuilder {
  readonly #p: CodeBuilderParts;
  readonly #modules: TbModuleBuilder;
  readonly #regions: RegionModuleBuilder;
  readonly #ir: TbIr;
  /** IR of region members; as many as a region may have, made when first needed. */
  readonly #memberIr: TbIr[] = [];

  constructor(parts: CodeBuilderParts) {
    this.#p = parts;
    const { machine, helpers, config } = parts;
    this.#ir = new TbIr(machine.layout);
    const baseline = config.mode === 'tb-per-module';
    const memory = memoryImport(machine);
    this.#modules = new TbModuleBuilder(machine.layout, helpers, {
      scheme: baseline ? 'loop-if' : 'structured', tailCalls: parts.tailCalls && !baseline, ...(baseline ? {} : { profile: 0 }), memory, moduleName: MODULE_NAMES.module,
    });
    this.#regions = new RegionModuleBuilder(machine.layout, helpers, { memory, env: parts.env, tailCalls: parts.tailCalls, moduleName: MODULE_NAMES.region });
  }

  /** The module of some TBs; function k is member k's. The bytes are good until the next call of anything. */
  batch(members: readonly BatchMember[], { optimiser, origins }: BuildOptions = {}): Uint8Array<ArrayBuffer> {
    this.#modules.begin(origins);
    for (const { header, links } of members) {
      const link = (slot: 0 | 1): TbLink | undefined => {
        const index = links[slot];
        const target = members[index];
        return target === undefined ? undefined : { index, header: target.header, state: target.state };
      };
      this.#modules.add({ tb: this.#p.translator.irOf(header, this.#ir, optimiser), header, links: [link(0), link(1)] });
    }
    return this.#modules.finish().bytes;
  }

  /**
   * Which TBs would make a region that is grown from these now.
   * @param force the first is in it though it is one of those that must not be
   */
  planRegion(seeds: readonly RegionSeed[], { force = false, wanted }: { readonly force?: boolean; readonly wanted?: RegionRules['wanted'] } = {}): RegionPlan {
    const { machine, store, config } = this.#p;
    const first = seeds[0]!.header;
    const alone = this.#p.isRestless(first);
    const excluded = (header: number): boolean => (header === first ? !force && this.#p.excluded(header) : alone || this.isApart(header));
    return selectRegion(machine, store, seeds, config, wanted === undefined ? { excluded } : { excluded, wanted });
  }

  /** Must a TB stay out of regions of others? */
  isApart(header: number): boolean {
    return this.#p.excluded(header) || this.#p.isRestless(header);
  }

  /** The IR of its members as translated, which is good until the next call. */
  regionSources(plan: RegionPlan): RegionSources {
    return translateRegion(this.#p.machine, this.#p.translator, plan, this.#memberIr);
  }

  /** Sources, which are optimised in place, to one unit. */
  mergeRegion({ sources }: RegionSources, optimiser: TbOptimiser = this.#p.optimiser): RegionIr {
    for (const { tb } of sources) optimiser.run(tb);
    const pages = this.#pagesOf(sources);
    const region = mergeRegion(pages.size === 1 ? sources : sources.map((source) => ({ ...source, pages: this.#bitsOf(source, pages) })), optimiser.facts);
    optimiser.runRegion(region);
    return region;
  }

  /**
   * The module of a region. The bytes are good until the next call of anything; `descriptor` is 0 when it needs none, and undefined when the arena has no room for
   * it: such a module can only be looked at.
   */
  region(region: RegionIr, origins?: OriginRecorder): { readonly bytes: Uint8Array<ArrayBuffer>; readonly descriptor: number | undefined } {
    const descriptor = this.#descriptor(region);
    return { bytes: this.#regions.build({ region, descriptor: descriptor ?? NOWHERE }, origins).bytes, descriptor };
  }

  /** The pages that members lie on: from the distance to that of member 0 to the physical page. The n-th one is bit n of sets of them. */
  #pagesOf(members: readonly Placed[]): Map<number, number> {
    const pages = new Map<number, number>();
    for (const { pageDelta, header } of members) {
      pages.set(pageDelta, this.#word(header, AT.physPage));
      const second = this.#word(header, AT.physPage2);
      if (second !== NO_PAGE) pages.set(pageDelta + 1, second);
    }
    return pages;
  }

  /** Those of them that one member lies on. */
  #bitsOf({ pageDelta, header }: Placed, pages: ReadonlyMap<number, number>): number {
    const isOnTwo = this.#word(header, AT.physPage2) !== NO_PAGE;
    let bits = 0;
    let bit = 1;
    for (const delta of pages.keys()) {
      if (delta === pageDelta || (isOnTwo && delta === pageDelta + 1)) bits |= bit;
      bit <<= 1;
    }
    return bits;
  }

  /** The descriptor of the pages of a region; 0 for a single one. */
  #descriptor({ members }: RegionIr): number | undefined {
    const { machine, arena } = this.#p;
    const pages = this.#pagesOf(members);
    if (pages.size === 1) return 0;
    const at = arena.alloc(REGION_DESCRIPTOR.offset.pages + pages.size * REGION_PAGE.size, 8);
    if (at === 0) return undefined;
    const { u32, i32 } = machine.views();
    // Nothing is verified, and what narrow code does not write of the base is zero.
    u32.fill(0, at >>> 2, (at + REGION_DESCRIPTOR.offset.pages) >>> 2);
    let record = at + REGION_DESCRIPTOR.offset.pages;
    for (const [delta, physPage] of pages) {
      i32[(record + REGION_PAGE.offset.deltaPages) >>> 2] = delta;
      u32[(record + REGION_PAGE.offset.physPage) >>> 2] = physPage;
      record += REGION_PAGE.size;
    }
    return at;
  }

  #word(header: number, field: number): number {
    return this.#p.machine.views().u32[(header + field) >>> 2]!;
  }
}
