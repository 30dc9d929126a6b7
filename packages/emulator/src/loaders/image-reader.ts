/** Little-endian reads of an image that may be cut short or lie about itself: past its end is a typed error, never a RangeError. */
import { MachineError } from '../errors.ts';

export const RELOAD_HINT = 'fetch or build it again; a download may have been cut short';

/** @throws MachineError `bad-image` */
export function badImage(message: string, hint: string, options?: ErrorOptions): never {
  throw new MachineError('bad-image', message, hint, options);
}

export class ImageReader {
  readonly bytes: Uint8Array;
  readonly #data: DataView;
  readonly #what: string;

  /** @param what names the image in messages: `kernel image` */
  constructor(bytes: Uint8Array, what: string) {
    this.bytes = bytes;
    this.#data = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    this.#what = what;
  }

  get length(): number {
    return this.bytes.length;
  }

  u8(at: number): number {
    this.check(at, 1);
    return this.#data.getUint8(at);
  }

  u16(at: number): number {
    this.check(at, 2);
    return this.#data.getUint16(at, true);
  }

  u32(at: number): number {
    this.check(at, 4);
    return this.#data.getUint32(at, true);
  }

  /** Above 2^53 the value is rounded: still too large for whatever it should be an address or a size of. */
  u64(at: number): number {
    this.check(at, 8);
    return Number(this.#data.getBigUint64(at, true));
  }

  /** A view, not a copy. */
  slice(at: number, size: number): Uint8Array {
    this.check(at, size);
    return this.bytes.subarray(at, at + size);
  }

  /** @throws MachineError `bad-image` when the image ends before `at + size` */
  check(at: number, size: number): void {
    if (at >= 0 && size >= 0 && at + size <= this.length) return;
    badImage(`the ${this.#what} is truncated: bytes ${at} to ${at + size} of it are needed, it has ${this.length}`, RELOAD_HINT);
  }
}
