/** Bit streams of Zstandard (RFC 8878, sections 4.1, 4.2): one read from its end, one from its start. */
import { badImage, RELOAD_HINT } from '../image-reader.ts';

export function damagedZstd(): never {
  badImage('the zstd data is damaged', RELOAD_HINT);
}

/** Reads backwards. The last byte's highest set bit marks the end. Bits before the start read as zero. */
export class BackwardBits {
  /** Bits not read yet; negative when more were read than there are. */
  left: number;
  readonly #bytes: Uint8Array;

  constructor(bytes: Uint8Array) {
    const last = bytes.at(-1) ?? 0;
    if (last === 0) damagedZstd();
    this.#bytes = bytes;
    this.left = (bytes.length - 1) * 8 + 31 - Math.clz32(last);
  }

  /** @param count 0 … 32 */
  read(count: number): number {
    const ONE_READ = 24;
    if (count > ONE_READ) {
      const high = this.read(count - 16);
      return high * 65536 + this.read(16);
    }
    this.left -= count;
    return this.#at(this.left, count);
  }

  /** The next bits, which stay. @param count 0 … 24 */
  peek(count: number): number {
    return this.#at(this.left - count, count);
  }

  skip(count: number): void {
    this.left -= count;
  }

  #at(position: number, count: number): number {
    if (position < 0) return position + count <= 0 ? 0 : this.#at(0, count + position) << -position;
    const byte = position >> 3;
    const bytes = this.#bytes;
    // Past the end of the array is undefined, which `|` takes for 0.
    const word = bytes[byte]! | (bytes[byte + 1]! << 8) | (bytes[byte + 2]! << 16) | (bytes[byte + 3]! << 24);
    return (word >>> (position & 7)) & ((1 << count) - 1);
  }
}

/** Reads forwards, least significant bit first. */
export class ForwardBits {
  #position: number;
  readonly #bytes: Uint8Array;

  constructor(bytes: Uint8Array, from: number) {
    this.#bytes = bytes;
    this.#position = from * 8;
  }

  /** First byte of which no bit has been read. */
  get nextByte(): number {
    return Math.ceil(this.#position / 8);
  }

  /** @param count 0 … 16 */
  read(count: number): number {
    const byte = this.#position >> 3;
    if (byte >= this.#bytes.length) damagedZstd();
    const word = this.#bytes[byte]! | (this.#bytes[byte + 1]! << 8) | (this.#bytes[byte + 2]! << 16);
    const value = (word >>> (this.#position & 7)) & ((1 << count) - 1);
    this.#position += count;
    return value;
  }

  unread(count: number): void {
    this.#position -= count;
  }
}
