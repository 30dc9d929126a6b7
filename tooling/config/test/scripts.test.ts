/** The parts of scripts/ that other checks rely on. */
import { describe, expect, it } from 'vitest';
import { addCounts, countsOf, formatCounts, lastCounts } from '../../../scripts/lib/counts.mjs';
import { dataSegmentsEnd } from '../../../scripts/lib/wasm-data.mjs';

describe('closing lines', () => {
  const rows: [code: number, output: string, counts: string][] = [
    [0, 'a\n3 passed, 0 failed\n', '3 passed, 0 failed'],
    [1, '3 passed, 2 failed\n', '3 passed, 2 failed'],
    [1, '3 passed, 0 failed\n', '3 passed, 1 failed'],
    [0, '1 passed, 1 failed\nmore\n5 passed, 0 failed\n', '5 passed, 0 failed'],
    [0, 'said 3 passed, 0 failed\n', '1 passed, 0 failed'],
    [0, '', '1 passed, 0 failed'],
    [9, '', '0 passed, 1 failed'],
  ];
  it.each(rows)('exit code %i with %j: %s', (code, output, counts) => {
    expect(formatCounts(countsOf({ code, output }))).toBe(counts);
  });

  it('are added', () => {
    expect(addCounts({ passed: 1, failed: 2 }, { passed: 3, failed: 4 })).toEqual({ passed: 4, failed: 6 });
    expect(lastCounts('nothing')).toBeUndefined();
  });
});

describe('dataSegmentsEnd', () => {
  const header = [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00];
  const rows: [name: string, sections: number[], end: number][] = [
    ['no data', [], 1024],
    ['one active segment', [11, 10, 1, 0x00, 0x41, 0x80, 0x10, 0x0b, 3, 1, 2, 3], 2051],
    ['the last of two is not the highest', [11, 13, 2, 0x00, 0x41, 0x80, 0x10, 0x0b, 1, 9, 0x00, 0x41, 0x10, 0x0b, 0], 2049],
    ['a passive segment has no place', [11, 4, 1, 0x01, 1, 7], 1024],
    ['an explicit memory index', [11, 9, 1, 0x02, 0x00, 0x41, 0x80, 0x10, 0x0b, 1, 9], 2049],
  ];
  it.each(rows)('%s', (_name, sections, end) => {
    expect(dataSegmentsEnd(Uint8Array.from([...header, ...sections]), 1024)).toBe(end);
  });
});
