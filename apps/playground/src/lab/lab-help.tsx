import type { JSX } from 'preact';
import { Help, type Shortcut } from '../ui/help.tsx';

const SHORTCUTS: readonly Shortcut[] = [
  { keys: ['F9'], does: 'run to the end, or stop' },
  { keys: ['F10'], does: 'step one guest instruction' },
  { keys: ['F8'], does: 'step one op of the optimised IR' },
  { keys: ['Shift', 'F9'], does: 'back to the first instruction' },
  { keys: ['Ctrl', 'Enter'], does: 'in the editor or a pane: show the code that starts here' },
  { keys: ['↑', '↓'], does: 'in a pane: the instruction before or after, with all lines it became; among registers: the next one' },
  { keys: ['Enter'], does: 'in a pane: keep the instruction marked; in a register: set it' },
  { keys: ['Esc'], does: 'in a pane: unmark; in a field: leave it as it was' },
  { keys: ['0', '…', 'f'], does: 'in memory: two digits write a byte, arrow keys move' },
];

export function LabHelp(): JSX.Element {
  return (
    <Help title="The Lab" shortcuts={SHORTCUTS}>
      <p>
        Write x86 code and watch it become WebAssembly. The panes show one piece of code in all its stages, from left to right, as the emulator goes through them. Point at a line, and everything
        that came from the same instruction lights up; a click keeps it.
      </p>
      <dl>
        <dt>x86</dt>
        <dd>The instructions, decoded. A <em>translation block</em> (TB) is a run of them up to the next jump.</dd>
        <dt>IR</dt>
        <dd>What the translator makes of each: small ops on registers (<code>rax</code>), flags (<code>cc_dst</code>) and locals (<code>t0</code>), after QEMU’s TCG.</dd>
        <dt>IR optimised</dt>
        <dd>What the optimiser leaves of it: red lines are gone, green ones are new.</dd>
        <dt>TCI</dt>
        <dd>The bytecode that the interpreter runs while code is cold.</dd>
        <dt>WAT</dt>
        <dd>The WebAssembly module it becomes when it is warm, as text.</dd>
      </dl>
      <p>
        <em>TB</em> shows one block. <em>Batch</em> shows it with those that jumps reach, compiled as one module. <em>Region</em> shows what hot code becomes: blocks merged into one function along the
        ways that were taken most, optimised together.
      </p>
      <p>The machine has a few MiB of memory and nothing else. Bytes that a program writes to port 0xe9 appear as output; HLT ends it; a fault stops it and says why.</p>
    </Help>
  );
}
