import type { JSX } from 'preact';
import { Help, type Shortcut } from '../../ui/help.tsx';

const SHORTCUTS: readonly Shortcut[] = [
  { keys: ['Ctrl', 'Shift', '↑'], does: 'leave the terminal to the toolbar; all other keys go to the guest' },
  { keys: ['Ctrl', 'Shift', '↓'], does: 'leave it to the status line' },
  { keys: ['Ctrl', 'Shift', 'C'], does: 'copy what is selected in the terminal' },
  { keys: ['Ctrl', 'Shift', 'V'], does: 'paste into the terminal' },
];

export function MachineHelp(): JSX.Element {
  return (
    <Help title="Machine" shortcuts={SHORTCUTS}>
      <p>A PC that runs in this page: processor, memory, disks and a serial line, which is the terminal. Nothing leaves your computer.</p>
      <p>It goes on running while you look at the Lab or at Observe. <b>Snapshot</b> saves it with everything in its memory; <b>Resume a snapshot</b> on the start screen goes on from there.</p>
      <p>Files that you send lie on a small extra disk. In the site's Linux guests, <code>receive</code> fetches them and <code>send FILE…</code> brings files back to this page; elsewhere the disk holds a plain tar archive.</p>
      <p>The bar in the status line shows who ran the last second's instructions: the <span class="tier-tci">interpreter</span>, <span class="tier-module">modules</span> of compiled blocks, or <span class="tier-region">regions</span> of many blocks.</p>
    </Help>
  );
}
