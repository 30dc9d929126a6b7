import { describe, expect, it } from 'vitest';
import { InstancePool, InstancePoolError, oldestHalf, type InstancePoolErrorCode, type PoolHandle, type PoolLimits } from '../src/index.ts';
import { Harness, type TestModule } from './harness.ts';

function codeOf(action: () => unknown): InstancePoolErrorCode | 'no error' {
  try {
    action();
  } catch (error) {
    expect(error).toBeInstanceOf(InstancePoolError);
    expect((error as InstancePoolError).hint).not.toBe('');
    return (error as InstancePoolError).code;
  }
  return 'no error';
}

describe('limits', () => {
  const rows: [Partial<PoolLimits>, InstancePoolErrorCode | 'no error'][] = [
    [{}, 'no error'],
    [{ modules: 2 }, 'no error'],
    [{ modules: 1 }, 'BAD_LIMIT'],
    [{ modules: 50_000 }, 'no error'],
    [{ modules: 50_001 }, 'BAD_LIMIT'],
    [{ modules: 10, heldModules: 10 }, 'BAD_LIMIT'],
    [{ modules: 10, heldModules: 0 }, 'BAD_LIMIT'],
    [{ instances: 0 }, 'BAD_LIMIT'],
    [{ instances: 1.5 }, 'BAD_LIMIT'],
    [{ bytes: Number.NaN }, 'BAD_LIMIT'],
  ];
  it.each(rows)('%j: %s', (limits, code) => {
    expect(codeOf(() => new Harness({ limits }))).toBe(code);
  });

  it('defaults keep an eighth of the modules and bytes free for what is not collected yet', () => {
    const { pool } = new Harness();
    expect(pool.limits).toEqual({ modules: 4_000, heldModules: 3_500, instances: 3_000, bytes: 64 * 1024 * 1024 });
    expect(pool.maxModuleBytes).toBe(8 * 1024 * 1024);
  });
});

describe('instances', () => {
  it('are made at the first acquire and found at the next', () => {
    const h = new Harness();
    const a = h.add('a');
    expect(h.pool.peek(a)).toBeNull();
    const instance = h.pool.acquire(a);
    expect(h.pool.acquire(a)).toBe(instance);
    expect(h.pool.peek(a)).toBe(instance);
    expect(h.takeLog()).toEqual(['instantiate a']);
    expect(h.pool.counters()).toMatchObject({ instances: 1, hits: 1, instantiations: 1, reinstantiations: 0 });
  });

  it('at the limit one without recent use goes, its module stays, and acquire makes it again', () => {
    const h = new Harness({ limits: { modules: 100, instances: 2 } });
    const [a, b, c] = ['a', 'b', 'c'].map((name) => h.add(name));
    h.pool.acquire(a);
    h.pool.acquire(b);
    h.pool.acquire(c);
    expect(h.takeLog()).toEqual(['instantiate a', 'instantiate b', 'evict a', 'instantiate c']);
    h.pool.touch(b);
    h.pool.acquire(a);
    expect(h.takeLog()).toEqual(['evict c', 'instantiate a']);
    expect(h.pool.counters()).toMatchObject({ modules: 3, instances: 2, evictions: 2, instantiations: 3, reinstantiations: 1, uncollected: 0 });
  });

  it('what the owner marks in memory counts as used', () => {
    const used = new Set<PoolHandle>();
    const h = new Harness({ limits: { instances: 2 } }, { takeUse: (handle) => used.delete(handle) });
    const [a, b, c, d] = ['a', 'b', 'c', 'd'].map((name) => h.add(name));
    for (const handle of [a, b, c]) h.pool.acquire(handle);
    h.takeLog();
    used.add(b);
    h.pool.acquire(d);
    expect(h.takeLog()).toEqual(['evict c', 'instantiate d']);
    expect(used.size).toBe(0);
  });

  it('an instance slot is free before the next instance is made', () => {
    const live = new Set<string>();
    let most = 0;
    const h = new Harness(
      { limits: { instances: 3 } },
      {
        instantiate: (of: TestModule) => {
          live.add(of.name);
          most = Math.max(most, live.size);
          return { of };
        },
        onEvict: (_handle, instance) => live.delete(instance.of.name),
      },
    );
    const handles = Array.from({ length: 50 }, (_, i) => h.add(`m${i}`));
    for (let round = 0; round < 3; round++) for (const handle of handles) h.pool.acquire(handle);
    expect(most).toBe(3);
    expect(h.pool.counters()).toMatchObject({ modules: 50, instances: 3, instantiations: 50, reinstantiations: 100 });
  });

  it('a failing instantiate leaves the module in the pool and names the cause', () => {
    const cause = new RangeError('out of memory');
    let fail = true;
    const h = new Harness({}, {
      instantiate: (of: TestModule) => {
        if (fail) throw cause;
        return { of };
      },
    });
    const a = h.add('a');
    try {
      h.pool.acquire(a);
      expect.unreachable();
    } catch (error) {
      expect(error).toMatchObject({ code: 'INSTANTIATE_FAILED', cause, message: expect.stringContaining('out of memory') as string });
    }
    fail = false;
    expect(h.pool.acquire(a).of.name).toBe('a');
    expect(h.pool.counters()).toMatchObject({ instances: 1, instantiations: 1 });
  });
});

