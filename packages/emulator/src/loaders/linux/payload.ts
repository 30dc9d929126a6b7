/** The compressed vmlinux inside a bzImage, unpacked on the host so that the guest need not. */
import { badImage, ImageReader, RELOAD_HINT } from '../image-reader.ts';
import { parseSetupHeader, Protocol, SetupField } from './setup-header.ts';

export type PayloadFormat = 'gzip' | 'xz' | 'lz4' | 'zstd' | 'bzip2' | 'lzma' | 'lzo' | 'unknown';

/** Larger than any kernel; above it the size in the image is taken for damage. */
const LARGEST_KERNEL = 1 << 30;
const SELF = 'boot the bzImage itself: the kernel brings its own decompressor';

export function payloadFormat(payload: Uint8Array): PayloadFormat {
  if (payload.length < 8) return 'unknown';
  const data = new DataView(payload.buffer, payload.byteOffset, payload.length);
  const magic = data.getUint32(0, true);
  if ((magic & 0xffff) === 0x8b1f) return 'gzip';
  if (magic === 0x587a37fd) return 'xz';
  if (magic === 0x184c2102) return 'lz4';
  if (magic === 0xfd2fb528) return 'zstd';
  if ((magic & 0xffffff) === 0x685a42) return 'bzip2';
  if ((magic & 0xffffff) === 0x00005d) return 'lzma';
  if (magic === 0x4f5a4c89) return 'lzo';
  return 'unknown';
}

/**
 * The ELF image of the kernel.
 * @param bytes a bzImage of protocol 2.08 or later
 * @throws MachineError `bad-image`: damaged, or packed in a way that only the kernel itself undoes
 */
export async function unpackBzImage(bytes: Uint8Array): Promise<Uint8Array> {
  const image = new ImageReader(bytes, 'kernel image');
  const header = parseSetupHeader(image);
  if (header.version < Protocol.payload) badImage('a kernel that does not say where its payload is', SELF);
  const length = image.u32(SetupField.payloadLength);
  if (length < 8) badImage('a kernel without a payload', SELF);
  const payload = image.slice(header.setupBytes + image.u32(SetupField.payloadOffset), length);
  const format = payloadFormat(payload);
  // All but gzip are followed by the size unpacked.
  const size = new DataView(payload.buffer, payload.byteOffset).getUint32(length - 4, true);
  if (format !== 'gzip' && (size < length / 2 || size > LARGEST_KERNEL)) badImage(`a kernel that unpacks to ${size} bytes`, RELOAD_HINT);
  // Each decompressor is loaded when its format turns up.
  switch (format) {
    case 'gzip': {
      const { unpackGzip } = await import('../decompress/gzip.ts');
      return unpackGzip(payload);
    }
    case 'xz': {
      const { unpackXz } = await import('../decompress/xz.ts');
      return unpackXz(payload.subarray(0, -4), size);
    }
    case 'lz4': {
      const { unpackLz4 } = await import('../decompress/lz4.ts');
      return unpackLz4(payload.subarray(0, -4), size);
    }
    case 'zstd': {
      const { unpackZstd } = await import('../decompress/zstd.ts');
      return unpackZstd(payload.subarray(0, -4), size);
    }
    default:
      return badImage(`a kernel packed with ${format === 'unknown' ? 'an unknown method' : format}`, SELF);
  }
}
