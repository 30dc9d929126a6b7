import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import type { CodeUnit } from '@wasm-tcg/emulator';
import { Segmented } from '../../ui/segmented.tsx';
import type { LabController } from '../controller.ts';
import { GraphPane } from '../graph/graph-pane.tsx';
import { STAGES, type Stage } from '../protocol.ts';
import { addressText, STAGE_TITLES } from './rows.ts';
import { StagePane } from './stage-pane.tsx';
import './stages.css';

const UNITS: readonly { readonly value: CodeUnit; readonly text: string; readonly title: string }[] = [
  { value: 'tb', text: 'TB', title: 'One translation block: up to the next jump' },
  { value: 'batch', text: 'Batch', title: 'The block and those that static jumps reach, as one module' },
  { value: 'region', text: 'Region', title: 'What would be grown from the block along counted edges, as one function' },
];

export interface StagesPaneProps {
  readonly lab: LabController;
  /** Panes one at a time. */
  readonly panesAsTabs: boolean;
  /** The graph above them; else it is elsewhere. */
  readonly withGraph: boolean;
}

/** All stages of the code at one place, side by side. */
export function StagesPane({ lab, panesAsTabs, withGraph }: StagesPaneProps): JSX.Element {
  const graph = useSignal(true);
  const { unit } = lab.settings.value;
  return (
    <div class="lab-stages">
      <div class="toolbar">
        <Segmented label="Unit" value={unit} options={UNITS} onChange={(next) => lab.setUnit(next)} />
        {panesAsTabs ? null : <PaneToggles lab={lab} />}
        {!withGraph || unit === 'tb' ? null : (
          <button aria-pressed={graph.value} onClick={() => (graph.value = !graph.value)}>Graph</button>
        )}
        <Root lab={lab} />
      </div>
      {withGraph && unit !== 'tb' && graph.value ? <GraphPane lab={lab} /> : null}
      {panesAsTabs ? <SinglePane lab={lab} /> : <SideBySide lab={lab} />}
    </div>
  );
}

function PaneToggles({ lab }: { readonly lab: LabController }): JSX.Element {
  const { panes } = lab.settings.value;
  return (
    <div class="toggles" role="group" aria-label="Panes">
      {STAGES.map((stage) => (
        <button key={stage} aria-pressed={panes.includes(stage)} onClick={() => lab.togglePane(stage)}>{STAGE_TITLES[stage]}</button>
      ))}
    </div>
  );
}

/** Where the listing begins, and whether it goes with the machine. */
function Root({ lab }: { readonly lab: LabController }): JSX.Element | null {
  const listing = lab.listing.value;
  const root = listing?.blocks[0];
  if (listing === undefined || root === undefined) return null;
  const stale = lab.problems.value.length > 0;
  return (
    <p class="root">
      <span class="muted">
        {stale ? 'Before the problems: ' : ''}from {addressText(root.pc)}{listing.unit === 'tb' ? '' : listing.blocks.length === 1 ? ', 1 block' : `, ${listing.blocks.length} blocks`}
      </span>
      {lab.following.value ? null : <button onClick={() => lab.follow()}>Follow the machine</button>}
    </p>
  );
}

function SideBySide({ lab }: { readonly lab: LabController }): JSX.Element {
  const { panes } = lab.settings.value;
  const strip = useRef<HTMLDivElement>(null);
  const before = useRef(panes);
  // A pane that has been opened is shown, should there be more than fit.
  useEffect(() => {
    const opened = panes.findIndex((stage) => !before.current.includes(stage));
    before.current = panes;
    if (opened >= 0) strip.current?.children[opened]?.scrollIntoView({ block: 'nearest', inline: 'nearest' });
  }, [panes]);
  if (panes.length === 0) return <p class="empty">All panes are closed. The buttons above open them.</p>;
  return (
    <div class="panes" ref={strip}>
      {panes.map((stage) => <StagePane key={stage} lab={lab} stage={stage} />)}
    </div>
  );
}

/** On a phone: one of them. It is an open pane, too, so that what it needs is loaded. */
function SinglePane({ lab }: { readonly lab: LabController }): JSX.Element {
  const shown = useSignal<Stage>(lab.settings.peek().panes[0] ?? 'x86');
  return (
    <>
      <Segmented
        label="Stage"
        value={shown.value}
        options={STAGES.map((stage) => ({ value: stage, text: stage === 'opt' ? 'Opt' : STAGE_TITLES[stage] }))}
        onChange={(stage) => {
          shown.value = stage;
          if (!lab.settings.peek().panes.includes(stage)) lab.togglePane(stage);
        }}
      />
      <div class="panes">
        <StagePane key={shown.value} lab={lab} stage={shown.value} />
      </div>
    </>
  );
}
