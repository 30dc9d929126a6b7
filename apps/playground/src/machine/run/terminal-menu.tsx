import type { JSX } from 'preact';
import type { MachineController } from '../controller.ts';
import type { MachineTerminal } from '../terminal/machine-terminal.ts';

export interface TerminalMenuProps {
  readonly machine: MachineController;
  readonly terminal: MachineTerminal;
}

/** What concerns the terminal and not the machine. */
export function TerminalMenu({ machine, terminal }: TerminalMenuProps): JSX.Element {
  const alive = machine.alive.value;
  const canPaste = typeof navigator.clipboard?.readText === 'function';
  const paste = async (): Promise<void> => {
    try {
      terminal.paste(await navigator.clipboard.readText());
    } catch {
      // The user said no, which is an answer.
    }
    terminal.focus();
  };
  const tellSize = (): void => {
    const { rows, columns } = terminal.size;
    terminal.type(`stty rows ${rows} cols ${columns}\r`);
    terminal.focus();
  };
  return (
    <>
      {canPaste ? <button disabled={!alive} title="Type what is in the clipboard" onClick={() => void paste()}>Paste</button> : null}
      <button disabled={!alive} title="Type the stty command that tells a Unix guest how large this terminal is; a serial line cannot" onClick={tellSize}>Fit</button>
    </>
  );
}
