import { describe, expect, it } from 'vitest';
import { undoBcjX86 } from '../../src/loaders/decompress/bcj-x86.ts';
import { crc32 } from '../../src/loaders/decompress/crc32.ts';
import { unpackGzip } from '../../src/loaders/decompress/gzip.ts';
import { unpackLz4 } from '../../src/loaders/decompress/lz4.ts';
import { unpackXz } from '../../src/loaders/decompress/xz.ts';
import { unpackZstd } from '../../src/loaders/decompress/zstd.ts';
import { unpackBzImage } from '../../src/loaders/linux/payload.ts';
import { bzImage, thrown } from './images.ts';
import { PACKED_SAMPLES } from './packed-samples.ts';
import { SAMPLE_BYTES, sampleCode } from './sample-code.ts';

const sample = sampleCode(SAMPLE_BYTES);
const packed = (name: keyof typeof PACKED_SAMPLES): Uint8Array => Uint8Array.from(Buffer.from(PACKED_SAMPLES[name], 'base64'));
const METHODS = [
  ['xz', unpackXz], ['xzPlain', unpackXz], ['lz4', unpackLz4], ['zstd', unpackZstd], ['zstdFast', unpackZstd],
] as const;

it('CRC-32 of the check string', () => {
  expect(crc32(new TextEncoder().encode('123456789'))).toBe(0xcbf43926);
});

describe.each(METHODS)('%s', (name, unpack) => {
  it('unpacks what the tool packed', () => {
    expect(Buffer.compare(unpack(packed(name), SAMPLE_BYTES), sample)).toBe(0);
  });

  it('ends cleanly or with a typed error, whatever byte is damaged or missing', () => {
    const good = packed(name);
    let refused = 0;
    for (let at = 0; at < good.length; at += 7) {
      const bad = good.slice();
      bad[at] = bad[at]! ^ (1 << at % 8);
      for (const bytes of [bad, good.subarray(0, at)]) {
        try {
          unpack(bytes, SAMPLE_BYTES);
        } catch (error) {
          expect(error).toMatchObject({ name: 'MachineError', code: 'bad-image' });
          refused++;
        }
      }
    }
    expect(refused).toBeGreaterThan(good.length / 14);
  });

  it('does not write past the size it is given', () => {
    // A kernel's payload says how large it is: one that goes on is damaged, or (lz4) ends inside a block.
    expect(thrown(() => unpack(packed(name), SAMPLE_BYTES - 1)).code).toBe('bad-image');
  });
});

describe('gzip', () => {
  it('unpacks what the tool packed', async () => {
    expect(Buffer.compare(await unpackGzip(packed('gzip')), sample)).toBe(0);
  });

  it.each([['damaged', (bytes: Uint8Array) => bytes.fill(0x55, 40, 60)], ['cut', (bytes: Uint8Array) => bytes.subarray(0, 900)]])('%s data is a typed error', async (_what, spoil) => {
    await expect(unpackGzip(spoil(packed('gzip')))).rejects.toMatchObject({ code: 'bad-image', cause: expect.anything() });
  });
});

it('xz: a wrong check sum is found even when the data unpacks', () => {
  const bytes = packed('xzPlain');
  const data = new DataView(bytes.buffer);
  // The check is in front of the index, whose size the footer gives (in units of 4 bytes, less 1).
  const check = bytes.length - 12 - (data.getUint32(bytes.length - 8, true) + 1) * 4 - 4;
  bytes[check] = bytes[check]! ^ 1;
  expect(thrown(() => unpackXz(bytes, SAMPLE_BYTES)).message).toMatch(/damaged/);
});

it('the branch filter leaves what is no branch alone', () => {
  const bytes = Uint8Array.from([0x90, 0xe8, 1, 2, 3, 4, 0xe8, 0x10, 0x20, 0x30, 0x00, 0xe9]);
  undoBcjX86(bytes);
  // The first operand's top byte is neither 0 nor 0xff; the second becomes relative to the byte after it.
  expect([...bytes]).toEqual([0x90, 0xe8, 1, 2, 3, 4, 0xe8, 0x05, 0x20, 0x30, 0x00, 0xe9]);
});

describe('the payload of a bzImage', () => {
  const withSize = (bytes: Uint8Array, size = SAMPLE_BYTES): Uint8Array => {
    const result = new Uint8Array(bytes.length + 4);
    result.set(bytes);
    new DataView(result.buffer).setUint32(bytes.length, size, true);
    return result;
  };

  it.each(['xz', 'lz4', 'zstd'] as const)('%s, with the size behind it', async (name) => {
    const image = bzImage({ payload: withSize(packed(name)) });
    expect(Buffer.compare(await unpackBzImage(image), sample)).toBe(0);
  });

  it('gzip, which carries its size itself', async () => {
    expect(Buffer.compare(await unpackBzImage(bzImage({ payload: packed('gzip') })), sample)).toBe(0);
  });

  it.each([
    ['bzip2', bzImage({ payload: withSize(new TextEncoder().encode('BZh91AY&SY')) }), /packed with bzip2|unpacks to/],
    ['nothing known', bzImage({ payload: withSize(new Uint8Array(64).fill(1)) }), /an unknown method/],
    ['none', bzImage(), /without a payload/],
    ['an unlikely size', bzImage({ payload: withSize(packed('xz'), 0xffffffff) }), /4294967295/],
    ['an old protocol', bzImage({ version: 0x207, payload: withSize(packed('xz')) }), /does not say where/],
  ])('%s is refused', async (_what, image, message) => {
    const error = await unpackBzImage(image).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: 'bad-image', message: expect.stringMatching(message) });
  });
});
