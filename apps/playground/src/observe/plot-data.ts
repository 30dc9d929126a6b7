/** A chart's points as uPlot wants them. Apart from uPlot itself, which is loaded later. */
import type uPlot from 'uplot';
import { stack, type ChartPoint, type ChartSpec, type SeriesSpec } from './chart-specs.ts';

/** CSS pixels of the whole plot with its axes. */
export const PLOT_HEIGHT = 150;

/** Stacked areas are drawn the topmost first, each down to zero, so that the lower ones lie over it. */
export const drawn = <T>(stacked: boolean, items: readonly T[]): T[] => (stacked ? items.toReversed() : [...items]);

/** Times (s) and a column for each series. */
export function plotData(spec: ChartSpec, series: readonly SeriesSpec[], points: readonly ChartPoint[]): uPlot.AlignedData {
  const stacked = spec.stacked === true;
  const heights = stacked ? stack(points) : points;
  const columns = series.map((_, index) => heights.map(({ values }) => values[index] ?? null));
  return [heights.map(({ at }) => at / 1000), ...drawn(stacked, columns)];
}
