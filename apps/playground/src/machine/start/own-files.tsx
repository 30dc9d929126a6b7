import type { ReadonlySignal } from '@preact/signals';
import type { JSX } from 'preact';
import { FileButton } from '../../ui/file-button.tsx';
import { ErrorNotice } from '../../ui/notice.tsx';
import { Panel } from '../../ui/panel.tsx';
import { bootSource } from '../boot-files.ts';
import { DEFAULT_MEMORY, DEFAULT_MODEL, sourceConfig } from '../settings.ts';
import type { BootList } from './boot-list.ts';
import { FileTable } from './file-table.tsx';
import type { StartProps } from './start-screen.tsx';

export interface OwnFilesProps extends StartProps {
  readonly list: BootList;
  /** Files hang over the page. */
  readonly over: ReadonlySignal<boolean>;
}

/** Kernels, initrds, disks and snapshots from the user's computer. */
export function OwnFiles({ machine, address, list, over }: OwnFilesProps): JSX.Element {
  return (
    <Panel title="Your own files" class="own-files">
      <div class="drop-zone" data-testid="machine-drop" data-drop={over}>
        <p>Drop a kernel, an initrd, disk images or a snapshot here. What each is, is found out; they stay on your computer.</p>
        <FileButton text="Choose files…" multiple onFiles={(chosen) => void list.add(chosen)} />
      </div>
      {list.error.value === undefined ? null : <ErrorNotice error={list.error.value} onClose={() => list.dismissError()} />}
      {list.files.value.length === 0 ? null : <Chosen machine={machine} address={address} list={list} />}
    </Panel>
  );
}

function Chosen({ machine, address, list }: Omit<OwnFilesProps, 'over'>): JSX.Element {
  const files = list.files.value;
  const source = bootSource(files, list.append.value);
  const settings = address.settings.value;
  const start = (): void => {
    if ('kind' in source) void machine.start(sourceConfig(source, settings));
  };
  return (
    <div class="chosen">
      <FileTable files={files} onRole={(index, role) => list.assign(index, role)} onRemove={(index) => list.remove(index)} />
      {files.some(({ role }) => role === 'kernel') ? (
        <label class="field">
          <span class="label">Kernel command line</span>
          <input
            class="code"
            autocomplete="off"
            autocapitalize="off"
            spellcheck={false}
            value={list.append.value}
            onInput={(event) => {
              list.append.value = event.currentTarget.value;
            }}
          />
        </label>
      ) : null}
      <div class="toolbar">
        <button class="primary" disabled={'problem' in source} onClick={start}>{'kind' in source && source.kind === 'snapshot' ? 'Resume' : 'Start'}</button>
        <span class="muted" role="status">
          {'problem' in source ? source.problem : source.kind === 'snapshot' ? '' : `On ${settings.model ?? DEFAULT_MODEL} with ${settings.memory ?? DEFAULT_MEMORY} MiB: see the settings.`}
        </span>
      </div>
    </div>
  );
}
