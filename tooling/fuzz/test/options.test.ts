import { describe, expect, it } from 'vitest';
import { parseOptions } from '@wasm-tcg/fuzz';

describe('options', () => {
  it.each([
    [[], { x86: false, seconds: 60, count: Infinity, seed: 1, folder: 'fuzz-failures' }],
    [['--x86', '--seconds', '5', '--seed', '7'], { x86: true, seconds: 5, seed: 7 }],
    [['--count', '10'], { seconds: Infinity, count: 10 }],
    [['--replay', 'a.txt', '--out', 'x'], { replay: 'a.txt', folder: 'x' }],
  ])('%j', (args, expected) => {
    expect(parseOptions(args)).toMatchObject(expected);
  });

  it.each([[['--secons', '1']], [['--seconds', 'x']], [['--seed', '-1']], [['extra']]])('refuses %j', (args) => {
    expect(() => parseOptions(args)).toThrow(expect.objectContaining({ code: 'FUZZ_OPTION' }));
  });
});
