/** Draws address-space pictures onto a canvas. Everything is computed in CSS pixels; the canvas has as many as the screen. */
import { tiersAt, type CellData, type ColumnData } from './address-heat.ts';
import { along, blend, brightness, labBytes, mix, type Lab } from './color.ts';
import { formatAddress } from './address-text.ts';
import { cellPages, type Grid } from './grid.ts';
import type { Palette } from './palette.ts';
import { hitsOf, type TierHits } from './tiers.ts';
import type { Measure } from './view-state.ts';

/** Room for the addresses of rows, CSS pixels. */
export const GUTTER = 80;
export const MAP_HEIGHT = 288;
/** Least distance of two addresses, CSS pixels. */
const LABEL_SPACE = 18;
/** Addresses of the picture over time. */
const HISTORY_LABELS = 8;

/** CSS pixels within the picture. */
export interface Box {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/** An address beside the picture. */
export interface RowLabel {
  /** CSS pixels from the picture's top to the middle of the text. */
  readonly top: number;
  readonly text: string;
}

/** Where the cells of a grid lie. */
export interface MapGeometry {
  readonly cellWidth: number;
  readonly cellHeight: number;
}

/** Cells fill the picture's width; few rows are made higher, up to twice as high as wide. */
export function mapGeometry({ columns, rows }: Grid, width: number): MapGeometry {
  const cellWidth = Math.max(1, width - GUTTER) / columns;
  return { cellWidth, cellHeight: Math.min(cellWidth * 2, MAP_HEIGHT / rows) };
}

/** A canvas of a size in CSS pixels, cleared, with its context scaled so. `undefined`: the browser gives no context. */
export function prepare(canvas: HTMLCanvasElement, width: number, height: number): CanvasRenderingContext2D | undefined {
  const scale = devicePixelRatio;
  const [across, down] = [Math.round(width * scale), Math.round(height * scale)];
  // A canvas whose size is set is made anew.
  if (canvas.width !== across || canvas.height !== down) {
    canvas.width = across;
    canvas.height = down;
    canvas.style.width = `${width}px`;
    canvas.style.height = `${height}px`;
  }
  const context = canvas.getContext('2d');
  if (context === null) return undefined;
  context.setTransform(scale, 0, 0, scale, 0, 0);
  context.clearRect(0, 0, width, height);
  return context;
}

/** Colour of a share of all executions on the scale of heat. `undefined`: there are none. */
function heatColor(share: number, { heat }: Palette): Lab | undefined {
  return share > 0 ? along(heat, 0.12 + 0.88 * brightness(share)) : undefined;
}

/** Colour of a share of a second's executions by their tiers. */
function tierColor(hits: TierHits, { tiers, heat }: Palette): Lab | undefined {
  const color = blend(tiers, [hits.tci, hits.module, hits.region]);
  return color === undefined ? undefined : mix(heat[0], color, 0.4 + 0.6 * brightness(hitsOf(hits)));
}

const css = (color: Lab): string => `rgb(${labBytes(color).join(' ')})`;

export function drawMap(canvas: HTMLCanvasElement, grid: Grid, width: number, data: CellData, measure: Measure, palette: Palette): void {
  const { cellWidth, cellHeight } = mapGeometry(grid, width);
  const context = prepare(canvas, width, grid.rows * cellHeight);
  if (context === undefined) return;
  const most = measure === 'tier' ? mostOf(data.code, grid.cells) : 0;
  const empty = css(palette.heat[0]);
  for (let cell = 0; cell < grid.cells; cell++) {
    const left = GUTTER + (cell % grid.columns) * cellWidth;
    const top = Math.floor(cell / grid.columns) * cellHeight;
    context.fillStyle = empty;
    context.fillRect(left, top, cellWidth - 1, cellHeight - 1);
    if (measure === 'tier') {
      drawTiers(context, { left, top, width: cellWidth - 1, height: cellHeight - 1 }, tiersAt(data.code, cell), most, palette);
      continue;
    }
    const color = heatColor(hitsOf(tiersAt(data.heat, cell)), palette);
    if (color === undefined) continue;
    context.fillStyle = css(color);
    context.fillRect(left, top, cellWidth - 1, cellHeight - 1);
  }
}

function mostOf(values: Float64Array, cells: number): number {
  let most = 0;
  for (let cell = 0; cell < cells; cell++) most = Math.max(most, hitsOf(tiersAt(values, cell)));
  return most;
}

/**
 * The tiers of a cell side by side: the eye blends them, and a mean of three hues would be grey. Widths go by the roots of bytes, so that a little of one still
 * shows; the colour is the stronger the more code there is.
 */
function drawTiers(context: CanvasRenderingContext2D, { left, top, width, height }: Box, hits: TierHits, most: number, { tiers, heat }: Palette): void {
  const roots = [Math.sqrt(hits.tci), Math.sqrt(hits.module), Math.sqrt(hits.region)];
  const whole = roots[0]! + roots[1]! + roots[2]!;
  if (whole === 0) return;
  const strength = 0.4 + 0.6 * Math.sqrt(hitsOf(hits) / most);
  let from = left;
  for (const [tier, root] of roots.entries()) {
    const part = (width * root) / whole;
    if (part === 0) continue;
    context.fillStyle = css(mix(heat[0], tiers[tier]!, strength));
    context.fillRect(from, top, part, height);
    from += part;
  }
}

/** Addresses at which rows start. */
export function mapLabels(grid: Grid, width: number): RowLabel[] {
  const { cellHeight } = mapGeometry(grid, width);
  const every = Math.ceil(LABEL_SPACE / cellHeight);
  const labels: RowLabel[] = [];
  for (let row = 0; row < grid.rows; row += every) {
    labels.push({ top: (row + 0.5) * cellHeight, text: formatAddress(cellPages(grid, row * grid.columns).first) });
  }
  return labels;
}

/** Rows and seconds of the picture over time. */
export interface HistoryGrid {
  readonly columns: number;
  readonly rows: number;
  /** Seconds since the machine's start, of the first column. */
  readonly from: number;
  /** Pages in a row. */
  readonly perRow: number;
  readonly first: number;
}

export function historyLabels({ first, rows, perRow }: HistoryGrid): RowLabel[] {
  const every = Math.max(1, Math.ceil(rows / HISTORY_LABELS));
  return Array.from({ length: Math.ceil(rows / every) }, (_, label) => ({
    top: ((label * every + 0.5) * MAP_HEIGHT) / rows,
    text: formatAddress(first + label * every * perRow),
  }));
}

/** Seconds in which nobody looked stay empty. */
export function drawHistory(canvas: HTMLCanvasElement, grid: HistoryGrid, width: number, { shares, known }: ColumnData, measure: Measure, palette: Palette): void {
  const context = prepare(canvas, width, MAP_HEIGHT);
  if (context === undefined) return;
  const { columns, rows } = grid;
  const pixels = new ImageData(columns, rows);
  const ground = labBytes(palette.heat[0]);
  for (let y = 0; y < rows; y++) {
    for (let x = 0; x < columns; x++) {
      if (known[x] === 0) continue;
      const hits = tiersAt(shares, x * rows + y);
      const color = measure === 'time' ? heatColor(hitsOf(hits), palette) : tierColor(hits, palette);
      pixels.data.set(color === undefined ? ground : labBytes(color), (y * columns + x) * 4);
      pixels.data[(y * columns + x) * 4 + 3] = 255;
    }
  }
  const small = new OffscreenCanvas(columns, rows);
  small.getContext('2d')?.putImageData(pixels, 0, 0);
  context.imageSmoothingEnabled = false;
  context.drawImage(small, GUTTER, 0, width - GUTTER, MAP_HEIGHT);
}
