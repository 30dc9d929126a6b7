/** No machine: what can be started, and how. */
import type { JSX } from 'preact';
import { useEffect, useMemo, useRef } from 'preact/hooks';
import { fileDrop } from '../../ui/file-drop.ts';
import { ErrorNotice } from '../../ui/notice.tsx';
import type { MachineAddress } from '../address.ts';
import type { MachineController } from '../controller.ts';
import { MachineHelp } from '../run/machine-help.tsx';
import { BootList } from './boot-list.ts';
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
  const list = useMemo(() => new BootList(), []);
  // All of the screen: a file that misses its place would have the browser leave the page.
  const drop = useMemo(() => fileDrop((files) => void list.add(files)), [list]);
  useEffect(() => {
    if (returning && document.activeElement === document.body) top.current?.focus({ preventScroll: true });
  }, [returning]);
  return (
    <div class="machine-start" ref={top} tabIndex={-1} role="group" aria-label="Start a machine" {...drop.handlers}>
      <header class="intro">
        <p>A PC in this page. Boot a guest, or start a kernel of your own.</p>
        <MachineHelp />
      </header>
      {error === undefined ? null : (
        <ErrorNotice
          error={error}
          onClose={() => {
            top.current?.focus({ preventScroll: true });
            machine.dismissError();
          }}
          actions={machine.config.value === undefined ? undefined : <button class="primary" onClick={() => void machine.restart()}>Try again</button>}
        />
      )}
      <div class="columns">
        <div class="main">
          <GuestList machine={machine} address={address} />
          <OwnFiles machine={machine} address={address} list={list} over={drop.over} />
        </div>
        <div class="side">
          <SettingsForm address={address} />
          <ResumePanel machine={machine} address={address} />
        </div>
      </div>
    </div>
  );
}
