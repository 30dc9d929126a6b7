/** The script that the guest runs: every check's part between marker lines. */
import { MARKER } from '../console/sections.ts';
import type { Check } from './check.ts';

/** Comes after the last part. */
export const DONE: RegExp = new RegExp(`^${MARKER} done`, 'm');
/** Comes before the first. */
export const STARTED: RegExp = new RegExp(`^${MARKER} started`, 'm');

export function guestScript(checks: readonly Check[]): string {
  const parts = checks.map(({ name, script }) => `echo '${MARKER} begin ${name}'\n(\n${script.trim()}\n) </dev/null 2>&1\necho "${MARKER} end ${name} $?"\n`);
  // Only the worst messages of the kernel may come between the lines from here on.
  return `dmesg -n 1\necho '${MARKER} started'\n${parts.join('')}echo '${MARKER} done'\n`;
}
