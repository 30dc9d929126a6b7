/** From a guest's name to its boot files: in the cache, or made from packages in the cache, or from packages fetched. */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readPackageFiles } from './archive/deb.ts';
import { Cache, defaultCacheFolder, sha256Of } from './cache.ts';
import { GuestImageError } from './errors.ts';
import { familiesOf, GUESTS, type GuestDefinition, type GuestName, type PackageFamily } from './guests.ts';
import { buildInitramfs, kernelImage, rootfsFiles, wantedOfBusybox, wantedOfKernel } from './initramfs.ts';
import { lockedPackage, readLock, type LockedPackage, type PackageIdentity } from './lock.ts';
import { AptSource } from './sources/apt.ts';
import { fetchPackage } from './sources/fetch-package.ts';
import { FileSource } from './sources/files.ts';
import { MIRROR_VARIABLE, MirrorSource } from './sources/mirror.ts';
import type { PackageSource, SourceContext } from './sources/source.ts';

/** Part of every guest's key: to be counted up when the same parts make other boot files. */
const FORMAT = 2;

export interface EnsureGuestOptions {
  readonly signal?: AbortSignal | undefined;
  /** Receives lines for the user while something is fetched or built. */
  readonly onProgress?: (line: string) => void;
  /** .deb files, or folders with some, to take in place of all other sources. */
  readonly debs?: readonly string[];
  /** Default: {@link defaultCacheFolder}. */
  readonly cacheFolder?: string;
  /** Default: the mirror in WASM_TCG_MIRROR, then apt-get. */
  readonly sources?: readonly PackageSource[];
  /** Default: the lock file of this repository. */
  readonly lock?: readonly LockedPackage[];
}

/** Boot files in the cache; to be read, not written. */
export interface GuestImage {
  readonly name: GuestName;
  /** Path of the bzImage. */
  readonly kernel: string;
  /** Path of the initramfs. */
  readonly initrd: string;
  /** Kernel command line. */
  readonly append: string;
  /** RAM it is comfortable with, in QEMU's notation. */
  readonly memory: string;
  /** Of the kernel, as `uname -r` says it. */
  readonly release: string;
  readonly packages: readonly PackageIdentity[];
  /** What the user should know, such as a package newer than the lock file's. */
  readonly notes: readonly string[];
}

/** A package whose bytes may not have been asked for yet. */
interface Part {
  readonly family: PackageFamily;
  readonly identity: PackageIdentity;
  readonly bytes?: Uint8Array;
  readonly note?: string;
}

/**
 * @throws GuestImageError; and what `signal` was aborted with. Nothing half-made is left behind.
 */
export async function ensureGuest(name: GuestName, options: EnsureGuestOptions = {}): Promise<GuestImage> {
  const cache = new Cache(options.cacheFolder ?? defaultCacheFolder());
  const lock = options.lock ?? readLock();
  const debs = options.debs ?? [];
  const context = { signal: options.signal, onProgress: options.onProgress ?? ((): void => undefined) };
  const families = familiesOf(name);
  if (debs.length === 0) {
    const known = await Promise.all(families.map((family) => identityInCache(cache, family, lockedPackage(lock, family))));
    const present = await presentGuest(cache, name, keyOf(name, known));
    if (present !== undefined) return present;
  }
  const sources: readonly PackageSource[] = debs.length > 0 ? [new FileSource(debs)] : (options.sources ?? defaultSources());
  try {
    const parts: Part[] = [];
    for (const family of families) parts.push(await obtain(cache, sources, family, lockedPackage(lock, family), debs.length === 0, context));
    const identities = parts.map(({ identity }) => identity);
    const key = keyOf(name, identities);
    return (await presentGuest(cache, name, key)) ?? (await buildGuest(cache, name, key, parts, context));
  } finally {
    for (const source of sources) await source.close?.();
  }
}

function defaultSources(): readonly PackageSource[] {
  const mirror = process.env[MIRROR_VARIABLE];
  return mirror === undefined || mirror === '' ? [new AptSource()] : [new MirrorSource(mirror), new AptSource()];
}

