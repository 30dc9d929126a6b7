import type { JSX } from 'preact';
import { formatBytes } from '../../ui/format.ts';
import { BOOT_ROLES, ROLE_TEXTS, type BootFile, type BootRole } from '../boot-files.ts';

export interface FileTableProps {
  readonly files: readonly BootFile[];
  readonly onRole: (index: number, role: BootRole) => void;
  readonly onRemove: (index: number) => void;
}

/** What was found in each file, and what it is used for. */
export function FileTable({ files, onRole, onRemove }: FileTableProps): JSX.Element {
  return (
    <ul class="boot-files" aria-label="Chosen files">
      {files.map(({ file, label, hint, role }, index) => (
        <li key={`${index} ${file.name}`}>
          <div class="name">
            <code>{file.name}</code> <span class="muted">{formatBytes(file.size)}</span>
            <div class="found">{label}{hint === '' ? '' : `: ${hint}`}</div>
          </div>
          <select
            aria-label={`Use ${file.name} as`}
            value={role}
            onChange={(event) => {
              const { value } = event.currentTarget;
              onRole(index, BOOT_ROLES.find((name) => name === value) ?? 'none');
            }}
          >
            {BOOT_ROLES.map((name) => <option key={name} value={name}>{ROLE_TEXTS[name]}</option>)}
          </select>
          <button aria-label={`Remove ${file.name}`} title="Remove" onClick={() => onRemove(index)}>×</button>
        </li>
      ))}
    </ul>
  );
}
