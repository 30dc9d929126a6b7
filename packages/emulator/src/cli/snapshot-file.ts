/** Snapshots in files: written beside the old one, which they then replace, so that an interrupted write loses nothing. */
import { renameSync, rmSync, writeFileSync } from 'node:fs';
import { readInput } from './host.ts';
import { UsageError } from './usage-error.ts';

/** @throws UsageError when the file cannot be read */
export function readSnapshot(path: string): Uint8Array {
  return readInput('-loadvm', path);
}

/** @throws UsageError when the file cannot be written */
export function writeSnapshot(path: string, bytes: Uint8Array): void {
  const part = `${path}.part`;
  try {
    writeFileSync(part, bytes);
    renameSync(part, path);
  } catch (cause) {
    rmSync(part, { force: true });
    throw new UsageError(`-savevm: ${cause instanceof Error ? cause.message : String(cause)}`, 'Give a file that can be written.', { cause });
  }
}
