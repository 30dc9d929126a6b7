import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { readTar, tarBytes, writeTar, type TarReading } from '../src/machine/worker/tar.ts';
import type { TransferFile } from '../src/machine/protocol.ts';

const LONG = `${'folder/'.repeat(20)}${'ä'.repeat(60)}.txt`;
const bytes = (length: number): Uint8Array => Uint8Array.from({ length }, (_, i) => (i * 7) & 0xff);
const FILES: readonly TransferFile[] = [
  { name: 'empty', bytes: bytes(0) },
  { name: 'block', bytes: bytes(512) },
  { name: LONG, bytes: bytes(1300) },
  { name: 'a'.repeat(100), bytes: bytes(1) },
];
const from = (archive: Uint8Array, written = archive.length): TarReading => readTar((offset, length) => archive.slice(offset, offset + length) as Uint8Array<ArrayBuffer>, written);
const filesOf = (reading: TarReading): readonly TransferFile[] => (reading.state === 'whole' ? reading.files : []);

describe('an archive', () => {
  it('comes back as it was written, and has the length that was told', () => {
    const archive = writeTar(FILES, 1_700_000_000);
    expect(archive.length).toBe(tarBytes(FILES.map(({ name, bytes: { length } }) => ({ name, size: length }))));
    expect(from(archive)).toEqual({ state: 'whole', files: FILES, bytes: archive.length });
  });

  it('is one to this system’s tar', () => {
    const archive = writeTar(FILES, 1_700_000_000);
    expect(execFileSync('tar', ['tf', '-', '--quoting-style=literal'], { input: archive, env: { ...process.env, LC_ALL: 'C.UTF-8' } }).toString().trim().split('\n')).toEqual(FILES.map(({ name }) => name));
  });

  it.each(['gnu', 'ustar', 'pax'])('of this system’s tar in %s format is read', (format) => {
    const script = `cd "$(mktemp -d)" && mkdir -p d/${'x'.repeat(90)} && printf hello >d/${'x'.repeat(90)}/name && ln -s d link && tar -c --format=${format} -f - d link; rm -r "$PWD"`;
    const archive = execFileSync('sh', ['-c', script]);
    expect(filesOf(from(archive)).map(({ name, bytes: data }) => [name, new TextDecoder().decode(data)])).toEqual([[`d/${'x'.repeat(90)}/name`, 'hello']]);
  });

  it('is not whole before its last byte has been written', () => {
    const archive = writeTar(FILES, 0);
    for (let written = 0; written < archive.length; written += 512) expect(from(archive, written).state).toBe('partial');
  });

  it('says at its beginning how many pages it has', () => {
    const archive = writeTar([{ name: 'f', bytes: bytes(8192) }], 0);
    expect(new TextDecoder().decode(archive.subarray(500, 503))).toBe('3\0\0');
  });

  const nothing: [what: string, disk: Uint8Array][] = [
    ['zeros', new Uint8Array(4096)],
    ['a file system', bytes(4096)],
    ['a damaged header', writeTar(FILES, 0).fill(1, 100, 104)],
  ];
  it.each(nothing)('is not found in %s', (_what, disk) => {
    expect(from(disk).state).toBe('none');
  });

  it('keeps its files in folders below', () => {
    const archive = writeTar([{ name: '/etc/passwd', bytes: bytes(1) }, { name: '../../x', bytes: bytes(1) }], 0);
    expect(filesOf(from(archive)).map(({ name }) => name)).toEqual(['etc/passwd', 'x']);
  });
});
