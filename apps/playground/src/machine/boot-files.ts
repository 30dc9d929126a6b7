/** Files of the user's own: what each is, what it is used for, and what a machine is made of from them. */
import type { BootSource } from './protocol.ts';

/** What a file is used for. `kernel` takes everything that can be started: kernels, boot sectors, flat images. */
export type BootRole = 'kernel' | 'initrd' | 'disk' | 'snapshot' | 'none';
export const BOOT_ROLES: readonly BootRole[] = ['kernel', 'initrd', 'disk', 'snapshot', 'none'];
export const ROLE_TEXTS: Readonly<Record<BootRole, string>> = {
  kernel: 'Start it (kernel)',
  initrd: 'Initial RAM disk',
  disk: 'Disk',
  snapshot: 'Resume it (snapshot)',
  none: 'Not used',
};

export interface BootFile {
  readonly file: File;
  /** What it was found to be, for people. */
  readonly label: string;
  /** What to do, where it is of no use as it is. */
  readonly hint: string;
  readonly role: BootRole;
}

/** What `detectFile` of the emulator tells. */
export interface Detected {
  readonly kind: string;
  readonly role: 'kernel' | 'initrd' | 'disk' | 'flat' | 'snapshot' | 'none';
  readonly label: string;
  readonly hint?: string;
}
export interface Detector {
  detect(name: string, bytes: Uint8Array, size: number): Detected;
  /** Bytes of the beginning that it needs. */
  readonly bytes: number;
}

/** ELF files say at any place what they are: above this size only the beginning is looked at. */
const WHOLE_ELF = 256 << 20;

const read = async (blob: Blob): Promise<Uint8Array> => new Uint8Array(await blob.arrayBuffer());

/** @throws what reading the file throws: it may be gone, or not for us to read */
export async function inspectFile(file: File, { detect, bytes }: Detector): Promise<BootFile> {
  let found = detect(file.name, await read(file.slice(0, bytes)), file.size);
  if (found.kind === 'elf' && file.size > bytes && file.size <= WHOLE_ELF) found = detect(file.name, await read(file), file.size);
  return { file, label: found.label, hint: found.hint ?? '', role: found.role === 'flat' ? 'kernel' : found.role };
}

/** One of each but disks. A snapshot is a whole machine: nothing goes with it but the disks it had. */
const alone = (role: BootRole): boolean => role === 'kernel' || role === 'initrd' || role === 'snapshot';

/** The list with `role` for one of its files; who had it before loses it. */
export function assignRole(files: readonly BootFile[], index: number, role: BootRole): readonly BootFile[] {
  return files.map((item, at) => {
    if (at === index) return { ...item, role };
    return alone(role) && item.role === role ? { ...item, role: 'none' as const } : item;
  });
}

/** The list with more files, each in the role it was found for. */
export function addFiles(files: readonly BootFile[], more: readonly BootFile[]): readonly BootFile[] {
  return more.reduce((list, item) => assignRole([...list, item], list.length, item.role), files);
}

/** What to start, or why these files cannot be started. */
export function bootSource(files: readonly BootFile[], append: string): BootSource | { readonly problem: string } {
  const having = (role: BootRole): readonly File[] => files.filter((item) => item.role === role).map((item) => item.file);
  const [snapshot] = having('snapshot');
  const [kernel] = having('kernel');
  const [initrd] = having('initrd');
  const disks = having('disk');
  if (snapshot !== undefined) {
    return kernel === undefined && initrd === undefined ? { kind: 'snapshot', file: snapshot, disks } : { problem: 'A snapshot has its kernel inside: use either the snapshot or the kernel.' };
  }
  if (kernel !== undefined) return { kind: 'files', kernel, ...(initrd === undefined ? {} : { initrd }), disks, append };
  if (initrd !== undefined) return { problem: 'An initial RAM disk needs its kernel: add that too.' };
  if (disks.length > 0) return { problem: 'There is no BIOS here that starts from a disk: add a kernel, which finds the disk as /dev/vda.' };
  return { problem: files.length === 0 ? '' : 'None of these files can be started.' };
}
