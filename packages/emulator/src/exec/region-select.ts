/**
 * Which TBs make a region: grown from hot TBs along the edges that its profile says are taken, the most frequent first.
 *
 * Reads only TB headers. Edges: links of goto_tb (or, when a link is missing, the TB at its target in the same page) with their
 * counts, and the targets of a goto_ptr with theirs.
 */
import { INDIRECT_TARGET, INDIRECT_TARGETS, MAX_REGION_PAGES, NO_DELTA, NO_PAGE, PAGE_SIZE, TB_HEADER, type MachineMemory, type TbStore } from '@wasm-tcg/runtime';
import type { ExecutionConfig } from './thresholds.ts';

const AT = TB_HEADER.offset;
/**
 * Linear pages a region may span on either side of its entry: 16 MiB, a kernel's text. A program and its libraries lie further apart, and at another distance in each process:
 * a region over both would be whole in one process and left half-way in all others.
 */
const MAX_DISTANCE = 1 << 12;

export interface RegionPlanMember {
  readonly header: number;
  /** Linear page minus the entry's, in pages. */
  readonly pageDelta: number;
  /** It has been added to a region that was made anew: others call it, too, where it is at home. */
  readonly isGuest?: boolean;
  /** Positions of the members that its goto_ptr is expected to reach, the most frequent first. */
  readonly indirect: number[];
}

export interface RegionPlan {
  readonly members: readonly RegionPlanMember[];
  /** Positions of the members at which it may be entered. */
  readonly entries: readonly number[];
  /** Times that ways between members have been taken. Without any, there is nothing to be gained over TBs of their own. */
  readonly inside: number;
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
  /** False: it is only to be a member. Default true. */
  readonly entry?: boolean;
  readonly isGuest?: boolean;
  /** Positions of the seeds that its goto_ptr is known to reach. */
  readonly indirect?: readonly number[];
}

