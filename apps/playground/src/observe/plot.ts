/** uPlot as the charts use it: options from a chart's row, colours from the palette, which may change. Knows nothing of Preact. */
import uPlot from 'uplot';
import { clockText, type ChartSpec, type SeriesSpec } from './chart-specs.ts';
import type { Palette } from './palette.ts';
import { drawn, PLOT_HEIGHT } from './plot-data.ts';
import { tick } from './tick.ts';

const FONT_SIZE = 11;
const AXIS_WIDTH = 44;

export interface PlotInput {
  readonly spec: ChartSpec;
  readonly series: readonly SeriesSpec[];
  readonly width: number;
  readonly palette: () => Palette;
  /** The window, seconds since the machine was started. */
  readonly range: () => readonly [number, number];
  /** Crosshairs of plots with the same key move together. */
  readonly syncKey: string;
  /** The pointer stands at a point, or has gone. */
  readonly onPoint: (index: number | undefined) => void;
}

function axis(side: 1 | 2 | 3, scale: string, palette: () => Palette, values: (splits: number[]) => string[]): uPlot.Axis {
  return {
    side,
    scale,
    stroke: () => palette().muted,
    font: `${FONT_SIZE}px system-ui, sans-serif`,
    size: side === 2 ? 24 : AXIS_WIDTH,
    gap: 4,
    space: side === 2 ? 60 : 28,
    ...(side === 2 ? { incrs: TIME_STEPS } : {}),
    grid: { show: side !== 1, width: 1, stroke: () => palette().border },
    ticks: { show: false },
    values: (_plot, splits) => values(splits),
  };
}

/** From zero to a little above the greatest; some height also for nothing at all. */
const fromZero = (_plot: uPlot, _min: number, max: number): uPlot.Range.MinMax => [0, max > 0 ? max * 1.08 : 4];
/** Seconds between the times on the axis. */
const TIME_STEPS = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600];

function line({ ink, dashed = false, right = false, label }: SeriesSpec, stacked: boolean, palette: () => Palette): uPlot.Series {
  return {
    label,
    scale: right ? 'right' : 'y',
    stroke: () => palette().ink[ink],
    width: stacked ? 0 : 1.5,
    ...(dashed ? { dash: [5, 4] } : {}),
    ...(stacked ? { fill: () => palette().ink[ink] } : {}),
    points: { show: false },
  };
}

export function createPlot(element: HTMLElement, { spec, series, width, palette, range, syncKey, onPoint }: PlotInput): uPlot {
  const stacked = spec.stacked === true;
  const hasRight = series.some(({ right }) => right === true);
  const options: uPlot.Options = {
    width,
    height: PLOT_HEIGHT,
    legend: { show: false },
    padding: [8, hasRight ? 0 : 12, 0, 0],
    scales: {
      x: { time: false, range: () => [...range()] },
      y: { range: stacked ? [0, 100] : fromZero },
      ...(hasRight ? { right: { range: fromZero } } : {}),
    },
    axes: [
      axis(2, 'x', palette, (splits) => splits.map(clockText)),
      axis(3, 'y', palette, (splits) => splits.map(tick)),
      ...(hasRight ? [axis(1, 'right', palette, (splits) => splits.map(tick))] : []),
    ],
    series: [{}, ...drawn(stacked, series).map((one) => line(one, stacked, palette))],
    cursor: {
      y: false,
      drag: { x: false, y: false },
      points: { show: !stacked, size: 6 },
      sync: { key: syncKey },
    },
    hooks: {
      setCursor: [({ cursor }) => onPoint((cursor.left ?? -1) < 0 ? undefined : (cursor.idx ?? undefined))],
    },
  };
  return new uPlot(options, [[]], element);
}
