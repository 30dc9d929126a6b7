/** Decompression by a file name's ending: the formats Debian and its relatives use for package members and modules. */
import { createRequire } from 'node:module';
import { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { Decompress } from 'fzstd';
import type * as Xz from 'xz-decompress';
import { GuestImageError, messageOf } from '../errors.ts';

/** A CommonJS bundle whose exports Node cannot name in an import. */
const { XzReadableStream } = createRequire(import.meta.url)('xz-decompress') as typeof Xz;

/** Bytes handed to a decompressor at once: small enough for it to hand on results before the whole file is read. */
const PIECE = 256 * 1024;

type Decompressor = (bytes: Uint8Array) => AsyncIterable<Uint8Array>;

const DECOMPRESSORS: Readonly<Record<string, Decompressor>> = {
  '.xz': (bytes) => readStream(new XzReadableStream(Readable.toWeb(Readable.from(pieces(bytes))) as ReadableStream<Uint8Array>)),
  '.gz': (bytes) => Readable.from(pieces(bytes)).pipe(createGunzip()),
  '.zst': zstd,
};

/**
 * The content of a file, decompressed as its name's ending says; with any other ending, as it is.
 *
 * @throws GuestImageError `malformed`, while it is read
 */
export async function* decompress(name: string, bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  const ending = Object.keys(DECOMPRESSORS).find((known) => name.endsWith(known));
  if (ending === undefined) {
    yield bytes;
    return;
  }
  try {
    yield* DECOMPRESSORS[ending](bytes);
  } catch (error) {
    throw new GuestImageError('malformed', `${name} does not decompress: ${messageOf(error)}`, 'The package is damaged: remove it and fetch it again.', { cause: error });
  }
}

/** {@link decompress}, in one piece. */
export async function decompressWhole(name: string, bytes: Uint8Array): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  for await (const part of decompress(name, bytes)) parts.push(part);
  return parts.length === 1 ? parts[0] : Buffer.concat(parts);
}

/** The name without the ending that {@link decompress} takes off. */
export function withoutCompression(name: string): string {
  const ending = Object.keys(DECOMPRESSORS).find((known) => name.endsWith(known));
  return ending === undefined ? name : name.slice(0, -ending.length);
}

function* pieces(bytes: Uint8Array): Generator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += PIECE) yield bytes.subarray(at, at + PIECE);
}

async function* readStream(stream: ReadableStream<Uint8Array>): AsyncGenerator<Uint8Array> {
  const reader = stream.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    // The decoder hands out views of its one buffer, which the next read overwrites.
    yield value.slice();
  }
}

async function* zstd(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  const ready: Uint8Array[] = [];
  const decoder = new Decompress((chunk) => void ready.push(chunk));
  for (let at = 0; at < bytes.length; at += PIECE) {
    decoder.push(bytes.subarray(at, at + PIECE), at + PIECE >= bytes.length);
    yield* ready.splice(0);
  }
}
