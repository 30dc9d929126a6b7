/** One chart: plot or table, and a legend with the values at the crosshair, or the newest ones. */
import { useComputed, useSignal, useSignalEffect, type ReadonlySignal, type Signal } from '@preact/signals';
import type { JSX } from 'preact';
import { useMemo } from 'preact/hooks';
import { DataTable } from '../ui/data-table.tsx';
import { Panel } from '../ui/panel.tsx';
import { Chart } from './chart.tsx';
import { chartPoints, clockText, exitPlaces, exitSeries, type ChartPoint, type ChartSpec, type SeriesSpec } from './chart-specs.ts';
import type { Palette } from './palette.ts';
import type { RatePoint } from './rates.ts';
import { TableToggle } from './table-toggle.tsx';
import { READABLE, useLate } from './use-late.ts';
import type { ViewState } from './view-state.ts';

export interface ChartPanelProps {
  readonly spec: ChartSpec;
  readonly points: ReadonlySignal<readonly RatePoint[]>;
  /** ms after new points that this chart is drawn: six at once would hold the page up. */
  readonly delay: number;
  /** The window, seconds since the machine was started. */
  readonly range: ReadonlySignal<readonly [number, number]>;
  /** Number of the point that the crosshair is at, in all charts. */
  readonly hover: Signal<number | undefined>;
  readonly palette: ReadonlySignal<Palette>;
  readonly state: ViewState;
}

export function ChartPanel({ spec, points: newest, delay, range, hover, palette, state }: ChartPanelProps): JSX.Element {
  const points = useLate(newest, delay);
  const series = useSeries(spec, points);
  const data = useComputed(() => chartPoints(series.value, points.value));
  const table = state.tables.value.has(spec.id);
  return (
    <Panel
      title={spec.title}
      class="observe-chart"
      testId={`observe-chart-${spec.id}`}
      tools={
        <>
          <span class="unit">{spec.unit}</span>
          <TableToggle state={state} panel={spec.id} />
        </>
      }
    >
      {table ? (
        <ChartTable spec={spec} series={series.value} data={data} />
      ) : (
        <>
          <Legend spec={spec} series={series} data={data} hover={hover} />
          <Chart spec={spec} series={series.value} data={data} range={range} hover={hover} palette={palette} delay={delay} />
        </>
      )}
    </Panel>
  );
}

/** The series of a chart. Those of exits are the frequent ones of the window; a new list only when that list has changed. */
function useSeries(spec: ChartSpec, points: ReadonlySignal<readonly RatePoint[]>): ReadonlySignal<readonly SeriesSpec[]> {
  const series = useSignal(spec.series);
  const kept = useMemo((): { places: readonly (string | undefined)[] } => ({ places: [] }), []);
  useSignalEffect(() => {
    if (spec.id !== 'exits') return;
    const places = exitPlaces(kept.places, points.value);
    if (series.peek().length > 0 && places.length === kept.places.length && places.every((name, index) => name === kept.places[index])) return;
    kept.places = places;
    series.value = exitSeries(places);
  });
  return series;
}

interface LegendProps {
  readonly spec: ChartSpec;
  readonly series: ReadonlySignal<readonly SeriesSpec[]>;
  readonly data: ReadonlySignal<readonly ChartPoint[]>;
  readonly hover: ReadonlySignal<number | undefined>;
}

function Legend({ spec, series, data, hover }: LegendProps): JSX.Element {
  const at = hover.value;
  const point = at === undefined ? data.value.at(-1) : data.value[at];
  return (
    <ul class="observe-legend" title={spec.hint}>
      {series.value.map(({ label, ink, dashed, right }, index) => {
        const value = point?.values[index] ?? null;
        return (
          <li key={label}>
            <span class={`key ink-${ink}${dashed === true ? ' dashed' : ''}${spec.stacked === true ? ' area' : ''}`} />
            <span class="label">{label}</span>
            <span class="value">{value === null ? '–' : spec.format(value)}{right === true ? '/s' : ''}</span>
          </li>
        );
      })}
    </ul>
  );
}

interface ChartTableProps {
  readonly spec: ChartSpec;
  readonly series: readonly SeriesSpec[];
  readonly data: ReadonlySignal<readonly ChartPoint[]>;
}

function ChartTable({ spec, series, data }: ChartTableProps): JSX.Element {
  const points = useLate(data, READABLE);
  return (
    <DataTable
      testId={`observe-table-${spec.id}`}
      caption={`${spec.title}, ${spec.unit}, by time since the machine was started`}
      sort={{ column: 'at', descending: true }}
      empty="No samples yet."
      rows={points.value.filter(({ values }) => values.some((value) => value !== null))}
      rowKey={({ at }) => at}
      columns={[
        { key: 'at', title: 'Time', value: ({ at }) => at, cell: ({ at }) => `${clockText(at / 1000)}.${Math.floor((at % 1000) / 100)}` },
        ...series.map(({ label, right }, index) => ({
          key: label,
          title: right === true ? `${label}/s` : label,
          numeric: true,
          value: ({ values }: ChartPoint) => values[index] ?? null,
          cell: ({ values }: ChartPoint) => {
            const value = values[index] ?? null;
            return value === null ? '–' : spec.format(value);
          },
        })),
      ]}
    />
  );
}
