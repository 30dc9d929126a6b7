/** Where things are, and the small file helpers every script needs. Dependency-free: runs before any install. */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The repository's root folder, without a trailing separator. */
export const ROOT = fileURLToPath(new URL('../..', import.meta.url)).replace(/[\\/]$/, '');

/** Every file below `folder` in a stable order; folders named in `skip` are not entered. */
export function listFiles(folder, skip = ['node_modules', 'dist', 'generated']) {
  if (!existsSync(folder)) return [];
  const found = [];
  const entries = readdirSync(folder, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1));
  for (const entry of entries) {
    const path = join(folder, entry.name);
    if (!entry.isDirectory()) found.push(path);
    else if (!skip.includes(entry.name)) found.push(...listFiles(path, skip));
  }
  return found;
}

/** SHA-256 over the names and the contents of `files` and over `extra`, in hex. */
export function hashFiles(files, extra = '') {
  const hash = createHash('sha256').update(extra);
  for (const file of files) {
    hash.update('\0').update(relative(ROOT, file).split(sep).join('/')).update('\0').update(readFileSync(file));
  }
  return hash.digest('hex');
}

export function readJson(file) {
  return JSON.parse(readFileSync(file, 'utf8'));
}
