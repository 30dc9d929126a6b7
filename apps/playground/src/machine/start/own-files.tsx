import { useSignal } from '@preact/signals';
import { DETECT_BYTES, detectFile } from '@wasm-tcg/emulator';
import type { JSX } from 'preact';
import { useMemo } from 'preact/hooks';
import { FileButton } from '../../ui/file-button.tsx';
import { fileDrop } from '../../ui/file-drop.ts';
import { ErrorNotice } from '../../ui/notice.tsx';
import { Panel } from '../../ui/panel.tsx';
import { addFiles, assignRole, bootSource, inspectFile, type BootFile } from '../boot-files.ts';
import { sourceConfig } from '../settings.ts';
import { FileTable } from './file-table.tsx';
import type { StartProps } from './start-screen.tsx';

const DETECTOR = { detect: detectFile, bytes: DETECT_BYTES } as const;

/** Kernels, initrds, disks and snapshots from the user's computer. */
export function OwnFiles({ machine, address }: StartProps): JSX.Element {
  const files = useSignal<readonly BootFile[]>([]);
  const error = useSignal<unknown>(undefined);
  const take = useMemo(
    () => async (chosen: readonly File[]): Promise<void> => {
      try {
        const inspected = await Promise.all(chosen.map((file) => inspectFile(file, DETECTOR)));
        files.value = addFiles(files.value, inspected);
        error.value = undefined;
      } catch (cause) {
        error.value = cause;
      }
    },
    [files, error],
  );
  const drop = useMemo(() => fileDrop((chosen) => void take(chosen)), [take]);
  const settings = address.settings.value;
  const source = bootSource(files.value, settings.append);
  const problem = 'problem' in source ? source.problem : '';
  const start = (): void => {
    if (!('problem' in source)) void machine.start(sourceConfig(source, settings));
  };
  return (
    <Panel title="Your own files" class="own-files">
      <div class="drop-zone" data-testid="machine-drop" data-drop={drop.over} {...drop.handlers}>
        <p>Drop a kernel, an initrd, disk images or a snapshot here. What each is, is found out; they stay on your computer.</p>
        <FileButton text="Choose files…" multiple onFiles={(chosen) => void take(chosen)} />
      </div>
      {error.value === undefined ? null : <ErrorNotice error={error.value} onClose={() => (error.value = undefined)} />}
      {files.value.length === 0 ? null : (
        <div class="chosen">
          <FileTable
            files={files.value}
            onRole={(index, role) => (files.value = assignRole(files.value, index, role))}
            onRemove={(index) => (files.value = files.value.filter((_, at) => at !== index))}
          />
          <div class="toolbar">
            <button class="primary" disabled={'problem' in source} onClick={start}>{'kind' in source && source.kind === 'snapshot' ? 'Resume' : 'Start'}</button>
            <span class="muted" role="status">{problem}</span>
          </div>
        </div>
      )}
    </Panel>
  );
}
