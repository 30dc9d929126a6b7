/** What all peers run: one kernel and initramfs per width, and for the native run the same files in a folder. */
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Cache, defaultCacheFolder, ensureGuest, initramfsOf, joinInitramfs, readInitramfsFile } from '@wasm-tcg/guest-images';
import { BenchError } from '../../errors.ts';
import type { Bits } from '../../kernels/kernel.ts';
import { GUEST_OF, isScript, PROGRAMS } from '../programs.ts';
import { compilePrograms, SOURCES } from './compile.ts';
import { makeText } from './text.ts';

/** Folder of the programs in the guest. */
export const GUEST_FOLDER = '/rig';
/** The early console shows what the kernel does before its drivers are there, as it does it. */
const EARLY_CONSOLE = 'earlyprintk=ttyS0,115200';

/** Paths of files for all peers; the folder lasts as long as the rig runs. */
export interface RigImage {
  readonly bits: Bits;
  readonly kernel: string;
  readonly initrd: string;
  readonly append: string;
  /** Of the kernel. */
  readonly release: string;
  /** Folder with the same files as {@link GUEST_FOLDER}, and busybox, for the native run. */
  readonly native: string;
}

export interface ImageOptions {
  /** Further words for the kernel command line. */
  readonly append: string;
  readonly signal: AbortSignal;
  readonly progress: (line: string) => void;
}

/**
 * @returns the image, and what removes it
 * @throws BenchError `native` without a compiler; GuestImageError without packages
 */
export async function makeImage(bits: Bits, { append, signal, progress }: ImageOptions): Promise<{ readonly image: RigImage; readonly remove: () => void }> {
  const guest = await ensureGuest(GUEST_OF[bits], { signal, onProgress: progress });
  progress(`programs of ${bits} bits`);
  const executable = await compilePrograms(bits, new Cache(defaultCacheFolder()));
  const files: Record<string, Uint8Array | string> = { programs: readFileSync(executable), text: makeText() };
  for (const { source } of PROGRAMS.filter(isScript)) files[source] = readFileSync(join(SOURCES, source));
  const base = readFileSync(guest.initrd);
  const busybox = readInitramfsFile(base, 'bin/busybox');
  if (busybox === undefined) throw new BenchError('native', `the initramfs of ${guest.name} has no busybox`, 'Remove the cache of guests.');
  const folder = mkdtempSync(join(tmpdir(), 'wasm-tcg-rig-'));
  const native = join(folder, 'native');
  mkdirSync(native);
  for (const [name, content] of Object.entries({ ...files, busybox })) {
    writeFileSync(join(native, name), content);
    chmodSync(join(native, name), 0o755);
  }
  const initrd = join(folder, 'initrd');
  writeFileSync(initrd, joinInitramfs(base, initramfsOf(Object.fromEntries(Object.entries(files).map(([name, content]) => [`${GUEST_FOLDER}/${name}`, content])))));
  return {
    image: { bits, kernel: guest.kernel, initrd, append: [guest.append, EARLY_CONSOLE, append].filter((words) => words !== '').join(' '), release: guest.release, native },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}
