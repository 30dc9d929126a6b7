/** The address space: now or over time, by tier or by time spent, as a picture or a table, and how far it is zoomed in. */
import { useComputed, type ReadonlySignal } from '@preact/signals';
import type { JSX } from 'preact';
import { Panel } from '../ui/panel.tsx';
import { Segmented } from '../ui/segmented.tsx';
import type { PageRange } from './address-heat.ts';
import { formatAddress, formatSize } from './address-text.ts';
import type { Point } from './grid.ts';
import { HeatHistory, historyData, momentAt } from './heat-history.tsx';
import { HeatMap, mapData, placeAt, type HeatPictureProps, type MapData, type Place } from './heat-map.tsx';
import { HeatLegend, HeatReadout } from './heat-readout.tsx';
import { HistoryTable, PlacesTable } from './heat-tables.tsx';
import type { Observation } from './observation.ts';
import type { Palette } from './palette.ts';
import { TableToggle } from './table-toggle.tsx';
import { useWidth } from './use-width.ts';
import type { ViewState } from './view-state.ts';

export interface HeatPanelProps {
  readonly observation: Observation;
  readonly state: ViewState;
  readonly palette: ReadonlySignal<Palette>;
}

export function HeatPanel({ observation, state, palette }: HeatPanelProps): JSX.Element {
  const { picture, measure } = state;
  const table = state.tables.value.has('heat');
  return (
    <Panel
      title="Physical memory"
      class="observe-heat"
      tools={
        <>
          <Segmented
            label="Picture"
            value={picture.value}
            options={[{ value: 'now', text: 'Now' }, { value: 'history', text: 'Over time', title: 'Seconds from left to right, addresses downwards' }]}
            onChange={(value) => state.show(value)}
          />
          <Segmented
            label="Colour"
            value={measure.value}
            options={[{ value: 'tier', text: 'Tier', title: 'Which tier the code there is in' }, { value: 'time', text: 'Time', title: 'Where instructions are executed' }]}
            onChange={(value) => (measure.value = value)}
          />
          <TableToggle state={state} panel="heat" />
        </>
      }
    >
      <HeatBody observation={observation} state={state} palette={palette} table={table} />
    </Panel>
  );
}

function HeatBody({ observation, state, palette, table }: HeatPanelProps & { readonly table: boolean }): JSX.Element {
  const { ref, width } = useWidth<HTMLDivElement>();
  const range = useComputed<PageRange>(() => {
    const { pages } = observed(observation).heat;
    return state.zoom.value.at(-1) ?? { first: 0, count: Math.max(1, pages) };
  });
  const map = useComputed(() => mapData(observed(observation), range.value, width.value));
  const history = useComputed(() => historyData(observed(observation), range.value, state.windowLength.value));
  const isMap = state.picture.value === 'now';
  const picture: HeatPictureProps = { observation, state, palette, width, range };
  return (
    <div class="observe-heat-body">
      <Breadcrumb state={state} pages={observation.heat.pages} />
      <div ref={ref} class="observe-fit">
        {table && isMap ? <PlacesTable map={map} /> : null}
        {table && !isMap ? <HistoryTable history={history} /> : null}
        {!table && isMap ? <HeatMap key="map" {...picture} map={map} /> : null}
        {!table && !isMap ? <HeatHistory key="history" {...picture} history={history} /> : null}
      </div>
      {table ? null : (
        <>
          <HeatLegend measure={state.measure.value} history={!isMap} />
          <Chosen state={state} read={(point) => (isMap ? readMap(map.value, point) : momentAt(history.value, point))} />
        </>
      )}
    </div>
  );
}

/** The observation, read so that what is computed from it is computed again when it has changed. */
function observed(observation: Observation): Observation {
  void observation.version.value;
  return observation;
}

interface ChosenProps {
  readonly state: ViewState;
  readonly read: (point: Point) => Parameters<typeof HeatReadout>[0]['place'];
}

/** A cell may be gone when the layout has changed since it was chosen. */
function readMap(map: MapData, { x, y }: Point): Place | undefined {
  const cell = y * map.grid.columns + x;
  return cell < map.grid.cells ? placeAt(map, cell) : undefined;
}

/** The readout of the cell under the pointer, else of the cursor's. */
function Chosen({ state: { hover, cursor }, read }: ChosenProps): JSX.Element {
  const point = hover.value ?? cursor.value;
  return <HeatReadout place={point === undefined ? undefined : read(point)} />;
}

/** Which ranges have been zoomed into, and the way out of them. */
function Breadcrumb({ state, pages }: { readonly state: ViewState; readonly pages: number }): JSX.Element {
  const { zoom } = state;
  const all = `All ${formatSize({ first: 0, count: pages })}`;
  return (
    <nav class="observe-crumbs" aria-label="Range of addresses">
      <button disabled={zoom.value.length === 0} onClick={() => state.zoomOut(0)}>{all}</button>
      {zoom.value.map((range, index) => (
        <button key={`${range.first}+${range.count}`} aria-current={index === zoom.value.length - 1 ? 'location' : undefined} onClick={() => state.zoomOut(index + 1)}>
          <code>{formatAddress(range.first)}</code> + {formatSize(range)}
        </button>
      ))}
    </nav>
  );
}
