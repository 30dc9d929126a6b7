/** The program in this process: what goes to which stream, and the exit code. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { runCli } from '../../src/cli/run.ts';
import { tinyGuestOutput } from '../guests/tiny-model.ts';

const folder = mkdtempSync(join(tmpdir(), 'wasm-tcg-cli-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Result {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

async function run(args: string[], signal = new AbortController().signal): Promise<Result> {
  const decoder = new TextDecoder();
  let out = '';
  let err = '';
  const code = await runCli(args, { stdout: (bytes) => (out += decoder.decode(bytes)), stderr: (text) => (err += text), signal });
  return { code, out, err };
}

/** A flat image in real mode. */
const REAL = ['--cpu-mode', 'real16'];

function image(name: string, ...bytes: number[]): string {
  const file = join(folder, name);
  writeFileSync(file, Uint8Array.from(bytes));
  return file;
}

describe('the built-in guest', () => {
  it.each([['tci'], ['tb-per-module'], ['tiered']])('--mode %s', async (mode) => {
    const { code, out, err } = await run(['--mode', mode]);
    expect(out).toBe(tinyGuestOutput());
    expect(err).toMatch(/^wasm-tcg: halted after [\d.]+ M instructions/m);
    expect(code).toBe(0);
  }, 120_000);

  it('says what ran in which tier', async () => {
    const { err } = await run([]);
    const share = (tier: string): number => Number(new RegExp(`${tier} .* ([\\d.]+) %`).exec(err)?.[1]);
    expect(share('regions')).toBeGreaterThan(50);
    expect(share('interpreter')).toBeGreaterThan(0);
    expect(share('regions') + share('TB modules') + share('interpreter')).toBeCloseTo(100, 0);
  }, 120_000);

  it('stops at the instruction limit', async () => {
    const { code, out, err } = await run(['--max-instructions', '1000', '--mode', 'tci']);
    expect(code).toBe(0);
    expect(tinyGuestOutput().startsWith(out)).toBe(true);
    expect(err).toContain('instruction limit after 1000 instructions');
  });

  it('runs the same under stress', async () => {
    const { out } = await run(['--stress', '3', '--quiet', '--max-instructions', '400000']);
    expect(out).toContain('paging: 2 levels');
    expect(tinyGuestOutput().startsWith(out)).toBe(true);
  }, 120_000);

  it('Ctrl-C ends it with its summary', async () => {
    const { code, err } = await run([], AbortSignal.abort());
    expect(code).toBe(130);
    expect(err).toContain('interrupted after 0 instructions');
  });
});

describe('an image', () => {
  it.each([
    ['exit code of port 0xf4', [0xb0, 0x15, 0xe6, 0xf4, 0xf4], REAL, 43],
    ['port 0xf4 with 0', [0x30, 0xc0, 0xe6, 0xf4, 0xf4], REAL, 1],
    ['halt', [0xf4], REAL, 0],
    // mov eax, 7 is five bytes in 32-bit code and three, then an add, in 16-bit code.
    ['protected32', [0xb8, 0x07, 0x00, 0x00, 0x00, 0xe6, 0xf4], ['--cpu-mode', 'protected32'], 15],
    ['long64', [0x48, 0xc7, 0xc0, 0x08, 0x00, 0x00, 0x00, 0xe6, 0xf4], ['--cpu-mode', 'long64'], 17],
    ['entry behind the start', [0xf4, 0xb0, 0x02, 0xe6, 0xf4], ['--load-address', '0x9000', '--entry', '0x9001'], 5],
    ['endless loop with a limit', [0xeb, 0xfe], [...REAL, '--max-instructions', '100000'], 0],
    // No IDT to speak of: #UD, #GP, #DF.
    ['triple fault', [0x0f, 0x01, 0x1e, 0x00, 0x90, 0x0f, 0x0b], REAL, 1],
  ])('%s', async (name, bytes, args, expected) => {
    const { code, out } = await run(['-kernel', image(`${name}.bin`, ...bytes), ...args, '--quiet']);
    expect(code).toBe(expected);
    expect(out).toBe('');
  });

  it('writes what the guest writes, also without a new line at the end', async () => {
    const { out } = await run(['-kernel', image('hi.bin', 0xb0, 0x48, 0xe6, 0xe9, 0xb0, 0x69, 0xe6, 0xe9, 0xf4), ...REAL, '--quiet']);
    expect(out).toBe('Hi');
  });

  it('logs to a file, filtered', async () => {
    const log = join(folder, 'log.txt');
    const kernel = image('log.bin', 0xb0, 0x15, 0xeb, 0x00, 0xf4);
    await run(['-kernel', kernel, ...REAL, '--quiet', '-d', 'in_asm', '-D', log]);
    const all = readFileSync(log, 'utf8');
    await run(['-kernel', kernel, ...REAL, '--quiet', '-d', 'in_asm', '-D', log, '-dfilter', '0x8004..0x8004']);
    const filtered = readFileSync(log, 'utf8');
    expect(all).toMatch(/mov/i);
    expect(filtered).toMatch(/hlt/i);
    expect(filtered).not.toMatch(/mov/i);
  });
});

describe('errors', () => {
  it.each([
    [['--kernal', 'x'], 2, /unknown option --kernal\nDid you mean -kernel\?/],
    [['-kernel', join(folder, 'nowhere.bin')], 2, /-kernel: ENOENT/],
    [['-d', 'exec', '-D', join(folder, 'no', 'folder')], 2, /-D: ENOENT/],
    [['-kernel', image('big.bin', ...new Uint8Array(100)), '--load-address', '0xfffff0', '--quiet'], 1, /RAM/],
    [['-m', '4'], 0, /halted/],
  ])('%j', async (args, code, message) => {
    const result = await run(args);
    expect(result.err).toMatch(message);
    expect(result.code).toBe(code);
  });

  it.each([
    [['--help'], /usage: wasm-tcg/],
    [['--version'], /^wasm-tcg \d+\.\d+\.\d+/],
    [['-cpu', 'help'], /^x86-64$/m],
    [['-d', 'help'], /^in_asm/m],
  ])('%j prints to standard output', async (args, text) => {
    const { code, out, err } = await run(args);
    expect(out).toMatch(text);
    expect(err).toBe('');
    expect(code).toBe(0);
  });
});
