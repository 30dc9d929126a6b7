/**
 * Regions are cut by what the interpreter has counted when code got warm. What is run later goes other ways: a program that comes after another one shares the kernel and the C library with it, a comparison function or
 * a command gets frequent after its caller. So where regions are left for each other often, the ways are counted anew (way-profile.ts), the code that is run now is cut again (region-cut.ts), and the pieces are
 * compiled that would have paid already: their way between regions, which costs some 20 ns, has been gone as often as compiling them is worth. Whatever comes after, no more than twice the least is spent.
 */
import { TB_HEADER, type MachineMemory, type TbStore } from '@wasm-tcg/runtime';
import type { CodeUnit, CompiledTbs, RegionPlace } from './compiled-code.ts';
import { cutRegions, Piece } from './region-cut.ts';
import { COLD_SHARE, MOST_ENTRIES, takeHottest, type RegionPlan, type RegionPlanMember } from './region-select.ts';
import type { ExecutionConfig } from './thresholds.ts';
import { WayProfile } from './way-profile.ts';
import { waysOf, type Way } from './ways.ts';

const AT = TB_HEADER.offset;

export interface RecutParts {
  readonly machine: MachineMemory;
  readonly store: TbStore;
  readonly compiled: CompiledTbs;
  readonly config: ExecutionConfig;
  /** Must a TB stay out of regions of others? */
  readonly isApart: (header: number) => boolean;
  /** Instructions retired. */
  readonly now: () => number;
  /** Times that regions have been left for other code. */
  readonly hops: () => number;
}

export class RegionRecutter {
  readonly #p: RecutParts;
  readonly #profile: WayProfile;
  /** Instructions and hops when the losses began that are to be saved. */
  #since = 0;
  #hopsSince = 0;
  /** Hops after which the ways are counted. */
  #patience: number;
  /** Instructions at which counting began, and is to end; undefined while nothing is counted. */
  #counting: { readonly from: number; readonly to: number } | undefined;

  constructor(parts: RecutParts) {
    this.#p = parts;
    this.#profile = new WayProfile(parts);
    this.#patience = parts.config.recutDispatches;
  }

  /** Is the next slice to be interpreted, so that its ways are counted? */
  get counts(): boolean {
    return this.#counting !== undefined;
  }

  /** Called once per slice. @returns the regions that are to be made now */
  slice(): RegionPlan[] {
    return this.#counting === undefined ? (this.#look(), []) : this.#cut(this.#counting);
  }

  /** The arena is about to be reused. */
  clear(): void {
    this.#counting = undefined;
    this.#profile.clear();
    this.#forget();
  }

  /** Begins to count the ways when enough has been lost. */
  #look(): void {
    const { config, now, hops } = this.#p;
    const lost = hops() - this.#hopsSince;
    if (lost < this.#patience) return;
    const from = now();
    const run = from - this.#since;
    if (run > lost * config.recutInterval) {
      this.#forget();
      return;
    }
    this.#profile.begin();
    const wanted = (config.recutHops / Math.max(1, lost)) * run;
    this.#counting = { from, to: from + Math.min(wanted, config.recutInsns) };
  }

  #cut({ from, to }: { readonly from: number; readonly to: number }): RegionPlan[] {
    const { config, now } = this.#p;
    const end = now();
    if (end < to) return [];
    this.#counting = undefined;
    /** Times counted that are worth compiling a TB, if that goes on for as long as it has been so. */
    const worth = (config.recutCost * (end - from)) / Math.max(1, from - this.#since);
    const plans = this.#plans(this.#profile.take(), worth);
    if (plans.length > 0) this.#forget();
    else this.#patience *= 2;
    return plans;
  }

