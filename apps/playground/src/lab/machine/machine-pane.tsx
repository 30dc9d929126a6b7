import type { JSX } from 'preact';
import { formatCount } from '../../ui/format.ts';
import { Panel } from '../../ui/panel.tsx';
import { Segmented } from '../../ui/segmented.tsx';
import type { LabController } from '../controller.ts';
import { faultText } from './faults.ts';
import { Memory } from './memory.tsx';
import { MODES } from './modes.ts';
import { Registers } from './registers.tsx';
import { statusText, whereText } from './status.ts';
import './machine.css';

/** The machine that runs the program: controls, state, output. */
export function MachinePane({ lab }: { readonly lab: LabController }): JSX.Element {
  const mode = <Segmented label="Run mode" value={lab.settings.value.mode} options={MODES} onChange={(next) => lab.setMode(next)} disabled={lab.activity.value === 'running'} />;
  return (
    <Panel title="Machine" class="machine-panel" tools={mode}>
      <Machine lab={lab} />
    </Panel>
  );
}

function Machine({ lab }: { readonly lab: LabController }): JSX.Element {
  return (
    <div class="lab-machine">
      <Controls lab={lab} />
      <Status lab={lab} />
      <Fault lab={lab} />
      <Registers lab={lab} />
      <Output lab={lab} />
      <Memory lab={lab} />
    </div>
  );
}

function Controls({ lab }: { readonly lab: LabController }): JSX.Element {
  const running = lab.activity.value === 'running';
  const stepping = lab.view.value?.ops !== undefined;
  const can = lab.canRun.value;
  return (
    <div class="toolbar controls" role="group" aria-label="Machine">
      {running
        ? <button class="primary" title="F9" onClick={() => void lab.stop()}>Stop</button>
        : <button class="primary" title="Run to HLT or a fault (F9)" disabled={!can} onClick={() => void lab.run()}>Run</button>}
      <button title="One guest instruction (F10)" disabled={!can || stepping} onClick={() => void lab.stepInsn()}>Step insn</button>
      <button title="One op of the optimised IR (F8)" disabled={!can} onClick={() => void lab.stepOp()}>Step op</button>
      {stepping ? <button title="Run the ops that are left of this block" disabled={!can} onClick={() => void lab.finishOps()}>Finish block</button> : null}
      <button title="Back to the first instruction (Shift+F9)" disabled={!lab.ready.value} onClick={() => void lab.reset()}>Reset</button>
    </div>
  );
}

function Status({ lab }: { readonly lab: LabController }): JSX.Element {
  const view = lab.view.value;
  const at = lab.at.value;
  const activity = lab.activity.value;
  return (
    <div class="status" data-testid="lab-status">
      <p>
        <span class={`state ${view?.status ?? ''}`} role="status">{statusText(activity, view, lab.problems.value.length)}</span>
        {activity === 'running' ? <span class="muted">{formatCount(lab.progress.value)} instructions</span> : null}
        {view === undefined ? null : <span class="muted">{view.cpuMode}</span>}
      </p>
      {at === undefined ? null : (
        <p class="next">
          <span class="address">{whereText(at)}</span> {at.text}
        </p>
      )}
    </div>
  );
}

function Fault({ lab }: { readonly lab: LabController }): JSX.Element | null {
  const view = lab.view.value;
  if (view?.fault === undefined) return null;
  const { title, meaning, facts } = faultText(view.fault, view.bits);
  return (
    <div class="notice error" role="alert" data-testid="lab-fault">
      <div class="what">{title}</div>
      <div>{meaning}</div>
      <dl class="facts">
        {facts.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
    </div>
  );
}

function Output({ lab }: { readonly lab: LabController }): JSX.Element {
  const output = lab.view.value?.output ?? '';
  return (
    <div class="output">
      <h3 id="lab-output-title">Output</h3>
      <pre data-testid="lab-output" role="log" aria-labelledby="lab-output-title" tabIndex={0}>{output}</pre>
      {output === '' ? <p class="empty">None yet. A program writes text with <code>out 0xe9, al</code>.</p> : null}
    </div>
  );
}
