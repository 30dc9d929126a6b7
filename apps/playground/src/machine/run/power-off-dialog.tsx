import type { JSX } from 'preact';
import { Dialog } from '../../ui/dialog.tsx';
import type { MachineController } from '../controller.ts';

/** Asked only while a guest runs: what it has in memory is lost. */
export function PowerOffDialog({ machine, onClose }: { readonly machine: MachineController; readonly onClose: () => void }): JSX.Element {
  return (
    <Dialog
      title="Power off?"
      onClose={onClose}
      actions={
        <>
          <button onClick={onClose}>Cancel</button>
          <button class="primary" onClick={() => machine.powerOff()}>Power off</button>
        </>
      }
    >
      <p>The guest is not asked, and everything in its memory and on its disks is lost. A snapshot keeps it; the power button lets the guest shut down by itself.</p>
    </Dialog>
  );
}
