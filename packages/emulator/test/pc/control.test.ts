/** The host keeps control over a guest that gives none, and an idle guest costs next to nothing. */
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it, vi } from 'vitest';
import { compileModules, createPc, type ExecutionMode } from '../../src/index.ts';
import { CLI, HLT, IDLE, IDLE_COUNT, real, SPIN } from './programs.ts';

const modules = compileModules();
/** Far more than a turn of the run loop, far less than a hang. */
const PROMPT_MS = 2_000;
const MODES: readonly ExecutionMode[] = ['tci', 'tb-per-module', 'tiered'];
/** Ticks to wait for, and times that the machine may give way to the host for each. */
const TICKS = 100;
const TURNS_PER_TICK = 5;

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

it('between the ticks of an idle guest the host sleeps: it is asked for little', async () => {
  const vm = await createPc({ modules, memory: '4M', boot: real(...IDLE), clock: 'host' });
  const ticks = (): number => new DataView(vm.memory.read(IDLE_COUNT, 2).buffer).getUint16(0, true);
  const given = vi.spyOn(globalThis, 'setImmediate');
  const run = vm.start();
  while (ticks() < TICKS) await delay(50);
  await vm.pause();
  await run;
  // A machine that spins to the next tick gives way thousands of times.
  expect(given.mock.calls.length).toBeLessThan(TICKS * TURNS_PER_TICK);
  given.mockRestore();
});

it('a tick that interrupts a busy guest costs no translation', async () => {
  // Instead of HLT and a jump to it: ten NOPs and a jump to the first.
  const busy = [...IDLE.slice(0, -3), ...Array.from({ length: 10 }, () => 0x90), 0xeb, 0xf4];
  const vm = await createPc({ modules, memory: '4M', boot: real(...busy), clock: 'host' });
  const ticks = (): number => new DataView(vm.memory.read(IDLE_COUNT, 2).buffer).getUint16(0, true);
  const run = vm.start();
  while (ticks() < TICKS) await delay(50);
  await vm.pause();
  await run;
  const { interrupts, oneOffTbs } = vm.counters();
  expect(interrupts).toBeGreaterThanOrEqual(TICKS);
  expect(oneOffTbs).toBeLessThan(TICKS / 4);
});
