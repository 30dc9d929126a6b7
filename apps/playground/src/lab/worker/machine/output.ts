/** What a program wrote to port 0xe9: the last bytes of it, since a loop can write without end. */

const KEPT = 16384;

export class Output {
  /** Grows to twice what is kept before the first half is dropped. */
  #bytes: number[] = [];
  /** Bytes written since the beginning, kept or not. */
  total = 0;

  put(byte: number): void {
    this.#bytes.push(byte);
    this.total++;
    if (this.#bytes.length >= KEPT * 2) this.#bytes = this.#bytes.slice(-KEPT);
  }

  get bytes(): Uint8Array {
    return Uint8Array.from(this.#bytes.slice(-KEPT));
  }

  /** As UTF-8; what is not shows as replacement characters. */
  get text(): string {
    return new TextDecoder().decode(this.bytes);
  }

  copyFrom(other: Output): void {
    this.#bytes = [...other.#bytes];
    this.total = other.total;
  }
}
