/** Draws address-space pictures onto a canvas. Everything is computed in CSS pixels; the canvas has as many as the screen. */
import { tiersAt, type CellData } from './address-heat.ts';
import { mainTier, type TierHits } from './hot-blocks.ts';
import { along, blend, brightness, labBytes, mix, type Lab } from './color.ts';
import { formatAddress } from './address-text.ts';
import { cellPages, type Grid } from './grid.ts';
import type { Palette } from './palette.ts';
import type { Measure } from './view-state.ts';

/** Room for the addresses of rows, CSS pixels. */
export const GUTTER = 80;
export const MAP_HEIGHT = 288;
const LABEL_SIZE = 11;
const LABEL_SPACE = 18;

/** Where the cells of a grid lie. */
export interface MapGeometry {
  readonly cellWidth: number;
  readonly cellHeight: number;
}

/** Cells fill the picture's width; few rows are made higher, up to twice as high as wide. */
export function mapGeometry({ columns, rows }: Grid, width: number): MapGeometry {
  const cellWidth = (width - GUTTER) / columns;
  return { cellWidth, cellHeight: Math.min(cellWidth * 2, MAP_HEIGHT / rows) };
}

/** A canvas of a size in CSS pixels, cleared, with its context scaled so. `undefined`: the browser gives no context. */
export function prepare(canvas: HTMLCanvasElement, width: number, height: number): CanvasRenderingContext2D | undefined {
  const scale = devicePixelRatio;
  canvas.width = Math.round(width * scale);
  canvas.height = Math.round(height * scale);
  canvas.style.width = `${width}px`;
  canvas.style.height = `${height}px`;
  const context = canvas.getContext('2d');
  context?.scale(scale, scale);
  return context ?? undefined;
}

const sumOf = ({ tci, module, region }: TierHits): number => tci + module + region;

/** Colour of a place: of its tiers (by roots, so that a little of one still shows), the stronger the more there is; or on the scale of heat. `undefined`: nothing is there. */
function colorOf(hits: TierHits, strength: number, measure: Measure, { tiers, heat }: Palette): Lab | undefined {
  if (strength <= 0) return undefined;
  if (measure === 'time') return along(heat, 0.12 + 0.88 * strength);
  const color = blend(tiers, [Math.sqrt(hits.tci), Math.sqrt(hits.module), Math.sqrt(hits.region)]);
  return color === undefined ? undefined : mix(heat[0], color, 0.45 + 0.55 * strength);
}

const css = (color: Lab): string => `rgb(${labBytes(color).join(' ')})`;

/** Bytes of code range over decades less than hits do: the square root tells them apart. */
const codeStrength = (bytes: number, most: number): number => (most > 0 ? Math.sqrt(bytes / most) : 0);

export function drawMap(canvas: HTMLCanvasElement, grid: Grid, width: number, data: CellData, measure: Measure, palette: Palette): void {
  const { cellWidth, cellHeight } = mapGeometry(grid, width);
  const context = prepare(canvas, width, grid.rows * cellHeight);
  if (context === undefined) return;
  drawRowLabels(context, grid, cellHeight, palette);
  const values = measure === 'tier' ? data.code : data.heat;
  let most = 0;
  for (let cell = 0; cell < grid.cells; cell++) most = Math.max(most, sumOf(tiersAt(values, cell)));
  const empty = css(palette.heat[0]);
  for (let cell = 0; cell < grid.cells; cell++) {
    const hits = tiersAt(values, cell);
    const sum = sumOf(hits);
    const color = colorOf(hits, measure === 'tier' ? codeStrength(sum, most) : brightness(sum), measure, palette);
    context.fillStyle = color === undefined ? empty : css(color);
    const [x, y] = [cell % grid.columns, Math.floor(cell / grid.columns)];
    context.fillRect(GUTTER + x * cellWidth, y * cellHeight, cellWidth - 1, cellHeight - 1);
  }
}

function drawRowLabels(context: CanvasRenderingContext2D, grid: Grid, cellHeight: number, { font, muted }: Palette): void {
  const every = Math.ceil(LABEL_SPACE / cellHeight);
  context.font = `${LABEL_SIZE}px ${font}`;
  context.fillStyle = muted;
  context.textBaseline = 'middle';
  for (let row = 0; row < grid.rows; row += every) {
    context.fillText(formatAddress(cellPages(grid, row * grid.columns).first), 0, (row + 0.5) * cellHeight);
  }
}

/** Rows and seconds of the picture over time. */
export interface HistoryGrid {
  readonly columns: number;
  readonly rows: number;
  /** Seconds since the machine's start, of the first column. */
  readonly from: number;
  /** Pages in a row; may be a fraction. */
  readonly perRow: number;
  readonly first: number;
}

/** @param shares as `AddressHeat.columns` gives them */
export function drawHistory(canvas: HTMLCanvasElement, grid: HistoryGrid, width: number, shares: Float64Array, measure: Measure, palette: Palette): void {
  const context = prepare(canvas, width, MAP_HEIGHT);
  if (context === undefined) return;
  const { columns, rows, first, perRow } = grid;
  context.font = `${LABEL_SIZE}px ${palette.font}`;
  context.fillStyle = palette.muted;
  const labels = Math.floor(MAP_HEIGHT / 36);
  for (let label = 0; label <= labels; label++) {
    context.textBaseline = label === 0 ? 'top' : label === labels ? 'bottom' : 'middle';
    context.fillText(formatAddress(first + Math.floor((rows * perRow * label) / labels)), 0, (MAP_HEIGHT * label) / labels);
  }
  const pixels = new ImageData(columns, rows);
  const ground = labBytes(palette.heat[0]);
  for (let y = 0; y < rows; y++) {
    for (let x = 0; x < columns; x++) {
      const hits = tiersAt(shares, x * rows + y);
      const color = colorOf(hits, brightness(sumOf(hits)), measure, palette);
      pixels.data.set(color === undefined ? ground : labBytes(color), (y * columns + x) * 4);
      pixels.data[(y * columns + x) * 4 + 3] = 255;
    }
  }
  const small = new OffscreenCanvas(columns, rows);
  small.getContext('2d')?.putImageData(pixels, 0, 0);
  context.imageSmoothingEnabled = false;
  context.drawImage(small, GUTTER, 0, width - GUTTER, MAP_HEIGHT);
}

/** A place in words: `region 61 %`, or nothing for nothing. */
export function tierText(hits: TierHits): string {
  const sum = sumOf(hits);
  if (sum === 0) return '';
  const tier = mainTier(hits);
  return `${TIER_NAMES[tier]} ${Math.round((hits[tier] * 100) / sum)} %`;
}

export const TIER_NAMES: Readonly<Record<keyof TierHits, string>> = { tci: 'TCI', module: 'Modules', region: 'Regions' };