describe('modules', () => {
  it('above the held limit one without an instance is retired first', () => {
    const h = new Harness({ limits: { modules: 10, heldModules: 3, instances: 2 } });
    const [a, b] = ['a', 'b', 'c'].map((name) => h.add(name, { members: 4 }));
    h.pool.acquire(a);
    h.pool.acquire(b);
    h.takeLog();
    h.add('d');
    expect(h.takeLog()).toEqual(['retire c 4 limit']);
    h.pool.acquire(h.add('e'));
    expect(h.takeLog().filter((line) => line.startsWith('retire'))).toEqual(['retire d 1 limit']);
  });

  it('with instances in all of them, an instance is evicted and its module retired', () => {
    const h = new Harness({ limits: { modules: 10, heldModules: 2, instances: 2 } });
    for (const name of ['a', 'b']) h.pool.acquire(h.add(name));
    h.takeLog();
    h.add('c');
    expect(h.takeLog()).toEqual(['evict a', 'retire a 1 limit']);
    expect(h.pool.counters()).toMatchObject({ modules: 2, instances: 1, limitDrops: 1, evictions: 0 });
  });

  it('dropped ones count until their collection is observed, then compiling goes on', () => {
    const h = new Harness({ limits: { modules: 4, heldModules: 2 } });
    const answers = (): boolean[] => [1, 2, 3].map((n) => h.pool.canCompile(n));
    h.add('a');
    h.add('b');
    expect(answers()).toEqual([true, true, false]);
    h.add('c');
    h.add('d');
    expect(h.pool.counters()).toMatchObject({ modules: 2, uncollected: 2, refusals: 1 });
    expect(answers()).toEqual([false, false, false]);
    expect(codeOf(() => h.add('e'))).toBe('POOL_FULL');
    h.collect(1);
    expect(answers()).toEqual([true, false, false]);
    h.add('e');
    h.collect();
    expect(h.pool.counters()).toMatchObject({ modules: 2, uncollected: 0, uncollectedBytes: 0, limitDrops: 3 });
  });

  it('asks for a collection at refusals 1, 2, 4, 8 … since the last observed one', () => {
    let requests = 0;
    const h = new Harness({ limits: { modules: 2 } }, { requestCollection: () => requests++ });
    h.add('a');
    h.add('b');
    for (let i = 0; i < 100; i++) h.pool.canCompile();
    expect(requests).toBe(7);
    h.collect();
    expect(h.pool.canCompile()).toBe(true);
    expect(h.pool.canCompile(2)).toBe(false);
    expect(requests).toBe(8);
  });

  it('bytes have a limit of their own', () => {
    const h = new Harness({ limits: { modules: 1_000, bytes: 800 } });
    expect(codeOf(() => h.add('huge', { bytes: 101 }))).toBe('MODULE_TOO_LARGE');
    for (let i = 0; i < 7; i++) h.add(`m${i}`, { bytes: 100 });
    expect(h.takeLog()).toEqual([]);
    h.add('m7', { bytes: 100 });
    expect(h.pool.counters()).toMatchObject({ modules: 0 + 1, bytes: 100, uncollectedBytes: 700 });
    expect(h.pool.canCompile(1, 1)).toBe(false);
    h.collect();
    expect(h.pool.canCompile(1, 700)).toBe(true);
  });

  it('is retired when more than half of its members are dead', () => {
    const rows: [members: number, kills: number][] = [[1, 1], [2, 2], [3, 2], [4, 3], [64, 33]];
    for (const [members, kills] of rows) {
      const h = new Harness();
      const a = h.add('a', { members });
      h.pool.acquire(a);
      h.takeLog();
      for (let i = 1; i < kills; i++) expect(h.pool.killMember(a)).toBe(false);
      expect(h.pool.killMember(a)).toBe(true);
      expect(h.takeLog()).toEqual(['evict a', `retire a ${members - kills} mostly-dead`]);
      expect(h.pool.has(a)).toBe(false);
      expect(h.pool.counters()).toMatchObject({ modules: 0, instances: 0, deadDrops: 1, uncollected: 1 });
    }
  });

  it('drop and clear evict and do not report a retirement', () => {
    const h = new Harness();
    const [a, b] = ['a', 'b', 'c'].map((name) => h.add(name));
    h.pool.acquire(a);
    h.pool.acquire(b);
    h.takeLog();
    h.pool.drop(a);
    expect(h.takeLog()).toEqual(['evict a']);
    h.pool.clear();
    expect(h.takeLog()).toEqual(['evict b']);
    expect(h.pool.counters()).toMatchObject({ modules: 0, instances: 0, bytes: 0, uncollected: 3, limitDrops: 0 });
  });
});

