/** Disk images with content that can be told from any other: each 512-byte sector is its own. */

const SECTOR = 512;

/**
 * A raw image. Every 32-bit word is a function of its place alone (a multiplicative hash of its index and the seed), so
 * both sides of a test know every byte.
 *
 * @param bytes multiple of 512
 */
export function makeTestDisk(bytes: number, seed = 1): Uint8Array {
  if (!Number.isSafeInteger(bytes) || bytes <= 0 || bytes % SECTOR !== 0) throw new RangeError(`a disk of ${bytes} bytes: it takes a positive multiple of ${SECTOR}`);
  const words = new Uint32Array(bytes / 4);
  for (let index = 0; index < words.length; index++) {
    const mixed = Math.imul(index ^ (seed << 24) ^ seed, 0x9e3779b1);
    words[index] = Math.imul(mixed ^ (mixed >>> 15), 0x85ebca6b);
  }
  return new Uint8Array(words.buffer);
}
