import type { JSX } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { formatBytes } from '../../ui/format.ts';
import type { MachineController } from '../controller.ts';
import { machineTitle } from '../titles.ts';
import type { MachinePhase, MachineProgress } from '../protocol.ts';

const PHASES: readonly { readonly phase: MachinePhase; readonly name: string }[] = [
  { phase: 'fetch', name: 'Fetch' },
  { phase: 'unpack', name: 'Unpack' },
  { phase: 'compile', name: 'Compile' },
  { phase: 'load', name: 'Load' },
  { phase: 'run', name: 'Run' },
];

/** A machine on its way: which step it is at, how far, and how to stop it. */
export function StartingScreen({ machine }: { readonly machine: MachineController }): JSX.Element {
  const cancel = useRef<HTMLButtonElement>(null);
  // The button that started it is gone.
  useEffect(() => cancel.current?.focus(), []);
  const progress = machine.progress.value;
  const at = PHASES.findIndex(({ phase }) => phase === (progress?.phase ?? 'fetch'));
  return (
    <div class="machine-starting" data-testid="machine-progress">
      <h2>{machineTitle(machine.config.value, machine.guests.value)}</h2>
      <ol class="phases">
        {PHASES.map(({ phase, name }, index) => (
          <li key={phase} data-state={index < at ? 'done' : index === at ? 'now' : 'later'} aria-current={index === at ? 'step' : undefined}>{name}</li>
        ))}
      </ol>
      <p class="doing">{progress?.text ?? 'Starting'}</p>
      <Bar progress={progress} />
      <div class="toolbar">
        <span class="muted">{amount(progress)}</span>
        <button ref={cancel} onClick={() => machine.powerOff()}>Cancel</button>
      </div>
    </div>
  );
}

function Bar({ progress }: { readonly progress: MachineProgress | undefined }): JSX.Element {
  // Without a value the browser shows that something is going on.
  return progress === undefined || progress.total === 0
    ? <progress aria-label="Progress" />
    : <progress aria-label="Progress" max={progress.total} value={Math.min(progress.done, progress.total)} />;
}

/** Bytes, in the phases that count them. */
function amount(progress: MachineProgress | undefined): string {
  if (progress === undefined || progress.done === 0 || (progress.phase !== 'fetch' && progress.phase !== 'unpack')) return '';
  return progress.total === 0 ? formatBytes(progress.done) : `${formatBytes(progress.done)} of ${formatBytes(progress.total)}`;
}
