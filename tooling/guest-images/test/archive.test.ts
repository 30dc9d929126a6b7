/** Readers and writers of archives against hand-made bytes and against each other's damage. */
import { gunzipSync, gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { readAr } from '../src/archive/ar.ts';
import { decompress, decompressWhole, withoutCompression } from '../src/archive/compression.ts';
import { parseControl, readControl, readPackageFiles } from '../src/archive/deb.ts';
import { readNewcFile, writeNewc } from '../src/archive/newc.ts';
import { readTar } from '../src/archive/tar.ts';
import { GuestImageError } from '../src/errors.ts';
import { initramfsOf, readInitramfsFile } from '../src/initramfs.ts';
import { arOf, debOf, tarOf } from './deb-fixture.ts';

const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
const utf8 = (words: string): Uint8Array => new TextEncoder().encode(words);

/** The bytes in pieces of one size, to meet every boundary. */
async function* inPieces(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

const codeOf = async (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => 'nothing thrown',
    (error: unknown) => (error instanceof GuestImageError ? error.code : String(error)),
  );

describe('ar', () => {
  it('gives members of odd and even size', () => {
    expect(readAr(arOf({ 'odd/': 'abc', even: 'abcd', none: '' })).map(({ name, data }) => [name, text(data)])).toEqual([['odd', 'abc'], ['even', 'abcd'], ['none', '']]);
  });
  const whole = arOf({ name: 'abcd' });
  const damage: [what: string, bytes: Uint8Array][] = [
    ['no magic', utf8('hello, this is no archive at all, not even close')],
    ['cut in the data', whole.subarray(0, -1)],
    ['cut in the header', whole.subarray(0, 40)],
    ['a size that is no number', Buffer.from(text(whole).replace('4         `', 'x         `'))],
  ];
  it.each(damage)('refuses %s', (_what, bytes) => {
    expect(() => readAr(bytes)).toThrow(GuestImageError);
  });
});

describe('tar', () => {
  const longPath = `${'deep/'.repeat(40)}file`;
  const pax = `path=${longPath}\n`;
  const archive = tarOf([
    { path: './', type: '5' },
    { path: './plain', data: 'hello' },
    { path: 'name', prefix: 'some/prefix', data: 'prefixed' },
    { path: '././@LongLink', type: 'L', data: `./${longPath}1\0` },
    { path: 'cut', data: 'gnu' },
    { path: 'PaxHeader', type: 'x', data: `${String(pax.length + 4)} ${pax}` },
    { path: 'cut', data: 'pax' },
    { path: './link', type: '2', link: 'plain' },
    { path: './big', data: 'x'.repeat(1000) },
  ]);
  it.each([1, 7, 512, 100_000])('gives all kinds of names, read in pieces of %i bytes', async (size) => {
    const entries = await readTar(inPieces(archive, size), () => true);
    expect(entries.map(({ path, link, data }) => [path, link === '' ? text(data).slice(0, 8) : `→${link}`])).toEqual([
      ['plain', 'hello'], ['some/prefix/name', 'prefixed'], [`${longPath}1`, 'gnu'], [longPath, 'pax'], ['link', '→plain'], ['big', 'xxxxxxxx'],
    ]);
    expect(entries[0]?.mode).toBe(0o755);
  });
  it('keeps only what is wanted', async () => {
    expect((await readTar(inPieces(archive, 512), (path) => path === 'big')).map(({ data }) => data.length)).toEqual([1000]);
  });
  const flipped = Uint8Array.from(archive);
  flipped[520] ^= 1;
  const damage: [what: string, bytes: Uint8Array][] = [
    ['a cut header', archive.subarray(0, 700)],
    ['cut data', archive.subarray(0, 512 + 512 + 100)],
    ['a flipped bit in a header', flipped],
    ['something else', utf8('x'.repeat(600))],
  ];
  it.each(damage)('refuses %s', async (_what, bytes) => {
    expect(await codeOf(readTar(inPieces(bytes, 512), () => true))).toBe('malformed');
  });
});

describe('compression', () => {
  // "guest\n" by xz 5.4 and by zstd 1.5.
  const xz = Buffer.from('/Td6WFoAAATm1rRGAgAhARYAAAB0L+WjAQAFZ3Vlc3QKAAAAoth5ZCpOVO4AAR4GwS+kHR+2830BAAAAAARZWg==', 'base64');
  const zst = Buffer.from('KLUv/QRYMQAAZ3Vlc3QKIc7igw==', 'base64');
  const rows: [name: string, bytes: Uint8Array][] = [
    ['a.tar.xz', xz],
    ['a.tar.zst', zst],
    ['a.tar.gz', gzipSync('guest\n')],
    ['a.tar', utf8('guest\n')],
  ];
  it.each(rows)('reads %s', async (name, bytes) => {
    expect(text(await decompressWhole(name, bytes))).toBe('guest\n');
  });
  it('does not take a cut file for a whole one', async () => {
    expect(await codeOf(decompressWhole('a.tar.xz', xz.subarray(0, 20)))).toBe('malformed');
  });
  it('names what is inside', () => {
    expect(['a.ko.xz', 'a.ko.zst', 'a.ko'].map(withoutCompression)).toEqual(['a.ko', 'a.ko', 'a.ko']);
  });
  it.each(['.xz', '.gz', '.zst'])('says that %s is damaged', async (ending) => {
    const read = async (): Promise<void> => {
      for await (const chunk of decompress(`data.tar${ending}`, utf8('this is not compressed data, whatever its name says'))) expect(chunk.length).toBe(0);
    };
    expect(await codeOf(read())).toBe('malformed');
  });
});

describe('deb', () => {
  const deb = debOf({ Package: 'p', Version: '1:2-3', Depends: 'a (= 1), b' }, [{ path: './usr/bin/x', data: 'X' }, { path: './y', data: 'Y' }]);
  it('gives control fields and wanted files', async () => {
    expect(Object.fromEntries(await readControl(deb))).toEqual({ package: 'p', version: '1:2-3', depends: 'a (= 1), b' });
    expect((await readPackageFiles(deb, (path) => path === 'usr/bin/x')).map(({ data }) => text(data))).toEqual(['X']);
  });
  it('reads continued fields', () => {
    expect(Object.fromEntries(parseControl('A: 1\nDescription: short\n long\n .\nB: 2\n'))).toEqual({ a: '1', description: 'short\nlong\n.', b: '2' });
  });
  it('refuses an archive without its members', async () => {
    expect(await codeOf(readControl(arOf({ 'debian-binary': '2.0\n' })))).toBe('malformed');
  });
});

describe('newc', () => {
  it('writes what the format says', () => {
    const archive = text(
      writeNewc([
        { path: 'd', type: 'directory', mode: 0o755 },
        { path: 'd/f', type: 'file', mode: 0o644, data: utf8('hello') },
        { path: 'l', type: 'symlink', target: 'd/f' },
        { path: 'c', type: 'character', mode: 0o600, major: 5, minor: 1 },
      ]),
    );
    const header = (inode: string, mode: string, links: string, size: string, device: string, name: string): string =>
      `070701${inode}${mode}${'0'.repeat(16)}${links}00000000${size}${'0'.repeat(16)}${device}${name}00000000`;
    expect(archive).toBe(
      [
        `${header('00000001', '000041ed', '00000002', '00000000', '0000000000000000', '00000002')}d\0`,
        `${header('00000002', '000081a4', '00000001', '00000005', '0000000000000000', '00000004')}d/f\0\0\0hello\0\0\0`,
        `${header('00000003', '0000a1ff', '00000001', '00000003', '0000000000000000', '00000002')}l\0d/f\0`,
        `${header('00000004', '00002180', '00000001', '00000000', '0000000500000001', '00000002')}c\0`,
        `${header('00000000', '00000000', '00000001', '00000000', '0000000000000000', '0000000b')}TRAILER!!!\0\0\0\0`,
      ].join(''),
    );
    expect(archive.length % 4).toBe(0);
  });

  it('reads files back', () => {
    const archive = writeNewc([
      { path: 'd', type: 'directory', mode: 0o755 },
      { path: 'd/f', type: 'file', mode: 0o644, data: utf8('hello') },
      { path: 'empty', type: 'file', mode: 0o644, data: utf8('') },
      { path: 'last', type: 'file', mode: 0o644, data: utf8('end') },
    ]);
    const read = (path: string): string | undefined => {
      const data = readNewcFile(archive, path);
      return data && text(data);
    };
    expect(['d/f', 'empty', 'last', 'f', 'TRAILER!!!'].map(read)).toEqual(['hello', '', 'end', undefined, undefined]);
    expect(readNewcFile(utf8('no archive'), 'f')).toBeUndefined();
  });

  it('makes the folders of files, each before what is in it', () => {
    const initramfs = initramfsOf({ '/a/b/one': '1', 'a/two': '2', three: '3' });
    expect(['a/b/one', 'a/two', 'three'].map((path) => text(readInitramfsFile(initramfs, path) ?? utf8('missing')))).toEqual(['1', '2', '3']);
    const names = [...text(gunzipSync(initramfs)).matchAll(/0{8}([a-z][a-z/]*)\0/g)].map(([, name]) => name);
    expect(names).toEqual(['a', 'a/b', 'a/b/one', 'a/two', 'three']);
  });
});
