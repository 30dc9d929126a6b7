import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { Help, type Shortcut } from '../../ui/help.tsx';
import type { MachineTerminal } from '../terminal/machine-terminal.ts';

const SHORTCUTS: readonly Shortcut[] = [
  { keys: ['Ctrl', 'Shift', '↑'], does: 'leave the terminal to the toolbar; all other keys go to the guest' },
  { keys: ['Ctrl', 'Shift', '↓'], does: 'leave it to the status line' },
  { keys: ['Ctrl', 'Shift', 'C'], does: 'copy what is selected in the terminal' },
  { keys: ['Ctrl', 'Shift', 'V'], does: 'paste into the terminal' },
];

/** @param terminal absent while there is none */
export function MachineHelp({ terminal }: { readonly terminal?: MachineTerminal }): JSX.Element {
  return (
    <Help title="Machine" shortcuts={SHORTCUTS}>
      <p>A PC that runs in this page: processor, memory, disks and a serial line, which is the terminal. Nothing leaves your computer.</p>
      <p>It goes on running while you look at the Lab or at Observe. <b>Snapshot</b> saves it with everything in its memory; <b>Resume a snapshot</b> on the start screen goes on from there.</p>
      <p>Files that you send lie on a small extra disk. In the site's Linux guests, <code>receive</code> fetches them and <code>send FILE…</code> brings files back to this page; elsewhere the disk holds a plain tar archive.</p>
      <p>The bar in the status line shows who ran the last second's instructions: the <span class="tier-tci">interpreter</span>, <span class="tier-module">modules</span> of compiled blocks, or <span class="tier-region">regions</span> of many blocks.</p>
      {terminal === undefined ? null : <ScreenReaderChoice terminal={terminal} />}
    </Help>
  );
}

function ScreenReaderChoice({ terminal }: { readonly terminal: MachineTerminal }): JSX.Element {
  const on = useSignal(terminal.screenReader);
  return (
    <p>
      <label>
        <input
          type="checkbox"
          checked={on.value}
          onChange={(event) => {
            on.value = event.currentTarget.checked;
            terminal.screenReader = on.value;
          }}
        />{' '}
        Screen reader: read out what the guest prints, and let the screen be read line by line
      </label>
    </p>
  );
}
