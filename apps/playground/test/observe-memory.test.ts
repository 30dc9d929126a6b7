/** What Observe keeps of memory and blocks, and how pages become cells. */
import { describe, expect, it } from 'vitest';
import { AddressHeat, tiersAt } from '../src/observe/address-heat.ts';
import { cellOf, cellPages, layoutGrid, moveCell, zoomAt, zoomTo, type Grid, type Move } from '../src/observe/grid.ts';
import { HotBlocks, RECENT } from '../src/observe/hot-blocks.ts';
import { mainTier } from '../src/observe/tiers.ts';
import { entry } from './observe-samples.ts';

const PAGE = 4096;
const total = (values: Float64Array): number => values.reduce((sum, value) => sum + value, 0);

describe('hot blocks', () => {
  it('are one row each, whatever tiers they ran in', () => {
    const blocks = new HotBlocks();
    blocks.add(0, [entry(100, 'tci', 3), entry(200, 'tci', 1)]);
    blocks.add(250, [entry(100, 'region', 6, { insns: 9 })]);
    const rows = blocks.rows('recent').toSorted((a, b) => b.hits - a.hits);
    expect(rows).toMatchObject([
      { physical: 100, tci: 3, module: 0, region: 6, hits: 9, share: 0.9, insns: 9 },
      { physical: 200, hits: 1, share: 0.1 },
    ]);
    expect(mainTier(rows[0]!)).toBe('region');
  });

  it('are told apart by address, physical address and privilege', () => {
    const blocks = new HotBlocks();
    blocks.add(0, [entry(100, 'tci', 1), entry(100, 'tci', 1, { user: true }), entry(100, 'tci', 1, { pc: 7n }), entry(101, 'tci', 1, { pc: 100n })]);
    expect(blocks.rows('all')).toHaveLength(4);
  });

  it('of the last seconds are forgotten after them; all are not', () => {
    const blocks = new HotBlocks();
    blocks.add(0, [entry(100, 'tci', 3)]);
    blocks.add(RECENT - 1, [entry(200, 'tci', 1)]);
    expect(blocks.total('recent')).toBe(4);
    blocks.add(RECENT, []);
    expect(blocks.rows('recent').map(({ physical }) => physical)).toEqual([200]);
    expect([blocks.total('recent'), blocks.total('all')]).toEqual([1, 4]);
  });

  it('stay bounded over a long time: the hottest remain', () => {
    const blocks = new HotBlocks();
    blocks.add(0, [entry(1, 'tci', 1000)]);
    for (let at = 1; at < 60; at++) blocks.add(at, Array.from({ length: 1000 }, (_, i) => entry(at * 10_000 + i, 'tci', 1)));
    const rows = blocks.rows('all');
    expect(rows.length).toBeLessThan(25_000);
    expect(rows.some(({ physical, hits }) => physical === 1 && hits === 1000)).toBe(true);
    expect(rows.reduce((sum, { share }) => sum + share, 0)).toBeLessThanOrEqual(1);
  });
});

describe('heat of addresses', () => {
  it('is a share of all executions, by cell and tier', () => {
    const heat = new AddressHeat(64);
    heat.add(0, [entry(0, 'tci', 1), entry(PAGE * 3, 'region', 2), entry(PAGE * 40, 'module', 1)], []);
    const { heat: cells } = heat.cells({ first: 0, count: 32 }, 2);
    expect(cells).toHaveLength(16 * 3);
    expect([tiersAt(cells, 0), tiersAt(cells, 1)]).toEqual([
      { tci: 0.25, module: 0, region: 0 },
      { tci: 0, module: 0, region: 0.5 },
    ]);
    expect(total(cells)).toBe(0.75);
  });

  it('halves in five seconds, and survives hours of silence', () => {
    const heat = new AddressHeat(4);
    heat.add(0, [entry(0, 'tci', 8)], []);
    heat.add(5000, [entry(PAGE, 'tci', 4)], []);
    expect([...heat.cells({ first: 0, count: 2 }, 1).heat].filter((share) => share > 0)).toEqual([0.5, 0.5]);
    heat.add(1e8, [entry(PAGE * 2, 'tci', 1)], []);
    const { heat: cells } = heat.cells({ first: 0, count: 4 }, 1);
    expect(tiersAt(cells, 2).tci).toBeCloseTo(1, 4);
    expect(total(cells)).toBeCloseTo(1);
  });

  it('knows the bytes of code that lie there now', () => {
    const heat = new AddressHeat(16);
    heat.add(0, [], [{ page: 1, tci: 10, module: 0, region: 0 }]);
    heat.add(250, [], [{ page: 1, tci: 10, module: 5, region: 0 }, { page: 2, tci: 0, module: 0, region: 7 }, { page: 15, tci: 1, module: 1, region: 1 }]);
    const { code } = heat.cells({ first: 0, count: 4 }, 4);
    expect(tiersAt(code, 0)).toEqual({ tci: 10, module: 5, region: 7 });
  });

  it('reaches as far as there is code', () => {
    const heat = new AddressHeat(16);
    heat.add(0, [entry(PAGE * 20, 'tci', 1)], [{ page: 30, tci: 1, module: 0, region: 0 }]);
    expect(heat.pages).toBe(31);
  });

  it('over time is a share of each second, by row', () => {
    const heat = new AddressHeat(8);
    heat.add(250, [entry(0, 'tci', 1)], []);
    heat.add(750, [entry(PAGE * 7, 'region', 3)], []);
    heat.add(2100, [entry(PAGE * 7, 'module', 5)], []);
    const { shares, known } = heat.columns({ first: 0, count: 8 }, 4, 0, 4);
    const cells = Array.from({ length: 8 }, (_, cell) => tiersAt(shares, cell)).map(({ tci, module, region }) => `${tci} ${module} ${region}`);
    expect(cells).toEqual(['0.25 0 0', '0 0 0.75', '0 0 0', '0 0 0', '0 0 0', '0 1 0', '0 0 0', '0 0 0']);
    expect([...known]).toEqual([1, 0, 1, 0]);
    expect(heat.seconds).toEqual({ from: 0, to: 3 });
  });

  it('over time forgets what is older than ten minutes', () => {
    const heat = new AddressHeat(1);
    for (let second = 0; second < 700; second++) heat.add(second * 1000, [entry(0, 'tci', 1)], []);
    expect(heat.seconds).toEqual({ from: 100, to: 700 });
  });
});

