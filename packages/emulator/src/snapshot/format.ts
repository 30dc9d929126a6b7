/**
 * The file format of snapshots: `wasm-tcg` (8 bytes), format version and header length (u32 each, little-endian), header (JSON, readable with any
 * tool), then the body, gzip: length of a JSON text (u32), the text, and the bytes that the text refers to as `{"$bytes":[offset,length]}`.
 *
 * gzip's CRC-32 finds damage; the header's length and version are checked before anything is unpacked.
 */
import type { SavedValue } from '../devices/device.ts';
import { MachineError } from '../errors.ts';

/** Increased when what is saved changes its meaning. */
export const SNAPSHOT_VERSION = 1;
const MAGIC = 'wasm-tcg';
const FIXED = 16;
/** More than any header has. */
const MAX_HEADER = 1 << 20;

export interface SnapshotParts {
  /** What the machine has to be to take the body. */
  readonly header: SavedValue;
  readonly body: SavedValue;
}

const bad = (what: string, cause?: unknown): MachineError =>
  new MachineError('bad-snapshot', `the snapshot ${what}`, 'it is damaged, or no snapshot of wasm-tcg: take it again', cause === undefined ? {} : { cause });

export async function encodeSnapshot({ header, body }: SnapshotParts): Promise<Uint8Array> {
  const head = new TextEncoder().encode(JSON.stringify(header));
  const packed = await pipe(flatten(body), new CompressionStream('gzip'));
  const out = new Uint8Array(FIXED + head.length + packed.length);
  out.set(new TextEncoder().encode(MAGIC));
  const view = new DataView(out.buffer);
  view.setUint32(8, SNAPSHOT_VERSION, true);
  view.setUint32(12, head.length, true);
  out.set(head, FIXED);
  out.set(packed, FIXED + head.length);
  return out;
}

/** Do they begin as a snapshot, of whatever version? */
export function isSnapshot(bytes: Uint8Array): boolean {
  return bytes.length >= FIXED && Array.from(MAGIC, (character) => character.charCodeAt(0)).every((code, i) => bytes[i] === code);
}

/**
 * The header, and where the body begins; the body need not be there.
 * @throws MachineError `bad-snapshot`
 */
export function readHeader(bytes: Uint8Array): { readonly header: SavedValue; readonly bodyAt: number } {
  if (!isSnapshot(bytes)) throw bad('does not begin as one');
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const version = view.getUint32(8, true);
  if (version !== SNAPSHOT_VERSION) {
    throw new MachineError('bad-snapshot', `a snapshot of format ${version}, this is format ${SNAPSHOT_VERSION}`, 'restore it with the version of wasm-tcg that took it');
  }
  const length = view.getUint32(12, true);
  if (length > MAX_HEADER || FIXED + length > bytes.length) throw bad('ends in its header');
  return { header: parse(bytes.slice(FIXED, FIXED + length)), bodyAt: FIXED + length };
}

/** @throws MachineError `bad-snapshot` */
export async function decodeSnapshot(bytes: Uint8Array): Promise<SnapshotParts> {
  const { header, bodyAt } = readHeader(bytes);
  let flat: Uint8Array;
  try {
    flat = await pipe([bytes.subarray(bodyAt)], new DecompressionStream('gzip'));
  } catch (cause) {
    throw bad('is damaged or cut short', cause);
  }
  return { header, body: unflatten(flat) };
}

/** Body → pieces of bytes. */
function flatten(body: SavedValue): readonly Uint8Array[] {
  const blobs: Uint8Array[] = [];
  let offset = 0;
  const strip = (value: SavedValue): SavedValue => {
    if (value instanceof Uint8Array) {
      const ref = { $bytes: [offset, value.length] };
      blobs.push(value);
      offset += value.length;
      return ref;
    }
    if (Array.isArray(value)) return value.map(strip);
    if (value !== null && typeof value === 'object') return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, strip(item)]));
    return value;
  };
  const text = new TextEncoder().encode(JSON.stringify(strip(body)));
  const length = new Uint8Array(4);
  new DataView(length.buffer).setUint32(0, text.length, true);
  return [length, text, ...blobs];
}

function unflatten(flat: Uint8Array): SavedValue {
  const length = flat.length < 4 ? Infinity : new DataView(flat.buffer, flat.byteOffset).getUint32(0, true);
  if (4 + length > flat.length) throw bad('is cut short');
  const blobs = flat.subarray(4 + length);
  const restore = (value: SavedValue): SavedValue => {
    if (Array.isArray(value)) return value.map(restore);
    if (value === null || typeof value !== 'object') return value;
    const ref = (value as { readonly $bytes?: SavedValue }).$bytes;
    if (ref === undefined) return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, restore(item)]));
    const [at, size] = Array.isArray(ref) ? (ref as readonly SavedValue[]) : [];
    if (typeof at !== 'number' || typeof size !== 'number' || !(at >= 0 && size >= 0 && at + size <= blobs.length)) throw bad('refers to bytes it does not have');
    return blobs.subarray(at, at + size);
  };
  return restore(parse(flat.subarray(4, 4 + length)));
}

function parse(bytes: Uint8Array): SavedValue {
  try {
    return JSON.parse(new TextDecoder().decode(bytes)) as SavedValue;
  } catch (cause) {
    throw bad('holds no readable description', cause);
  }
}

/** All pieces through a stream, in one piece. */
async function pipe(pieces: readonly Uint8Array[], through: CompressionStream | DecompressionStream): Promise<Uint8Array> {
  const writer = through.writable.getWriter();
  const writing = (async () => {
    for (const piece of pieces) await writer.write(piece as Uint8Array<ArrayBuffer>);
    await writer.close();
  })();
  // A damaged stream fails on both ends; the reader's error is the one that is reported.
  writing.catch(() => undefined);
  const chunks: Uint8Array[] = [];
  let size = 0;
  const reader = through.readable.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    chunks.push(value as Uint8Array);
    size += (value as Uint8Array).length;
  }
  await writing;
  const out = new Uint8Array(size);
  let at = 0;
  for (const chunk of chunks) {
    out.set(chunk, at);
    at += chunk.length;
  }
  return out;
}
