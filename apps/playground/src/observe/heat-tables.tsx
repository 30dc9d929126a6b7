/** The address-space pictures as text. */
import type { ReadonlySignal } from '@preact/signals';
import type { JSX } from 'preact';
import { formatBytes } from '../ui/format.ts';
import { DataTable, type TableColumn } from '../ui/data-table.tsx';
import { tiersAt } from './address-heat.ts';
import { formatAddress, formatRange, formatShare, formatSize } from './address-text.ts';
import { clockText } from './chart-specs.ts';
import { momentAt, type HistoryData, type Moment } from './heat-history.tsx';
import { placeAt, type MapData, type Place } from './heat-map.tsx';
import { hitsOf, TIER_NAMES, TIERS, type TierHits } from './tiers.ts';
import { READABLE, useLate } from './use-late.ts';

export function PlacesTable({ map: newest }: { readonly map: ReadonlySignal<MapData> }): JSX.Element {
  const map = useLate(newest, READABLE).value;
  const rows: Place[] = [];
  for (let cell = 0; cell < map.grid.cells; cell++) {
    const place = placeAt(map, cell);
    if (hitsOf(place.code) + hitsOf(place.heat) > 0) rows.push(place);
  }
  const columns: TableColumn<Place>[] = [
    { key: 'address', title: 'Addresses', value: ({ range }) => range.first, cell: ({ range }) => <code>{formatRange(range)}</code> },
    ...TIERS.map((tier) => ({ key: tier, title: TIER_NAMES[tier], hint: 'Guest code translated for this tier', numeric: true, value: ({ code }: Place) => code[tier], cell: ({ code }: Place) => formatBytes(code[tier]) })),
    { key: 'share', title: 'Executed', hint: 'Share of the executed instructions, fading within seconds', numeric: true, value: ({ heat }) => hitsOf(heat), cell: ({ heat }) => formatShare(hitsOf(heat)) },
  ];
  return (
    <DataTable
      testId="observe-heat-table"
      caption={`Translated guest code by tier and executed instructions, per ${formatSize({ first: 0, count: map.grid.perCell })} of physical memory`}
      columns={columns}
      rows={rows}
      rowKey={({ range }) => range.first}
      sort={{ column: 'share', descending: true }}
      empty="Nothing has been translated here yet."
    />
  );
}

interface Second {
  readonly second: number;
  readonly tiers: TierHits;
  /** Where most was executed. */
  readonly top: Moment;
}

function secondsOf(history: HistoryData): Second[] {
  const { grid: { columns, rows, from }, shares } = history;
  const seconds: Second[] = [];
  for (let x = 0; x < columns; x++) {
    const tiers = { tci: 0, module: 0, region: 0 };
    let [top, most] = [0, 0];
    for (let y = 0; y < rows; y++) {
      const hits = tiersAt(shares, x * rows + y);
      for (const tier of TIERS) tiers[tier] += hits[tier];
      if (hitsOf(hits) > most) [top, most] = [y, hitsOf(hits)];
    }
    if (most > 0) seconds.push({ second: from + x, tiers, top: momentAt(history, { x, y: top }) });
  }
  return seconds;
}

export function HistoryTable({ history: newest }: { readonly history: ReadonlySignal<HistoryData> }): JSX.Element {
  const history = useLate(newest, READABLE).value;
  const columns: TableColumn<Second>[] = [
    { key: 'second', title: 'Time', value: ({ second }) => second, cell: ({ second }) => clockText(second) },
    ...TIERS.map((tier) => ({ key: tier, title: TIER_NAMES[tier], numeric: true, value: ({ tiers }: Second) => tiers[tier], cell: ({ tiers }: Second) => formatShare(tiers[tier]) })),
    { key: 'top', title: 'Most in', value: ({ top }) => top.range.first, cell: ({ top }) => <code>{`${formatAddress(top.range.first)} + ${formatSize(top.range)}`}</code> },
    { key: 'share', title: 'There', numeric: true, value: ({ top }) => hitsOf(top.heat), cell: ({ top }) => formatShare(hitsOf(top.heat)) },
  ];
  return (
    <DataTable
      testId="observe-heat-table"
      caption="Shares of executed instructions, second by second, of the addresses shown"
      columns={columns}
      rows={secondsOf(history)}
      rowKey={({ second }) => second}
      sort={{ column: 'second', descending: true }}
      empty="Nothing has been executed here yet."
    />
  );
}
