/** The command as a process of its own, on sources: streams, exit codes, Ctrl-C. */
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { tinyGuestOutput } from '../guests/tiny-model.ts';

const path = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url));
const LOADER = `
  const { importTypeScript } = await import(${JSON.stringify(path('../../../../scripts/lib/load-typescript.mjs'))});
  await importTypeScript(${JSON.stringify(path('../../src/cli/main.ts'))});`;
const command = (...args: string[]): string[] => ['--input-type=module', '--eval', LOADER, '--', 'wasm-tcg', ...args];
const folder = mkdtempSync(join(tmpdir(), 'wasm-tcg-process-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('wasm-tcg', () => {
  it('runs the built-in guest', () => {
    const { status, stdout, stderr } = spawnSync(process.execPath, command(), { encoding: 'utf8' });
    expect(stdout).toBe(tinyGuestOutput());
    expect(stderr).toMatch(/regions .* %/);
    expect(status).toBe(0);
  }, 60_000);

  it('refuses an unknown flag', () => {
    const { status, stderr } = spawnSync(process.execPath, command('--hepl'), { encoding: 'utf8' });
    expect(stderr).toContain('Did you mean --help?');
    expect(status).toBe(2);
  });

  it('stops at Ctrl-C with a summary', async () => {
    const kernel = join(folder, 'endless.bin');
    // out 0xe9 of a new line, then an endless loop: the output says that it runs.
    writeFileSync(kernel, Uint8Array.from([0xb0, 0x0a, 0xe6, 0xe9, 0xeb, 0xfe]));
    const child = spawn(process.execPath, command('-kernel', kernel, '--cpu-mode', 'real16'), { stdio: ['ignore', 'pipe', 'pipe'] });
    let err = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => (err += text));
    child.stdout.once('data', () => child.kill('SIGINT'));
    const status = await new Promise((resolve) => child.on('close', resolve));
    expect(status).toBe(130);
    expect(err).toMatch(/interrupted after/);
  }, 60_000);
});
