import type { JSX } from 'preact';
import { download } from '../../ui/download.ts';
import { formatBytes } from '../../ui/format.ts';
import type { MachineController } from '../controller.ts';
import type { MachineTerminal } from '../terminal/machine-terminal.ts';

/** Files that the guest sent. */
export function ReceivedFiles({ machine, terminal }: { readonly machine: MachineController; readonly terminal: MachineTerminal }): JSX.Element | null {
  const files = machine.received.value;
  if (files.length === 0) return null;
  return (
    <section class="received" aria-label="Files from the guest" role="status">
      <b>From the guest</b>
      <ul>
        {files.map((file, index) => (
          <li key={`${index} ${file.name}`}>
            <code>{file.name}</code> <span class="muted">{formatBytes(file.bytes.length)}</span>
            <button onClick={() => download(file.name.replace(/^.*\//, ''), new Blob([file.bytes.slice()]))} aria-label={`Save ${file.name}`}>Save</button>
            <button
              aria-label={`Dismiss ${file.name}`}
              title="Dismiss"
              onClick={() => {
                terminal.focus();
                machine.dismissReceived(file);
              }}
            >
              ×
            </button>
          </li>
        ))}
      </ul>
    </section>
  );
}
