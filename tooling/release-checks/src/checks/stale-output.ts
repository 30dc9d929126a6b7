/** Compilers do not delete the output of sources that are gone; a tarball would ship it. */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { PackageFolder } from '../workspace.ts';

export function checkStaleOutput({ path }: PackageFolder): string[] {
  const dist = join(path, 'dist');
  if (!existsSync(dist)) return [`${dist} is missing: build first`];
  return readdirSync(dist, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.js'))
    .filter((file) => !existsSync(join(path, 'src', file.replace(/\.js$/, '.ts'))))
    .map((file) => `dist/${file} has no source: delete dist/ and build again`);
}
