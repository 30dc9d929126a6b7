/**
 * Real modules. Node 20 aborts, uncatchably, between 60,000 and 70,000 live Modules: a pool with default limits has to
 * bring many more than that through the engine, on the strength of what it counts as alive.
 */
import { setImmediate } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { InstancePool, type PoolHandle } from '../src/index.ts';

/** `(module (func (export "f") (result i32) i32.const N))`, each N giving other bytes, as hot TBs do. */
function moduleBytes(n: number): Uint8Array<ArrayBuffer> {
  const constant = [0x41, ...[0, 7, 14, 21].map((shift) => ((n >> shift) & 0x7f) | 0x80), 0x00, 0x0b];
  return Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00],
    ...[0x01, 0x05, 0x01, 0x60, 0x00, 0x01, 0x7f],
    ...[0x03, 0x02, 0x01, 0x00],
    ...[0x07, 0x05, 0x01, 0x01, 0x66, 0x00, 0x00],
    ...[0x0a, constant.length + 3, 0x01, constant.length + 1, 0x00, ...constant],
  ]);
}

function newPool(limits: { modules?: number; instances?: number }): InstancePool<WebAssembly.Module, () => number> {
  return new InstancePool<WebAssembly.Module, () => number>(
    {
      instantiate: (module) => new WebAssembly.Instance(module).exports['f'] as () => number,
      onEvict: () => {},
      // What a host without access to the collector can do: external memory makes the engine look for garbage.
      requestCollection: () => void new ArrayBuffer(64 * 1024 * 1024),
    },
    { limits },
  );
}

/** Waits until the pool lets one more be compiled; a run loop would interpret meanwhile. */
async function room(pool: InstancePool<WebAssembly.Module, () => number>): Promise<void> {
  while (!pool.canCompile()) await setImmediate();
}

it('80,000 modules go through a pool of 4,000', { timeout: 120_000 }, async () => {
  const pool = newPool({});
  let wrong = 0;
  for (let n = 0; n < 80_000; n++) {
    await room(pool);
    const bytes = moduleBytes(n);
    const handle = pool.add(new WebAssembly.Module(bytes), { bytes: bytes.length, members: 1 });
    if (pool.acquire(handle)() !== n) wrong++;
  }
  const { modules, uncollected, instantiations } = pool.counters();
  expect(wrong).toBe(0);
  expect(instantiations).toBe(80_000);
  expect(modules + uncollected).toBeLessThanOrEqual(4_000);
});

it('ten times more modules than instances, used in rounds, stay correct', () => {
  const pool = newPool({ modules: 2_000, instances: 100 });
  const handles: PoolHandle[] = [];
  for (let n = 0; n < 1_000; n++) {
    const bytes = moduleBytes(n);
    handles.push(pool.add(new WebAssembly.Module(bytes), { bytes: bytes.length, members: 1 }));
  }
  let wrong = 0;
  for (let round = 0; round < 5; round++) {
    for (const [n, handle] of handles.entries()) if (pool.acquire(handle)() !== n) wrong++;
  }
  expect(wrong).toBe(0);
  expect(pool.counters()).toMatchObject({ modules: 1_000, instantiations: 1_000, reinstantiations: 4_000, limitDrops: 0 });
  expect(pool.counters().instances).toBeLessThanOrEqual(100);
});
