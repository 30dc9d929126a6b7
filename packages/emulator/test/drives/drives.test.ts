import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { blobDrive } from '../../src/drives/blob-drive.ts';
import type { Drive } from '../../src/drives/drive.ts';
import { MemoryDrive } from '../../src/drives/memory-drive.ts';
import { overlayDrive } from '../../src/drives/overlay.ts';
import { openFileDrive } from '../../src/host/file-drive.ts';

const SIZE = 512 * 300;
const pattern = (seed: number): Uint8Array => Uint8Array.from({ length: SIZE }, (_, i) => (i * seed + (i >> 8)) & 0xff);
const folder = mkdtempSync(join(tmpdir(), 'wasm-tcg-drives-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function read(drive: Drive, offset: number, length: number): Promise<Uint8Array> {
  const target = new Uint8Array(length);
  await drive.read(offset, target);
  return target;
}

/** A drive that answers later. */
class SlowDrive extends MemoryDrive {
  override read(offset: number, target: Uint8Array): Promise<void> {
    return Promise.resolve().then(() => super.read(offset, target)) as Promise<void>;
  }
}

describe.each([
  ['memory', () => new MemoryDrive(pattern(3))],
  ['overlay', () => overlayDrive(new MemoryDrive(pattern(3), { readonly: true }))],
  ['overlay over a slow base', () => overlayDrive(new SlowDrive(pattern(3), { readonly: true }))],
  ['overlay over a Blob', () => overlayDrive(blobDrive(new Blob([pattern(3) as Uint8Array<ArrayBuffer>])))],
  ['file', () => {
    const path = join(folder, 'disk.img');
    writeFileSync(path, pattern(3));
    return openFileDrive(path);
  }],
] as const)('%s', (_name, make) => {
  it('reads what was there and what was written, across clusters', async () => {
    const drive = make();
    const model = pattern(3);
    for (const [offset, length, seed] of [[0, 512, 5], [65536 - 512, 1024, 7], [512 * 299, 512, 9], [1024, 131072, 11]] as const) {
      const bytes = pattern(seed).subarray(0, length);
      await drive.write(offset, bytes);
      model.set(bytes, offset);
      expect(Buffer.compare(await read(drive, 0, SIZE), model)).toBe(0);
    }
    await drive.flush();
  });
});

it('an overlay leaves its base as it was, and goes into a snapshot', async () => {
  const base = pattern(3);
  const drive = overlayDrive(new MemoryDrive(base, { readonly: true }));
  drive.write(512, new Uint8Array(512).fill(1));
  expect(Buffer.compare(base, pattern(3))).toBe(0);
  const again = overlayDrive(new MemoryDrive(pattern(3), { readonly: true }));
  again.load(drive.save());
  expect(Buffer.compare(await read(again, 0, SIZE), await read(drive, 0, SIZE))).toBe(0);
  expect(() => overlayDrive(new MemoryDrive(new Uint8Array(512))).load(drive.save())).toThrow(expect.objectContaining({ code: 'bad-snapshot' }));
});

it('a file that is read-only stays as it is; one that is not keeps what is written', async () => {
  const path = join(folder, 'keep.img');
  writeFileSync(path, pattern(3));
  const drive = openFileDrive(path);
  drive.write(0, new Uint8Array(512).fill(0xaa));
  drive.close();
  expect(readFileSync(path)[0]).toBe(0xaa);
});

it.each([
  ['an empty image', () => new MemoryDrive(new Uint8Array(0)), /0 bytes/],
  ['half a sector', () => new MemoryDrive(new Uint8Array(700)), /700 bytes/],
  ['no file', () => openFileDrive(join(folder, 'nowhere.img')), /ENOENT/],
])('%s: a typed error', (_name, make, message) => {
  expect(make).toThrow(expect.objectContaining({ code: 'bad-image', message: expect.stringMatching(message) }));
});

it('a Blob is read-only, has whole sectors, and is not part of snapshots', async () => {
  const drive = blobDrive(new Blob([pattern(3) as Uint8Array<ArrayBuffer>]));
  expect([drive.readonly, drive.size]).toEqual([true, SIZE]);
  expect(await read(drive, 65536 - 512, 1024)).toEqual(pattern(3).subarray(65536 - 512, 65536 + 512));
  drive.load(drive.save());
  expect(drive.save()).toEqual({ size: SIZE });
  expect(() => drive.load({ size: 512 })).toThrow(expect.objectContaining({ code: 'bad-snapshot' }));
  expect(() => blobDrive(new Blob(['too short']))).toThrow(expect.objectContaining({ code: 'bad-image' }));
});
