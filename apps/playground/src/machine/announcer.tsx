import type { JSX } from 'preact';
import { endText } from './ended.ts';
import type { MachineController } from './controller.ts';

/** Tells who cannot see the screen what the machine has become; figures that change all the time are not read out. */
export function MachineAnnouncer({ machine }: { readonly machine: MachineController }): JSX.Element {
  return <div class="visually-hidden" role="status">{announcement(machine)}</div>;
}

function announcement({ status, ended, progress, task }: MachineController): string {
  switch (status.value) {
    case 'off':
      return '';
    case 'starting':
      return progress.value?.text ?? 'The machine starts';
    case 'running':
      return task.value === 'snapshot' ? 'A snapshot is being taken' : 'The machine runs. Ctrl-Shift-Up leaves the terminal; the help there has a mode for screen readers.';
    case 'paused':
      return 'The machine is paused';
    case 'ended':
      return endText(ended.value).what;
  }
}
