/**
 * What the code region should hold, kept apart from what it holds until a vector runs. The runner puts HLT back after every vector and
 * writes the same code again before the next; without this no translated block would live to be executed twice.
 */
export class CodeShadow {
  readonly #wanted: Uint8Array;
  #from: number;
  #to = 0;

  constructor(length: number) {
    this.#wanted = new Uint8Array(length);
    this.#from = length;
  }

  /** Bytes that the region is to hold. */
  set(offset: number, bytes: Uint8Array): void {
    this.#wanted.set(bytes, offset);
    this.#from = Math.min(this.#from, offset);
    this.#to = Math.max(this.#to, offset + bytes.length);
  }

  /** Writes what differs, in runs. @param actual what the region holds now */
  flush(actual: Uint8Array, write: (offset: number, bytes: Uint8Array) => void): void {
    for (let i = this.#from; i < this.#to; i++) {
      if (actual[i] === this.#wanted[i]) continue;
      let end = i + 1;
      while (end < this.#to && actual[end] !== this.#wanted[end]) end++;
      write(i, this.#wanted.subarray(i, end));
      i = end;
    }
    this.#from = this.#wanted.length;
    this.#to = 0;
  }

  /** Is there anything to flush? */
  get pending(): boolean {
    return this.#from < this.#to;
  }
}
