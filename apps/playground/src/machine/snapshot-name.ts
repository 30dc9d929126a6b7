/** Names of snapshot files: what runs, and when it was taken. */
import type { MachineConfig } from './protocol.ts';

const pad = (value: number): string => String(value).padStart(2, '0');

/** `linux-cloud-amd64-20261122-1745.snapshot`, in the user's time. */
export function snapshotName(config: MachineConfig | undefined, at: Date): string {
  const day = `${at.getFullYear()}${pad(at.getMonth() + 1)}${pad(at.getDate())}`;
  return `${subject(config)}-${day}-${pad(at.getHours())}${pad(at.getMinutes())}.snapshot`;
}

function subject(config: MachineConfig | undefined): string {
  const source = config?.source;
  if (source?.kind === 'guest') return source.name;
  const file = source?.kind === 'snapshot' ? source.file : source?.kernel;
  // A snapshot of what was a snapshot keeps the name, without its date.
  const stem = file instanceof File ? file.name.replace(/(-\d{8}-\d{4})?\.snapshot$/, '').replaceAll(/[^\w.-]+/g, '-') : '';
  return stem === '' ? 'machine' : stem;
}
