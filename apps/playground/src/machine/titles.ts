/** What a machine is called: on the page, and in the names of snapshot files. */
import type { MachineConfig, SiteGuest } from './protocol.ts';

/** `Linux, 64-bit`, or the file that it is made from. */
export function machineTitle(config: MachineConfig | undefined, guests: readonly SiteGuest[] = []): string {
  const source = config?.source;
  if (source?.kind === 'guest') return guests.find(({ name }) => name === source.name)?.title ?? source.name;
  return fileOf(config)?.name ?? 'Machine';
}

const pad = (value: number): string => String(value).padStart(2, '0');

/** `linux-cloud-amd64-20261122-1745.snapshot`, in the user's time. */
export function snapshotName(config: MachineConfig | undefined, at: Date): string {
  const day = `${at.getFullYear()}${pad(at.getMonth() + 1)}${pad(at.getDate())}`;
  const source = config?.source;
  // A snapshot of what was a snapshot keeps the name, without its date.
  const stem = source?.kind === 'guest' ? source.name : (fileOf(config)?.name ?? '').replace(/(-\d{8}-\d{4})?\.snapshot$/, '').replaceAll(/[^\w.-]+/g, '-');
  return `${stem === '' ? 'machine' : stem}-${day}-${pad(at.getHours())}${pad(at.getMinutes())}.snapshot`;
}

function fileOf(config: MachineConfig | undefined): File | undefined {
  const source = config?.source;
  const file = source?.kind === 'files' ? source.kernel : source?.kind === 'snapshot' ? source.file : undefined;
  return file instanceof File ? file : undefined;
}
