import type { JSX } from 'preact';
import { Notice } from '../../ui/notice.tsx';
import type { MachineController } from '../controller.ts';
import { endText } from '../ended.ts';

/** Why the machine has ended, and where to go from there. */
export function EndedNotice({ machine }: { readonly machine: MachineController }): JSX.Element {
  const { what, hint } = endText(machine.ended.value);
  return (
    <Notice
      what={what}
      hint={hint}
      actions={
        <>
          <button class="primary" onClick={() => void machine.restart()}>Start again</button>
          <button onClick={() => machine.powerOff()}>Start something else</button>
        </>
      }
    />
  );
}
