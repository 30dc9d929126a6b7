/** A machine that exists: toolbar, what it has to say, terminal, status line. */
import type { ReadonlySignal } from '@preact/signals';
import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { useMemo } from 'preact/hooks';
import type { Session } from '../../app/session.ts';
import type { Theme } from '../../app/theme.ts';
import { fileDrop } from '../../ui/file-drop.ts';
import { ErrorNotice } from '../../ui/notice.tsx';
import { MachineTerminal } from '../terminal/machine-terminal.ts';
import { EndedNotice } from './ended-notice.tsx';
import { KeyRow } from './key-row.tsx';
import { ReceivedFiles } from './received-files.tsx';
import { RunToolbar } from './run-toolbar.tsx';
import { SentNotice } from './sent-notice.tsx';
import { StatusLine } from './status-line.tsx';
import { TerminalPane } from './terminal-pane.tsx';

export interface RunScreenProps {
  readonly session: Session;
  readonly theme: ReadonlySignal<Theme>;
}

export function RunScreen({ session, theme }: RunScreenProps): JSX.Element {
  const { machine } = session;
  const terminal = session.kept(MachineTerminal, () => new MachineTerminal(machine));
  const sent = useSignal<readonly string[]>([]);
  const send = useMemo(
    () => async (files: readonly File[]): Promise<void> => {
      if (await machine.sendFiles(files)) sent.value = files.map((file) => file.name);
    },
    [machine, sent],
  );
  const drop = useMemo(() => fileDrop((files) => void send(files)), [send]);
  return (
    <div class="machine-run" {...drop.handlers}>
      <RunToolbar machine={machine} terminal={terminal} onSend={(files) => void send(files)} />
      <div class="machine-notices">
        {machine.error.value === undefined ? null : (
          <ErrorNotice
            error={machine.error.value}
            onClose={() => {
              terminal.focus();
              machine.dismissError();
            }}
          />
        )}
        {machine.status.value === 'ended' ? <EndedNotice machine={machine} /> : null}
        {sent.value.length === 0 ? null : <SentNotice names={sent.value} terminal={terminal} onClose={() => (sent.value = [])} />}
        <ReceivedFiles machine={machine} terminal={terminal} />
      </div>
      <TerminalPane terminal={terminal} theme={theme} over={drop.over} />
      <KeyRow terminal={terminal} />
      <StatusLine machine={machine} phase={terminal.phase} />
    </div>
  );
}
