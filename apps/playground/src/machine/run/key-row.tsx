import type { JSX } from 'preact';
import { SCREEN_KEYS, type ScreenKey } from '../terminal/keys.ts';
import type { MachineTerminal } from '../terminal/machine-terminal.ts';

const FACES: Readonly<Record<ScreenKey, { readonly face: string; readonly name: string }>> = {
  Esc: { face: 'Esc', name: 'Esc' },
  Tab: { face: 'Tab', name: 'Tab' },
  Up: { face: '↑', name: 'Up' },
  Down: { face: '↓', name: 'Down' },
  Left: { face: '←', name: 'Left' },
  Right: { face: '→', name: 'Right' },
};

/** Keys that a phone's keyboard lacks. They leave the focus, and so the phone's keyboard, where it is. */
export function KeyRow({ terminal }: { readonly terminal: MachineTerminal }): JSX.Element {
  return (
    <div class="key-row" role="group" aria-label="Keys" onPointerDown={(event) => event.preventDefault()}>
      <button aria-pressed={terminal.control.value} title="The next key with Ctrl" onClick={() => terminal.toggleControl()}>Ctrl</button>
      {SCREEN_KEYS.map((key) => (
        <button key={key} aria-label={FACES[key].name} onClick={() => terminal.press(key)}>{FACES[key].face}</button>
      ))}
    </div>
  );
}
