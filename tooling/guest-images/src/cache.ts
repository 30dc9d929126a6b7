/**
 * The user's cache folder. Everything in it is named by a hash of what it is and appears by a rename, so that a reader
 * never meets half a file and two processes may fill it at once.
 *
 *     packages/<sha256>.deb          as downloaded
 *     substitutes.json               newer packages that stand for locked ones, by the locked sha256
 *     guests/<name>-<key>/           kernel, initrd, guest.json
 */
import { createHash, randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import type { PackageIdentity } from './lock.ts';

/** Where caches go on this system; the variable WASM_TCG_CACHE overrides it. */
export function defaultCacheFolder(environment: NodeJS.ProcessEnv = process.env, platform: NodeJS.Platform = process.platform): string {
  const { WASM_TCG_CACHE: own, XDG_CACHE_HOME: xdg, LOCALAPPDATA: local } = environment;
  if (own !== undefined && own !== '') return own;
  if (xdg !== undefined && xdg !== '') return join(xdg, 'wasm-tcg');
  if (platform === 'win32' && local !== undefined) return join(local, 'wasm-tcg', 'Cache');
  return platform === 'darwin' ? join(homedir(), 'Library', 'Caches', 'wasm-tcg') : join(homedir(), '.cache', 'wasm-tcg');
}

export const sha256Of = (bytes: Uint8Array | string): string => createHash('sha256').update(bytes).digest('hex');

/** A name beside `path` that nobody else takes. */
const temporaryName = (path: string): string => join(dirname(path), `.${basename(path)}.${randomBytes(6).toString('hex')}`);

/** The file is there whole, or not at all. */
export async function writeAtomically(path: string, bytes: Uint8Array | string): Promise<void> {
  const temporary = temporaryName(path);
  await mkdir(dirname(path), { recursive: true });
  try {
    await writeFile(temporary, bytes);
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

export class Cache {
  readonly folder: string;

  constructor(folder: string) {
    this.folder = folder;
  }

  #packagePath(sha256: string): string {
    return join(this.folder, 'packages', `${sha256}.deb`);
  }

  /** The package, or undefined. A file that is not what its name says is removed. */
  async package(sha256: string): Promise<Uint8Array | undefined> {
    const path = this.#packagePath(sha256);
    if (!existsSync(path)) return undefined;
    const bytes = await readFile(path);
    if (sha256Of(bytes) === sha256) return bytes;
    await rm(path, { force: true });
    return undefined;
  }

  async addPackage(sha256: string, bytes: Uint8Array): Promise<void> {
    await writeAtomically(this.#packagePath(sha256), bytes);
  }

  /** What stands for the locked package since that one is not to be had any more. */
  async substitute(lockedSha256: string): Promise<PackageIdentity | undefined> {
    return (await this.#substitutes())[lockedSha256];
  }

  async addSubstitute(lockedSha256: string, identity: PackageIdentity): Promise<void> {
    const all = { ...(await this.#substitutes()), [lockedSha256]: identity };
    await writeAtomically(join(this.folder, 'substitutes.json'), `${JSON.stringify(all, null, 2)}\n`);
  }

  async #substitutes(): Promise<Record<string, PackageIdentity>> {
    try {
      return JSON.parse(await readFile(join(this.folder, 'substitutes.json'), 'utf8')) as Record<string, PackageIdentity>;
    } catch {
      // Absent or broken: it is asked for again.
      return {};
    }
  }

  guestFolder(name: string, key: string): string {
    return join(this.folder, 'guests', `${name}-${key.slice(0, 16)}`);
  }

  /** Makes a folder with these files appear at once. One that is there already is as good: its name is its content's hash. */
  async addFolder(path: string, files: Readonly<Record<string, Uint8Array | string>>): Promise<void> {
    const temporary = temporaryName(path);
    await mkdir(temporary, { recursive: true });
    try {
      for (const [name, bytes] of Object.entries(files)) await writeFile(join(temporary, name), bytes);
      await rename(temporary, path);
    } catch (error) {
      await rm(temporary, { recursive: true, force: true });
      if (!existsSync(path)) throw error;
    }
  }
}
