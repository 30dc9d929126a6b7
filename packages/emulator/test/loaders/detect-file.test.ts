import { describe, expect, it } from 'vitest';
import { createPc, describeSnapshot, detectFile, DETECT_BYTES, FILE_KINDS, type FileKind } from '../../src/index.ts';
import { elfImage, multibootHeader, pvhNote } from './elf-image.ts';
import { bzImage } from './images.ts';

/** A file of `size` bytes with these at their offsets. */
function file(size: number, ...parts: readonly (readonly [at: number, bytes: string | readonly number[]])[]): Uint8Array {
  const bytes = new Uint8Array(size);
  for (const [at, content] of parts) bytes.set(typeof content === 'string' ? new TextEncoder().encode(content) : content, at);
  return bytes;
}

const BOOT = [510, [0x55, 0xaa]] as const;
const GZIP = file(100, [0, [0x1f, 0x8b, 8]]);
const LINUX = { name: 'Linux', type: 0x100, descriptor: new Uint8Array(4) };

type Row = readonly [kind: FileKind, name: string, bytes: Uint8Array, packing?: string];

const ROWS: readonly Row[] = [
  ['bzimage', 'vmlinuz', bzImage()],
  ['vmlinux', 'vmlinux', elfImage({ bits: 64, notes: [LINUX] })],
  ['pvh', 'x', elfImage({ notes: [LINUX, pvhNote(0x100000)] })],
  ['multiboot', 'x', multibootHeader(0, [0x100000, 0x100000, 0, 0, 0x100020])],
  ['elf', 'a.out', elfImage()],
  ['cpio', 'initrd', file(512, [0, '070701'])],
  ['cpio', 'x', file(512, [0, '070702'])],
  ['cpio', 'x', file(512, [0, '070707'])],
  ['cpio', 'x', file(512, [0, [0xc7, 0x71]])],
  ['packed-initrd', 'initrd.gz', GZIP, 'gzip'],
  ['packed-initrd', 'initrd.img-6.1.0-50-amd64', GZIP, 'gzip'],
  ['packed-initrd', '/boot/initrd.img', file(100, [0, [0x28, 0xb5, 0x2f, 0xfd]]), 'zstd'],
  ['packed-initrd', 'x', file(100, [0, [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0]]), 'xz'],
  ['packed-initrd', 'x', file(100, [0, [0x02, 0x21, 0x4c, 0x18]]), 'lz4'],
  ['packed-initrd', 'x', file(100, [0, 'BZh9']), 'bzip2'],
  ['packed-initrd', 'x', file(100, [0, [0x5d, 0, 0, 0x80]]), 'lzma'],
  ['packed-initrd', 'x', file(100, [0, [0x89, 0x4c, 0x5a, 0x4f]]), 'lzo'],
  ['packed-disk', 'disk.img.gz', GZIP, 'gzip'],
  ['packed-kernel', 'vmlinux.gz', GZIP, 'gzip'],
  ['archive', 'rootfs.tar.gz', GZIP],
  ['archive', 'x.tgz', GZIP],
  ['archive', 'x', file(512, [0, 'PK\u0003\u0004'])],
  ['archive', 'x.tar', file(1024, [257, 'ustar'])],
  ['archive', 'x.deb', file(100, [0, '!<arch>\n'])],
  ['iso', 'debian.iso', file(0x9000, [0x8001, 'CD001'])],
  // A hybrid one has a boot sector and partitions, too.
  ['iso', 'x', file(0x9000, BOOT, [446, [0x80, 0, 1, 0, 0x17]], [0x8001, 'CD001'])],
  ['gpt', 'x', file(4096, BOOT, [450, [0xee]], [512, 'EFI PART'])],
  ['mbr', 'x', file(4096, BOOT, [446, [0x80, 0, 1, 0, 0x83]])],
  ['fat', 'floppy.img', file(4096, BOOT, [0, [0xeb, 0x3c, 0x90]], [11, [0, 2, 1, 1, 0, 2]])],
  ['ext', 'x', file(4096, [1080, [0x53, 0xef]])],
  ['xfs', 'x', file(4096, [0, 'XFSB'])],
  ['squashfs', 'x', file(4096, [0, 'hsqs'])],
  ['raw-disk', 'disk.img', file(4096)],
  ['raw-disk', 'x', file(4096, BOOT, [446, [0x12]])],
  ['unknown', 'disk.img', file(1000)],
  ['qcow2', 'x.img', file(512, [0, [0x51, 0x46, 0x49, 0xfb]])],
  ['vmdk', 'x', file(512, [0, 'KDMV'])],
  ['vdi', 'x', file(512, [0x40, [0x7f, 0x10, 0xda, 0xbe]])],
  ['vhdx', 'x', file(512, [0, 'vhdxfile'])],
  ['boot-sector', 'x', file(512, BOOT)],
  ['flat', 'demo.bin', file(100)],
  ['flat', 'DEMO.COM', file(100)],
  ['empty', 'x.iso', file(0)],
  ['unknown', 'notes.txt', file(100, [0, 'hello'])],
];

