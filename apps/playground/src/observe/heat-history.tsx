/** Physical memory over time: seconds from left to right, addresses downwards, so that the phases of a boot can be seen. */
import { useComputed, type ReadonlySignal } from '@preact/signals';
import type { JSX } from 'preact';
import { COLUMN, tiersAt, type ColumnData, type PageRange } from './address-heat.ts';
import { formatRange, formatShare } from './address-text.ts';
import { clockText } from './chart-specs.ts';
import { drawHistory, GUTTER, historyLabels, MAP_HEIGHT, type HistoryGrid } from './draw-heat.ts';
import type { Move, Point } from './grid.ts';
import type { HeatPictureProps } from './heat-map.tsx';
import type { Observation } from './observation.ts';
import { visibleRange } from './rates.ts';
import { hitsOf, type TierHits } from './tiers.ts';
import { Picture } from './picture.tsx';

const MAX_ROWS = 96;
/** Pages that a range zoomed into has at least. */
const MIN_PAGES = 64;

export interface HistoryData extends ColumnData {
  readonly grid: HistoryGrid;
}

/** @param length of the window, ms */
export function historyData(observation: Observation, range: PageRange, length: number): HistoryData {
  const [start, end] = visibleRange(observation.end, length);
  const from = Math.floor((start * 1000) / COLUMN);
  const columns = Math.max(1, Math.ceil((end * 1000) / COLUMN) - from);
  // A power of two, so that rows start at round addresses.
  const perRow = 2 ** Math.max(0, Math.ceil(Math.log2(range.count / MAX_ROWS)));
  return {
    grid: { columns, rows: Math.ceil(range.count / perRow), from, first: range.first, perRow },
    ...observation.heat.columns(range, perRow, from, columns),
  };
}

/** What was executed in a second in a range of addresses. */
export interface Moment {
  readonly second: number;
  readonly range: PageRange;
  readonly heat: TierHits;
}

export function momentAt({ grid: { from, first, perRow, rows }, shares }: HistoryData, { x, y }: Point): Moment {
  return { second: from + x, range: { first: first + y * perRow, count: perRow }, heat: tiersAt(shares, x * rows + y) };
}

const STEPS: Readonly<Partial<Record<Move, readonly [number, number]>>> = {
  left: [-1, 0],
  right: [1, 0],
  up: [0, -1],
  down: [0, 1],
  rowStart: [-Infinity, 0],
  rowEnd: [Infinity, 0],
  first: [-Infinity, -Infinity],
  last: [Infinity, Infinity],
  pageUp: [0, -8],
  pageDown: [0, 8],
};

const clamp = (value: number, limit: number): number => Math.min(limit - 1, Math.max(0, value));

export function HeatHistory({ state, palette, width, range, history }: HeatPictureProps & { readonly history: ReadonlySignal<HistoryData> }): JSX.Element {
  const grid = useComputed(() => history.value.grid);
  const zoom = (a: number, b: number): void => {
    const { first, perRow } = grid.peek();
    const count = Math.max(MIN_PAGES, (Math.abs(b - a) + 1) * perRow);
    if (count >= range.peek().count) return;
    const end = range.peek().first + range.peek().count;
    state.zoomIn({ first: Math.min(end - count, first + Math.min(a, b) * perRow), count });
  };
  const { columns, from } = grid.value;
  return (
    <>
      <Picture
        label="Physical memory over time: seconds from left to right, addresses downwards. Arrow keys choose a place, Enter zooms in, Escape out."
        testId="observe-heat-history"
        size={history}
        cursor={state.cursor}
        hover={state.hover}
        draw={(canvas) => {
          if (width.value > 0) drawHistory(canvas, history.value.grid, width.value, history.value, state.measure.value, palette.value);
        }}
        at={(left, top) => {
          const { columns, rows } = grid.peek();
          const x = Math.floor(((left - GUTTER) * columns) / (width.peek() - GUTTER));
          const y = Math.floor((top * rows) / MAP_HEIGHT);
          return x >= 0 && x < columns && y >= 0 && y < rows ? { x, y } : undefined;
        }}
        labels={() => historyLabels(grid.peek())}
        boxes={(a, b) => {
          const { columns, rows } = grid.peek();
          const [cellWidth, cellHeight] = [(width.peek() - GUTTER) / columns, MAP_HEIGHT / rows];
          const selecting = a.y !== b.y;
          const left = selecting ? 0 : a.x;
          const cells = selecting ? columns : 1;
          const top = Math.min(a.y, b.y);
          return [{ left: GUTTER + left * cellWidth - 1, top: top * cellHeight - 1, width: cells * cellWidth + 2, height: (Math.abs(a.y - b.y) + 1) * cellHeight + 2 }];
        }}
        move={(point, move) => {
          const { columns, rows } = grid.peek();
          const [dx, dy] = STEPS[move] ?? [0, 0];
          return point === undefined ? { x: columns - 1, y: 0 } : { x: clamp(point.x + dx, columns), y: clamp(point.y + dy, rows) };
        }}
        onZoom={({ y }) => zoom(y, y)}
        onSelect={(a, b) => zoom(a.y, b.y)}
        onOut={() => {
          if (state.zoom.peek().length === 0) return false;
          state.zoomOut();
          return true;
        }}
        describe={(point) => {
          const moment = momentAt(history.peek(), point);
          return `${clockText(moment.second)}, ${formatRange(moment.range)}: ${formatShare(hitsOf(moment.heat))} of that second's instructions`;
        }}
      />
      <p class="observe-times" aria-hidden="true" style={{ paddingInlineStart: GUTTER }}>
        {[0, 0.25, 0.5, 0.75, 1].map((part) => <span key={part}>{clockText(from + part * columns)}</span>)}
      </p>
    </>
  );
}
