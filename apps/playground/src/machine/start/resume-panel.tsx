import type { JSX } from 'preact';
import { FileButton } from '../../ui/file-button.tsx';
import { Panel } from '../../ui/panel.tsx';
import type { StartProps } from './start-screen.tsx';

/** Go on from a snapshot. */
export function ResumePanel({ machine, address }: StartProps): JSX.Element {
  const resume = ([file]: readonly File[]): void => {
    if (file !== undefined) void machine.restore(file, [], address.settings.peek());
  };
  return (
    <Panel title="Resume a snapshot" class="resume">
      <p>A saved machine goes on where it was, with the memory and processor it had. If it had disk images of yours, drop them together with the snapshot under “Your own files”.</p>
      <FileButton text="Choose a snapshot…" testId="machine-restore" onFiles={resume} />
    </Panel>
  );
}
