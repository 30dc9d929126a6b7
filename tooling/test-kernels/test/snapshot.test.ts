/** Under icount a run is the same in every mode and every time, and a snapshot at any instant goes on as if nothing had been. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { compileModules, createPc, type ExecutionOptions, type Pc } from '@wasm-tcg/emulator';
import { buildImage, EXECUTIONS, pcOptions, TEST_KERNELS } from '@wasm-tcg/test-kernels';

const modules = compileModules();
const LIMIT = 20_000_000;
const REGISTERS = ['rax', 'rcx', 'rdx', 'rbx', 'rsp', 'rbp', 'rsi', 'rdi', 'rip', 'rflags', 'cr0', 'cr2', 'cr3', 'cr4', 'cs', 'ss', 'ds', 'tr', 'ldtr'] as const;

interface End {
  readonly text: string;
  readonly instructions: number;
  readonly registers: string;
  readonly stop: unknown;
}

const imageOf = (name: string): Uint8Array => buildImage(TEST_KERNELS.find((kernel) => kernel.name === name)!, 1);
const registersOf = (pc: Pc): string => REGISTERS.map((name) => `${name}=${pc.cpu(0).registers.get(name).toString(16)}`).join(' ');

/** @param text what was said before */
function finish(pc: Pc, text = ''): End {
  let all = text;
  pc.serial[0]!.onData((bytes) => (all += new TextDecoder('latin1').decode(bytes)));
  const stop = pc.runUntil({ instructions: LIMIT });
  return { text: all, stop, instructions: pc.instructions, registers: registersOf(pc) };
}

const make = (image: Uint8Array, execution: ExecutionOptions): Promise<Pc> => createPc(pcOptions(image, { execution, modules }));

it.each(['apic', 'task'])('%s is the same in all executions', async (name) => {
  const image = imageOf(name);
  const ends: End[] = [];
  for (const execution of [...Object.values(EXECUTIONS), EXECUTIONS['tiered']!, { mode: 'tiered', stress: 99 } as const]) ends.push(finish(await make(image, execution)));
  for (const end of ends) expect(end).toEqual(ends[0]);
  expect(ends[0]!.text).toContain('PASS');
}, 60_000);

describe.each([['apic', 'tiered', [0.05, 0.31, 0.5, 0.83]], ['alias', 'tiered', [0.4]], ['apic', 'stress', [0.62]]] as const)('%s in %s', (name, mode, shares) => {
  it('goes on from snapshots', async () => {
    const image = imageOf(name);
    const execution = EXECUTIONS[mode]!;
    const whole = finish(await make(image, execution));
    // In code that has been compiled, in handlers, while halted: wherever that is.
    for (const share of shares) {
      const first = await make(image, execution);
      let text = '';
      first.serial[0]!.onData((bytes) => (text += new TextDecoder('latin1').decode(bytes)));
      expect(first.runUntil({ instructions: Math.floor(whole.instructions * share) }).kind).toBe('instructions');
      const from = await first.snapshot();
      const restored = await createPc({ from, execution, modules, reboot: false });
      expect(registersOf(restored)).toBe(registersOf(first));
      const end = finish(restored, text);
      expect({ ...end, instructions: 0 }).toEqual({ ...whole, instructions: 0 });
      expect(first.instructions + end.instructions === whole.instructions || end.instructions === whole.instructions).toBe(true);
      // The first machine is none the worse for it.
      expect(finish(first, text)).toEqual(whole);
    }
  }, 120_000);
});

it('goes on from a snapshot in another process', async () => {
  const image = imageOf('apic');
  const execution = EXECUTIONS['tiered']!;
  const whole = finish(await make(image, execution));
  const first = await make(image, execution);
  let text = '';
  first.serial[0]!.onData((bytes) => (text += new TextDecoder('latin1').decode(bytes)));
  first.runUntil({ instructions: Math.floor(whole.instructions / 3) });
  const folder = mkdtempSync(join(tmpdir(), 'test-kernels-'));
  try {
    const file = join(folder, 'vm.snapshot');
    writeFileSync(file, await first.snapshot());
    const path = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url));
    const loader = `
      const { importTypeScript } = await import(${JSON.stringify(path('../../../scripts/lib/load-typescript.mjs'))});
      await importTypeScript(${JSON.stringify(path('../../../packages/emulator/src/cli/main.ts'))});`;
    const run = spawnSync(process.execPath, ['--input-type=module', '--eval', loader, '--', 'wasm-tcg', '-loadvm', file, '-nographic', '-no-reboot'], { encoding: 'latin1' });
    expect(text + run.stdout).toBe(whole.text);
    expect(run.status).toBe(1);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}, 120_000);