describe('handles', () => {
  it('of dropped modules are recognised, also after their slot has been taken again', () => {
    const h = new Harness();
    const a = h.add('a');
    h.pool.drop(a);
    const b = h.add('b');
    expect(b).not.toBe(a);
    expect(h.pool.has(a)).toBe(false);
    expect(h.pool.peek(a)).toBeNull();
    h.pool.touch(a);
    for (const call of ['acquire', 'killMember', 'drop'] as const) expect(codeOf(() => h.pool[call](a))).toBe('STALE_HANDLE');
    for (const wrong of [-1, 1 << 29, 0.5, Number.NaN]) expect(h.pool.has(wrong)).toBe(false);
  });

  it('fit an Int32Array', () => {
    const h = new Harness();
    const stored = new Int32Array(1);
    for (let i = 0; i < 20_000; i++) {
      stored[0] = h.add('a');
      h.pool.drop(stored[0]);
      h.collect();
    }
    expect(h.pool.counters().modules).toBe(0);
  });
});

describe('callbacks', () => {
  it('may drop other modules, even the next victim or the one being acquired', () => {
    let victim: PoolHandle = -1;
    const h: Harness = new Harness(
      { limits: { instances: 4 }, policy: oldestHalf },
      { onEvict: () => void (victim >= 0 && h.pool.has(victim) && h.pool.drop(victim)) },
    );
    const handles = ['a', 'b', 'c', 'd', 'e'].map((name) => h.add(name));
    for (const handle of handles.slice(0, 4)) h.pool.acquire(handle);
    victim = handles[1];
    h.pool.acquire(handles[4]);
    expect(h.pool.counters()).toMatchObject({ modules: 4, instances: 3 });
    victim = h.add('f');
    h.pool.acquire(handles[0]);
    expect(codeOf(() => h.pool.acquire(victim))).toBe('STALE_HANDLE');
  });

  it('may not add, acquire or clear', () => {
    const codes: string[] = [];
    const h: Harness = new Harness(
      {},
      {
        onEvict: () => {
          codes.push(codeOf(() => h.add('x')), codeOf(() => h.pool.acquire(b)), codeOf(() => h.pool.clear()));
        },
      },
    );
    const a = h.add('a');
    const b = h.add('b');
    h.pool.acquire(a);
    h.pool.drop(a);
    expect(codes).toEqual(['REENTRANT', 'REENTRANT', 'REENTRANT']);
    expect(h.pool.acquire(b).of.name).toBe('b');
  });

  it('instantiate may change nothing', () => {
    const codes: string[] = [];
    const h: Harness = new Harness({}, {
      instantiate: (of: TestModule, handle: PoolHandle) => {
        codes.push(codeOf(() => h.pool.drop(handle)), codeOf(() => h.pool.killMember(handle)), codeOf(() => h.pool.add(of, { bytes: 1, members: 1 })));
        return { of };
      },
    });
    h.pool.acquire(h.add('a'));
    expect(codes).toEqual(['REENTRANT', 'REENTRANT', 'REENTRANT']);
  });

  it('a member killed once too often is an error', () => {
    const h = new Harness();
    const a = h.pool.add({ name: 'a' }, { bytes: 1, members: 0 });
    expect(codeOf(() => h.pool.killMember(a))).toBe('NO_LIVE_MEMBER');
  });
});

it('a pool without options uses the engine’s own collector', () => {
  const pool = new InstancePool<TestModule, TestModule>({ instantiate: (module) => module, onEvict: () => {} });
  pool.drop(pool.add({ name: 'a' }, { bytes: 1, members: 1 }));
  expect(pool.counters().uncollected).toBe(1);
});
