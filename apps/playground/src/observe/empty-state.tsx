import type { JSX } from 'preact';
import { routeHash } from '../app/route.ts';
import type { MachineController } from '../machine/controller.ts';
import { ErrorNotice } from '../ui/notice.tsx';
import { ObserveHelp } from './observe-help.tsx';

/** Nothing to see yet: what this is, and how to get something. */
export function EmptyState({ machine }: { readonly machine: MachineController }): JSX.Element {
  const starting = machine.status.value === 'starting';
  return (
    <div class="observe-empty">
      <h2>See what a machine is doing</h2>
      <p>
        Where its translated code lies in memory, which blocks are hot and how they were compiled, how fast it runs, what compiling costs: live, for whatever runs in the Machine view.
      </p>
      <div class="toolbar">
        <button class="primary" disabled={starting} onClick={() => void machine.startGuest('tiny')}>Boot the tiny guest</button>
        <a class="button" href={routeHash('machine')}>Choose a guest in Machine</a>
        <ObserveHelp />
      </div>
      <p role="status" class="muted">{starting ? (machine.progress.value?.text ?? 'Starting…') : machine.alive.value ? 'Waiting for the first sample…' : ''}</p>
      {machine.error.value !== undefined ? <ErrorNotice error={machine.error.value} onClose={() => machine.dismissError()} /> : null}
    </div>
  );
}
