/** The charts: a row each, with the series they draw. Everything else (plot, legend, table) follows from these. */
import { formatCount } from '../ui/format.ts';
import type { Ink } from './palette.ts';
import { frequentReasons, keepPlaces, type RatePoint, type Rates } from './rates.ts';

export interface SeriesSpec {
  readonly label: string;
  readonly ink: Ink;
  readonly value: (rates: Rates) => number | null;
  /** Part of other series and no addend: drawn broken. */
  readonly dashed?: boolean;
  /** Measured on the scale at the right. */
  readonly right?: boolean;
}

export interface ChartSpec {
  readonly id: 'mips' | 'tiers' | 'compile' | 'instances' | 'tlb' | 'exits';
  readonly title: string;
  /** Of the scale at the left, and of that at the right if there is one. */
  readonly unit: string;
  readonly rightUnit?: string;
  /** What it says, for who does not know. */
  readonly hint: string;
  /** Series stand on one another and fill the chart: shares of one whole. */
  readonly stacked?: boolean;
  readonly series: readonly SeriesSpec[];
  readonly format: (value: number) => string;
}

const decimal = (value: number): string => (value >= 100 ? String(Math.round(value)) : value >= 10 ? value.toFixed(1) : value.toFixed(2));
const percent = (value: number): string => `${value.toFixed(value > 0 && value < 10 ? 1 : 0)} %`;
const ofWhole = (share: number | null): number | null => (share === null ? null : share * 100);

export const CHARTS: readonly ChartSpec[] = [
  {
    id: 'mips',
    title: 'Speed',
    unit: 'MIPS',
    hint: 'Million guest instructions per second. An idle guest executes none.',
    series: [{ label: 'Instructions', ink: 'accent', value: ({ mips }) => mips }],
    format: decimal,
  },
  {
    id: 'tiers',
    title: 'Tier share',
    unit: '%',
    hint: 'Which tier the instructions ran in: interpreter (TCI), modules of single blocks, or regions of many.',
    stacked: true,
    series: [
      { label: 'TCI', ink: 'tci', value: ({ tciShare }) => ofWhole(tciShare) },
      { label: 'Modules', ink: 'module', value: ({ moduleShare }) => ofWhole(moduleShare) },
      { label: 'Regions', ink: 'region', value: ({ regionShare }) => ofWhole(regionShare) },
    ],
    format: percent,
  },
  {
    id: 'compile',
    title: 'Compile time',
    unit: 'ms/s',
    hint: 'Milliseconds of each second spent on translating guest code and compiling it. The engine’s own compiler is part of modules and regions.',
    series: [
      { label: 'Translate', ink: 'series4', value: ({ translateMs }) => translateMs },
      { label: 'Modules', ink: 'module', value: ({ moduleMs }) => moduleMs },
      { label: 'Regions', ink: 'region', value: ({ regionMs }) => regionMs },
      { label: 'Engine', ink: 'series7', value: ({ engineMs }) => engineMs, dashed: true },
    ],
    format: decimal,
  },
  {
    id: 'instances',
    title: 'Live code',
    unit: 'modules',
    rightUnit: 'per second',
    hint: 'WebAssembly modules and instances that are held now, and how many instances per second were given up to stay within the limits (scale at the right).',
    series: [
      { label: 'Modules', ink: 'series1', value: ({ modules }) => modules },
      { label: 'Instances', ink: 'series6', value: ({ instances }) => instances, dashed: true },
      { label: 'Evictions', ink: 'series5', value: ({ evictions }) => evictions, right: true },
      { label: 'Made again', ink: 'series2', value: ({ reinstantiations }) => reinstantiations, right: true, dashed: true },
    ],
    format: formatCount,
  },
  {
    id: 'tlb',
    title: 'TLB misses',
    unit: 'per second',
    hint: 'Guest addresses that were not in the software TLB, so that page tables had to be walked.',
    series: [
      { label: 'Loads', ink: 'series1', value: ({ tlbLoads }) => tlbLoads },
      { label: 'Stores', ink: 'series2', value: ({ tlbStores }) => tlbStores },
      { label: 'Fetches', ink: 'series3', value: ({ tlbFetches }) => tlbFetches },
    ],
    format: formatCount,
  },
  {
    id: 'exits',
    title: 'Exits',
    unit: 'per second',
    hint: 'How often generated code returned to the host, by reason: the six most frequent, and all others.',
    series: [],
    format: formatCount,
  },
];

/** Reasons with a line of their own. */
const REASONS = 6;
const REASON_INKS = ['series1', 'series2', 'series3', 'series4', 'series5', 'series6'] as const satisfies readonly Ink[];

/** What the names of exits mean, as far as they do not say it. */
const REASON_LABELS: Readonly<Record<string, string>> = {
  translate: 'New code',
  hot: 'Hot block',
  budget: 'Time slice',
  fault: 'Fault',
  fetchFault: 'Fetch fault',
  retry: 'Own code changed',
  stop: 'Stop asked',
  refused: 'Region refused',
  device: 'Device access',
  halt: 'Halt',
  shutdown: 'Shutdown',
};

/** Places of reasons among the inks: see {@link keepPlaces}. */
export function exitPlaces(before: readonly (string | undefined)[], points: readonly RatePoint[]): (string | undefined)[] {
  return keepPlaces(before, frequentReasons(points, REASONS)).slice(0, REASONS);
}

export function exitSeries(places: readonly (string | undefined)[]): SeriesSpec[] {
  const named = places.flatMap((reason, place): SeriesSpec[] =>
    reason === undefined ? [] : [{ label: REASON_LABELS[reason] ?? reason, ink: REASON_INKS[place]!, value: ({ exits }) => exits[reason] ?? 0 }],
  );
  const others: SeriesSpec = {
    label: 'Others',
    ink: 'series7',
    dashed: true,
    value: ({ exits, allExits }) => Math.max(0, places.reduce((rest, reason) => rest - (exits[reason ?? ''] ?? 0), allExits)),
  };
  return [...named, others];
}

/** A row of a chart's table, and a column of its plot. */
export interface ChartPoint {
  /** ms since the machine was started. */
  readonly at: number;
  /** In the order of the series. */
  readonly values: readonly (number | null)[];
}

export function chartPoints(series: readonly SeriesSpec[], points: readonly RatePoint[]): ChartPoint[] {
  return points.map(({ at, rates }) => ({ at, values: series.map(({ value }) => (rates === null ? null : value(rates))) }));
}

/** Each value on top of those before it: the heights of stacked areas. A point with something unknown stays unknown. */
export function stack(points: readonly ChartPoint[]): ChartPoint[] {
  return points.map(({ at, values }) => {
    let sum = 0;
    return { at, values: values.map((value) => (value === null ? null : (sum += value))) };
  });
}

/** `75.5 s` → `1:15`: a time of the machine on an axis. */
export function clockText(seconds: number): string {
  const whole = Math.floor(seconds);
  const minutes = Math.floor(whole / 60);
  const rest = String(whole % 60).padStart(2, '0');
  return minutes < 60 ? `${minutes}:${rest}` : `${Math.floor(minutes / 60)}:${String(minutes % 60).padStart(2, '0')}:${rest}`;
}