describe('the grid', () => {
  const whole = { first: 0, count: 65_536 };
  it.each([
    { what: '256 MiB, wide', range: whole, width: 700, height: 288, want: { columns: 64, perCell: 64, rows: 16 } },
    { what: '256 MiB, on a phone', range: whole, width: 270, height: 288, want: { columns: 32, perCell: 64, rows: 32 } },
    { what: '3 GiB', range: { first: 0, count: 786_432 }, width: 1100, height: 288, want: { columns: 128, perCell: 256, rows: 24 } },
    { what: 'few pages', range: { first: 4096, count: 64 }, width: 700, height: 288, want: { columns: 64, perCell: 1, rows: 1 } },
    { what: 'no width yet', range: whole, width: 1, height: 288, want: { columns: 1 } },
  ])('of $what', ({ range, width, height, want }) => {
    const grid = layoutGrid(range, width, height);
    expect(grid).toMatchObject(want);
    expect(grid.cells * grid.perCell).toBeGreaterThanOrEqual(range.count);
    const last = cellPages(grid, grid.cells - 1);
    expect(last.first + last.count).toBe(range.first + range.count);
    expect(cellOf(grid, last.first)).toBe(grid.cells - 1);
  });

  // 4 × 3 cells, of which the last row has 2.
  const small: Grid = { range: { first: 0, count: 10 }, perCell: 1, columns: 4, rows: 3, cells: 10 };
  it.each<[number, Move, number]>([
    [5, 'left', 4],
    [0, 'left', 0],
    [9, 'right', 9],
    [3, 'right', 4],
    [5, 'up', 1],
    [1, 'up', 1],
    [5, 'down', 9],
    [6, 'down', 6],
    [6, 'rowStart', 4],
    [8, 'rowEnd', 9],
    [6, 'first', 0],
    [6, 'last', 9],
    [6, 'pageDown', 9],
    [6, 'pageUp', 0],
  ])('from cell %i, %s leads to %i', (from, move, to) => {
    expect(moveCell(small, from, move)).toBe(to);
  });

  it('zooms around a cell to round addresses, until it is as close as it gets', () => {
    let grid = layoutGrid(whole, 700, 288);
    const ranges: string[] = [];
    for (;;) {
      const next = zoomAt(grid, cellOf(grid, 43_210));
      if (next === undefined) break;
      ranges.push(`${next.first}+${next.count}`);
      grid = layoutGrid(next, 700, 288);
    }
    expect(ranges).toEqual(['40960+4096', '43008+256', '43200+64']);
    expect(cellPages(grid, 0).first).toBeLessThanOrEqual(43_210);
  });

  it.each([
    ['forwards', 70, 900],
    ['backwards', 900, 70],
  ])('zooms to a selection %s, out to round addresses', (_name, from, to) => {
    const grid = layoutGrid(whole, 700, 288);
    const range = zoomTo(grid, from, to)!;
    expect(range.first).toBeLessThanOrEqual(70 * 64);
    expect(range.first + range.count).toBeGreaterThanOrEqual(901 * 64);
    expect([range.first % 2048, range.count % 2048]).toEqual([0, 0]);
  });

  it('does not zoom to everything', () => {
    const grid = layoutGrid(whole, 700, 288);
    expect(zoomTo(grid, 0, grid.cells - 1)).toBeUndefined();
  });
});
