/** Packages from .deb files the user names: taken as they are, since the user vouches for them. */
import { readFile, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { readControl } from '../archive/deb.ts';
import { sha256Of } from '../cache.ts';
import { GuestImageError, messageOf } from '../errors.ts';
import { describe, verify, type Fetched, type PackageSource, type Request } from './source.ts';

export class FileSource implements PackageSource {
  readonly #paths: readonly string[];

  /** @param paths .deb files, or folders with some */
  constructor(paths: readonly string[]) {
    this.#paths = paths;
  }

  async fetch({ family, locked }: Request): Promise<Fetched> {
    for (const path of await this.#files()) {
      const bytes = await readFile(path);
      const control = await readControl(bytes);
      const name = control.get('package') ?? '';
      if (!family.real.test(name) || control.get('architecture') !== family.architecture) continue;
      const version = control.get('version') ?? '';
      if (name === locked.name && version === locked.version) {
        verify(bytes, locked, path);
        return { identity: locked, bytes };
      }
      const identity = { name, architecture: family.architecture, version, sha256: sha256Of(bytes), size: bytes.length };
      return { identity, bytes, note: `${describe(identity)} is taken from ${path} unchecked; the lock file knows ${locked.version}` };
    }
    throw new GuestImageError('unavailable', `no ${family.name}:${family.architecture} among the files named`, `${locked.name}_${locked.version}_${family.architecture}.deb would fit.`);
  }

  async #files(): Promise<readonly string[]> {
    const found: string[] = [];
    for (const path of this.#paths) {
      try {
        if ((await stat(path)).isDirectory()) found.push(...(await readdir(path)).filter((name) => name.endsWith('.deb')).sort().map((name) => join(path, name)));
        else found.push(path);
      } catch (error) {
        throw new GuestImageError('usage', `${path} cannot be read: ${messageOf(error)}`, 'Name .deb files, or folders that hold some.', { cause: error });
      }
    }
    return found;
  }
}
