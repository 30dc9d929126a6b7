/**
 * Counters only grow; what a chart shows is how fast. All rates come from differences of two samples, so that leaving out samples in between (a long window) gives
 * the exact mean of the time between, and nothing is lost.
 */
import type { KeptSample } from '../machine/sample-ring.ts';

/** What happened between two samples. Rates are per second of the page's clock; `null`: nothing to divide by. */
export interface Rates {
  /** End of the interval, ms since the machine was started. */
  readonly at: number;
  /** Length of the interval, ms. */
  readonly span: number;
  /** Million guest instructions per second. */
  readonly mips: number;
  /** Shares of the instructions that ran in each tier, 0 … 1. `null` when none ran. */
  readonly tciShare: number | null;
  readonly moduleShare: number | null;
  readonly regionShare: number | null;
  /** ms of host time per second. `engineMs` is part of `moduleMs` and `regionMs`: the time in `new WebAssembly.Module`. */
  readonly translateMs: number;
  readonly moduleMs: number;
  readonly regionMs: number;
  readonly engineMs: number;
  /** Levels at the end of the interval. */
  readonly modules: number;
  readonly instances: number;
  /** Instances given up, and made again. */
  readonly evictions: number;
  readonly reinstantiations: number;
  /** TLB misses, by what was wanted. */
  readonly tlbLoads: number;
  readonly tlbStores: number;
  readonly tlbFetches: number;
  /** Exits from generated code to the host, by reason, and of all reasons. */
  readonly exits: Readonly<Record<string, number>>;
  readonly allExits: number;
}

/** Samples come four times a second. A longer silence is a pause, or a page that was asleep: a mean over it would show what never was. */
const MAX_SPAN = 4000;
/** Of a shorter interval, the clock's grain is a good part. */
const MIN_SPAN = 20;

/** Has a total decreased, as none does while its machine lives? Then the samples are of different machines. */
function isAnother({ counters: a }: KeptSample, { counters: b }: KeptSample): boolean {
  return (
    b.instructions < a.instructions ||
    b.tciInstructions < a.tciInstructions ||
    b.regionInstructions < a.regionInstructions ||
    b.translatedTbs < a.translatedTbs ||
    b.compileMs < a.compileMs ||
    b.tlbFills < a.tlbFills ||
    b.pool.instantiations < a.pool.instantiations
  );
}

/** Is nothing known about the time between two samples? */
function isBreak(before: KeptSample, after: KeptSample): boolean {
  const span = after.at - before.at;
  return !(span > 0) || span > MAX_SPAN || isAnother(before, after);
}

/** Rates between two samples, or `null` when they have nothing to do with each other: another machine, a pause, no time between them. */
export function ratesBetween(before: KeptSample, after: KeptSample): Rates | null {
  if (isBreak(before, after)) return null;
  const span = after.at - before.at;
  const [a, b] = [before.counters, after.counters];
  const perSecond = (from: number, to: number): number => (Math.max(0, to - from) * 1000) / span;
  const ran = b.instructions - a.instructions;
  const tci = Math.min(ran, b.tciInstructions - a.tciInstructions);
  const region = Math.min(ran - tci, b.regionInstructions - a.regionInstructions);
  const share = (count: number): number | null => (ran === 0 ? null : count / ran);
  const stores = perSecond(a.tlbWriteFills, b.tlbWriteFills);
  const fetches = perSecond(a.tlbFetchFills, b.tlbFetchFills);
  return {
    at: after.at,
    span,
    mips: perSecond(a.instructions, b.instructions) / 1e6,
    tciShare: share(tci),
    moduleShare: share(ran - tci - region),
    regionShare: share(region),
    translateMs: perSecond(a.translateMs, b.translateMs),
    moduleMs: perSecond(a.compileMs - a.regionMs, b.compileMs - b.regionMs),
    regionMs: perSecond(a.regionMs, b.regionMs),
    engineMs: perSecond(a.engineMs, b.engineMs),
    modules: b.pool.modules,
    instances: b.pool.instances,
    evictions: perSecond(a.pool.evictions, b.pool.evictions),
    reinstantiations: perSecond(a.pool.reinstantiations, b.pool.reinstantiations),
    tlbLoads: Math.max(0, perSecond(a.tlbFills, b.tlbFills) - stores - fetches),
    tlbStores: stores,
    tlbFetches: fetches,
    ...exitRates(a.exits, b.exits, perSecond),
  };
}

function exitRates(
  before: Readonly<Record<string, number>>,
  after: Readonly<Record<string, number>>,
  perSecond: (from: number, to: number) => number,
): Pick<Rates, 'exits' | 'allExits'> {
  const exits: Record<string, number> = {};
  let allExits = 0;
  for (const reason of Object.keys(after)) {
    const rate = perSecond(before[reason] ?? 0, after[reason]!);
    exits[reason] = rate;
    allExits += rate;
  }
  return { exits, allExits };
}

