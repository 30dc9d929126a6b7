/** The Lab: source and machine on the left, the stages of the code on the right; on a phone, one of them at a time. */
import { useComputed, useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { useEffect } from 'preact/hooks';
import type { ViewProps } from '../app/app.tsx';
import { useMedia } from '../ui/media.ts';
import { ErrorNotice } from '../ui/notice.tsx';
import { Panel } from '../ui/panel.tsx';
import { Splitter } from '../ui/splitter.tsx';
import { Tabs } from '../ui/tabs.tsx';
import { LabAddress } from './address.ts';
import { ComparePane } from './compare/compare-pane.tsx';
import { LabController } from './controller.ts';
import { EditorPane } from './editor/editor-pane.tsx';
import { GraphPane } from './graph/graph-pane.tsx';
import { LabBar } from './lab-bar.tsx';
import { onShortcut } from './shortcuts.ts';
import { MachinePane } from './machine/machine-pane.tsx';
import { StagesPane } from './stages/stages-pane.tsx';
import './lab.css';

type Tab = 'code' | 'machine' | 'stages' | 'graph' | 'compare';

const WIDE_TABS = [{ value: 'stages', text: 'Stages' }, { value: 'compare', text: 'Compare modes' }] as const satisfies readonly { value: Tab; text: string }[];
const NARROW_TABS: readonly { readonly value: Tab; readonly text: string }[] = [
  { value: 'code', text: 'Code' },
  { value: 'machine', text: 'Machine' },
  { value: 'stages', text: 'Stages' },
  { value: 'graph', text: 'Graph' },
  { value: 'compare', text: 'Compare' },
];

/** px. */
const WIDE_SCREEN = 1600;

const panelId = (tab: Tab): string => `lab-${tab}`;

export function LabView({ session, route }: ViewProps): JSX.Element {
  const lab = session.kept(LabController, () => new LabController());
  const address = session.kept(LabAddress, () => new LabAddress(lab, window));
  useEffect(() => address.bind(route), [address, route]);
  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => onShortcut(event, lab);
    document.addEventListener('keydown', onKey);
    return () => document.removeEventListener('keydown', onKey);
  }, [lab]);
  const wide = useMedia('(min-width: 68.75rem)').value;
  const phone = useMedia('(max-width: 45rem)').value;
  return (
    <div class={`lab ${wide ? 'wide' : 'narrow'}`}>
      <LabBar lab={lab} address={address} />
      <Problem lab={lab} />
      {wide ? <Wide lab={lab} /> : <Narrow lab={lab} phone={phone} />}
    </div>
  );
}

function Problem({ lab }: { readonly lab: LabController }): JSX.Element | null {
  if (lab.error.value === undefined) return null;
  return (
    <div>
      <ErrorNotice error={lab.error.value} onClose={() => lab.dismissError()} />
      {lab.view.value === undefined && lab.activity.value === 'idle' ? <button onClick={() => void lab.retry()}>Start the machine again</button> : null}
    </div>
  );
}

function Wide({ lab }: { readonly lab: LabController }): JSX.Element {
  const tab = useSignal<Tab>('stages');
  // Lines of a program are as long on a wide screen.
  const left = useSignal(window.innerWidth >= WIDE_SCREEN ? 32 : 42);
  const top = useSignal(45);
  return (
    <div class="sides">
      <div class="column source" style={{ width: `${left.value}%` }}>
        <div class="part" style={{ height: `${top.value}%` }}><ProgramPanel lab={lab} /></div>
        <Splitter label="Height of the program" value={top} min={15} max={85} between="rows" />
        <div class="part rest"><MachinePane lab={lab} /></div>
      </div>
      <Splitter label="Width of the program" value={left} min={20} max={70} between="columns" />
      <div class="column rest">
        <Tabs label="Views of the code" value={tab.value} options={WIDE_TABS} onChange={(next: Tab) => (tab.value = next)} panelId={panelId} />
        <div class="tab-panel" role="tabpanel" id={panelId(tab.value)} aria-labelledby={`${panelId(tab.value)}-tab`}>
          {tab.value === 'compare' ? <ComparePane lab={lab} /> : <StagesPane lab={lab} panesAsTabs={false} withGraph />}
        </div>
      </div>
    </div>
  );
}

function Narrow({ lab, phone }: { readonly lab: LabController; readonly phone: boolean }): JSX.Element {
  const tab = useSignal<Tab>('code');
  return (
    <>
      <Tabs label="Parts of the Lab" value={tab.value} options={NARROW_TABS} onChange={(next) => (tab.value = next)} panelId={panelId} />
      <div class="tab-panel" role="tabpanel" id={panelId(tab.value)} aria-labelledby={`${panelId(tab.value)}-tab`}>
        <Part lab={lab} tab={tab.value} phone={phone} />
      </div>
    </>
  );
}

function Part({ lab, tab, phone }: { readonly lab: LabController; readonly tab: Tab; readonly phone: boolean }): JSX.Element {
  switch (tab) {
    case 'code': return <ProgramPanel lab={lab} />;
    case 'machine': return <MachinePane lab={lab} />;
    case 'stages': return <StagesPane lab={lab} panesAsTabs={phone} withGraph={false} />;
    case 'graph': return <GraphPane lab={lab} />;
    case 'compare': return <ComparePane lab={lab} />;
  }
}

function ProgramPanel({ lab }: { readonly lab: LabController }): JSX.Element {
  const size = useComputed(() => {
    const bytes = lab.assembled.value?.image.length ?? 0;
    return `${bytes} byte${bytes === 1 ? '' : 's'}`;
  });
  return (
    <Panel title="Program" class="program-panel" tools={<span class="muted size">{size}</span>}>
      <EditorPane lab={lab} />
    </Panel>
  );
}
