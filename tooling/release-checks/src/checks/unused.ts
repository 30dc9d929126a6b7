/** Knip: no file, export or dependency that nobody uses (knip.json in the root says what the entries are). */
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { node, ROOT } from '../workspace.ts';

const require = createRequire(import.meta.url);

export async function checkUnused(): Promise<string[]> {
  const program = join(dirname(require.resolve('knip')), '..', 'bin', 'knip.js');
  const { code, output } = await node([program, '--no-progress', '--no-config-hints'], ROOT);
  return code === 0 ? [] : [output];
}
