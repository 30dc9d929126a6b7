/**
 * More hot TBs than an engine can hold live: the instance pool drops and brings back, and the guest does not notice.
 * Node 20 aborts between 60,000 and 70,000 live modules; here are three times as many.
 */
import { expect, it, vi } from 'vitest';
import { compileModules, createMachine, type ExecutionOptions } from '../src/index.ts';

vi.setConfig({ testTimeout: 180_000 });
const modules = compileModules();
const BASE = 0x10000;
const STEP = 8;

/** `count` blocks of `inc eax; jmp next`, the last `dec ecx; jnz first; hlt`; ecx = rounds. */
function chain(count: number, rounds: number): Uint8Array {
  const image = new Uint8Array(count * STEP + 32).fill(0x90);
  const data = new DataView(image.buffer);
  image[0] = 0xb9;
  data.setUint32(1, rounds, true);
  image[5] = 0xeb;
  image[6] = 0x09;
  const first = 16;
  for (let i = 0; i < count; i++) {
    const at = first + i * STEP;
    image[at] = 0x40;
    image[at + 1] = 0xeb;
    image[at + 2] = STEP - 3;
  }
  const end = first + count * STEP;
  image[end] = 0x49;
  image.set([0x0f, 0x85], end + 1);
  data.setInt32(end + 3, first - (end + 7), true);
  image[end + 7] = 0xf4;
  return image;
}

function run(count: number, rounds: number, execution: ExecutionOptions): ReturnType<typeof createMachine> {
  const vm = createMachine({ modules, memory: '8M', boot: { image: chain(count, rounds), loadAddress: BASE, mode: 'protected32' }, execution });
  expect(vm.runUntil({ instructions: 100_000_000 })).toEqual({ kind: 'halt' });
  expect(vm.cpu(0).registers.get('rax')).toBe(BigInt(count * rounds));
  return vm;
}

it('ten times more hot TBs than instances may live', () => {
  const vm = run(1000, 4, { mode: 'tb-per-module', moduleThreshold: 1, pool: { instances: 100, heldModules: 200, modules: 20_000 } });
  const { pool } = vm.counters();
  expect(pool['evictions']).toBeGreaterThan(500);
  expect(pool['instances']).toBeLessThanOrEqual(100);
});

it('evicted functions come back', () => {
  const vm = run(300, 80, { mode: 'tb-per-module', moduleThreshold: 1, pool: { instances: 200 } });
  expect(vm.counters().pool['reinstantiations']).toBeGreaterThan(100);
});

it('modules larger than the pool was asked for stay out of it', () => {
  const bytes = 1600;
  const vm = run(200, 40, { mode: 'tb-per-module', moduleThreshold: 1, pool: { bytes } });
  expect(vm.counters().pool['bytes']).toBeLessThanOrEqual(bytes);
});

it('200,000 hot TBs, a module each as far as the engine can hold them', async () => {
  const count = 200_000;
  const vm = createMachine({
    modules, memory: '8M', boot: { image: chain(count, 2), loadAddress: BASE, mode: 'protected32' }, execution: { mode: 'tb-per-module', moduleThreshold: 1, pool: { modules: 8_000, heldModules: 4_000 } },
  });
  // Dropped modules are only known to be gone after a turn of the event loop.
  while (vm.step(100_000).kind === 'instructions') await new Promise((resolve) => setTimeout(resolve, 0));
  expect(vm.cpu(0).registers.get('rax')).toBe(BigInt(count * 2));
  const { compiledModules, pool } = vm.counters();
  expect(compiledModules).toBeGreaterThanOrEqual(8_000);
  expect(pool['modules']! + pool['uncollected']!).toBeLessThanOrEqual(8_000);
}, 240_000);
