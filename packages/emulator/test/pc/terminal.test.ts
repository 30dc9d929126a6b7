/** The command under a pseudo-terminal (util-linux's `script`): however a run ends, the terminal is afterwards what it was. */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, it } from 'vitest';
import { CLI, say, SPIN } from './programs.ts';

const path = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'wasm-tcg-terminal-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const hasScript = spawnSync('script', ['--version']).status === 0;

/** A Multiboot image that says `ready` and spins with interrupts off. */
function kernel(): string {
  const load = 0x10_0000;
  const code = [CLI, ...[...'ready'].flatMap(sayIn32), ...SPIN];
  const header = new Uint32Array([0x1badb002, 0x10000, -(0x1badb002 + 0x10000), load, load, 0, 0, load + 32]);
  const file = join(folder, 'kernel.bin');
  writeFileSync(file, Buffer.concat([Buffer.from(header.buffer), Buffer.from(code)]));
  return file;
}

/** {@link say} in 32-bit code: MOV DX needs its prefix there. */
const sayIn32 = (character: string): readonly number[] => [0x66, ...say(character)];

/**
 * Runs the command between two looks at the terminal.
 * @param act what is done when the guest is there; the process id of the command
 */
async function session(act: (pid: number, type: (text: string) => void) => void): Promise<{ readonly before: string; readonly during: string; readonly after: string }> {
  const file = (name: string): string => join(folder, name);
  for (const name of ['before', 'during', 'after', 'pid']) rmSync(file(name), { force: true });
  const runner = file('run.mjs');
  writeFileSync(runner, `
    import { writeFileSync } from 'node:fs';
    writeFileSync(${JSON.stringify(file('pid'))}, String(process.pid));
    const { importTypeScript } = await import(${JSON.stringify(path('../../../../scripts/lib/load-typescript.mjs'))});
    await importTypeScript(${JSON.stringify(path('../../src/cli/main.ts'))});`);
  const shell = file('session.sh');
  writeFileSync(shell, `stty -a > '${file('before')}'\n'${process.execPath}' '${runner}' -kernel '${kernel()}' -nographic\nstty -a > '${file('after')}'\n`);
  const child = spawn('script', ['-qec', `sh '${shell}'`, '/dev/null'], { stdio: ['pipe', 'pipe', 'inherit'] });
  let seen = '';
  child.stdout.on('data', (bytes: Buffer) => (seen += bytes.toString('latin1')));
  let over = false;
  const ended = new Promise<void>((resolve) => child.on('close', () => {
    over = true;
    resolve();
  }));
  for (let i = 0; !seen.includes('ready') && !over && i < 300; i++) await delay(100);
  expect(seen).toContain('ready');
  const pid = Number(readFileSync(file('pid'), 'utf8'));
  const tty = `/proc/${pid}/fd/0`;
  const during = existsSync(tty) ? spawnSync('stty', ['-a', '-F', tty], { encoding: 'utf8' }).stdout : '';
  act(pid, (text) => child.stdin.write(text));
  await ended;
  return { before: readFileSync(file('before'), 'utf8'), during, after: readFileSync(file('after'), 'utf8') };
}

it.skipIf(!hasScript).each([
  ['Ctrl-A X', (_pid: number, type: (text: string) => void) => type('\x01x')],
  ['SIGTERM', (pid: number) => void process.kill(pid, 'SIGTERM')],
  ['SIGHUP', (pid: number) => void process.kill(pid, 'SIGHUP')],
] as const)('%s', async (_name, act) => {
  const { before, during, after } = await session(act);
  expect(before).toContain(' icanon');
  if (during !== '') expect(during).toContain('-icanon');
  expect(after).toBe(before);
}, 120_000);
