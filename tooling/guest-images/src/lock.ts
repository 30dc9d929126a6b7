/** The lock file: which packages are known to work, and the only bytes that count as them. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { GuestImageError } from './errors.ts';
import type { Architecture, PackageFamily } from './guests.ts';

/** A package that can be had: which one, and the bytes it must have. */
export interface PackageIdentity {
  readonly name: string;
  readonly architecture: Architecture;
  readonly version: string;
  /** Of the .deb file, 64 hexadecimal digits. */
  readonly sha256: string;
  /** Bytes of the .deb file. */
  readonly size: number;
}

export interface LockedPackage extends PackageIdentity {
  /** {@link PackageFamily.name} it stands for. */
  readonly family: string;
  /** SPDX. */
  readonly licence: string;
  /** Source package and its version. */
  readonly source: string;
  /** Path in the pool of an archive. */
  readonly path: string;
}

export const LOCK_FILE: string = fileURLToPath(new URL('../guests.lock.json', import.meta.url));

const HINT = 'tooling/guest-images/guests.lock.json is written by `npm run guest-images -- --update-lock`; restore it from git.';

/** @throws GuestImageError `lock` */
export function readLock(file: string = LOCK_FILE): readonly LockedPackage[] {
  try {
    return parseLock(readFileSync(file, 'utf8'));
  } catch (error) {
    if (error instanceof GuestImageError) throw error;
    throw new GuestImageError('lock', `the lock file cannot be read: ${String(error)}`, HINT, { cause: error });
  }
}

/** @throws GuestImageError `lock` */
export function parseLock(text: string): readonly LockedPackage[] {
  const parsed: unknown = JSON.parse(text);
  const packages = typeof parsed === 'object' && parsed !== null && 'packages' in parsed ? parsed.packages : undefined;
  if (!Array.isArray(packages)) throw new GuestImageError('lock', 'the lock file has no list of packages', HINT);
  return packages.map((row: unknown, index) => {
    if (!isLockedPackage(row)) throw new GuestImageError('lock', `package ${index} of the lock file is incomplete`, HINT);
    return row;
  });
}

export function formatLock(packages: readonly LockedPackage[]): string {
  return `${JSON.stringify({ packages }, null, 2)}\n`;
}

/** @throws GuestImageError `lock` */
export function lockedPackage(lock: readonly LockedPackage[], { name, architecture }: PackageFamily): LockedPackage {
  const found = lock.find((row) => row.family === name && row.architecture === architecture);
  if (found === undefined) throw new GuestImageError('lock', `the lock file has no ${name}:${architecture}`, HINT);
  return found;
}

function isLockedPackage(row: unknown): row is LockedPackage {
  if (typeof row !== 'object' || row === null) return false;
  const fields = new Map(Object.entries(row));
  const texts = ['name', 'family', 'version', 'licence', 'source', 'path'];
  return (
    texts.every((name) => typeof fields.get(name) === 'string' && fields.get(name) !== '') &&
    ['amd64', 'i386'].includes(String(fields.get('architecture'))) &&
    /^[0-9a-f]{64}$/.test(String(fields.get('sha256'))) &&
    Number.isSafeInteger(fields.get('size'))
  );
}
