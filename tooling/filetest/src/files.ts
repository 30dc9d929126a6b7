/** Where filetests and the op reference are. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const CASES = fileURLToPath(new URL('../cases/', import.meta.url));

/** docs/ops.md of this repository. */
export const OPS_REFERENCE: string = fileURLToPath(new URL('../../../docs/ops.md', import.meta.url));

/** Paths of all filetests, sorted. */
export function listFiletests(): string[] {
  return readdirSync(CASES, { recursive: true, encoding: 'utf8' }).filter((name) => /\.(ir|asm)$/.test(name)).sort().map((name) => join(CASES, name));
}
