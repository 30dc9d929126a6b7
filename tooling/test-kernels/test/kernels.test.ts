/** Every kernel in every kind of execution; through the command, its exit code. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { compileModules } from '@wasm-tcg/emulator';
import { buildImage, EXECUTIONS, QEMU_DIFFERS, runKernel, TEST_KERNELS, type TestKernel } from '@wasm-tcg/test-kernels';

const modules = compileModules();
const images = new Map<string, Uint8Array>();
/** Assembled once. */
function imageOf(kernel: TestKernel): Uint8Array {
  let image = images.get(kernel.name);
  if (image === undefined) images.set(kernel.name, (image = buildImage(kernel)));
  return image;
}
/** A kernel of which one test of two fails. */
const failing: TestKernel = {
  name: 'failing', about: 'fails', bits: 32, rounds: 1,
  build: (m) => ({ tests: [{ name: 'good', text: `mov eax, 5\n${m.equal('eax', 5, 'five')}` }, { name: 'bad', text: `mov eax, 5\n${m.equal('eax', 6, 'five')}` }, { name: 'absent', text: m.skip('no reason') }] }),
};

describe.each(TEST_KERNELS)('$name', (kernel) => {
  it.each(Object.entries(EXECUTIONS))('%s', async (name, execution) => {
    // Under stress, all code is compiled before it runs for the first time.
    const image = name === 'stress' ? buildImage(kernel, 1) : imageOf(kernel);
    const { lines, exitCode, counters } = await runKernel(image, { execution, modules });
    expect(lines.filter((line) => !line.startsWith('PASS'))).toEqual([]);
    expect(lines.length).toBeGreaterThan(9);
    expect(exitCode).toBe(1);
    if (name === 'tb-per-module') expect(counters.moduleInstructions).toBeGreaterThan(0);
    if (name === 'tiered') expect(counters.regionInstructions).toBeGreaterThan(0);
  }, 60_000);
});

it('a failure is reported, and counted in the exit code', async () => {
  const { lines, exitCode } = await runKernel(buildImage(failing), { execution: { mode: 'tci' }, modules });
  expect(lines).toEqual(['PASS failing/good', 'FAIL failing/bad: five: got 00000005, expected 00000006', 'SKIP failing/absent: no reason']);
  expect(exitCode).toBe(3);
});

it('what QEMU does otherwise is about tests that exist', () => {
  const names = TEST_KERNELS.flatMap((kernel) => [...new TextDecoder('latin1').decode(imageOf(kernel)).matchAll(/[a-z0-9]+\/[a-z0-9-]+/g)].map(([name]) => name));
  expect(Object.keys(QEMU_DIFFERS).filter((name) => !names.includes(name))).toEqual([]);
});

describe('the command', () => {
  const path = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url));
  const loader = `
    const { importTypeScript } = await import(${JSON.stringify(path('../../../scripts/lib/load-typescript.mjs'))});
    await importTypeScript(${JSON.stringify(path('../../../packages/emulator/src/cli/main.ts'))});`;

  it.each([['exceptions', TEST_KERNELS.find(({ name }) => name === 'exceptions')!, 1], ['failing', failing, 3]] as const)('ends with the exit code of %s', (_name, kernel, code) => {
    const folder = mkdtempSync(join(tmpdir(), 'test-kernels-'));
    try {
      const file = join(folder, 'kernel.bin');
      writeFileSync(file, buildImage(kernel));
      const args = ['-kernel', file, '-device', 'isa-debug-exit,iobase=0xf4,iosize=4', '-nographic', '-no-reboot', '-cpu', 'max', '-m', '32M'];
      const { status, stdout } = spawnSync(process.execPath, ['--input-type=module', '--eval', loader, '--', 'wasm-tcg', ...args], { encoding: 'latin1' });
      expect(stdout).toMatch(new RegExp(`PASS ${kernel.name}/`));
      expect(status).toBe(code);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }, 120_000);
});
