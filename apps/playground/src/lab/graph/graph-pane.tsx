import { useComputed, useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { Panel } from '../../ui/panel.tsx';
import type { LabController } from '../controller.ts';
import { GraphDrawing } from './graph-drawing.tsx';
import { GraphTable } from './graph-table.tsx';
import './graph.css';

/** The control flow between the blocks of the listing, drawn or as a table. */
export function GraphPane({ lab }: { readonly lab: LabController }): JSX.Element {
  const table = useSignal(false);
  const selected = useComputed(() => lab.linking.active.value?.block);
  const { value: listing } = lab.listing;
  const select = (block: number): void => lab.linking.togglePin({ block, insn: 0 }, 'graph');
  return (
    <Panel
      title="Control flow"
      class="lab-graph"
      testId="lab-graph"
      tools={(
        <>
          <span class="legend" aria-hidden="true"><i class="tier-tci" /> interpreted <i class="tier-module" /> module <i class="tier-region" /> region</span>
          <button aria-pressed={table.value} onClick={() => (table.value = !table.value)}>Table</button>
        </>
      )}
    >
      {listing === undefined
        ? <p class="empty">The blocks of the program, once it assembles.</p>
        : table.value
          ? <GraphTable listing={listing} selected={selected.value} onSelect={select} />
          : <GraphDrawing listing={listing} selected={selected.value} onSelect={select} reveal={lab.linking.reveal} />}
    </Panel>
  );
}
