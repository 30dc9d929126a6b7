/**
 * Which TBs make a region: grown from hot TBs along the edges that its profile says are taken, the most frequent first.
 *
 * Reads only TB headers.
 */
import { INDIRECT_TARGET, INDIRECT_TARGETS, MAX_REGION_PAGES, NO_PAGE, TB_HEADER, type MachineMemory, type TbStore } from '@wasm-tcg/runtime';
import type { ExecutionConfig } from './thresholds.ts';
import { waysOf } from './ways.ts';

const AT = TB_HEADER.offset;
/**
 * Linear pages a region may span on either side of its entry: 16 MiB, a kernel's text. A program and its libraries lie further apart, and at another distance in each process:
 * a region over both would be whole in one process and left half-way in all others.
 */
export const MAX_DISTANCE: number = 1 << 12;

export interface RegionPlanMember {
  readonly header: number;
  /** Linear page minus the entry's, in pages. */
  readonly pageDelta: number;
  /** Positions of the members that its goto_ptr is expected to reach, the most frequent first. */
  readonly indirect: number[];
}

export interface RegionPlan {
  readonly members: readonly RegionPlanMember[];
  /** Positions of the members at which it may be entered. */
  readonly entries: readonly number[];
  /** Times that ways between members have been taken. Without any, there is nothing to be gained over TBs of their own. */
  readonly inside: number;
  /** Its members have been chosen together: it does not grow when it is entered elsewhere, too. */
  readonly isCut?: boolean;
}

/** What is asked about TBs that a region might be grown over. */
export interface RegionRules {
  /** It must not be in it (breakpoints). */
  readonly excluded: (header: number) => boolean;
  /** May it be in it unless it is a seed? Default: any may. */
  readonly wanted?: (header: number) => boolean;
}

/** A TB that a region is to be grown from, and entered at. */
export interface RegionSeed {
  readonly header: number;
  /** Linear page minus the first seed's, in pages. */
  readonly pageDelta: number;
}

/** A TB, and its linear page minus the first seed's. */
interface Placed {
  readonly to: number;
  readonly pageDelta: number;
}

interface Edge extends Placed {
  /** Position of a member, or OUTSIDE. */
  readonly from: number;
  readonly count: number;
  readonly indirect: boolean;
}

const OUTSIDE = -1;

/** An edge is followed when it is taken at least this share of what the hottest edge of its source's region entry is. */
export const COLD_SHARE: number = 1 / 64;

/** A member is entered from outside when so much of its executions is explained by no way between members. */
const ENTERED_SHARE = 1 / 16;
/** Entries of a region at most, apart from its seeds: each costs optimisation across it. */
export const MOST_ENTRIES = 16;

/** How often a TB has been run to its end in the interpreter or in its module: what its exits have counted. */
function executions(machine: MachineMemory, tb: number): number {
  const { u32 } = machine.views();
  let sum = u32[(tb + AT.jmpCount) >>> 2]! + u32[(tb + AT.jmpCount + 4) >>> 2]! + u32[(tb + AT.indirectMisses) >>> 2]!;
  const table = u32[(tb + AT.indirect) >>> 2]!;
  for (let at = table; table !== 0 && at < table + INDIRECT_TARGETS * INDIRECT_TARGET.size; at += INDIRECT_TARGET.size) sum += u32[(at + INDIRECT_TARGET.offset.count) >>> 2]!;
  return sum;
}

/** Most TBs and guest instructions of a region. */
export interface RegionLimits {
  readonly tbs: number;
  readonly insns: number;
}

/** Members of a region as it grows: what fits together is taken in. */
class Growth {
  readonly members: RegionPlanMember[] = [];
  readonly #machine: MachineMemory;
  readonly #store: TbStore;
  readonly #limits: RegionLimits;
  readonly #excluded: (header: number) => boolean;
  readonly #flags: number;
  readonly #csBase: number;
  readonly #position = new Map<string, number>();
  /** Physical page of each page that members lie on. A guest may have mapped one elsewhere since a link was made: only one of the two can be in it. */
  readonly #pages = new Map<number, number>();
  #insns = 0;

  constructor(machine: MachineMemory, store: TbStore, first: number, limits: RegionLimits, excluded: (header: number) => boolean) {
    this.#machine = machine;
    this.#store = store;
    this.#limits = limits;
    this.#excluded = excluded;
    this.#flags = this.#word(first, AT.flags);
    this.#csBase = this.#word(first, AT.csBase);
  }

  get isFull(): boolean {
    return this.members.length >= this.#limits.tbs;
  }

  /** Position of the member that a way leads to. */
  at(place: Placed): number | undefined {
    return this.#position.get(placeOf(place));
  }

