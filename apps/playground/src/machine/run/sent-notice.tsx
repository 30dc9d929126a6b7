import type { JSX } from 'preact';
import { Notice } from '../../ui/notice.tsx';
import type { MachineTerminal } from '../terminal/machine-terminal.ts';

export interface SentNoticeProps {
  readonly names: readonly string[];
  readonly terminal: MachineTerminal;
  readonly onClose: () => void;
}

/** Files lie ready on the transfer disk; the guest has to fetch them. */
export function SentNotice({ names, terminal, onClose }: SentNoticeProps): JSX.Element {
  return (
    <Notice
      what={`Ready for the guest: ${names.join(', ')}`}
      hint="The site's Linux guests fetch them with the command receive; elsewhere they are a tar archive on the last disk."
      actions={
        <>
          <button
            onClick={() => {
              terminal.type('receive\r');
              terminal.focus();
              onClose();
            }}
          >
            Type “receive”
          </button>
          <button
            onClick={() => {
              terminal.focus();
              onClose();
            }}
          >
            Dismiss
          </button>
        </>
      }
    />
  );
}
