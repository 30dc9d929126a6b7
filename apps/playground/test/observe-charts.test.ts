/** Charts, colours and tables of Observe, as far as they are no picture. */
import { describe, expect, it } from 'vitest';
import { along, blend, brightness, labBytes, mix, parseColor } from '../src/observe/color.ts';
import { formatRange, formatShare } from '../src/observe/address-text.ts';
import { chartPoints, CHARTS, clockText, exitPlaces, exitSeries, stack } from '../src/observe/chart-specs.ts';
import { tick } from '../src/observe/tick.ts';
import { windowPoints } from '../src/observe/rates.ts';
import { nextSort, sortRows } from '../src/ui/sort.ts';
import { sample } from './observe-samples.ts';

describe('charts', () => {
  const points = windowPoints(
    [sample(0, {}), sample(500, { instructions: 100, tci: 20, region: 30, exits: { a: 7, b: 6, c: 5, d: 4, e: 3, f: 2, g: 1, h: 1 } }), sample(9000, {})],
    { length: 30_000, end: 9000 },
  );

  it('have a value of every series at every point, or none at a break', () => {
    for (const { series } of CHARTS) {
      const values = chartPoints(series, points).map((point) => point.values);
      expect(values.map((row) => row.length)).toEqual(points.map(() => series.length));
      expect(values.at(-1)!.every((value) => value === null)).toBe(true);
    }
  });

  it('stack shares up to the whole', () => {
    const tiers = CHARTS.find(({ id }) => id === 'tiers')!;
    expect(stack(chartPoints(tiers.series, points)).map(({ values }) => values)).toEqual([
      [20, 70, 100],
      [20, 70, 100],
      [null, null, null],
    ]);
  });

  it('show six reasons of exits, and the sum of all others', () => {
    const places = exitPlaces([], points);
    expect(places).toEqual(['a', 'b', 'c', 'd', 'e', 'f']);
    const series = exitSeries(places);
    expect(chartPoints(series, points)[0]!.values).toEqual([14, 12, 10, 8, 6, 4, 4]);
    expect(new Set(series.map(({ ink }) => ink)).size).toBe(7);
  });
});

it.each([
  [0, '0:00'],
  [75.5, '1:15'],
  [3725, '1:02:05'],
])('%d s on an axis: %s', (seconds, text) => {
  expect(clockText(seconds)).toBe(text);
});

it.each([
  [0, '0'],
  [0.25, '0.25'],
  [1500, '1.5k'],
  [2e6, '2M'],
  [3e9, '3G'],
])('%d on an axis: %s', (value, text) => {
  expect(tick(value)).toBe(text);
});

it.each([
  [0, '0 %'],
  [0.00001, '< 0.01 %'],
  [0.0012, '0.12 %'],
  [0.5, '50.0 %'],
])('a share of %d: %s', (share, text) => {
  expect(formatShare(share)).toBe(text);
});

it('a range of pages is from its first to its last byte', () => {
  expect(formatRange({ first: 0x1a40, count: 0x40 })).toBe('0x01a40000 – 0x01a7ffff');
});

describe('colours', () => {
  it.each(['rgb(0, 0, 0)', 'rgb(255, 255, 255)', 'rgb(178, 94, 0)', 'rgb(31 111 208)', 'rgba(29, 125, 74, 1)'])('%s survives OKLab', (text) => {
    expect(labBytes(parseColor(text)).join()).toBe(text.match(/\d+/g)!.slice(0, 3).join());
  });

  it('white has the lightness 1, a mid grey that of its cube root', () => {
    expect(parseColor('rgb(255, 255, 255)')[0]).toBeCloseTo(1, 4);
    expect(parseColor('rgb(188, 188, 188)')[0]).toBeCloseTo(Math.cbrt(0.5028864580325687), 3);
  });

  it.each(['#fff', 'color(srgb 1 1 1)', 'red'])('%s is refused', (text) => {
    expect(() => parseColor(text)).toThrow(TypeError);
  });

  it('mix, blend and scale', () => {
    expect(mix([0, 0, 0], [1, 0.5, 0], 0.5)).toEqual([0.5, 0.25, 0]);
    expect(blend([[0, 0, 0], [1, 0, 0]], [1, 3])).toEqual([0.75, 0, 0]);
    expect(blend([[1, 0, 0]], [0])).toBeUndefined();
    const stops = [[0, 0, 0], [0.5, 0, 0], [1, 0, 0]] as const;
    expect([-1, 0, 0.25, 0.5, 1, 2].map((position) => along(stops, position)[0])).toEqual([0, 0, 0.25, 0.5, 1, 1]);
  });

  it.each([
    [0, 0],
    [1e-9, 0.08],
    [0.01, 0.5],
    [0.1, 0.75],
    [1, 1],
  ])('a share of %d is as bright as %d', (share, want) => {
    expect(brightness(share)).toBeCloseTo(want);
  });
});

describe('sorting', () => {
  const rows = [{ n: 3, t: 'b' }, { n: null, t: 'a10' }, { n: 1, t: 'a9' }];
  it.each([
    ['numbers up, unknown last', (row: (typeof rows)[number]) => row.n, false, [1, 3, null]],
    ['numbers down, unknown last', (row: (typeof rows)[number]) => row.n, true, [3, 1, null]],
    ['texts with numbers', (row: (typeof rows)[number]) => row.t, false, [1, null, 3]],
  ])('%s', (_name, value, descending, want) => {
    expect(sortRows(rows, value, descending).map(({ n }) => n)).toEqual(want);
  });

  it('big integers, equal ones as they were', () => {
    expect(sortRows([2n, 1n, 2n ** 64n], (value) => value, true)).toEqual([2n ** 64n, 2n, 1n]);
  });

  it('turns round on the second click', () => {
    const first = nextSort({ column: 'a', descending: true }, 'b', true);
    expect([first, nextSort(first, 'b', true)]).toEqual([{ column: 'b', descending: true }, { column: 'b', descending: false }]);
  });
});