it.each(ROWS.map((row) => [row[0], row[1], row] as const))('%s: %s', (kind, name, [, , bytes, packing]) => {
  const found = detectFile(name, bytes);
  expect([found.kind, found.packing]).toEqual([kind, packing]);
  expect(found.role === 'none').toBe(found.hint !== undefined);
  expect(found).toMatchObject(FILE_KINDS[kind]);
});

it('there is a row for each kind', () => {
  expect(new Set([...ROWS.map(([kind]) => kind), 'snapshot'])).toEqual(new Set(Object.keys(FILE_KINDS)));
});

it.each(ROWS.filter(([kind]) => kind !== 'empty').map((row) => [row[0], row[1], row[2]] as const))('the beginning of %s is enough: %s', (kind, name, bytes) => {
  const whole = file(DETECT_BYTES + 4096, [0, [...bytes]]);
  // Files of other sizes are told by what they contain, not by being small.
  if (['unknown', 'boot-sector'].includes(kind)) return;
  expect(detectFile(name, whole.subarray(0, DETECT_BYTES), whole.length).kind).toBe(kind);
});

it.each(ROWS.map((row) => [row[0], row[1], row[2]] as const))('cut short, %s is something, and no error: %s', (_kind, name, bytes) => {
  for (const length of [0, 1, 2, 16, 100, 511, 513, 1081]) expect(detectFile(name, bytes.subarray(0, length)).label).not.toBe('');
});

describe('snapshots', () => {
  const boot = async (): Promise<Uint8Array> => {
    const pc = await createPc({
      memory: '4M', cpu: { model: 'pentium3' }, clock: { icount: 3 }, epoch: Date.UTC(2001, 1, 3), drives: [{ image: new Uint8Array(1024), readonly: true }],
      boot: { image: Uint8Array.of(0xeb, 0xfe), loadAddress: 0x1000 },
    });
    pc.runUntil({ instructions: 125_000_000 / 8 });
    return pc.snapshot();
  };

  it('say what they are of', async () => {
    const bytes = await boot();
    expect(detectFile('x', bytes.subarray(0, 100), bytes.length)).toMatchObject({ kind: 'snapshot', role: 'snapshot' });
    const summary = describeSnapshot(bytes.subarray(0, 2000));
    expect(summary).toEqual({
      model: 'pentium3', memory: 4 * 2 ** 20, clock: { icount: 3 }, title: 'flat image', time: 125_000_000, date: Date.UTC(2001, 1, 3) + 125, drives: [{ size: 1024, readonly: true }],
    });
    // A restored machine knows it, too.
    const again = await (await createPc({ from: bytes, drives: [{ image: new Uint8Array(1024), readonly: true }] })).snapshot();
    expect(describeSnapshot(again)).toEqual(summary);
  });

  it.each([['no snapshot', () => new Uint8Array(100)], ['cut', (bytes: Uint8Array) => bytes.subarray(0, 30)]] as const)('%s: a typed error', async (_name, spoil) => {
    const bytes = spoil(await boot());
    expect(() => describeSnapshot(bytes)).toThrow(expect.objectContaining({ code: 'bad-snapshot' }));
  });
});
