import { describe, expect, test } from 'vitest';
import { writeS32, writeS64, writeU32, writeU32Padded } from '../src/encoder/leb128.ts';
import { hex, Random } from './wasm-tools.ts';

const buffer = new Uint8Array(16);
const written = (end: number): string => hex(buffer.subarray(0, end));

/** An independent decoder: the definition in arithmetic, on BigInt. */
function decode(end: number, signed: boolean): bigint {
  let value = 0n;
  for (let i = 0; i < end; i++) {
    value |= BigInt(buffer[i] & 0x7f) << BigInt(7 * i);
    expect(buffer[i] >= 0x80).toBe(i < end - 1);
  }
  return signed && (buffer[end - 1] & 0x40) !== 0 ? value - (1n << BigInt(7 * end)) : value;
}

/** Bytes of the shortest encoding of a signed value. */
function shortest(value: bigint): number {
  let length = 1;
  while (value < -(1n << BigInt(7 * length - 1)) || value >= 1n << BigInt(7 * length - 1)) length++;
  return length;
}

test.each([
  [0, '00'], [1, '01'], [127, '7f'], [128, '80 01'], [16383, 'ff 7f'], [16384, '80 80 01'], [624485, 'e5 8e 26'],
  [0x7fffffff, 'ff ff ff ff 07'], [0x80000000, '80 80 80 80 08'], [0xffffffff, 'ff ff ff ff 0f'], [-1, 'ff ff ff ff 0f'],
])('u32 %i is %s', (value, expected) => {
  expect(written(writeU32(buffer, 0, value))).toBe(expected);
});

test.each([
  [0, '00'], [63, '3f'], [64, 'c0 00'], [-1, '7f'], [-64, '40'], [-65, 'bf 7f'], [128, '80 01'], [-128, '80 7f'],
  [-123456, 'c0 bb 78'], [0x7fffffff, 'ff ff ff ff 07'], [-0x80000000, '80 80 80 80 78'],
])('s32 %i is %s', (value, expected) => {
  expect(written(writeS32(buffer, 0, value))).toBe(expected);
});

test.each([
  [0, 0, '00'], [-1, -1, '7f'], [-1, 0, 'ff ff ff ff 0f'], [0, 1, '80 80 80 80 10'], [0, -1, '80 80 80 80 70'],
  [63, 0, '3f'], [64, 0, 'c0 00'], [-64, -1, '40'], [-65, -1, 'bf 7f'],
  [-1, 0x7fffffff, 'ff ff ff ff ff ff ff ff ff 00'], [0, -0x80000000, '80 80 80 80 80 80 80 80 80 7f'],
])('s64 low %i high %i is %s', (low, high, expected) => {
  expect(written(writeS64(buffer, 0, low, high))).toBe(expected);
});

test.each([
  [0, 5, '80 80 80 80 00'], [1, 3, '81 80 00'], [300, 5, 'ac 82 80 80 00'], [0xffffffff, 5, 'ff ff ff ff 0f'], [127, 1, '7f'],
])('u32 %i in %i bytes is %s', (value, width, expected) => {
  expect(written(writeU32Padded(buffer, 0, value, width))).toBe(expected);
});

describe('random values decode to themselves, in the shortest form', () => {
  const random = new Random(1);
  test('all three encodings', () => {
    for (let i = 0; i < 3000; i++) {
      const low = random.word() >> random.below(32);
      const high = i % 2 === 0 ? random.word() >> random.below(32) : low >> 31;
      const wide = (BigInt(high) << 32n) | BigInt(low >>> 0);
      const end64 = writeS64(buffer, 0, low, high);
      expect(decode(end64, true)).toBe(wide);
      expect(end64).toBe(shortest(wide));
      const end32 = writeS32(buffer, 0, low);
      expect(decode(end32, true)).toBe(BigInt(low));
      expect(end32).toBe(shortest(BigInt(low)));
      expect(decode(writeU32(buffer, 0, low), false)).toBe(BigInt(low >>> 0));
    }
  });
});