  /** Losses count from now on. */
  #forget(): void {
    this.#since = this.#p.now();
    this.#hopsSince = this.#p.hops();
    this.#patience = this.#p.config.recutDispatches;
  }

  #plans(ways: readonly Way[], worth: number): RegionPlan[] {
    const { machine, config, isApart } = this.#p;
    const word = (header: number, field: number): number => machine.views().u32[(header + field) >>> 2]!;
    const isAllowed = (tb: number): boolean => word(tb, AT.state) !== 0 && word(tb, AT.cflags) === 0 && !isApart(tb);
    const pieces = cutRegions(machine, ways, { tbs: config.regionTbs, insns: config.regionInsns }, isAllowed);
    return this.#chosen(ways, pieces, worth).map((piece) => {
      const entered = this.#complete(piece, (tb) => !pieces.has(tb) && isAllowed(tb));
      return planOf(piece, [...ways, ...[...piece.at.keys()].flatMap((tb) => this.#waysOf(tb))], ways.length, entered);
    });
  }

  /**
   * What the regions of a piece have besides, and is not run just now, stays with it as far as there is room: it will be run again.
   * @param isFree may a TB come into it?
   * @returns those of them that regions are entered at
   */
  #complete(piece: Piece, isFree: (tb: number) => boolean): number[] {
    const { machine, compiled, config } = this.#p;
    const known = new Set<number>();
    for (const tb of piece.at.keys()) for (const { members } of compiled.regionsWith(tb)) for (const member of members) if (isFree(member)) known.add(member);
    const added: number[] = [];
    const ways: Way[] = [...piece.at.keys()].flatMap((tb) => this.#waysOf(tb));
    while (ways.length > 0 && known.size > 0) {
      const way = takeHottest(ways);
      if (!known.delete(way.to) || !piece.join(new Piece(machine, way.to), way, { tbs: config.regionTbs, insns: config.regionInsns })) continue;
      added.push(way.to);
      ways.push(...this.#waysOf(way.to));
    }
    return added.filter((tb) => compiled.regionOf(tb) !== undefined);
  }

  /** Ways out of a TB that have ever been taken. */
  #waysOf(tb: number): Way[] {
    return waysOf(this.#p.machine, this.#p.store, tb).filter(({ count }) => count > 0);
  }

  /**
   * The pieces that are worth compiling. Their gain: ways inside of them that now lead from region to region, less the ways out of them that do not. And those which have regions now that run
   * on into such a piece often: who goes on there would not be in the new one.
   */
  #chosen(ways: readonly Way[], pieces: ReadonlyMap<number, Piece>, worth: number): Piece[] {
    const gains = new Map<Piece, number>();
    const add = (piece: Piece | undefined, gain: number): void => {
      if (piece !== undefined) gains.set(piece, (gains.get(piece) ?? 0) + gain);
    };
    const cut: Way[] = [];
    for (const way of ways) {
      const from = pieces.get(way.from);
      const stays = from?.has(way) === true;
      const isInside = this.#isInside(way);
      if (stays && !isInside) add(from, way.count);
      if (stays || !isInside) continue;
      cut.push(way);
      add(from, -way.count / 2);
      add(pieces.get(way.to), -way.count / 2);
    }
    const isWorth = (piece: Piece, count: number): boolean => piece.at.size > 1 && count > piece.at.size * worth;
    const chosen = new Set([...gains].filter(([piece, gain]) => isWorth(piece, gain)).map(([piece]) => piece));
    for (let size = 0; size !== chosen.size; ) {
      size = chosen.size;
      const runsInto = new Map<Piece, number>();
      for (const { from, to, count } of cut) {
        const piece = pieces.get(from);
        if (piece !== undefined && !chosen.has(piece) && chosen.has(pieces.get(to)!)) runsInto.set(piece, (runsInto.get(piece) ?? 0) + count);
      }
      for (const [piece, count] of runsInto) if (isWorth(piece, count)) chosen.add(piece);
    }
    return [...chosen];
  }

  /** Is it a way inside of a region? An indirect jump knows there only what it was made with. */
  #isInside({ from, to, pages, indirect }: Way): boolean {
    const leads = ({ places }: CodeUnit): boolean => {
      const start = places.find(({ header }) => header === from);
      if (start === undefined) return false;
      const isTarget = (place: RegionPlace | undefined): boolean => place?.header === to && place.pages === start.pages + pages;
      return indirect ? start.indirect.some((i) => isTarget(places[i])) : places.some(isTarget);
    };
    for (const region of this.#p.compiled.regionsWith(from)) if (leads(region)) return true;
    return false;
  }
}

/**
 * The region of a piece.
 * @param ways those that are taken now, `recent` of them, and others inside of it. It is entered where the former lead to it from outside often
 * @param entered where it is entered, too
 */
function planOf(piece: Piece, ways: readonly Way[], recent: number, entered: readonly number[]): RegionPlan {
  const runs = new Map<number, number>();
  const outside = new Map<number, number>();
  const inside: Way[] = [];
  const add = (to: Map<number, number>, tb: number, count: number): void => void to.set(tb, (to.get(tb) ?? 0) + count);
  ways.forEach((way, i) => {
    if (!piece.at.has(way.to)) return;
    if (piece.has(way)) inside.push(way);
    else if (i < recent) add(outside, way.to, way.count);
    if (i < recent) add(runs, way.to, way.count);
  });
  const byCount = (counts: ReadonlyMap<number, number>): [number, number][] => [...counts].sort((a, b) => b[1] - a[1]);
  const [hottest, most] = byCount(runs)[0]!;
  const entries = byCount(outside).filter(([, count]) => count >= Math.max(1, most * COLD_SHARE)).slice(0, MOST_ENTRIES).map(([tb]) => tb);
  // Nothing else is run now.
  if (entries.length === 0) entries.push(hottest);
  entries.push(...entered.slice(0, MOST_ENTRIES));
  const first = piece.at.get(entries[0]!)!;
  const position = new Map<number, number>();
  const members: RegionPlanMember[] = [];
  for (const tb of new Set([...entries, ...piece.at.keys()])) {
    position.set(tb, members.length);
    members.push({ header: tb, pageDelta: piece.at.get(tb)! - first, indirect: [] });
  }
  for (const { from, to, indirect } of inside) {
    const targets = members[position.get(from)!]!.indirect;
    const target = position.get(to)!;
    if (indirect && !targets.includes(target)) targets.push(target);
  }
  return { members, entries: entries.map((tb) => position.get(tb)!), inside: inside.length, isCut: true };
}