/** {@link ratesBetween} that remembers: a chart asks about the same samples four times a second. */
export function rememberedRates(): typeof ratesBetween {
  const known = new WeakMap<KeptSample, { readonly before: KeptSample; readonly rates: Rates | null }>();
  return (before, after) => {
    const found = known.get(after);
    if (found?.before === before) return found.rates;
    const rates = ratesBetween(before, after);
    known.set(after, { before, rates });
    return rates;
  };
}

/** A point of a chart: rates, or a break in the lines at a time. */
export interface RatePoint {
  readonly at: number;
  readonly rates: Rates | null;
}

/** Most points that a chart has: more than a screen shows would only cost time. */
const MAX_POINTS = 600;

export interface Window {
  /** ms */
  readonly length: number;
  /** Newest time shown, ms since the machine was started. */
  readonly end: number;
}

/** What a machine that began with nothing would have said of its beginning: so that also the time before its first sample counts. */
export function startOf({ counters }: KeptSample): KeptSample {
  const zero = <T extends object>(values: T): T => Object.fromEntries(Object.keys(values).map((name) => [name, 0])) as T;
  return { at: 0, virtual: 0, counters: { ...zero(counters), exits: {}, pool: zero(counters.pool) } };
}

/** Of a machine that has just been started, a window shows this much at least, ms. */
const LEAST_VISIBLE = 30_000;

/** The part of a window that is shown, seconds: all of it once the machine is old enough, before that what there is. */
export function visibleRange(end: number, length: number): readonly [number, number] {
  const to = Math.max(end, LEAST_VISIBLE);
  return [Math.max(0, to - length) / 1000, to / 1000];
}

/**
 * The points of a window, oldest first. Long windows take the last sample of each of a fixed row of time slots, so that points stay where they are while the
 * window moves.
 */
export function windowPoints(samples: Iterable<KeptSample>, { length, end }: Window, between: typeof ratesBetween = ratesBetween): RatePoint[] {
  let points: RatePoint[] = [];
  let before: KeptSample | undefined;
  for (const sample of thinned(samples, length, end)) {
    if (before !== undefined) {
      const rates = between(before, sample);
      if (sample.at < before.at) points = [];
      else if (rates === null) points.push({ at: before.at + 1, rates });
      else {
        // Without its beginning, a lone interval would be a dot that no line shows.
        if ((points.at(-1)?.rates ?? null) === null) points.push({ at: before.at, rates });
        points.push({ at: sample.at, rates });
      }
    }
    before = sample;
  }
  return points;
}

/** One sample per time slot, of those that touch the window; and none closer than the clock can tell. */
function* thinned(samples: Iterable<KeptSample>, length: number, end: number): Generator<KeptSample> {
  const slot = Math.max(length / MAX_POINTS, 1);
  const from = end - length - Math.max(slot, MAX_SPAN / 4);
  let last: KeptSample | undefined;
  let yielded = Number.NEGATIVE_INFINITY;
  for (const sample of samples) {
    if (sample.at < from || sample.at > end) continue;
    // Time went back: another machine.
    if (last !== undefined && sample.at < last.at) yielded = Number.NEGATIVE_INFINITY;
    else if (last !== undefined && slotEnds(last.at, sample.at, slot) && last.at - yielded >= MIN_SPAN) {
      yield last;
      yielded = last.at;
    }
    last = sample;
  }
  if (last !== undefined && last.at - yielded >= MIN_SPAN) yield last;
}

/** The later of two samples opens a new slot, or comes after a silence, whose edges both belong to the picture. */
function slotEnds(before: number, after: number, slot: number): boolean {
  return Math.floor(before / slot) !== Math.floor(after / slot) || after - before > MAX_SPAN;
}

/** Reasons in order of how often they came in a window, most frequent first. */
export function frequentReasons(points: readonly RatePoint[], count: number): string[] {
  const sums = new Map<string, number>();
  for (const { rates } of points) {
    if (rates === null) continue;
    for (const reason of Object.keys(rates.exits)) sums.set(reason, (sums.get(reason) ?? 0) + rates.exits[reason]! * rates.span);
  }
  return [...sums].filter(([, sum]) => sum > 0).toSorted(([nameA, a], [nameB, b]) => b - a || (nameA < nameB ? -1 : 1)).slice(0, count).map(([name]) => name);
}

/**
 * Give each reason a place (and so a colour) that it keeps as long as it is wanted. @param before places so far, `undefined`: free
 * @returns as many places as `wanted` has reasons, or more when some of the old ones are free now
 */
export function keepPlaces(before: readonly (string | undefined)[], wanted: readonly string[]): (string | undefined)[] {
  const places = before.map((reason) => (reason !== undefined && wanted.includes(reason) ? reason : undefined));
  for (const reason of wanted) {
    if (places.includes(reason)) continue;
    const free = places.indexOf(undefined);
    if (free < 0) places.push(reason);
    else places[free] = reason;
  }
  return places;
}
