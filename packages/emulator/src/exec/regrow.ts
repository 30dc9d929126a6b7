/**
 * Which regions were cut in the wrong place: those that are left again and again for other compiled code. A program that goes on to something else, a callee that got hot after its caller, a return to
 * a place that its function had not yet been called from, a loop of more TBs than a region is given at first.
 *
 * To leave a region and enter another costs some 15 ns; to make one anew, its size in compilation. So it is done when what has been lost is as much as that: whatever comes after, no more
 * than twice the least is spent.
 */
import { NO_DELTA, PAGE_SIZE, TB_HEADER, type MachineMemory } from '@wasm-tcg/runtime';
import type { CodeBuilder } from './code-builder.ts';
import type { CodeUnit, CompiledTbs } from './compiled-code.ts';
import type { RegionPlan, WayLeft } from './region-select.ts';
import type { ExecutionConfig } from './thresholds.ts';
import type { WaysTaken, WayTaken } from './ways-taken.ts';

const AT = TB_HEADER.offset;
/** Regions that are made anew at a time: compilation keeps the guest waiting. */
const AT_A_TIME = 2;
/** Looks after which what was counted counts half. */
const HALF_LIFE = 64;
/** A way that counts less is forgotten then. */
const FORGOTTEN = 64;

export interface RegrowParts {
  readonly machine: MachineMemory;
  readonly builder: CodeBuilder;
  readonly compiled: CompiledTbs;
  readonly ways: WaysTaken;
  readonly config: ExecutionConfig;
}

/** A region to be made anew, and as what. */
export interface Regrowth {
  readonly old: CodeUnit;
  readonly plan: RegionPlan;
}

type CountedWay = Omit<WayLeft, 'own' | 'count'> & { count: number };

/** How often a region has been left, and on which ways. */
interface Left {
  times: number;
  /** By where they come from, and where they lead to. */
  readonly ways: Map<number, Map<number, CountedWay>>;
}

export class RegionRegrower {
  readonly #p: RegrowParts;
  readonly #left = new Map<CodeUnit, Left>();
  /** How often one has to be left, where that is not a matter of its size. */
  readonly #patience = new WeakMap<CodeUnit, number>();
  #looks = 0;

  constructor(parts: RegrowParts) {
    this.#p = parts;
  }

  /** What is to be made anew, after what has been sampled since the last call. */
  next(): Regrowth[] {
    for (const way of this.#p.ways.take()) this.#note(way);
    if (++this.#looks % HALF_LIFE === 0) this.#age();
    const found: Regrowth[] = [];
    for (const [old] of [...this.#left].filter(([unit, { times }]) => times >= this.#needed(unit)).sort((a, b) => b[1].times - a[1].times)) {
      if (found.length === AT_A_TIME) break;
      const plan = old.dead ? undefined : this.#plan(old);
      if (plan === undefined) this.#patience.set(old, this.#needed(old) * 2);
      else found.push({ old, plan });
      this.#left.delete(old);
    }
    return found;
  }

  /** A region has been made in the place of another one: it may be again, but not as soon. */
  replaced(old: CodeUnit, region: CodeUnit): void {
    this.#patience.set(region, 2 * Math.max(this.#needed(region), this.#needed(old)));
  }

  /** The arena is about to be reused. */
  clear(): void {
    this.#p.ways.clear();
    this.#left.clear();
  }

  #needed(unit: CodeUnit): number {
    return this.#patience.get(unit) ?? unit.members.length * this.#p.config.regrowDispatches;
  }

  #note({ entry, from: leaver, to, pages, count }: WayTaken): void {
    const unit = this.#p.compiled.regionOf(entry);
    if (unit === undefined || !this.#isLive(to)) return;
    const from = leaver !== 0 ? leaver : this.#linkedTo(unit.members, to);
    if (from === undefined || !this.#isLive(from) || !unit.members.includes(from)) return;
    let left = this.#left.get(unit);
    if (left === undefined) this.#left.set(unit, (left = { times: 0, ways: new Map() }));
    left.times += count;
    let ways = left.ways.get(from);
    if (ways === undefined) left.ways.set(from, (ways = new Map<number, CountedWay>()));
    const known = ways.get(to);
    if (known === undefined) ways.set(to, { from, to, count, ...this.#kindOf(from, to, pages) });
    else known.count += count;
  }

  /** The one of some TBs that has a link to another one. */
  #linkedTo(members: readonly number[], to: number): number | undefined {
    const { u32 } = this.#p.machine.views();
    return members.find((member) => u32[(member + AT.jmpTarget) >>> 2] === to || u32[(member + AT.jmpTarget + 4) >>> 2] === to);
  }

  /** Is it one of its static targets that a TB has led to? Then the way is as long as they say. */
  #kindOf(from: number, to: number, pages: number): Pick<WayLeft, 'pages' | 'indirect'> {
    for (const slot of [0, 4]) {
      const delta = this.#word(from, AT.jmpDelta + slot) | 0;
      if (delta !== NO_DELTA && (delta & (PAGE_SIZE - 1)) === this.#word(to, AT.pageOffset)) return { pages: delta >> 12, indirect: false };
    }
    return { pages, indirect: true };
  }

  /** What a region would become; undefined when that is not worth its compilation. */
  #plan(old: CodeUnit): RegionPlan | undefined {
    const { builder, config } = this.#p;
    const left: WayLeft[] = [];
    for (const [unit, { ways }] of this.#left) {
      for (const [from, led] of ways) {
        if (!this.#isLive(from)) continue;
        for (const way of led.values()) if (this.#isLive(way.to)) left.push({ ...way, own: unit === old });
      }
    }
    const plan = builder.planRegrown(old.places, left);
    return plan.entries.length > 0 && plan.inside > plan.members.length * config.regrowDispatches ? plan : undefined;
  }

  #age(): void {
    for (const [unit, left] of this.#left) {
      left.times /= 2;
      for (const [from, ways] of left.ways) {
        for (const [to, way] of ways) {
          way.count /= 2;
          if (way.count < FORGOTTEN) ways.delete(to);
        }
        if (ways.size === 0) left.ways.delete(from);
      }
      if (unit.dead || left.ways.size === 0) this.#left.delete(unit);
    }
  }

  #isLive(header: number): boolean {
    return this.#word(header, AT.state) !== 0;
  }

  #word(header: number, field: number): number {
    return this.#p.machine.views().u32[(header + field) >>> 2]!;
  }
}