/** A way on which regions are left. */
export interface WayLeft {
  /** By the region that is made anew, and not by others only. */
  readonly own: boolean;
  readonly from: number;
  readonly to: number;
  /** Pages from one to the other. */
  readonly pages: number;
  readonly count: number;
  readonly indirect: boolean;
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
const COLD_SHARE = 1 / 64;

/** A member is entered from outside when so much of its executions is explained by no way between members. */
const ENTERED_SHARE = 1 / 16;
/** Entries of a region at most, apart from its seeds: each costs optimisation across it. */
const MOST_ENTRIES = 16;

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
  /** Times a TB will be reached at least that is added to a region made anew. */
  readonly least?: number;
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
  admit(place: Placed, isGuest = false): number | undefined {
    const { to, pageDelta } = place;
    if (this.isFull || Math.abs(pageDelta) > MAX_DISTANCE || !this.#fits(to) || !this.#mappedAlike(to, pageDelta)) return undefined;
    this.#pages.set(pageDelta, this.#word(to, AT.physPage));
    const second = this.#word(to, AT.physPage2);
    if (second !== NO_PAGE) this.#pages.set(pageDelta + 1, second);
    const at = this.members.length;
    this.#position.set(placeOf(place), at);
    this.members.push({ header: to, pageDelta, indirect: [], isGuest });
    this.#insns += this.#word(to, AT.insns);
    return at;
  }

  /** The ways out of a member that have been counted, with those counts. */
  ways(from: number): Edge[] {
    const { header: tb, pageDelta } = this.members[from]!;
    const { i32 } = this.#machine.views();
    const found: Edge[] = [];
    for (const slot of [0, 1]) {
      const delta = i32[(tb + AT.jmpDelta + slot * 4) >>> 2]!;
      if (delta === NO_DELTA) continue;
      const pages = delta >> 12;
      let to = this.#word(tb, AT.jmpTarget + slot * 4);
      if (to === 0 && pages === 0) to = this.#store.lookup(this.#word(tb, AT.physPage), delta, this.#flags, this.#csBase);
      else if (to === 0 && pages === 1 && this.#word(tb, AT.physPage2) !== NO_PAGE) to = this.#store.lookup(this.#word(tb, AT.physPage2), delta - PAGE_SIZE, this.#flags, this.#csBase);
      if (to !== 0) found.push({ from, to, pageDelta: pageDelta + pages, count: this.#word(tb, AT.jmpCount + slot * 4), indirect: false });
    }
    const table = this.#word(tb, AT.indirect);
    for (let at = table; table !== 0 && at < table + INDIRECT_TARGETS * INDIRECT_TARGET.size; at += INDIRECT_TARGET.size) {
      const to = this.#word(at, INDIRECT_TARGET.offset.tb);
      if (to === 0) break;
      found.push({ from, to, pageDelta: pageDelta + i32[(at + INDIRECT_TARGET.offset.pages) >>> 2]!, count: this.#word(at, INDIRECT_TARGET.offset.count), indirect: true });
    }
    return found;
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

/**
 * The region that another one would better have been: its members, and what it is left for most, as far as that returns to it or leads on.
 *
 * What members have counted of the ways between them is from before they were compiled; how often the region is left has been counted since. So all of its members stay, and new ones are
 * taken by how often they will be reached: as often as the way that leads there was taken, divided at each branch as the profile divides it.
 * @param places members of the region, of which those with `entry` are entries
 * @param left ways on which this region is left, and others are
 * @returns without members when the first one must not be in a region any more
 */
export function regrowRegion(
  machine: MachineMemory, store: TbStore, places: readonly RegionSeed[], left: readonly WayLeft[], limits: RegionLimits, { excluded }: RegionRules,
): RegionPlan {
  const growth = new Growth(machine, store, places[0]!.header, limits, excluded);
  const { members } = growth;
  const entries: number[] = [];
  const positions = places.map(({ header, pageDelta, entry, isGuest }) => {
    const at = growth.admit({ to: header, pageDelta }, isGuest);
    if (at !== undefined && entry !== false) entries.push(at);
    return at;
  });
  // Distances are those from the first one.
  if (positions[0] === undefined) return { members: [], entries: [], inside: 0 };
  places.forEach(({ indirect = [] }, i) => {
    const at = positions[i];
    if (at !== undefined) members[at]!.indirect.push(...indirect.map((to) => positions[to]).filter((to) => to !== undefined));
  });
  const kept = members.length;
  const sampled = (from: number, own: boolean): Edge[] => {
    const { header, pageDelta } = members[from]!;
    return left.filter((way) => way.from === header && (way.own || !own)).map(({ to, pages, count, indirect }) => ({ from, to, pageDelta: pageDelta + pages, count, indirect }));
  };
  const lead = ({ from, indirect }: Edge, to: number): boolean => {
    const known = members[from]!.indirect;
    if (!indirect || known.includes(to)) return false;
    known.push(to);
    return true;
  };
  let inside = 0;
  const edges: Edge[] = [];
  for (let m = 0; m < kept; m++) {
    for (const edge of sampled(m, true).sort((a, b) => b.count - a.count)) {
      const at = growth.at(edge);
      if (at === undefined) edges.push(edge);
      else if (lead(edge, at)) inside += edge.count;
    }
  }
  let hottest = 0;
  while (edges.length > 0) {
    const edge = takeHottest(edges);
    hottest = Math.max(hottest, edge.count);
    if (edge.count < Math.max(1, hottest * COLD_SHARE, limits.least ?? 0)) break;
    let at = growth.at(edge);
    if (at === undefined) {
      at = growth.admit(edge, true);
      if (at === undefined) continue;
      const runs = Math.max(1, executions(machine, edge.to));
      const counted = growth.ways(at).map((way): Edge => ({ ...way, count: (way.count / runs) * edge.count }));
      edges.push(...counted, ...sampled(at, false).map((way): Edge => ({ ...way, count: Math.min(way.count, edge.count) })));
    }
    if (edge.from < kept || at < kept) inside += edge.count;
    lead(edge, at);
  }
  return { members, entries, inside };
}

/** Takes the way that is taken most out of a list that is not empty. */
function takeHottest(edges: Edge[]): Edge {
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
