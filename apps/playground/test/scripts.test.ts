/** The commands around the playground, as far as they can be tried without building anything. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, it } from 'vitest';

const foreign = mkdtempSync(join(tmpdir(), 'wasm-tcg-foreign-'));
writeFileSync(join(foreign, 'index.html'), '<title>my page</title>');
afterAll(() => rmSync(foreign, { recursive: true, force: true }));

const rows: [script: string, args: readonly string[], status: number, text: RegExp][] = [
  ['playground', ['--help'], 0, /^usage: npm run playground /],
  ['playground-build', ['--help'], 0, /^usage: npm run playground:build /],
  ['playground', ['--prot', '1'], 2, /Unknown option '--prot'[^]*usage:/],
  ['playground', ['--port', '70000'], 2, /no port: 70000/],
  ['playground-build', ['--out', foreign], 2, /holds something else than a playground/],
  ['playground-build', ['--out', join(foreign, 'index.html')], 2, /is a file/],
];
it.each(rows)('%s %j exits with %i', (script, args, status, text) => {
  const path = fileURLToPath(new URL(`../../../scripts/${script}.mjs`, import.meta.url));
  const result = spawnSync(process.execPath, [path, ...args], { encoding: 'utf8' });
  expect([result.status, result.stdout + result.stderr]).toEqual([status, expect.stringMatching(text)]);
  expect(readFileSync(join(foreign, 'index.html'), 'utf8')).toContain('my page');
});
