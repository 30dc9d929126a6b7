import type { ReadonlySignal } from '@preact/signals';
import type { JSX } from 'preact';
import { formatBytes, formatCount, formatTime } from '../../ui/format.ts';
import type { MachineController } from '../controller.ts';
import { recentSpeed, type Speed } from '../speed.ts';

export interface StatusLineProps {
  readonly machine: MachineController;
  readonly phase: ReadonlySignal<string | undefined>;
}

/** The element that tells how to leave the terminal; the terminal refers to it. */
export const WAY_OUT_ID = 'terminal-way-out';

const STATES = { off: 'Off', starting: 'Starting', running: 'Running', paused: 'Paused', ended: 'Ended' } as const;
const TIERS = [
  { key: 'tci', name: 'interpreter' },
  { key: 'module', name: 'modules' },
  { key: 'region', name: 'regions' },
] as const satisfies readonly { readonly key: keyof Speed; readonly name: string }[];

const percent = (share: number): string => `${Math.round(share * 100)} %`;

/** How it is going, in one line. The figures change four times a second and are not announced. */
export function StatusLine({ machine, phase }: StatusLineProps): JSX.Element {
  const status = machine.status.value;
  const sample = machine.latest.value;
  const speed = recentSpeed(machine.samples);
  const config = machine.config.value;
  const moving = status === 'running';
  return (
    <div class="machine-status" data-testid="machine-status" tabIndex={-1} role="group" aria-label="State of the machine">
      <span class="state" data-state={status} title={config === undefined || config.source.kind === 'snapshot' ? undefined : `${config.model}, ${formatBytes(config.memory * 2 ** 20)}`}>
        {STATES[status]}
        {phase.value === undefined ? null : <span class="muted"> · {phase.value}</span>}
      </span>
      <span class="figure rate"><b>{moving ? formatMips(speed.mips) : '–'}</b> MIPS</span>
      <TierBar speed={speed} />
      <span class="figure" title="Virtual time since power-on"><span class="muted">time</span> {sample === undefined ? '–' : formatTime(sample.virtual)}</span>
      <span class="figure minor" title="Guest instructions since power-on"><span class="muted">instructions</span> {sample === undefined ? '–' : formatCount(sample.counters.instructions)}</span>
      <span class="way-out muted" id={WAY_OUT_ID}><kbd>Ctrl</kbd> <kbd>Shift</kbd> <kbd>↑</kbd> leaves the terminal</span>
    </div>
  );
}

const formatMips = (mips: number): string => (mips >= 10 ? String(Math.round(mips)) : mips.toFixed(1));

/** Which tier ran the last second, as a bar and in words. */
function TierBar({ speed }: { readonly speed: Speed }): JSX.Element {
  const words = TIERS.map(({ key, name }) => `${name} ${percent(speed[key])}`).join(', ');
  return (
    <span class="tiers" title={`Who ran the last second's instructions: ${words}`}>
      <span class="tier-bar" role="img" aria-label={`Tiers: ${words}`}>
        {TIERS.map(({ key }) => <span key={key} class={key} style={{ inlineSize: `${speed[key] * 100}%` }} />)}
      </span>
      <span class="tier-legend" aria-hidden="true">
        {TIERS.map(({ key, name }) => <span key={key}><i class={`tier-${key}`} />{name} {percent(speed[key])}</span>)}
      </span>
    </span>
  );
}
