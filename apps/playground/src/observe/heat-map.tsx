/** Physical memory now: a cell for every so many pages. */
import { useComputed, type ReadonlySignal } from '@preact/signals';
import type { JSX } from 'preact';
import { tiersAt, type CellData, type PageRange } from './address-heat.ts';
import { formatRange, formatShare } from './address-text.ts';
import { drawMap, GUTTER, MAP_HEIGHT, mapGeometry, mapLabels, type Box } from './draw-heat.ts';
import { cellOf, cellPages, layoutGrid, moveCell, zoomAt, zoomTo, type Grid, type Point } from './grid.ts';
import type { Observation } from './observation.ts';
import type { Palette } from './palette.ts';
import { Picture } from './picture.tsx';
import { hitsOf, type TierHits } from './tiers.ts';
import type { ViewState } from './view-state.ts';

/** What a place holds: shown by the readout, and a row of the table. */
export interface Place {
  readonly range: PageRange;
  /** Bytes of translated guest code. */
  readonly code: TierHits;
  /** Shares of all executed instructions. */
  readonly heat: TierHits;
}

export interface HeatPictureProps {
  readonly observation: Observation;
  readonly state: ViewState;
  readonly palette: ReadonlySignal<Palette>;
  /** The picture's width with its labels, CSS pixels. */
  readonly width: ReadonlySignal<number>;
  readonly range: ReadonlySignal<PageRange>;
}

export interface MapData {
  readonly grid: Grid;
  readonly data: CellData;
}

/** Cells of a range, laid out for a width. */
export function mapData(observation: Observation, range: PageRange, width: number): MapData {
  const grid = layoutGrid(range, Math.max(1, width - GUTTER), MAP_HEIGHT);
  return { grid, data: observation.heat.cells(range, grid.perCell) };
}

export const placeAt = ({ grid, data }: MapData, cell: number): Place => ({ range: cellPages(grid, cell), code: tiersAt(data.code, cell), heat: tiersAt(data.heat, cell) });

/** A place in words. */
function describePlace({ range, code, heat }: Place): string {
  return `${formatRange(range)}: ${hitsOf(code)} bytes of translated code, ${formatShare(hitsOf(heat))} of executed instructions`;
}

export function HeatMap({ state, palette, width, map }: HeatPictureProps & { readonly map: ReadonlySignal<MapData> }): JSX.Element {
  const grid = useComputed(() => map.value.grid);
  const cellOfPoint = ({ x, y }: Point): number => y * grid.peek().columns + x;
  const pointOfCell = (cell: number): Point => ({ x: cell % grid.peek().columns, y: Math.floor(cell / grid.peek().columns) });
  /** The cursor goes to where the same pages are after a zoom. */
  const stayAt = (point: Point, zoom: () => void): void => {
    const { first } = cellPages(grid.peek(), cellOfPoint(point));
    zoom();
    state.cursor.value = pointOfCell(cellOf(grid.peek(), first));
  };
  return (
    <Picture
      label="Physical memory, a cell for each range of pages. Arrow keys choose a cell, Enter zooms in, Escape out."
      testId="observe-heat"
      size={map}
      cursor={state.cursor}
      hover={state.hover}
      draw={(canvas) => {
        if (width.value > 0) drawMap(canvas, map.value.grid, width.value, map.value.data, state.measure.value, palette.value);
      }}
      at={(left, top) => {
        const { cellWidth, cellHeight } = mapGeometry(grid.peek(), width.peek());
        const point = { x: Math.floor((left - GUTTER) / cellWidth), y: Math.floor(top / cellHeight) };
        const inside = point.x >= 0 && point.x < grid.peek().columns && point.y >= 0 && cellOfPoint(point) < grid.peek().cells;
        return inside ? point : undefined;
      }}
      labels={() => mapLabels(grid.peek(), width.peek())}
      boxes={(from, to) => linearBoxes(grid.peek(), width.peek(), cellOfPoint(from), cellOfPoint(to))}
      move={(from, move) => pointOfCell(from === undefined ? 0 : moveCell(grid.peek(), cellOfPoint(from), move))}
      onZoom={(point) => stayAt(point, () => state.zoomIn(zoomAt(grid.peek(), cellOfPoint(point))))}
      onSelect={(from, to) => state.zoomIn(zoomTo(grid.peek(), cellOfPoint(from), cellOfPoint(to)))}
      onOut={() => {
        if (state.zoom.peek().length === 0) return false;
        stayAt(state.cursor.peek() ?? { x: 0, y: 0 }, () => state.zoomOut());
        return true;
      }}
      describe={(point) => describePlace(placeAt(map.peek(), cellOfPoint(point)))}
    />
  );
}

/** Cells from one to another in the order of addresses: a box for each row. */
function linearBoxes(grid: Grid, width: number, a: number, b: number): Box[] {
  const { cellWidth, cellHeight } = mapGeometry(grid, width);
  const [from, to] = [Math.min(a, b), Math.max(a, b)];
  const boxes: Box[] = [];
  for (let row = Math.floor(from / grid.columns); row <= Math.floor(to / grid.columns); row++) {
    const first = Math.max(from, row * grid.columns) % grid.columns;
    const last = Math.min(to, row * grid.columns + grid.columns - 1) % grid.columns;
    boxes.push({ left: GUTTER + first * cellWidth - 1, top: row * cellHeight - 1, width: (last - first + 1) * cellWidth + 1, height: cellHeight + 1 });
  }
  return boxes;
}
