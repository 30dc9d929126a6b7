/**
 * Random calls against a model that knows what must hold but not what a policy chooses: the callbacks tell the model
 * who left, and the model checks that they could.
 */
import { expect, it } from 'vitest';
import { aging, oldestHalf, type PolicyFactory, type PoolHandle, type PoolLimits } from '../src/index.ts';
import { Harness, type TestModule } from './harness.ts';

interface Entry {
  name: string;
  bytes: number;
  members: number;
  dead: number;
  live: boolean;
  wasLive: boolean;
}

class Model {
  readonly entries = new Map<PoolHandle, Entry>();
  readonly gone: PoolHandle[] = [];
  readonly totals = { hits: 0, instantiations: 0, reinstantiations: 0 };
  readonly harness: Harness;
  #next = 0;
  /** What callbacks may take away besides what the call itself names. */
  #dropping: PoolHandle = -1;

  constructor(limits: Partial<PoolLimits>, policy: PolicyFactory) {
    const entryOf = (handle: PoolHandle): Entry => {
      const entry = this.entries.get(handle);
      expect(entry, `callback for handle ${handle}, which the pool does not hold`).toBeDefined();
      return entry as Entry;
    };
    this.harness = new Harness(
      { limits, policy },
      {
        instantiate: (of: TestModule, handle) => {
          const entry = entryOf(handle);
          expect(entry.live).toBe(false);
          expect(entry.name).toBe(of.name);
          this.totals[entry.wasLive ? 'reinstantiations' : 'instantiations']++;
          entry.live = entry.wasLive = true;
          return { of };
        },
        onEvict: (handle, instance) => {
          const entry = entryOf(handle);
          expect(entry.live).toBe(true);
          expect(instance.of.name).toBe(entry.name);
          entry.live = false;
        },
        onRetire: (handle, survivors, reason) => {
          const entry = entryOf(handle);
          expect(handle).not.toBe(this.#dropping);
          expect(survivors).toBe(entry.members - entry.dead);
          expect(entry.live).toBe(false);
          if (reason === 'mostly-dead') expect(entry.dead * 2).toBeGreaterThan(entry.members);
          this.forget(handle);
        },
      },
    );
  }

  forget(handle: PoolHandle): void {
    this.entries.delete(handle);
    this.gone.push(handle);
  }

  add(bytes: number, members: number): void {
    const { pool } = this.harness;
    if (!pool.canCompile(1, bytes)) {
      expect(() => pool.add({ name: 'refused' }, { bytes, members })).toThrow('no room');
      return;
    }
    const name = `m${this.#next++}`;
    const handle = pool.add({ name }, { bytes, members });
    expect(this.entries.has(handle)).toBe(false);
    this.entries.set(handle, { name, bytes, members, dead: 0, live: false, wasLive: false });
  }

  acquire(handle: PoolHandle): void {
    const entry = this.entries.get(handle) as Entry;
    if (entry.live) this.totals.hits++;
    expect(this.harness.pool.acquire(handle).of.name).toBe(entry.name);
    expect(entry.live).toBe(true);
  }

  kill(handle: PoolHandle): void {
    const entry = this.entries.get(handle) as Entry;
    entry.dead++;
    expect(this.harness.pool.killMember(handle)).toBe(entry.dead * 2 > entry.members);
    expect(this.entries.has(handle)).toBe(entry.dead * 2 <= entry.members);
  }

  drop(handle: PoolHandle): void {
    this.#dropping = handle;
    this.harness.pool.drop(handle);
    this.#dropping = -1;
    expect((this.entries.get(handle) as Entry).live).toBe(false);
    this.forget(handle);
  }

  check(): void {
    const { pool, uncollected } = this.harness;
    const held = [...this.entries.values()];
    const sum = (numbers: number[]): number => numbers.reduce((a, b) => a + b, 0);
    const counters = pool.counters();
    expect(counters).toMatchObject({
      modules: held.length,
      instances: held.filter(({ live }) => live).length,
      bytes: sum(held.map(({ bytes }) => bytes)),
      uncollected: uncollected.length,
      uncollectedBytes: sum(uncollected),
      ...this.totals,
    });
    expect(counters.modules).toBeLessThanOrEqual(pool.limits.heldModules);
    expect(counters.modules + counters.uncollected).toBeLessThanOrEqual(pool.limits.modules);
    expect(counters.instances).toBeLessThanOrEqual(pool.limits.instances);
    expect(counters.bytes + counters.uncollectedBytes).toBeLessThanOrEqual(pool.limits.bytes);
    if (counters.uncollected === 0) expect(pool.canCompile(1, pool.maxModuleBytes)).toBe(true);
    const wrong = [...this.entries].filter(([handle, { live }]) => !pool.has(handle) || (pool.peek(handle) !== null) !== live);
    expect(wrong).toEqual([]);
    expect(this.gone.slice(-20).filter((handle) => pool.has(handle))).toEqual([]);
  }
}

const LIMITS: Partial<PoolLimits>[] = [
  { modules: 2, instances: 1, bytes: 64 },
  { modules: 3, instances: 3, bytes: 1_000 },
  { modules: 12, heldModules: 4, instances: 2, bytes: 400 },
  { modules: 40, instances: 10, bytes: 800 },
  { modules: 300, instances: 100, bytes: 100_000 },
];
const rows = LIMITS.flatMap((limits) => [aging, oldestHalf].map((policy) => [JSON.stringify(limits), policy.name, limits, policy] as const));

it.each(rows)('%s with %s: 3,000 random calls', (_text, _name, limits, policy) => {
  for (let seed = 1; seed <= 4; seed++) {
    let state = seed * 7919;
    const random = (n: number): number => (state = (state * 48271) % 2147483647) % n;
    const model = new Model(limits, policy);
    const { pool } = model.harness;
    for (let step = 0; step < 750; step++) {
      const handles = [...model.entries.keys()];
      const handle = handles.length > 0 ? handles[random(handles.length)] : -1;
      const action = random(20);
      if (action < 6 || handle < 0) model.add(random(pool.maxModuleBytes + 1), 1 + random(6));
      else if (action < 14) model.acquire(handle);
      else if (action < 16) pool.touch(handle);
      else if (action < 17) model.kill(handle);
      else if (action < 18) model.drop(handle);
      else model.harness.collect(random(2) === 0 ? 1 : Infinity);
      model.check();
    }
  }
});
