/** A growing little-endian byte string: what tables and AML are written into. */
export class ByteWriter {
  readonly #bytes: number[] = [];

  get length(): number {
    return this.#bytes.length;
  }

  u8(...values: readonly number[]): this {
    for (const value of values) this.#bytes.push(value & 0xff);
    return this;
  }

  u16(...values: readonly number[]): this {
    for (const value of values) this.u8(value, value >> 8);
    return this;
  }

  u32(...values: readonly number[]): this {
    for (const value of values) this.u16(value, value >>> 16);
    return this;
  }

  /** @param value an integer below 2^53 */
  u64(value: number): this {
    return this.u32(value, Math.floor(value / 2 ** 32));
  }

  bytes(bytes: Iterable<number>): this {
    for (const byte of bytes) this.#bytes.push(byte & 0xff);
    return this;
  }

  /** Latin-1, cut or filled with `fill` to `size` bytes. */
  text(text: string, size = text.length, fill = 0): this {
    for (let i = 0; i < size; i++) this.#bytes.push(i < text.length ? text.charCodeAt(i) & 0xff : fill);
    return this;
  }

  zero(count: number): this {
    for (let i = 0; i < count; i++) this.#bytes.push(0);
    return this;
  }

  finish(): Uint8Array {
    return Uint8Array.from(this.#bytes);
  }
}

/** The byte that makes the sum of `bytes` 0 modulo 256, given that its own place holds 0. */
export function checksum(bytes: Uint8Array): number {
  let sum = 0;
  for (const byte of bytes) sum += byte;
  return -sum & 0xff;
}
