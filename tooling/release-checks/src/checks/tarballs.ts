/** Packs every package as it would be published. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { command, readManifest, ROOT, type PackageFolder } from '../workspace.ts';

export interface Tarball {
  folder: PackageFolder;
  file: string;
}

/** Writes one tarball per package to `target`. Throws with pnpm's output when one cannot be packed. */
export async function packAll(packages: readonly PackageFolder[], target: string): Promise<Tarball[]> {
  const { packageManager } = readManifest(ROOT);
  if (packageManager === undefined) throw new Error('the root package.json names no packageManager');
  const tarballs: Tarball[] = [];
  for (const folder of packages) {
    const file = join(target, `${folder.manifest.name.replace('@', '').replace('/', '-')}-${folder.manifest.version}.tgz`);
    const { code, output } = await command('npx', ['--yes', packageManager, 'pack', '--pack-destination', target], folder.path);
    if (code !== 0 || !existsSync(file)) throw new Error(`pnpm pack failed in packages/${folder.name}\n${output}`);
    tarballs.push({ folder, file });
  }
  return tarballs;
}
