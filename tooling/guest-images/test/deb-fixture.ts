/** Small Debian packages made in memory. */
import { gzipSync } from 'node:zlib';

export interface FixtureFile {
  readonly path: string;
  readonly data?: Uint8Array | string;
  readonly type?: '0' | '2' | '5' | 'L' | 'x';
  readonly link?: string;
  readonly prefix?: string;
}

const bytesOf = (data: Uint8Array | string | undefined): Uint8Array => (typeof data === 'string' ? new TextEncoder().encode(data) : (data ?? new Uint8Array(0)));

export function tarOf(files: readonly FixtureFile[]): Uint8Array {
  const parts: Uint8Array[] = [];
  for (const { path, data, type = '0', link = '', prefix = '' } of files) {
    const content = bytesOf(data);
    const header = new Uint8Array(512);
    const put = (at: number, text: string): void => header.set(new TextEncoder().encode(text), at);
    put(0, path);
    put(100, '0000755\0');
    put(124, `${content.length.toString(8).padStart(11, '0')}\0`);
    put(148, '        ');
    put(156, type);
    put(157, link);
    put(257, 'ustar\0');
    put(345, prefix);
    put(148, `${header.reduce((sum, byte) => sum + byte, 0).toString(8).padStart(6, '0')}\0 `);
    parts.push(header, content, new Uint8Array(-content.length & 511));
  }
  return Buffer.concat([...parts, new Uint8Array(1024)]);
}

export function arOf(members: Readonly<Record<string, Uint8Array | string>>): Uint8Array {
  const parts: Uint8Array[] = [bytesOf('!<arch>\n')];
  for (const [name, data] of Object.entries(members)) {
    const content = bytesOf(data);
    parts.push(bytesOf(`${name.padEnd(16)}${'0'.padEnd(12)}${'0'.padEnd(6)}${'0'.padEnd(6)}${'100644'.padEnd(8)}${String(content.length).padEnd(10)}\`\n`));
    parts.push(content, new Uint8Array(content.length & 1).fill(0x0a));
  }
  return Buffer.concat(parts);
}

export function debOf(control: Readonly<Record<string, string>>, files: readonly FixtureFile[]): Uint8Array {
  const text = Object.entries(control).map(([name, value]) => `${name}: ${value}\n`).join('');
  return arOf({
    'debian-binary': '2.0\n',
    'control.tar.gz': gzipSync(tarOf([{ path: './control', data: text }])),
    'data.tar.gz': gzipSync(tarOf(files)),
  });
}

/** An ELF relocatable with nothing but names and a `.modinfo` section. */
export function moduleOf(modinfo: readonly string[], bits: 32 | 64 = 64): Uint8Array {
  const names = bytesOf('\0.modinfo\0.shstrtab\0');
  const info = bytesOf(modinfo.map((line) => `${line}\0`).join(''));
  const wide = bits === 64;
  const headerSize = wide ? 64 : 52;
  const entrySize = wide ? 64 : 40;
  const table = headerSize + names.length + info.length;
  const bytes = new Uint8Array(table + 3 * entrySize);
  const view = new DataView(bytes.buffer);
  const word = (at: number, value: number): void => (wide ? view.setBigUint64(at, BigInt(value), true) : view.setUint32(at, value, true));
  view.setUint32(0, 0x7f454c46);
  view.setUint8(4, wide ? 2 : 1);
  word(wide ? 0x28 : 0x20, table);
  const counts = wide ? 0x3a : 0x2e;
  view.setUint16(counts, entrySize, true);
  view.setUint16(counts + 2, 3, true);
  view.setUint16(counts + 4, 2, true);
  bytes.set(names, headerSize);
  bytes.set(info, headerSize + names.length);
  const section = (index: number, name: number, offset: number, size: number): void => {
    const at = table + index * entrySize;
    view.setUint32(at, name, true);
    word(at + (wide ? 0x18 : 0x10), offset);
    word(at + (wide ? 0x20 : 0x14), size);
  };
  section(1, 1, headerSize + names.length, info.length);
  section(2, 10, headerSize, names.length);
  return bytes;
}
