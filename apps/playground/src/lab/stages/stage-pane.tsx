import { useComputed } from '@preact/signals';
import type { ComponentChildren, JSX } from 'preact';
import { ErrorNotice } from '../../ui/notice.tsx';
import { Panel } from '../../ui/panel.tsx';
import type { LabController } from '../controller.ts';
import type { Stage } from '../protocol.ts';
import { CodePane } from './code-pane.tsx';
import { placeOfPc, type Place } from './linking.ts';
import { stageRows, stageSize, STAGE_TITLES } from './rows.ts';

/** Download of wasm-tools' printer, for who waits for it. */
const WASM_TOOLS_SIZE = '0.9 MB';

const EMPTY: Readonly<Record<Stage, string>> = {
  x86: 'The instructions of the program, once it assembles.',
  ir: 'What the translator makes of each instruction.',
  opt: 'What the optimiser leaves, as a difference.',
  tci: 'Bytecode that the interpreter runs.',
  wat: 'The WebAssembly module, as text.',
};

/** A pane: its code, and its size in the header. */
export function StagePane({ lab, stage }: { readonly lab: LabController; readonly stage: Stage }): JSX.Element {
  const ops = useComputed(() => (stage === 'opt' ? lab.view.value?.ops : undefined));
  const wat = useComputed(() => (stage === 'wat' && lab.wat.value.status === 'ready' ? lab.wat.value.view : undefined));
  const rows = useComputed(() => stageRows(stage, lab.listing.value, wat.value, ops.value === undefined ? undefined : { ops: ops.value, block: lab.opsBlock.value }));
  const machine = useComputed(() => {
    const view = lab.at.value;
    return view === undefined ? undefined : placeOfPc(lab.listing.value, view.pc);
  });
  const op = useComputed(() => ops.value?.at);
  const size = ops.value === undefined ? stageSize(stage, lab.listing.value, wat.value) : `op ${Math.min(ops.value.at + 1, ops.value.lines.length)} of ${ops.value.lines.length}`;
  return (
    <Panel title={STAGE_TITLES[stage]} testId={`lab-pane-${stage}`} class={`stage ${stage}`} tools={<span class="muted size">{size}</span>}>
      <CodePane stage={stage} rows={rows} linking={lab.linking} machine={machine} op={op} onList={(place) => list(lab, place)} empty={<Empty lab={lab} stage={stage} />} />
      {ops.value === undefined ? null : <Locals lab={lab} />}
    </Panel>
  );
}

function list(lab: LabController, { block, insn }: Place): void {
  const pc = lab.listing.peek()?.blocks[block]?.insns[insn]?.pc;
  if (pc !== undefined) lab.listAt(pc);
}

function Empty({ lab, stage }: { readonly lab: LabController; readonly stage: Stage }): ComponentChildren {
  if (stage === 'wat' && lab.listing.value !== undefined) {
    const { value: state } = lab.wat;
    if (state.status === 'failed') return <ErrorNotice error={state.error} />;
    return <span role="status">Loading wasm-tools, {WASM_TOOLS_SIZE}…</span>;
  }
  return EMPTY[stage];
}

/** Values of the locals of the TB that is stepped through; what the last op wrote is marked. */
function Locals({ lab }: { readonly lab: LabController }): JSX.Element {
  const locals = lab.view.value?.ops?.locals ?? [];
  return (
    <div class="locals" role="group" aria-label="Locals" tabIndex={0}>
      {locals.length === 0 ? <span class="muted">No local has a value yet.</span> : null}
      {locals.map(({ name, value, changed }) => (
        <span key={name} class={changed ? 'changed' : ''}>
          <span class="muted">{name}</span> {`0x${value.toString(16)}`}
        </span>
      ))}
    </div>
  );
}
