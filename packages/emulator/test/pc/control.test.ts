/** The host keeps control over a guest that gives none, and an idle guest costs next to nothing. */
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { compileModules, createPc, type ExecutionMode } from '../../src/index.ts';
import { CLI, HLT, IDLE, IDLE_COUNT, real, SPIN } from './programs.ts';

const modules = compileModules();
/** Far more than a turn of the run loop, far less than a hang. */
const PROMPT_MS = 2_000;
const MODES: readonly ExecutionMode[] = ['tci', 'tb-per-module', 'tiered'];
/** Share of a core that an idle guest may use. */
const IDLE_SHARE = 0.05;

describe.each(MODES)('%s', (mode) => {
  it.each([['spins with interrupts off', [CLI, ...SPIN]], ['halts with interrupts off', [CLI, HLT]]] as const)('a guest that %s is paused and aborted', async (_what, bytes) => {
    const abort = new AbortController();
    const vm = await createPc({ modules, memory: '4M', boot: real(...bytes), execution: { mode }, signal: abort.signal });
    const run = vm.start();
    await delay(50);
    const asked = performance.now();
    await vm.pause();
    expect(await run).toEqual({ kind: 'stopped' });
    expect(vm.cpu(0).registers.get('rip')).toBe(bytes.length === 2 ? 0x1002n : 0x1001n);
    const again = vm.start().catch((error: unknown) => error);
    await delay(20);
    abort.abort();
    expect(await again).toMatchObject({ code: 'aborted' });
    expect(performance.now() - asked).toBeLessThan(PROMPT_MS);
    expect(vm.memory.read(0x1000, 1)).toEqual(Uint8Array.of(CLI));
  });
});

it('an idle guest with a clock of 100 Hz uses little of the host', async () => {
  const vm = await createPc({ modules, memory: '4M', boot: real(...IDLE), clock: 'host' });
  const count = (): number => new DataView(vm.memory.read(IDLE_COUNT, 2).buffer).getUint16(0, true);
  const run = vm.start();
  await delay(500);
  const [ticks, used, started] = [count(), process.cpuUsage(), performance.now()];
  await delay(2_000);
  const { user, system } = process.cpuUsage(used);
  const seconds = (performance.now() - started) / 1000;
  const share = (user + system) / 1e6 / seconds;
  await vm.pause();
  await run;
  expect(count() - ticks).toBeGreaterThan(0.8 * 100 * seconds);
  expect(count() - ticks).toBeLessThan(1.2 * 100 * seconds);
  expect(share).toBeLessThan(IDLE_SHARE);
  if (process.env.WASM_TCG_REPORT !== undefined) process.stderr.write(`idle: ${(share * 100).toFixed(2)} % of a core\n`);
});
