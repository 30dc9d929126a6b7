import type { ComponentChildren, JSX } from 'preact';
import { formatBytes, formatCount, formatTime } from '../../ui/format.ts';
import { COMPARE_LIMIT, type LabController } from '../controller.ts';
import { modeText } from '../machine/modes.ts';
import type { ModeRun } from '../protocol.ts';
import { TIER_TEXTS } from '../stages/rows.ts';
import { agreement, mips, percent, shares } from './results.ts';
import './compare.css';

/** The program from its beginning in every mode, side by side. */
export function ComparePane({ lab }: { readonly lab: LabController }): JSX.Element {
  const runs = lab.runs.value;
  const comparing = lab.activity.value === 'comparing';
  return (
    <div class="lab-compare" data-testid="lab-compare">
      <div class="toolbar">
        {comparing
          ? <button class="primary" onClick={() => void lab.stop()}>Stop</button>
          : <button class="primary" disabled={!lab.ready.value} onClick={() => void lab.compare()}>Compare modes</button>}
        <Agreement runs={runs} comparing={comparing} />
      </div>
      {runs.length === 0
        ? (
          <p class="empty">
            Runs the program from its first instruction to its end, or for {formatCount(COMPARE_LIMIT)} instructions, once in each mode on a machine of its own. All must come to the same end;
            what differs is how long it takes, and what was compiled for it. A program that ends at once shows the cost of compiling only: make it loop.
          </p>
        )
        : <Results runs={runs} />}
    </div>
  );
}

function Agreement({ runs, comparing }: { readonly runs: readonly ModeRun[]; readonly comparing: boolean }): JSX.Element {
  const result = agreement(runs);
  return (
    <p class={`agreement ${result}`} role="status">
      {comparing ? 'Running…' : result === 'same' ? '✓ The same result in every mode' : result === 'different' ? '✗ The results differ: this is a bug of the emulator' : ''}
    </p>
  );
}

interface Measure {
  readonly title: string;
  readonly cell: (run: ModeRun, fastest: number) => ComponentChildren;
}

const MEASURES: readonly Measure[] = [
  { title: 'Time', cell: ({ milliseconds }) => formatTime(milliseconds) },
  { title: 'Instructions', cell: ({ instructions }) => formatCount(instructions) },
  { title: 'Million a second', cell: (run, fastest) => <Speed value={mips(run)} fastest={fastest} /> },
  { title: 'Instructions by tier', cell: (run) => <Shares run={run} /> },
  { title: 'Translated TBs', cell: ({ translatedTbs }) => formatCount(translatedTbs) },
  { title: 'Modules compiled', cell: ({ compiledModules }) => formatCount(compiledModules) },
  { title: 'Regions compiled', cell: ({ compiledRegions }) => formatCount(compiledRegions) },
  { title: 'WebAssembly', cell: ({ wasmBytes }) => formatBytes(wasmBytes) },
  { title: 'Time compiling', cell: ({ compileMs }) => formatTime(compileMs) },
  { title: 'End', cell: ({ ended }) => ended },
  { title: 'Result', cell: ({ digest }) => <code title={digest}>{digest.slice(0, 8)}</code> },
];

/** A column for each mode. */
function Results({ runs }: { readonly runs: readonly ModeRun[] }): JSX.Element {
  const fastest = Math.max(...runs.map(mips));
  return (
    <div class="table-scroll" tabIndex={0} role="group" aria-label="Results of each mode">
      <table class="data">
        <thead>
          <tr>
            <th scope="col"><span class="visually-hidden">Measure</span></th>
            {runs.map(({ mode, state }) => (
              <th key={mode} scope="col">
                {modeText(mode)}
                {state === 'done' ? null : <span class="muted"> {state}</span>}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {MEASURES.map(({ title, cell }) => (
            <tr key={title}>
              <th scope="row">{title}</th>
              {runs.map((run) => <td key={run.mode}>{run.state === 'waiting' ? '' : cell(run, fastest)}</td>)}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Speed({ value, fastest }: { readonly value: number; readonly fastest: number }): JSX.Element {
  const width = fastest > 0 ? (value / fastest) * 100 : 0;
  return (
    <div class="speed">
      <span class="track" aria-hidden="true"><span class="bar" style={{ width: `${width}%` }} /></span>
      <span class="value">{value >= 100 ? Math.round(value) : value.toFixed(1)}</span>
    </div>
  );
}

function Shares({ run }: { readonly run: ModeRun }): JSX.Element {
  const parts = shares(run);
  return (
    <div class="shares">
      <span class="track" aria-hidden="true">
        {parts.map(({ tier, share }) => <span key={tier} class={`bar tier-${tier}`} style={{ width: `${share * 100}%` }} />)}
      </span>
      <span class="value">
        {parts.map(({ tier, share }) => <span key={tier} class={`tier-${tier}`}>{TIER_TEXTS[tier]} {percent(share)}</span>)}
      </span>
    </div>
  );
}
