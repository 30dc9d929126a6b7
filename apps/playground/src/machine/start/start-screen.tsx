/** No machine: what can be started, and how. */
import type { JSX } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { ErrorNotice } from '../../ui/notice.tsx';
import type { MachineAddress } from '../address.ts';
import type { MachineController } from '../controller.ts';
import { MachineHelp } from '../run/machine-help.tsx';
import { GuestList } from './guest-list.tsx';
import { OwnFiles } from './own-files.tsx';
import { ResumePanel } from './resume-panel.tsx';
import { SettingsForm } from './settings-form.tsx';

export interface StartProps {
  readonly machine: MachineController;
  readonly address: MachineAddress;
}

export interface StartScreenProps extends StartProps {
  /** There was a machine: what had the focus has gone with it. */
  readonly returning: boolean;
}

export function StartScreen({ machine, address, returning }: StartScreenProps): JSX.Element {
  const error = machine.error.value;
  const top = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (returning && document.activeElement === document.body) top.current?.focus();
  }, [returning]);
  return (
    <div class="machine-start" ref={top} tabIndex={-1} role="group" aria-label="Start a machine">
      <header class="intro">
        <p>A PC in this page. Boot a guest, or start a kernel of your own.</p>
        <MachineHelp />
      </header>
      {error === undefined ? null : <ErrorNotice error={error} onClose={() => machine.dismissError()} />}
      <div class="columns">
        <div class="main">
          <GuestList machine={machine} address={address} />
          <OwnFiles machine={machine} address={address} />
        </div>
        <div class="side">
          <SettingsForm address={address} />
          <ResumePanel machine={machine} address={address} />
        </div>
      </div>
    </div>
  );
}
