/** The .xz container (file format 1.2.0) with what kernels use: LZMA2, the x86 filter, CRC-32. */
import { badImage, ImageReader, RELOAD_HINT } from '../image-reader.ts';
import { undoBcjX86 } from './bcj-x86.ts';
import { crc32 } from './crc32.ts';
import { unpackLzma2 } from './lzma2.ts';

const HEADER_BYTES = 12;
const Filter = { x86: 0x04, lzma2: 0x21 } as const;
/** Check ids and their bytes; other ids are of no use for kernels. */
const CHECK_BYTES: Readonly<Record<number, number>> = { 0: 0, 1: 4 };
const CRC32 = 1;

/**
 * @param size bytes of output
 * @throws MachineError `bad-image` when the data is damaged, ends early or uses another filter or check
 */
export function unpackXz(bytes: Uint8Array, size: number): Uint8Array {
  const input = new ImageReader(bytes, 'xz data');
  const flags = input.u8(7);
  const checkBytes = CHECK_BYTES[flags];
  if (crc32(input.slice(6, 2)) !== input.u32(8)) damaged();
  if (input.u8(6) !== 0 || checkBytes === undefined) badImage(`xz data with check type ${flags}`, 'pack it with `xz --check=crc32`');
  const output = new Uint8Array(size);
  let from = HEADER_BYTES;
  let at = 0;
  // The index, behind the last block, starts with 0.
  while (input.u8(from) !== 0) {
    const header = blockHeader(input, from);
    from += header.bytes;
    const { consumed, end } = unpackLzma2(bytes, from, output, at);
    const block = output.subarray(at, end);
    if (header.x86) undoBcjX86(block);
    const check = from + Math.ceil(consumed / 4) * 4;
    if (flags === CRC32 && input.u32(check) !== crc32(block)) damaged();
    from = check + checkBytes;
    at = end;
  }
  if (at !== size) damaged();
  return output;
}

interface BlockHeader {
  readonly bytes: number;
  readonly x86: boolean;
}

function blockHeader(input: ImageReader, from: number): BlockHeader {
  const bytes = (input.u8(from) + 1) * 4;
  if (crc32(input.slice(from, bytes - 4)) !== input.u32(from + bytes - 4)) damaged();
  const flags = input.u8(from + 1);
  let at = from + 2;
  /** Multibyte integer: 7 bits a byte, least significant first. */
  const integer = (): number => {
    let value = 0;
    for (let scale = 1; ; scale *= 128) {
      const byte = input.u8(at++);
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
    }
  };
  for (const present of [0x40, 0x80]) if (flags & present) integer();
  const filters = Array.from({ length: (flags & 3) + 1 }, () => {
    const id = integer();
    const properties = integer();
    at += properties;
    return { id, properties };
  });
  const ids = filters.map(({ id }) => id);
  const known = (ids.length === 1 || (ids.length === 2 && ids[0] === Filter.x86 && filters[0]!.properties === 0)) && ids.at(-1) === Filter.lzma2;
  if (!known) badImage(`xz data with filters ${ids.map((id) => id.toString(16)).join(', ')}`, 'pack it with `xz --x86 --lzma2` or `xz --lzma2`');
  return { bytes, x86: ids.length === 2 };
}

function damaged(): never {
  badImage('the xz data is damaged', RELOAD_HINT);
}
