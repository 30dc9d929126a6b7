/**
 * Streaming reader of tar archives: POSIX ustar, GNU long names and pax `path`/`linkpath` records, which is what dpkg
 * writes. Only the files somebody asks for are kept; a kernel package is 300 MB unpacked, a guest needs 15 MB of it.
 */
import { GuestImageError } from '../errors.ts';

const BLOCK = 512;
const NAME = { at: 0, length: 100 } as const;
const MODE = { at: 100, length: 8 } as const;
const SIZE = { at: 124, length: 12 } as const;
const CHECKSUM = { at: 148, length: 8 } as const;
const TYPE_AT = 156;
const LINK = { at: 157, length: 100 } as const;
const PREFIX = { at: 345, length: 155 } as const;
/** Longest extended header we take: names are at most 4 KiB. */
const EXTENDED_LIMIT = 64 * 1024;

type TarType = 'file' | 'directory' | 'symlink' | 'other';

export interface TarEntry {
  /** Without a leading `./` or `/`. */
  readonly path: string;
  readonly type: TarType;
  readonly mode: number;
  /** Target of a symbolic link, else empty. */
  readonly link: string;
  readonly data: Uint8Array;
}

/**
 * The entries `wanted` says yes to.
 *
 * @param chunks the uncompressed archive
 * @param wanted asked with the path of each regular file and link, without leading `./`
 * @throws GuestImageError `malformed`
 */
export async function readTar(chunks: AsyncIterable<Uint8Array>, wanted: (path: string) => boolean): Promise<readonly TarEntry[]> {
  const reader = new BlockReader(chunks);
  const entries: TarEntry[] = [];
  let longName: string | undefined;
  let longLink: string | undefined;
  for (;;) {
    const header = await reader.take(BLOCK);
    if (header === undefined || header.every((byte) => byte === 0)) return entries;
    checkSum(header);
    const size = octal(header, SIZE);
    const padded = Math.ceil(size / BLOCK) * BLOCK;
    const type = String.fromCharCode(header[TYPE_AT]);
    if (type === 'L' || type === 'K' || type === 'x') {
      if (size > EXTENDED_LIMIT) throw malformed(`an extended header of ${size} bytes`);
      const text = await reader.need(padded, size);
      if (type === 'L') longName = cString(text);
      else if (type === 'K') longLink = cString(text);
      else {
        const records = paxRecords(text);
        longName = records.get('path') ?? longName;
        longLink = records.get('linkpath') ?? longLink;
      }
      continue;
    }
    const prefix = field(header, PREFIX);
    const name = field(header, NAME);
    const path = (longName ?? (prefix === '' ? name : `${prefix}/${name}`)).replace(/^(\.?\/)+/, '').replace(/\/$/, '');
    const link = longLink ?? field(header, LINK);
    longName = undefined;
    longLink = undefined;
    const kind = typeOf(type);
    if ((kind === 'file' || kind === 'symlink') && wanted(path)) {
      entries.push({ path, type: kind, mode: octal(header, MODE), link: kind === 'symlink' ? link : '', data: await reader.need(padded, size) });
    } else {
      await reader.skip(padded);
    }
  }
}

function typeOf(flag: string): TarType {
  switch (flag) {
    case '0':
    case '\0':
      return 'file';
    case '2':
      return 'symlink';
    case '5':
      return 'directory';
    default:
      return 'other';
  }
}

interface Field {
  readonly at: number;
  readonly length: number;
}

function cString(bytes: Uint8Array): string {
  const end = bytes.indexOf(0);
  return new TextDecoder().decode(end < 0 ? bytes : bytes.subarray(0, end));
}

const field = (header: Uint8Array, { at, length }: Field): string => cString(header.subarray(at, at + length));

function octal(header: Uint8Array, where: Field): number {
  const text = field(header, where).trim();
  if (!/^[0-7]+$/.test(text)) throw malformed(`"${text}" where an octal number stands`);
  return Number.parseInt(text, 8);
}

/** The sum of all header bytes with the checksum field taken as spaces. */
function checkSum(header: Uint8Array): void {
  let sum = 0;
  header.forEach((byte, at) => (sum += at >= CHECKSUM.at && at < CHECKSUM.at + CHECKSUM.length ? 0x20 : byte));
  if (sum !== octal(header, CHECKSUM)) throw malformed('a header with a wrong checksum');
}

/** `length key=value\n` records. */
function paxRecords(bytes: Uint8Array): ReadonlyMap<string, string> {
  const records = new Map<string, string>();
  for (let at = 0; at < bytes.length; ) {
    const space = bytes.indexOf(0x20, at);
    const length = Number(new TextDecoder().decode(bytes.subarray(at, Math.max(space, at))));
    if (space < 0 || !Number.isInteger(length) || length <= space - at || at + length > bytes.length) throw malformed('a broken pax record');
    const record = new TextDecoder().decode(bytes.subarray(space + 1, at + length - 1));
    const equals = record.indexOf('=');
    records.set(record.slice(0, equals), record.slice(equals + 1));
    at += length;
  }
  return records;
}

/** Takes exact amounts from a stream of chunks of any size. */
class BlockReader {
  readonly #chunks: AsyncIterator<Uint8Array>;
  #chunk: Uint8Array = new Uint8Array(0);
  #at = 0;

  constructor(chunks: AsyncIterable<Uint8Array>) {
    this.#chunks = chunks[Symbol.asyncIterator]();
  }

  async #fill(): Promise<boolean> {
    while (this.#at === this.#chunk.length) {
      const { done, value } = await this.#chunks.next();
      if (done === true) return false;
      this.#chunk = value;
      this.#at = 0;
    }
    return true;
  }

  /** Hands on or drops `length` bytes in pieces. @returns false when the stream ends first */
  async #each(length: number, use: (piece: Uint8Array) => void): Promise<boolean> {
    for (let left = length; left > 0; ) {
      if (!(await this.#fill())) return false;
      const piece = this.#chunk.subarray(this.#at, this.#at + left);
      use(piece);
      this.#at += piece.length;
      left -= piece.length;
    }
    return true;
  }

  /** The next `length` bytes, or undefined at the end of the stream. */
  async take(length: number): Promise<Uint8Array | undefined> {
    if (!(await this.#fill())) return undefined;
    const bytes = new Uint8Array(length);
    let at = 0;
    const whole = await this.#each(length, (piece) => {
      bytes.set(piece, at);
      at += piece.length;
    });
    if (!whole) throw malformed('it ends in the middle of an entry');
    return bytes;
  }

  /** The first `size` of the next `padded` bytes. */
  async need(padded: number, size: number): Promise<Uint8Array> {
    if (padded === 0) return new Uint8Array(0);
    const bytes = await this.take(padded);
    if (bytes === undefined) throw malformed('it ends in the middle of an entry');
    return bytes.subarray(0, size);
  }

  async skip(length: number): Promise<void> {
    if (!(await this.#each(length, () => undefined))) throw malformed('it ends in the middle of an entry');
  }
}

function malformed(what: string): GuestImageError {
  return new GuestImageError('malformed', `not a tar archive: ${what}`, 'The package is damaged: remove it and fetch it again.');
}
