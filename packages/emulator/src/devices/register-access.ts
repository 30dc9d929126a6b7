/** Access to part of a register. */

/** `size` bytes of a 32-bit register from `byte` on; bytes past its end read 0. */
export function partOf(value: number, byte: number, size: 1 | 2 | 4): number {
  const shifted = value >>> (byte * 8);
  return size === 4 ? shifted : shifted & (size === 2 ? 0xffff : 0xff);
}
