/**
 * Where the pages of a range stand in a picture: rows of cells, each a power of two of pages, each row a power of two of cells, so that rows start at round
 * addresses.
 */
import type { PageRange } from './address-heat.ts';

export interface Grid {
  readonly range: PageRange;
  /** Pages per cell. */
  readonly perCell: number;
  readonly columns: number;
  readonly rows: number;
  readonly cells: number;
}

/** A cell of a picture. */
export interface Point {
  readonly x: number;
  readonly y: number;
}

/** CSS pixels: the smallest cell that a finger or an eye still tells from its neighbour. */
const MIN_CELL = 8;
const MAX_COLUMNS = 128;

const powerOfTwoAtMost = (value: number): number => 2 ** Math.floor(Math.log2(Math.max(1, value)));

/** @param width, height space for the cells, CSS pixels */
export function layoutGrid(range: PageRange, width: number, height: number): Grid {
  const columns = Math.min(MAX_COLUMNS, powerOfTwoAtMost(width / MIN_CELL));
  const maxRows = Math.max(1, Math.floor(height / (width / columns)));
  let perCell = 1;
  while (Math.ceil(range.count / perCell) > columns * maxRows) perCell *= 2;
  const cells = Math.ceil(range.count / perCell);
  return { range, perCell, columns, rows: Math.ceil(cells / columns), cells };
}

/** Pages of a cell. */
export function cellPages({ range, perCell }: Grid, cell: number): PageRange {
  const first = range.first + cell * perCell;
  return { first, count: Math.min(perCell, range.first + range.count - first) };
}

/** The cell with a page, or the nearest one. */
export function cellOf({ range, perCell, cells }: Grid, page: number): number {
  return Math.min(cells - 1, Math.max(0, Math.floor((page - range.first) / perCell)));
}

export type Move = 'left' | 'right' | 'up' | 'down' | 'rowStart' | 'rowEnd' | 'first' | 'last' | 'pageUp' | 'pageDown';

/** Where a key leads; it stays inside. */
export function moveCell({ columns, cells }: Grid, cell: number, move: Move): number {
  const row = cell - (cell % columns);
  const to: Readonly<Record<Move, number>> = {
    left: cell - 1,
    right: cell + 1,
    up: cell - columns,
    down: cell + columns,
    rowStart: row,
    rowEnd: row + columns - 1,
    first: 0,
    last: cells - 1,
    pageUp: cell - columns * 8,
    pageDown: cell + columns * 8,
  };
  if ((move === 'up' || move === 'down') && (to[move] < 0 || to[move] >= cells)) return cell;
  return Math.min(cells - 1, Math.max(0, to[move]));
}

/** Pages that are worth a picture of their own. */
const MIN_RANGE = 64;
const ZOOM = 16;

/** Closer, around a cell: a sixteenth, starting at a multiple of its size. `undefined`: it is as close as it gets. */
export function zoomAt(grid: Grid, cell: number): PageRange | undefined {
  const { range, perCell } = grid;
  if (perCell === 1 && range.count <= MIN_RANGE) return undefined;
  const count = Math.max(MIN_RANGE, powerOfTwoAtMost(range.count / ZOOM));
  const { first: page } = cellPages(grid, cell);
  const first = Math.max(range.first, page - (page % count));
  const zoomed = { first, count: Math.min(count, range.first + range.count - first) };
  return zoomed.count < range.count ? zoomed : undefined;
}

/** The pages from a cell to another, in either order, out to round addresses, and at least as many as are worth it. */
export function zoomTo(grid: Grid, from: number, to: number): PageRange | undefined {
  const a = cellPages(grid, Math.min(from, to));
  const b = cellPages(grid, Math.max(from, to));
  const { range } = grid;
  const wanted = Math.max(MIN_RANGE, b.first + b.count - a.first);
  const unit = powerOfTwoAtMost(wanted / ZOOM);
  const end = Math.min(range.first + range.count, Math.ceil((a.first + wanted) / unit) * unit);
  const first = Math.max(range.first, Math.min(a.first - (a.first % unit), end - MIN_RANGE));
  return end - first < range.count ? { first, count: end - first } : undefined;
}
