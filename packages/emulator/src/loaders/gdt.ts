/** Global descriptor tables with flat segments, as boot protocols want them. */
import { SegmentRights } from './cpu-bits.ts';

/** Selectors: Linux's __BOOT_CS and __BOOT_DS. */
export const BOOT_CODE = 0x10;
export const BOOT_DATA = 0x18;
export const BOOT_GDT_BYTES = 0x20;

/** Two null descriptors, code at {@link BOOT_CODE}, data at {@link BOOT_DATA}: base 0, limit 4 GiB. */
export function bootGdt(code: 'code32' | 'code64'): Uint8Array {
  const bytes = new Uint8Array(BOOT_GDT_BYTES);
  const data = new DataView(bytes.buffer);
  flat(data, BOOT_CODE, SegmentRights[code]);
  flat(data, BOOT_DATA, SegmentRights.data32);
  return bytes;
}

function flat(data: DataView, at: number, rights: number): void {
  const LIMIT_LOW = 0xffff;
  const LIMIT_HIGH = 0xf0000;
  data.setUint32(at, LIMIT_LOW, true);
  data.setUint32(at + 4, rights | LIMIT_HIGH, true);
}
