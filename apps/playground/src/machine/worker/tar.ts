/**
 * Tar archives as both ends of a file transfer write and read them: POSIX ustar (IEEE 1003.1, pax), names over 100 bytes by GNU's `L` entries, which busybox knows,
 * too; when reading also pax `path` records.
 */
import type { TransferFile } from '../protocol.ts';

export const TAR_BLOCK = 512;
/** Two blocks of zeros. */
const END_BYTES = 2 * TAR_BLOCK;
const NAME = { at: 0, length: 100 } as const;
const MODE = { at: 100, length: 8 } as const;
const UID = { at: 108, length: 8 } as const;
const GID = { at: 116, length: 8 } as const;
const SIZE = { at: 124, length: 12 } as const;
const MTIME = { at: 136, length: 12 } as const;
const CHECKSUM = { at: 148, length: 8 } as const;
const TYPE_AT = 156;
const MAGIC = { at: 257, text: 'ustar\u000000' } as const;
const PREFIX = { at: 345, length: 155 } as const;
/** Bytes 500 … 511 belong to no field. In the first header of what we write: how many pages of {@link PAGE} bytes the archive has, decimal. */
const PAGES_AT = 500;
const PAGE = 4096;
const FILE_MODE = 0o644;
const LONG_NAME = '././@LongLink';
/** Longest extended header we take: Linux' names are at most 4 KiB. */
const EXTENDED_LIMIT = 65_536;

interface Field {
  readonly at: number;
  readonly length: number;
}

const padded = (bytes: number): number => Math.ceil(bytes / TAR_BLOCK) * TAR_BLOCK;

/** Bytes of the archive of files with these sizes and names. */
export function tarBytes(files: readonly { readonly name: string; readonly size: number }[]): number {
  return files.reduce((sum, { name, size }) => sum + longNameBytes(utf8(name).length) + TAR_BLOCK + padded(size), END_BYTES);
}

const longNameBytes = (length: number): number => (length > NAME.length ? TAR_BLOCK + padded(length + 1) : 0);

/**
 * The first header says how long the archive is: busybox' tar reads what it is given to the end, which on a disk is far behind that of the archive. The guest's
 * `receive` gives it this many pages.
 * @param seconds modification time of all, since 1970
 */
export function writeTar(files: readonly TransferFile[], seconds: number): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(tarBytes(files.map(({ name, bytes }) => ({ name, size: bytes.length }))));
  let at = 0;
  const entry = (name: Uint8Array, type: string, data: Uint8Array): void => {
    out.set(header(name, type, data.length, seconds, at === 0 ? Math.ceil(out.length / PAGE) : undefined), at);
    out.set(data, at + TAR_BLOCK);
    at += TAR_BLOCK + padded(data.length);
  };
  for (const { name, bytes } of files) {
    const encoded = utf8(name);
    if (encoded.length > NAME.length) entry(utf8(LONG_NAME), 'L', utf8(`${name}\0`));
    entry(encoded.subarray(0, NAME.length), '0', bytes);
  }
  return out;
}

function header(name: Uint8Array, type: string, size: number, seconds: number, pages: number | undefined): Uint8Array {
  const block = new Uint8Array(TAR_BLOCK);
  const octal = ({ at, length }: Field, value: number): void => block.set(utf8(value.toString(8).padStart(length - 1, '0')), at);
  block.set(name, NAME.at);
  octal(MODE, FILE_MODE);
  octal(UID, 0);
  octal(GID, 0);
  octal(SIZE, size);
  octal(MTIME, seconds);
  block[TYPE_AT] = type.charCodeAt(0);
  block.set(utf8(MAGIC.text), MAGIC.at);
  if (pages !== undefined) block.set(utf8(String(pages)), PAGES_AT);
  block.set(utf8(`${sumOf(block).toString(8).padStart(6, '0')}\0 `), CHECKSUM.at);
  return block;
}

/**
 * What an archive on a disk is.
 *
 * - `none`: what stands at the beginning is no archive
 * - `partial`: it goes on where nothing has been written yet
 * - `whole`, with its files; folders, links and devices are left out
 */
export type TarReading = { readonly state: 'none' | 'partial' } | { readonly state: 'whole'; readonly files: readonly TransferFile[]; readonly bytes: number };

/**
 * @param peek bytes at an offset; what was not written yet reads as anything
 * @param written bytes from the beginning that have been written
 */
export function readTar(peek: (offset: number, length: number) => Uint8Array<ArrayBuffer>, written: number): TarReading {
  const files: TransferFile[] = [];
  let longName: string | undefined;
  for (let at = 0; ; ) {
    if (at + TAR_BLOCK > written) return { state: 'partial' };
    const block = peek(at, TAR_BLOCK);
    if (block.every((byte) => byte === 0)) {
      if (at === 0) return { state: 'none' };
      return at + END_BYTES > written ? { state: 'partial' } : { state: 'whole', files, bytes: at + END_BYTES };
    }
    const size = octalOf(block, SIZE);
    if (size === undefined || octalOf(block, CHECKSUM) !== sumOf(block)) return { state: 'none' };
    const data = at + TAR_BLOCK;
    at = data + padded(size);
    if (at > written) return { state: 'partial' };
    const type = String.fromCharCode(block[TYPE_AT]!);
    if (type === 'L' || type === 'x') {
      if (size > EXTENDED_LIMIT) return { state: 'none' };
      const extended = peek(data, size);
      longName = type === 'L' ? cString(extended) : (paxPath(extended) ?? longName);
      continue;
    }
    const name = longName ?? nameOf(block);
    longName = undefined;
    if (type === '0' || type === '\0') files.push({ name: name.replace(/^(\.{0,2}\/)+/, ''), bytes: peek(data, size) });
  }
}

function nameOf(block: Uint8Array): string {
  const prefix = cString(field(block, PREFIX));
  const name = cString(field(block, NAME));
  // GNU's older format keeps times where ustar has the prefix; its magic is `ustar  `.
  return prefix === '' || block[MAGIC.at + 5] !== 0 ? name : `${prefix}/${name}`;
}

/** The sum of all bytes, with those of the checksum taken as spaces. */
function sumOf(block: Uint8Array): number {
  let sum = 0;
  for (let at = 0; at < TAR_BLOCK; at++) sum += at >= CHECKSUM.at && at < CHECKSUM.at + CHECKSUM.length ? 0x20 : block[at]!;
  return sum;
}

function octalOf(block: Uint8Array, where: Field): number | undefined {
  const text = cString(field(block, where)).trim();
  return /^[0-7]+$/.test(text) ? Number.parseInt(text, 8) : undefined;
}

const field = (block: Uint8Array, { at, length }: Field): Uint8Array => block.subarray(at, at + length);
const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);

function cString(bytes: Uint8Array): string {
  const end = bytes.indexOf(0);
  return new TextDecoder().decode(end < 0 ? bytes : bytes.subarray(0, end));
}

/** The `path` among `length key=value\n` records. Lengths count bytes, and a path's value may hold anything: records are walked by their lengths. */
function paxPath(records: Uint8Array): string | undefined {
  for (let at = 0; at < records.length; ) {
    const space = records.indexOf(0x20, at);
    const length = space < 0 ? Number.NaN : Number(new TextDecoder().decode(records.subarray(at, space)));
    if (!(Number.isInteger(length) && length > space - at && at + length <= records.length)) return undefined;
    const record = new TextDecoder().decode(records.subarray(space + 1, at + length - 1));
    if (record.startsWith('path=')) return record.slice('path='.length);
    at += length;
  }
  return undefined;
}
