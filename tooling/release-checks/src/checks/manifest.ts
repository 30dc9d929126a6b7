/** What a package's tarball says about itself: publint for the manifest, are-the-types-wrong for its types. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';
import { node, ROOT } from '../workspace.ts';
import type { Tarball } from './tarballs.ts';

/** Every message counts, suggestions too: a package is published once and read for years. */
export async function checkManifest({ file }: Tarball): Promise<string[]> {
  const bytes = readFileSync(file);
  const tarball = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength);
  const { messages, pkg } = await publint({ pack: { tarball }, strict: true });
  return messages.map((message) => formatMessage(message, pkg, { color: false }) ?? message.code);
}

const require = createRequire(import.meta.url);

/** ESM only: resolution from CommonJS is not supposed to work. */
export async function checkTypes({ file }: Tarball): Promise<string[]> {
  const program = join(dirname(require.resolve('@arethetypeswrong/cli/package.json')), 'dist', 'index.js');
  const args = [program, file, '--profile', 'esm-only', '--no-color', '--no-emoji', '--format', 'table-flipped'];
  const { code, output } = await node(args, ROOT);
  return code === 0 ? [] : [output];
}
