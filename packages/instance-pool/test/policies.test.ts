import { describe, expect, it } from 'vitest';
import { aging, oldestHalf, type EvictionPolicy, type PolicyView } from '../src/index.ts';

/** A table of `born` values; NaN marks a slot that is no candidate. */
function table(born: number[]): PolicyView & { used: Set<number> } {
  const used = new Set<number>();
  return {
    used,
    capacity: born.length,
    born: Float64Array.from(born),
    age: new Uint8Array(born.length),
    isCandidate: (slot) => !Number.isNaN(born[slot]),
    takeReference: (slot) => used.delete(slot),
  };
}

function pick(policy: EvictionPolicy, view: PolicyView, count: number): number[] {
  const out = new Int32Array(view.capacity).fill(-1);
  return [...out.subarray(0, policy.pick(view, count, out))];
}

describe.each([
  ['aging', aging],
  ['oldest-half', oldestHalf],
] as const)('%s', (name, make) => {
  it('picks exactly as many different candidates as there are, up to the count', () => {
    let seed = 1;
    const random = (n: number): number => (seed = (seed * 48271) % 2147483647) % n;
    for (let round = 0; round < 200; round++) {
      const size = 1 + random(40);
      const view = table(Array.from({ length: size }, (_, i) => (random(3) === 0 ? Number.NaN : i)));
      const policy = make(size);
      for (let i = 0; i < 5; i++) {
        for (let slot = 0; slot < size; slot++) if (random(2) === 0) view.used.add(slot);
        const count = 1 + random(size);
        const candidates = Array.from({ length: size }, (_, slot) => slot).filter(view.isCandidate);
        const picked = pick(policy, view, count);
        const distinct = new Set(picked.filter((slot) => candidates.includes(slot)));
        expect([picked.length, distinct.size]).toEqual([Math.min(count, candidates.length), picked.length]);
      }
    }
  });

  it('has its name and gives up at least one', () => {
    const policy = make(4);
    expect(policy.name).toBe(name);
    expect(policy.batch(1)).toBe(1);
  });
});

describe('oldest-half', () => {
  it('takes half, the oldest first, used or not', () => {
    const policy = oldestHalf(5);
    const view = table([5, 3, Number.NaN, 1, 4]);
    view.used.add(3);
    expect(policy.batch(4)).toBe(2);
    expect(pick(policy, view, 2)).toEqual([3, 1]);
  });
});

describe('aging', () => {
  it('takes a thirty-second', () => {
    expect([1, 31, 64, 3_200].map(aging().batch)).toEqual([1, 1, 2, 100]);
  });

  it('spares what was used, and the recently used longest', () => {
    const policy = aging();
    const view = table([1, 2, 3, 4]);
    view.used.add(0).add(1).add(2);
    expect(pick(policy, view, 1)).toEqual([3]);
    // Scan 2: 1 and 2 are used again, 0 and 3 are not; 3 is the older of them.
    view.used.add(1).add(2);
    expect(pick(policy, view, 1)).toEqual([3]);
    expect(pick(policy, view, 2).sort()).toEqual([0, 3]);
    expect([...view.age]).toEqual([0x20, 0x60, 0x60, 0]);
  });

  it('equal ages take turns', () => {
    const policy = aging();
    const view = table([1, 2, 3, 4, 5]);
    expect([1, 2, 3, 4, 5, 6].map(() => pick(policy, view, 1)[0])).toEqual([0, 1, 2, 3, 4, 0]);
  });
});

describe('a loop over a hot set with a stream of cold code beside it', () => {
  /** Misses of the hot set under a policy with room for 64 instances. */
  function hotMisses(policy: EvictionPolicy): number {
    const view = table(Array.from({ length: 64 }, () => Number.NaN));
    const resident = new Map<string, number>();
    const alive = new Set<number>();
    const candidates: PolicyView = { ...view, isCandidate: (slot) => alive.has(slot) };
    let births = 0;
    let misses = 0;
    const use = (name: string): void => {
      let slot = resident.get(name);
      if (slot !== undefined) {
        view.used.add(slot);
      } else {
        if (name.startsWith('hot')) misses++;
        if (alive.size === 64) {
          for (const victim of pick(policy, candidates, policy.batch(64))) {
            alive.delete(victim);
            for (const [other, at] of resident) if (at === victim) resident.delete(other);
          }
        }
        slot = 0;
        while (alive.has(slot)) slot++;
        alive.add(slot);
        resident.set(name, slot);
        view.born[slot] = ++births;
        view.age[slot] = policy.newAge;
      }
    };
    for (let step = 0; step < 2_000; step++) {
      for (let i = 0; i < 40; i++) use(`hot${i}`);
      use(`cold${step}`);
    }
    return misses;
  }

  it('aging keeps the hot set, oldest-half throws it out again and again', () => {
    expect(hotMisses(aging())).toBe(40);
    expect(hotMisses(oldestHalf(64))).toBeGreaterThan(400);
  });
});
