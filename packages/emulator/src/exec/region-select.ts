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
}

interface Edge {
  /** Position of a member, or OUTSIDE. */
  readonly from: number;
  readonly to: number;
  readonly pageDelta: number;
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

/**
 * Choose the members of a region.
 * @param seeds entries of it, as far as they fit together; the first one always is
 */
export function selectRegion(
  machine: MachineMemory, store: TbStore, seeds: readonly RegionSeed[], config: ExecutionConfig, { excluded, wanted = () => true }: RegionRules,
): RegionPlan {
  const { u32, i32 } = machine.views();
  const word = (tb: number, field: number): number => u32[(tb + field) >>> 2]!;
  const flags = word(seeds[0]!.header, AT.flags);
  const csBase = word(seeds[0]!.header, AT.csBase);
  const members: RegionPlanMember[] = [];
  const entries: number[] = [];
  const position = new Map<string, number>();
  const ways: Edge[] = [];
  const edges = seeds.map(({ header, pageDelta }): Edge => ({ from: OUTSIDE, to: header, pageDelta, count: Number.MAX_SAFE_INTEGER, indirect: false }));
  let insns = 0;
  let hottest = 0;

  /** Physical page of each page that members lie on. A guest may have mapped one elsewhere since a link was made: only one of the two can be in it. */
  const pages = new Map<number, number>();
  const agrees = (page: number, physical: number): boolean => (pages.get(page) ?? physical) === physical;
  /** Are its pages mapped as those of the members, and are they not too many together? */
  const mappedAlike = (tb: number, pageDelta: number): boolean => {
    const second = word(tb, AT.physPage2);
    const fresh = (pages.has(pageDelta) ? 0 : 1) + (second === NO_PAGE || pages.has(pageDelta + 1) ? 0 : 1);
    return pages.size + fresh <= MAX_REGION_PAGES && agrees(pageDelta, word(tb, AT.physPage)) && (second === NO_PAGE || agrees(pageDelta + 1, second));
  };
  const enter = (tb: number, pageDelta: number): void => {
    pages.set(pageDelta, word(tb, AT.physPage));
    const second = word(tb, AT.physPage2);
    if (second !== NO_PAGE) pages.set(pageDelta + 1, second);
  };

  const fits = (tb: number): boolean =>
    tb !== 0 && word(tb, AT.state) !== 0 && word(tb, AT.flags) === flags && word(tb, AT.csBase) === csBase && word(tb, AT.cflags) === 0 &&
    insns + word(tb, AT.insns) <= config.regionInsns && !excluded(tb);

  const found = (edge: Edge): void => {
    edges.push(edge);
    ways.push(edge);
  };
  const outgoing = (from: number, tb: number, pageDelta: number): void => {
    for (const slot of [0, 1]) {
      const delta = i32[(tb + AT.jmpDelta + slot * 4) >>> 2]!;
      if (delta === NO_DELTA) continue;
      const pages = delta >> 12;
      let to = word(tb, AT.jmpTarget + slot * 4);
      if (to === 0 && pages === 0) to = store.lookup(word(tb, AT.physPage), delta, flags, csBase);
      else if (to === 0 && pages === 1 && word(tb, AT.physPage2) !== NO_PAGE) to = store.lookup(word(tb, AT.physPage2), delta - PAGE_SIZE, flags, csBase);
      const count = word(tb, AT.jmpCount + slot * 4);
      hottest = Math.max(hottest, count);
      if (to !== 0) found({ from, to, pageDelta: pageDelta + pages, count, indirect: false });
    }
    const table = word(tb, AT.indirect);
    for (let at = table; table !== 0 && at < table + INDIRECT_TARGETS * INDIRECT_TARGET.size; at += INDIRECT_TARGET.size) {
      const to = word(at, INDIRECT_TARGET.offset.tb);
      if (to === 0) break;
      const count = word(at, INDIRECT_TARGET.offset.count);
      hottest = Math.max(hottest, count);
      found({ from, to, pageDelta: pageDelta + i32[(at + INDIRECT_TARGET.offset.pages) >>> 2]!, count, indirect: true });
    }
  };

  while (edges.length > 0 && members.length < config.regionTbs) {
    let best = 0;
    for (let i = 1; i < edges.length; i++) if (edges[i]!.count > edges[best]!.count) best = i;
    const edge = edges.splice(best, 1)[0]!;
    if (members.length > 0 && edge.count < Math.max(1, hottest * COLD_SHARE)) continue;
    const key = placeOf(edge);
    let at = position.get(key);
    if (at === undefined) {
      if (Math.abs(edge.pageDelta) > MAX_DISTANCE || !fits(edge.to) || !mappedAlike(edge.to, edge.pageDelta) || (edge.from !== OUTSIDE && !wanted(edge.to))) continue;
      enter(edge.to, edge.pageDelta);
      at = members.length;
      position.set(key, at);
      members.push({ header: edge.to, pageDelta: edge.pageDelta, indirect: [] });
      insns += word(edge.to, AT.insns);
      outgoing(at, edge.to, edge.pageDelta);
    }
    if (edge.from === OUTSIDE) {
      if (!entries.includes(at)) entries.push(at);
    } else if (edge.indirect) members[edge.from]!.indirect.push(at);
  }

  const from = new Float64Array(members.length);
  for (const edge of ways) {
    const at = position.get(placeOf(edge));
    if (at !== undefined) from[at] += edge.count;
  }
  return { members, entries: [...entries, ...enteredAt()], inside: from.reduce((sum, count) => sum + count, 0) };

  /** Members that no seed names and that are entered from outside often, the most often first. */
  function enteredAt(): number[] {
    const outside = members.map(({ header }, m) => executions(machine, header) - from[m]!);
    const often = (m: number): boolean => outside[m]! >= Math.max(1, hottest * COLD_SHARE, executions(machine, members[m]!.header) * ENTERED_SHARE);
    return members.map((_, m) => m).filter((m) => often(m) && !entries.includes(m)).sort((a, b) => outside[b]! - outside[a]!).slice(0, MOST_ENTRIES);
  }
}

/** A TB at a distance from the first seed: what is a member once. */
function placeOf({ to, pageDelta }: Edge): string {
  return `${to}:${pageDelta}`;
}
