/**
 * Writer and reader of cpio archives in the newc format, the only one the kernel unpacks as an initramfs (Linux,
 * Documentation/driver-api/early-userspace/buffer-format.rst). Times are 0 and inodes are counted, so that the same
 * files give the same bytes.
 */

const TRAILER = 'TRAILER!!!';
const ALIGNMENT = 4;

/** Bits of st_mode. */
const TYPE_BITS = { file: 0o100000, directory: 0o040000, symlink: 0o120000, character: 0o020000 } as const;

export type NewcEntry = { readonly path: string } & (
  | { readonly type: 'file'; readonly mode: number; readonly data: Uint8Array }
  | { readonly type: 'directory'; readonly mode: number }
  | { readonly type: 'symlink'; readonly target: string }
  | { readonly type: 'character'; readonly mode: number; readonly major: number; readonly minor: number }
);

/**
 * The archive. Directories must come before what is in them: the kernel creates none by itself.
 *
 * @param entries paths without a leading slash
 */
export function writeNewc(entries: readonly NewcEntry[]): Uint8Array {
  const parts: Uint8Array[] = [];
  entries.forEach((entry, index) => {
    const { mode, data, links, major, minor } = fieldsOf(entry);
    parts.push(...member(entry.path, index + 1, mode, links, data, major, minor));
  });
  parts.push(...member(TRAILER, 0, 0, 1, new Uint8Array(0), 0, 0));
  return Buffer.concat(parts);
}

interface Fields {
  readonly mode: number;
  readonly data: Uint8Array;
  readonly links: number;
  readonly major: number;
  readonly minor: number;
}

function fieldsOf(entry: NewcEntry): Fields {
  const none = { data: new Uint8Array(0), links: 1, major: 0, minor: 0 };
  switch (entry.type) {
    case 'file':
      return { ...none, mode: TYPE_BITS.file | entry.mode, data: entry.data };
    case 'directory':
      return { ...none, mode: TYPE_BITS.directory | entry.mode, links: 2 };
    case 'symlink':
      return { ...none, mode: TYPE_BITS.symlink | 0o777, data: new TextEncoder().encode(entry.target) };
    case 'character':
      return { ...none, mode: TYPE_BITS.character | entry.mode, major: entry.major, minor: entry.minor };
  }
}

/** Header, name and data, the last two each padded to 4 bytes from the start of the member. */
function member(path: string, inode: number, mode: number, links: number, data: Uint8Array, major: number, minor: number): Uint8Array[] {
  const name = new TextEncoder().encode(`${path}\0`);
  const [uid, gid, time, deviceMajor, deviceMinor, check] = [0, 0, 0, 0, 0, 0];
  const fields = [inode, mode, uid, gid, links, time, data.length, deviceMajor, deviceMinor, major, minor, name.length, check];
  const header = new TextEncoder().encode(`070701${fields.map((field) => field.toString(16).padStart(8, '0')).join('')}`);
  return [header, name, padding(header.length + name.length), data, padding(data.length)];
}

const padding = (length: number): Uint8Array => new Uint8Array(-length & (ALIGNMENT - 1));

const MAGIC_BYTES = 6;
const FIELD_BYTES = 8;
const HEADER_BYTES = MAGIC_BYTES + 13 * FIELD_BYTES;
/** Indices of header fields. */
const FILE_SIZE = 6;
const NAME_SIZE = 11;

/** Content of the first member of this path, or undefined. @param path without a leading slash */
export function readNewcFile(archive: Uint8Array, path: string): Uint8Array | undefined {
  const text = (from: number, length: number): string => new TextDecoder().decode(archive.subarray(from, from + length));
  for (let at = 0; at + HEADER_BYTES <= archive.length; ) {
    const field = (index: number): number => Number.parseInt(text(at + MAGIC_BYTES + index * FIELD_BYTES, FIELD_BYTES), 16);
    const name = text(at + HEADER_BYTES, field(NAME_SIZE) - 1);
    const data = at + aligned(HEADER_BYTES + field(NAME_SIZE));
    const end = data + field(FILE_SIZE);
    if (name === TRAILER || Number.isNaN(end)) return undefined;
    if (name === path) return archive.slice(data, end);
    at = data + aligned(field(FILE_SIZE));
  }
  return undefined;
}

const aligned = (length: number): number => (length + ALIGNMENT - 1) & -ALIGNMENT;
