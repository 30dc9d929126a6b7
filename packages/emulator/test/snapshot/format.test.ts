import { describe, expect, it } from 'vitest';
import { decodeSnapshot, encodeSnapshot, SNAPSHOT_VERSION } from '../../src/snapshot/format.ts';
import { loadRam, saveRam } from '../../src/snapshot/ram-pages.ts';

const PARTS = {
  header: { machine: 'pc', ram: 8192 },
  body: { list: [1, 'two', null, true, Uint8Array.of(1, 2, 3)], nested: { bytes: new Uint8Array(5000).fill(7), empty: new Uint8Array(0) }, big: 2 ** 52 + 1 },
};

/** A copy with another byte at `at`. */
function changed(file: Uint8Array, at: number, value: number): Uint8Array {
  const copy = file.slice();
  copy[at] = value;
  return copy;
}

describe('snapshot files', () => {
  it('give back what was put in', async () => {
    expect(await decodeSnapshot(await encodeSnapshot(PARTS))).toEqual(PARTS);
  });

  it('have a header that can be read without unpacking', async () => {
    const file = await encodeSnapshot(PARTS);
    expect(new TextDecoder().decode(file.subarray(0, 100))).toContain('{"machine":"pc","ram":8192}');
  });

  const damage: readonly (readonly [string, (file: Uint8Array) => Uint8Array, RegExp])[] = [
    ['empty', () => new Uint8Array(0), /does not begin as one/],
    ['another file', () => new TextEncoder().encode('#!/bin/sh\necho not a snapshot at all'), /does not begin as one/],
    ['another version', (file) => changed(file, 8, SNAPSHOT_VERSION + 1), /of format/],
    ['cut in the header', (file) => file.subarray(0, 20), /ends in its header/],
    ['a header that is no text', (file) => changed(file, 16, 0), /no readable description/],
    ['cut short', (file) => file.subarray(0, file.length - 9), /damaged or cut short/],
    ['one bit of the body', (file) => changed(file, file.length - 30, file[file.length - 30]! ^ 4), /damaged or cut short/],
  ];
  it.each(damage)('%s: a typed error', async (_name, spoil, message) => {
    const file = spoil(await encodeSnapshot(PARTS));
    await expect(decodeSnapshot(file)).rejects.toThrow(expect.objectContaining({ code: 'bad-snapshot', message: expect.stringMatching(message) }));
  });
});

describe('RAM in snapshots', () => {
  it('is its pages that are not zero', () => {
    const ram = new Uint8Array(4096 * 20);
    ram[4096 * 3 + 5] = 1;
    ram[4096 * 19 + 4095] = 9;
    const saved = saveRam(ram);
    expect((saved as { contents: Uint8Array }).contents.length).toBe(8192);
    const other = new Uint8Array(4096 * 20).fill(0xee);
    loadRam(other, saved);
    expect(other).toEqual(ram);
    expect(() => loadRam(new Uint8Array(4096 * 21), saved)).toThrow(expect.objectContaining({ code: 'bad-snapshot' }));
  });
});
