import type { JSX } from 'preact';
import { routeHash } from '../app/route.ts';
import type { MachineController } from '../machine/controller.ts';
import { formatTime } from '../ui/format.ts';

/** Which machine is looked at, and whether it goes on. */
export function StatusText({ machine }: { readonly machine: MachineController }): JSX.Element {
  const { status, config, latest } = machine;
  const source = config.value?.source;
  const name = source === undefined ? 'Machine' : source.kind === 'guest' ? source.name : source.kind === 'files' ? 'Your files' : 'Snapshot';
  const words = { off: 'switched off', starting: 'starting', running: 'running', paused: 'paused', ended: 'ended' } as const;
  return (
    <p class="observe-status">
      <a href={routeHash('machine')}>{name}</a>
      <span role="status">{words[status.value]}</span>
      <span class="muted numbers">{formatTime(latest.value?.virtual ?? 0)} of virtual time</span>
    </p>
  );
}
