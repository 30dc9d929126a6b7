/** Rates of Observe's charts: exact means between samples; breaks where nothing is known. */
import { describe, expect, it } from 'vitest';
import type { KeptSample } from '../src/machine/sample-ring.ts';
import { frequentReasons, keepPlaces, ratesBetween, rememberedRates, startOf, visibleRange, windowPoints, type RatePoint } from '../src/observe/rates.ts';
import { sample, type Counts } from './observe-samples.ts';

describe('rates between two samples', () => {
  const rows: { name: string; before: [number, Counts]; after: [number, Counts]; want: object | null }[] = [
    { name: 'per second, by tier', before: [0, {}], after: [500, { instructions: 4e6, tci: 1e6, region: 2e6 }], want: { mips: 8, tciShare: 0.25, moduleShare: 0.25, regionShare: 0.5 } },
    { name: 'idle: a speed of zero, shares of nothing', before: [0, { instructions: 5 }], after: [250, { instructions: 5 }], want: { mips: 0, tciShare: null, moduleShare: null, regionShare: null } },
    { name: 'faults gave instructions back', before: [0, {}], after: [1000, { instructions: 10, tci: 12 }], want: { tciShare: 1, moduleShare: 0, regionShare: 0 } },
    { name: 'compiling: regions are part of it', before: [0, {}], after: [500, { compileMs: 50, regionMs: 20, engineMs: 10, translateMs: 5 }], want: { moduleMs: 60, regionMs: 40, engineMs: 20, translateMs: 10 } },
    { name: 'loads are what is neither store nor fetch', before: [0, {}], after: [1000, { tlb: 10, stores: 3, fetches: 2 }], want: { tlbLoads: 5, tlbStores: 3, tlbFetches: 2 } },
    { name: 'levels are those of the end', before: [0, { instances: 9 }], after: [250, { instances: 4, modules: 7 }], want: { instances: 4, modules: 7 } },
    { name: 'exits by reason, also new ones', before: [0, { exits: { halt: 1 } }], after: [500, { exits: { halt: 2, fault: 3 } }], want: { exits: { halt: 2, fault: 6 }, allExits: 8 } },
    { name: 'no time between', before: [250, {}], after: [250, { instructions: 9 }], want: null },
    { name: 'time went back: another machine', before: [9000, {}], after: [250, { instructions: 9 }], want: null },
    { name: 'a total fell: another machine', before: [0, { instructions: 9 }], after: [250, { instructions: 8 }], want: null },
    { name: 'a pause', before: [0, {}], after: [10_000, { instructions: 9 }], want: null },
  ];
  it.each(rows)('$name', ({ before, after, want }) => {
    const rates = ratesBetween(sample(...before), sample(...after));
    if (want === null) expect(rates).toBeNull();
    else expect(rates).toMatchObject(want);
  });

  it('are remembered for the same two samples only', () => {
    const between = rememberedRates();
    const [a, b, c] = [sample(0, {}), sample(250, { instructions: 1 }), sample(500, { instructions: 5 })];
    expect(between(b, c)).toBe(between(b, c));
    expect(between(a, c)).toEqual(ratesBetween(a, c));
  });
});

/** `1000 mips`, `1000 -`: time and speed of each point. */
const text = (points: readonly RatePoint[]): string[] => points.map(({ at, rates }) => `${at} ${rates === null ? '-' : rates.mips}`);
const steady = (from: number, to: number, step: number): KeptSample[] => Array.from({ length: (to - from) / step + 1 }, (_, i) => sample(from + i * step, { instructions: (from + i * step) * 1000 }));

describe('points of a window', () => {
  const rows: { name: string; samples: KeptSample[]; want: string[] }[] = [
    { name: 'no sample', samples: [], want: [] },
    { name: 'one sample says nothing', samples: [sample(250, {})], want: [] },
    { name: 'every sample of a short window, from the beginning of the first interval', samples: steady(0, 750, 250), want: ['0 1', '250 1', '500 1', '750 1'] },
    { name: 'a pause is a break', samples: [...steady(0, 250, 250), ...steady(9000, 9250, 250)], want: ['0 1', '250 1', '251 -', '9000 1', '9250 1'] },
    { name: 'samples too close to tell are one', samples: [sample(0, {}), sample(250, { instructions: 250e3 }), sample(255, { instructions: 255e3 }), sample(500, { instructions: 500e3 })], want: ['0 1', '255 1', '500 1'] },
    { name: 'of two machines, the second', samples: [...steady(0, 500, 250), sample(0, {}), sample(250, { instructions: 500e3 })], want: ['0 2', '250 2'] },
  ];
  it.each(rows)('$name', ({ samples, want }) => {
    expect(text(windowPoints(samples, { length: 30_000, end: 30_000 }))).toEqual(want);
  });

  it('of ten minutes are at most a screenful, and their mean is exact', () => {
    const samples = steady(0, 600_000, 250);
    const points = windowPoints(samples, { length: 600_000, end: 600_000 });
    expect(points.length).toBeLessThanOrEqual(603);
    expect(points.every(({ rates }) => rates?.mips === 1)).toBe(true);
  });

  it('stay where they are while the window moves', () => {
    const samples = steady(0, 700_000, 250);
    const at = (end: number): Set<number> => new Set(windowPoints(samples.filter((s) => s.at <= end), { length: 600_000, end }).map((point) => point.at));
    const [before, after] = [at(690_000), at(690_250)];
    const moved = [...after].filter((time) => !before.has(time) && time > 100_000 && time < 689_000);
    expect(moved).toEqual([]);
  });

  it('leave out what is older or newer', () => {
    const points = windowPoints(steady(0, 60_000, 250), { length: 10_000, end: 30_000 });
    expect(points[0]!.at).toBeGreaterThan(18_000);
    expect(points.at(-1)!.at).toBe(30_000);
  });

  it('begin with the machine when it began with nothing', () => {
    const first = sample(250, { instructions: 1e6, exits: { halt: 1 }, instances: 3 });
    const [, point] = windowPoints([startOf(first), first], { length: 30_000, end: 250 });
    expect(point!.rates).toMatchObject({ at: 250, mips: 4, exits: { halt: 4 }, instances: 3 });
  });
});

it.each([
  [0, 120_000, [0, 30]],
  [45_000, 120_000, [0, 45]],
  [45_000, 30_000, [15, 45]],
  [700_000, 600_000, [100, 700]],
])('at %i ms, a window of %i ms shows seconds %j', (end, length, want) => {
  expect(visibleRange(end, length)).toEqual(want);
});

describe('reasons of exits', () => {
  it('are ranked by count, then by name', () => {
    const points = windowPoints([sample(0, {}), sample(1000, { exits: { a: 1, b: 5, c: 5, d: 0 } })], { length: 30_000, end: 1000 });
    expect(frequentReasons(points, 3)).toEqual(['b', 'c', 'a']);
  });

  it.each([
    [[], ['a', 'b'], ['a', 'b']],
    [['a', 'b'], ['b', 'a'], ['a', 'b']],
    [['a', 'b', 'c'], ['c', 'd'], ['d', undefined, 'c']],
    [['a'], ['b', 'a', 'c'], ['a', 'b', 'c']],
  ])('%j, then wanting %j: places are %j', (before, wanted, places) => {
    expect(keepPlaces(before, wanted)).toEqual(places);
  });
});
