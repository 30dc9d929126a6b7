/** Puts a guest's initramfs together: the files of rootfs/, busybox, kernel modules in load order. */
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync, gzipSync } from 'node:zlib';
import { decompressWhole, withoutCompression } from './archive/compression.ts';
import { readNewcFile, writeNewc, type NewcEntry } from './archive/newc.ts';
import type { TarEntry } from './archive/tar.ts';
import { GuestImageError } from './errors.ts';
import { dependenciesOf, loadOrder, moduleName } from './modules.ts';

const ROOTFS = fileURLToPath(new URL('../rootfs', import.meta.url));
/** A folder comes before what is in it. */
const FOLDERS = ['bin', 'dev', 'etc', 'etc/acpi', 'etc/acpi/PWRF', 'lib', 'lib/modules', 'proc', 'root', 'sys', 'tmp'] as const;
/** Under merged /usr the same paths stand below usr/. */
const MODULE_PATH = /^(?:usr\/)?lib\/modules\/([^/]+)\/kernel\/(?:.*\/)?([^/]+\.ko(?:\.\w+)?)$/;
const KERNEL_PATH = /^boot\/vmlinuz-/;
const BUSYBOX_PATH = /^(?:usr\/)?bin\/busybox$/;

export interface GuestParts {
  /** Files of the kernel package that {@link wantedOfKernel} asks for. */
  readonly kernelFiles: readonly TarEntry[];
  readonly busybox: Uint8Array;
  readonly busybox32: Uint8Array | undefined;
  /** Modules to load, without what they depend on. */
  readonly modules: readonly string[];
}

/**
 * Which files of a kernel package are needed: the image, modules from the folders that hold virtio's drivers and what they may depend on, and those of the power
 * button, which depend on nothing.
 */
export function wantedOfKernel(path: string): boolean {
  return KERNEL_PATH.test(path) || (MODULE_PATH.test(path) && /\/kernel\/drivers\/(?:(?:virtio|block|char)\/|acpi\/button\.ko|input\/evdev\.ko)/.test(path));
}

export const wantedOfBusybox = (path: string): boolean => BUSYBOX_PATH.test(path);

/** The bzImage among a package's files. @throws GuestImageError `missing-file` */
export function kernelImage(files: readonly TarEntry[]): { readonly image: Uint8Array; readonly release: string } {
  const file = files.find(({ path }) => KERNEL_PATH.test(path));
  if (file === undefined) throw new GuestImageError('missing-file', 'the kernel package has no boot/vmlinuz-*', 'Its layout has changed: the lock file names the release that is known to work.');
  return { image: file.data, release: file.path.replace(KERNEL_PATH, '') };
}

/** The initramfs, a gzipped cpio archive; the same parts give the same bytes. */
export async function buildInitramfs(parts: GuestParts): Promise<Uint8Array> {
  const entries: NewcEntry[] = [
    ...FOLDERS.map((path): NewcEntry => ({ path, type: 'directory', mode: 0o755 })),
    // Before devtmpfs is mounted, init's own messages need somewhere to go.
    { path: 'dev/console', type: 'character', mode: 0o600, major: 5, minor: 1 },
    { path: 'dev/null', type: 'character', mode: 0o666, major: 1, minor: 3 },
    { path: 'bin/busybox', type: 'file', mode: 0o755, data: parts.busybox },
    ...rootfsFiles(),
    ...(await moduleEntries(parts)),
  ];
  if (parts.busybox32 !== undefined) {
    entries.push({ path: 'bin32', type: 'directory', mode: 0o755 }, { path: 'bin32/busybox', type: 'file', mode: 0o755, data: parts.busybox32 });
  }
  return gzipSync(writeNewc(entries), { level: 9 });
}

/** A second initramfs for behind the first one: the kernel unpacks all that it finds. Folders of files come by themselves. */
export function initramfsOf(files: Readonly<Record<string, string | Uint8Array>>): Uint8Array {
  const paths = Object.keys(files).map((path) => path.replace(/^\/+/, ''));
  const folders = new Set(paths.flatMap((path) => path.split('/').slice(0, -1).map((_, i, parts) => parts.slice(0, i + 1).join('/'))));
  const entries = Object.values(files).map((content, i): NewcEntry => {
    return { path: paths[i], type: 'file', mode: 0o755, data: typeof content === 'string' ? new TextEncoder().encode(content) : content };
  });
  return gzipSync(writeNewc([...[...folders].map((path): NewcEntry => ({ path, type: 'directory', mode: 0o755 })), ...entries]), { level: 9 });
}

/** A file of an initramfs, or undefined when it has none of this path. */
export const readInitramfsFile = (initramfs: Uint8Array, path: string): Uint8Array | undefined => readNewcFile(gunzipSync(initramfs), path);

/**
 * Two archives, one behind the other, as the kernel takes them: each from an offset that is a multiple of 4.
 */
export function joinInitramfs(first: Uint8Array, second: Uint8Array): Uint8Array {
  return Buffer.concat([first, new Uint8Array(-first.length & 3), second]);
}

/** What is executable in rootfs/, whatever a checkout made of it: /init, commands, and what acpid runs. */
const EXECUTABLE = /^(?:init$|bin\/|etc\/acpi\/)/;

/** What is in rootfs/. */
export function rootfsFiles(): readonly NewcEntry[] {
  const files = readdirSync(ROOTFS, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return files
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name))
    .sort()
    .map((file): NewcEntry => {
      const path = file.slice(ROOTFS.length + 1).replaceAll('\\', '/');
      return { path, type: 'file', mode: EXECUTABLE.test(path) ? 0o755 : 0o644, data: readFileSync(file) };
    });
}

async function moduleEntries({ kernelFiles, modules }: GuestParts): Promise<readonly NewcEntry[]> {
  const found = new Map<string, { readonly file: string; readonly data: Uint8Array }>();
  for (const { path, data } of kernelFiles) {
    const match = MODULE_PATH.exec(path);
    if (match === null) continue;
    const file = withoutCompression(match[2]);
    found.set(moduleName(file.replace(/\.ko$/, '')), { file: `lib/modules/${file}`, data: await decompressWhole(match[2], data) });
  }
  const dependencies = new Map([...found].map(([name, { data }]) => [name, dependenciesOf(data)] as const));
  const order = loadOrder(modules, dependencies).map((name) => found.get(name)).filter((module) => module !== undefined);
  return [
    ...order.map(({ file, data }): NewcEntry => ({ path: file, type: 'file', mode: 0o644, data })),
    { path: 'lib/modules/load-order', type: 'file', mode: 0o644, data: new TextEncoder().encode(order.map(({ file }) => `/${file}\n`).join('')) },
  ];
}