/** The locked package, or what stood in for it the last time. */
async function identityInCache(cache: Cache, family: PackageFamily, locked: LockedPackage): Promise<PackageIdentity> {
  const substitute = await cache.substitute(locked.sha256);
  return substitute !== undefined && family.real.test(substitute.name) ? substitute : locked;
}

async function obtain(
  cache: Cache,
  sources: readonly PackageSource[],
  family: PackageFamily,
  locked: LockedPackage,
  mayUseCache: boolean,
  context: SourceContext,
): Promise<Part> {
  if (mayUseCache) {
    const identity = await identityInCache(cache, family, locked);
    const bytes = await cache.package(identity.sha256);
    if (bytes !== undefined) return { family, identity, bytes };
  }
  const { identity, bytes, note } = await fetchPackage(sources, { family, locked }, context);
  if (mayUseCache) {
    await cache.addPackage(identity.sha256, bytes);
    if (identity.sha256 !== locked.sha256) await cache.addSubstitute(locked.sha256, identity);
  }
  return { family, identity, bytes, ...(note === undefined ? {} : { note }) };
}

/** Names what a guest's boot files are made of. */
function keyOf(name: GuestName, identities: readonly PackageIdentity[]): string {
  const files = rootfsFiles().map((entry) => [entry.path, entry.type === 'file' ? sha256Of(entry.data) : '']);
  const { modules, append, memory }: GuestDefinition = GUESTS[name];
  return sha256Of(JSON.stringify([FORMAT, name, identities.map(({ sha256 }) => sha256), files, modules, append, memory]));
}

async function presentGuest(cache: Cache, name: GuestName, key: string): Promise<GuestImage | undefined> {
  const folder = cache.guestFolder(name, key);
  if (!existsSync(folder)) return undefined;
  const made = JSON.parse(await readFile(join(folder, 'guest.json'), 'utf8')) as Omit<GuestImage, 'kernel' | 'initrd'>;
  return { ...made, kernel: join(folder, 'kernel'), initrd: join(folder, 'initrd') };
}

async function buildGuest(cache: Cache, name: GuestName, key: string, parts: readonly Part[], context: SourceContext): Promise<GuestImage> {
  const guest: GuestDefinition = GUESTS[name];
  const filesOf = async (family: PackageFamily, wanted: (path: string) => boolean) => {
    context.signal?.throwIfAborted();
    const part = parts.find((candidate) => candidate.family === family);
    if (part?.bytes === undefined) throw new GuestImageError('missing-file', `${family.name} was not fetched`, 'Run the command again.');
    context.onProgress(`unpacking ${part.identity.name}`);
    return readPackageFiles(part.bytes, wanted);
  };
  const busyboxOf = async (family: PackageFamily): Promise<Uint8Array> => {
    const [file] = await filesOf(family, wantedOfBusybox);
    if (file === undefined) throw new GuestImageError('missing-file', `${family.name} has no bin/busybox`, 'Its layout has changed: the lock file names the release that is known to work.');
    return file.data;
  };
  const kernelFiles = await filesOf(guest.kernel, wantedOfKernel);
  const { image, release } = kernelImage(kernelFiles);
  const busybox = await busyboxOf(guest.busybox);
  const busybox32 = guest.busybox32 === undefined ? undefined : await busyboxOf(guest.busybox32);
  const initrd = await buildInitramfs({ kernelFiles, busybox, busybox32, modules: guest.modules });
  context.signal?.throwIfAborted();
  const packages = parts.map(({ identity: { name: packageName, architecture, version, sha256, size } }) => ({ name: packageName, architecture, version, sha256, size }));
  const notes = parts.flatMap(({ note }) => note ?? []);
  const made = { name, append: guest.append, memory: guest.memory, release, packages, notes };
  const folder = cache.guestFolder(name, key);
  await cache.addFolder(folder, { kernel: image, initrd, 'guest.json': `${JSON.stringify(made, null, 2)}\n` });
  return { ...made, kernel: join(folder, 'kernel'), initrd: join(folder, 'initrd') };
}
