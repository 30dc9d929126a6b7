import { describe, expect, it } from 'vitest';
import { minimise } from '@wasm-tcg/fuzz';

const range = (n: number): number[] => Array.from({ length: n }, (_, i) => i);

describe('minimise', () => {
  it.each([[[3]], [[0, 19]], [[5, 6, 7]], [[2, 9, 17]], [range(20)]])('keeps just what is needed: %j', (needed) => {
    expect(minimise(range(20), (some) => needed.every((n) => some.includes(n)))).toEqual(needed);
  });

  it('stops when its attempts are used up, with something that fails', () => {
    let asked = 0;
    const result = minimise(range(64), (some) => (asked++, some.includes(63)), { attempts: 3 });
    expect(asked).toBe(3);
    expect(result).toContain(63);
    expect(minimise(range(4), () => true, { stop: () => true })).toEqual(range(4));
  });
});
