/** Growing byte streams: integers as LEB128, register values as a class (in one stream) and bytes (in another). */
import { FormatError } from './error.ts';

/** Appends to one growing buffer. */
export class Sink {
  #bytes = new Uint8Array(1 << 16);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  #reserve(n: number): void {
    if (this.#length + n <= this.#bytes.length) return;
    const grown = new Uint8Array(Math.max(this.#bytes.length * 2, this.#length + n));
    grown.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = grown;
  }

  byte(value: number): void {
    this.#reserve(1);
    this.#bytes[this.#length++] = value;
  }

  /** Unsigned LEB128 of a number below 2^53. */
  uint(value: number): void {
    let rest = value;
    while (rest >= 0x80) {
      this.byte((rest % 0x80) | 0x80);
      rest = Math.floor(rest / 0x80);
    }
    this.byte(rest);
  }

  bytes(value: Uint8Array): void {
    this.#reserve(value.length);
    this.#bytes.set(value, this.#length);
    this.#length += value.length;
  }

  /** The low `n` bytes of a value, little-endian. */
  low(value: bigint, n: number): void {
    let rest = value;
    for (let i = 0; i < n; i++) {
      this.byte(Number(rest & 0xffn));
      rest >>= 8n;
    }
  }

  finish(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }
}

/** Reads what `Sink` wrote. Throws `FormatError` with code `truncated` past the end. */
export class Source {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get done(): boolean {
    return this.#at >= this.#bytes.length;
  }

  byte(): number {
    if (this.#at >= this.#bytes.length) throw new FormatError('truncated', 'the file ends inside a vector');
    return this.#bytes[this.#at++];
  }

  uint(): number {
    let value = 0;
    let factor = 1;
    for (;;) {
      const b = this.byte();
      value += (b & 0x7f) * factor;
      if (b < 0x80) return value;
      factor *= 0x80;
    }
  }

  bytes(n: number): Uint8Array {
    if (this.#at + n > this.#bytes.length) throw new FormatError('truncated', 'the file ends inside a vector');
    this.#at += n;
    return this.#bytes.slice(this.#at - n, this.#at);
  }

  low(n: number): bigint {
    let value = 0n;
    for (let i = 0; i < n; i++) value |= BigInt(this.byte()) << BigInt(i * 8);
    return value;
  }
}

/** How a 64-bit value is stored, tried in this order; the number is the byte in the class stream. */
const CLASSES: readonly { readonly bytes: number; fits(value: bigint, reference: bigint): bigint | undefined; back(low: bigint, reference: bigint): bigint }[] = [
  unsigned(1), signed(1), difference(1), exclusive(1), unsigned(2), exclusive(2), unsigned(4), signed(4), difference(4),
  { bytes: 8, fits: (v) => v, back: (v) => v },
];

function unsigned(bytes: number): (typeof CLASSES)[number] {
  return { bytes, fits: (v) => (v >> BigInt(bytes * 8) === 0n ? v : undefined), back: (v) => v };
}

function signed(bytes: number): (typeof CLASSES)[number] {
  const bits = bytes * 8;
  return {
    bytes,
    fits: (v) => (BigInt.asUintN(64, BigInt.asIntN(bits, v)) === v ? v : undefined),
    back: (v) => BigInt.asUintN(64, BigInt.asIntN(bits, v)),
  };
}

/** Near the reference, such as a stepped pointer. */
function difference(bytes: number): (typeof CLASSES)[number] {
  const bits = bytes * 8;
  return {
    bytes,
    fits: (v, r) => (BigInt.asUintN(64, BigInt.asIntN(bits, v - r)) === BigInt.asUintN(64, v - r) ? BigInt.asUintN(bits, v - r) : undefined),
    back: (v, r) => BigInt.asUintN(64, r + BigInt.asIntN(bits, v)),
  };
}

/** The reference but for its low bytes, such as a register written through AL. */
function exclusive(bytes: number): (typeof CLASSES)[number] {
  return { bytes, fits: (v, r) => ((v ^ r) >> BigInt(bytes * 8) === 0n ? v ^ r : undefined), back: (v, r) => v ^ r };
}

/** Writes a 64-bit value; `reference` is one that the reader also has. */
export function putValue(classes: Sink, values: Sink, value: bigint, reference: bigint): void {
  for (let i = 0; i < CLASSES.length; i++) {
    const low = CLASSES[i].fits(value, reference);
    if (low === undefined) continue;
    classes.byte(i);
    values.low(low, CLASSES[i].bytes);
    return;
  }
}

/** Reads what `putValue` wrote with the same reference. */
export function getValue(classes: Source, values: Source, reference: bigint): bigint {
  const found = CLASSES[classes.byte()];
  if (!found) throw new FormatError('corrupt', 'an unknown class of value');
  return found.back(values.low(found.bytes), reference);
}
