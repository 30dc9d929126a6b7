/** A plot in the page: made when it is first there, redrawn when points, size or theme change. Arrow keys move the crosshair of all charts. */
import { useSignal, useSignalEffect, type ReadonlySignal, type Signal } from '@preact/signals';
import type { JSX } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import type uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { clockText, type ChartPoint, type ChartSpec, type SeriesSpec } from './chart-specs.ts';
import type { Palette } from './palette.ts';
import { PLOT_HEIGHT, plotData } from './plot-data.ts';
import { useWidth } from './use-width.ts';

export interface ChartProps {
  readonly spec: ChartSpec;
  readonly series: readonly SeriesSpec[];
  readonly data: ReadonlySignal<readonly ChartPoint[]>;
  readonly range: ReadonlySignal<readonly [number, number]>;
  readonly hover: Signal<number | undefined>;
  readonly palette: ReadonlySignal<Palette>;
  /** ms after which the plot is made. */
  readonly delay: number;
}

const SYNC_KEY = 'observe';

export function Chart({ spec, series, data, range, hover, palette, delay }: ChartProps): JSX.Element {
  const { ref, width } = useWidth<HTMLDivElement>();
  const plot = useSignal<uPlot | undefined>(undefined);
  const measured = width.value > 0;
  const last = useRef(hover.peek());
  const said = useSignal('');

  useEffect(() => {
    const element = ref.current;
    if (element === null || !measured) return undefined;
    let over = false;
    const make = async (): Promise<void> => {
      // The plotting library is loaded and run when the rest of the view is there; then each plot is made in a task of its own: at once they would hold the page up.
      const { createPlot } = await import('./plot.ts');
      await new Promise((resolve) => setTimeout(resolve, delay));
      if (over) return;
      plot.value = createPlot(element, {
        spec,
        series,
        width: width.peek(),
        palette: () => palette.peek(),
        range: () => range.peek(),
        syncKey: SYNC_KEY,
        onPoint: (index) => {
          last.current = index;
          hover.value = index;
        },
      });
    };
    void make();
    return () => {
      over = true;
      plot.peek()?.destroy();
      plot.value = undefined;
    };
  }, [spec, series, measured]);

  useSignalEffect(() => plot.value?.setData(plotData(spec, series, data.value)));
  useSignalEffect(() => {
    if (width.value > 0) plot.value?.setSize({ width: width.value, height: PLOT_HEIGHT });
  });
  useSignalEffect(() => {
    if (palette.value !== undefined) plot.value?.redraw(false, true);
  });
  // Where a key has led. Where a pointer has, the crosshair is already.
  useSignalEffect(() => {
    const index = hover.value;
    const shown = plot.peek();
    if (shown === undefined || index === last.current) return;
    last.current = index;
    const at = index === undefined ? undefined : data.peek()[index]?.at;
    shown.setCursor({ left: at === undefined ? -10 : shown.valToPos(at / 1000, 'x'), top: 10 }, false);
  });

  const onKeyDown = (event: KeyboardEvent): void => {
    const to = keyTarget(event.key, hover.value, data.value.length);
    if (to === null) return;
    event.preventDefault();
    hover.value = to;
    said.value = to === undefined ? '' : pointText(spec, series, data.value[to]!);
  };
  return (
    <>
      <div
        ref={ref}
        class="observe-plot"
        tabIndex={0}
        role="group"
        aria-label={`${spec.title}: chart. Arrow keys move through time.`}
        onKeyDown={onKeyDown}
        onBlur={() => (hover.value = undefined)}
      />
      <output class="visually-hidden">{said}</output>
    </>
  );
}

/** A point in words, for who hears the chart. */
function pointText(spec: ChartSpec, series: readonly SeriesSpec[], { at, values }: ChartPoint): string {
  const parts = series.map(({ label }, index) => {
    const value = values[index] ?? null;
    return `${label} ${value === null ? 'unknown' : spec.format(value)}`;
  });
  return `${clockText(at / 1000)}: ${parts.join(', ')}`;
}

/** Where a key moves the crosshair; `null`: it is not for the chart. */
function keyTarget(key: string, at: number | undefined, length: number): number | undefined | null {
  if (key === 'Escape') return at === undefined ? null : undefined;
  if (length === 0) return null;
  const step = { ArrowLeft: -1, ArrowRight: 1, PageUp: -10, PageDown: 10 }[key];
  if (step !== undefined) return Math.min(length - 1, Math.max(0, (at ?? length) + step));
  if (key === 'Home') return 0;
  return key === 'End' ? length - 1 : null;
}
