/** What can be done with a machine that exists. */
import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { useRef } from 'preact/hooks';
import { BusyButton } from '../../ui/busy-button.tsx';
import { download } from '../../ui/download.ts';
import type { MachineController } from '../controller.ts';
import { snapshotName } from '../titles.ts';
import type { MachineTerminal } from '../terminal/machine-terminal.ts';
import { MachineHelp } from './machine-help.tsx';
import { PowerOffDialog } from './power-off-dialog.tsx';
import { TerminalMenu } from './terminal-menu.tsx';

export interface RunToolbarProps {
  readonly machine: MachineController;
  readonly terminal: MachineTerminal;
  readonly onSend: (files: readonly File[]) => void;
}

export function RunToolbar({ machine, terminal, onSend }: RunToolbarProps): JSX.Element {
  const asking = useSignal(false);
  const picker = useRef<HTMLInputElement>(null);
  const alive = machine.alive.value;
  const paused = machine.status.value === 'paused';
  const task = machine.task.value;
  const save = async (): Promise<void> => {
    const snapshot = await machine.snapshot();
    if (snapshot !== undefined) download(snapshotName(machine.config.peek(), new Date()), snapshot);
  };
  return (
    <div class="toolbar machine-toolbar" role="group" aria-label="Machine">
      <button disabled={!alive} onClick={() => void (paused ? machine.resume() : machine.pause())}>{paused ? 'Resume' : 'Pause'}</button>
      <button disabled={!alive} title="Start the guest over, as the reset button does" onClick={() => void machine.reset()}>Reset</button>
      <button disabled={!alive} title="Ask the guest to switch itself off (an ACPI event)" onClick={() => void machine.powerButton()}>Power button</button>
      <button title="Pull the plug" onClick={() => (alive ? (asking.value = true) : machine.powerOff())}>Power off</button>
      <span class="gap" />
      <BusyButton busy={task === 'snapshot'} disabled={!alive} testId="machine-snapshot" title="Save the whole machine as a file, to go on from later" onClick={() => void save()}>
        {task === 'snapshot' ? 'Saving…' : 'Snapshot'}
      </BusyButton>
      <BusyButton busy={task === 'send'} disabled={!alive} title="Put files where the guest can fetch them; or drop them on the terminal" onClick={() => picker.current?.click()}>
        {task === 'send' ? 'Sending…' : 'Send files'}
      </BusyButton>
      <input
        ref={picker}
        class="visually-hidden"
        type="file"
        multiple
        tabIndex={-1}
        aria-label="Files to send to the guest"
        data-testid="machine-send"
        onChange={(event) => {
          const files = [...(event.currentTarget.files ?? [])];
          event.currentTarget.value = '';
          if (files.length > 0) onSend(files);
        }}
      />
      <div class="end">
        <TerminalMenu machine={machine} terminal={terminal} />
        <MachineHelp terminal={terminal} />
      </div>
      {asking.value ? <PowerOffDialog machine={machine} onClose={() => (asking.value = false)} /> : null}
    </div>
  );
}