  /** Takes a TB in, if it fits. @returns its position */
  admit(place: Placed): number | undefined {
    const { to, pageDelta } = place;
    if (this.isFull || Math.abs(pageDelta) > MAX_DISTANCE || !this.#fits(to) || !this.#mappedAlike(to, pageDelta)) return undefined;
    this.#pages.set(pageDelta, this.#word(to, AT.physPage));
    const second = this.#word(to, AT.physPage2);
    if (second !== NO_PAGE) this.#pages.set(pageDelta + 1, second);
    const at = this.members.length;
    this.#position.set(placeOf(place), at);
    this.members.push({ header: to, pageDelta, indirect: [] });
    this.#insns += this.#word(to, AT.insns);
    return at;
  }

  /** The ways out of a member that have been counted, with those counts. */
  ways(from: number): Edge[] {
    const { header, pageDelta } = this.members[from]!;
    return waysOf(this.#machine, this.#store, header).map(({ to, pages, count, indirect }) => ({ from, to, pageDelta: pageDelta + pages, count, indirect }));
  }

  #fits(tb: number): boolean {
    return tb !== 0 && this.#word(tb, AT.state) !== 0 && this.#word(tb, AT.flags) === this.#flags && this.#word(tb, AT.csBase) === this.#csBase && this.#word(tb, AT.cflags) === 0 &&
      this.#insns + this.#word(tb, AT.insns) <= this.#limits.insns && !this.#excluded(tb);
  }

  /** Are its pages mapped as those of the members, and are they not too many together? */
  #mappedAlike(tb: number, pageDelta: number): boolean {
    const pages = this.#pages;
    const agrees = (page: number, physical: number): boolean => (pages.get(page) ?? physical) === physical;
    const second = this.#word(tb, AT.physPage2);
    const fresh = (pages.has(pageDelta) ? 0 : 1) + (second === NO_PAGE || pages.has(pageDelta + 1) ? 0 : 1);
    return pages.size + fresh <= MAX_REGION_PAGES && agrees(pageDelta, this.#word(tb, AT.physPage)) && (second === NO_PAGE || agrees(pageDelta + 1, second));
  }

  #word(tb: number, field: number): number {
    return this.#machine.views().u32[(tb + field) >>> 2]!;
  }
}

/**
 * Choose the members of a region.
 * @param seeds entries of it, as far as they fit together; the first one always is
 */
export function selectRegion(
  machine: MachineMemory, store: TbStore, seeds: readonly RegionSeed[], config: ExecutionConfig, { excluded, wanted = () => true }: RegionRules,
): RegionPlan {
  const growth = new Growth(machine, store, seeds[0]!.header, { tbs: config.regionTbs, insns: config.regionInsns }, excluded);
  const { members } = growth;
  const entries: number[] = [];
  const ways: Edge[] = [];
  const edges = seeds.map(({ header, pageDelta }): Edge => ({ from: OUTSIDE, to: header, pageDelta, count: Number.MAX_SAFE_INTEGER, indirect: false }));
  let hottest = 0;

  while (edges.length > 0 && !growth.isFull) {
    const edge = takeHottest(edges);
    if (members.length > 0 && edge.count < Math.max(1, hottest * COLD_SHARE)) continue;
    let at = growth.at(edge);
    if (at === undefined) {
      if (edge.from !== OUTSIDE && !wanted(edge.to)) continue;
      at = growth.admit(edge);
      if (at === undefined) continue;
      const found = growth.ways(at);
      for (const { count } of found) hottest = Math.max(hottest, count);
      edges.push(...found);
      ways.push(...found);
    }
    if (edge.from === OUTSIDE) {
      if (!entries.includes(at)) entries.push(at);
    } else if (edge.indirect) members[edge.from]!.indirect.push(at);
  }

  const from = timesReached(growth, ways);
  return { members, entries: [...entries, ...enteredAt()], inside: from.reduce((sum, count) => sum + count, 0) };

  /** Members that no seed names and that are entered from outside often, the most often first. */
  function enteredAt(): number[] {
    const outside = members.map(({ header }, m) => executions(machine, header) - from[m]!);
    const often = (m: number): boolean => outside[m]! >= Math.max(1, hottest * COLD_SHARE, executions(machine, members[m]!.header) * ENTERED_SHARE);
    return members.map((_, m) => m).filter((m) => often(m) && !entries.includes(m)).sort((a, b) => outside[b]! - outside[a]!).slice(0, MOST_ENTRIES);
  }
}

/** Takes the way that is taken most out of a list that is not empty. */
export function takeHottest<T extends { readonly count: number }>(edges: T[]): T {
  let best = 0;
  for (let i = 1; i < edges.length; i++) if (edges[i]!.count > edges[best]!.count) best = i;
  return edges.splice(best, 1)[0]!;
}

/** For each member, how often ways of the others have led to it. */
function timesReached(growth: Growth, ways: readonly Edge[]): Float64Array {
  const from = new Float64Array(growth.members.length);
  for (const edge of ways) {
    const at = growth.at(edge);
    if (at !== undefined) from[at] += edge.count;
  }
  return from;
}

/** A TB at a distance from the first seed: what is a member once. */
function placeOf({ to, pageDelta }: Placed): string {
  return `${to}:${pageDelta}`;
}
