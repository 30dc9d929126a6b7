/**
 * What the guest prints, on its way to the terminal. The terminal may not exist yet (a machine can be started from another view): until one is attached the
 * newest bytes are kept. `write` resolves when the bytes have been taken, so that a guest that prints faster than a page can show is held back and not queued.
 */

/** Takes a piece, and resolves when it can take the next. */
export type SerialSink = (bytes: Uint8Array) => Promise<void>;

/** More than a terminal's scrollback shows. */
export const KEPT_BYTES = 1 << 20;
/** What a terminal parses in a millisecond or two, many short lines even: between two pieces it looks at the clock. */
export const PIECE_BYTES = 4 << 10;
/** Pieces that the terminal has at a time: enough that it need not wait, few enough that a guest that is replaced falls silent at once. */
const AHEAD = 4;

export class SerialLine {
  readonly #kept: Uint8Array[] = [];
  readonly #limit: number;
  #keptBytes = 0;
  #sink: SerialSink | undefined;
  #last: Promise<void> = Promise.resolve();
  #generation = 0;

  constructor(limit: number = KEPT_BYTES) {
    this.#limit = limit;
  }

  /** From the guest. Pieces reach the sink in order, none longer than {@link PIECE_BYTES}, a few at a time. */
  write(bytes: Uint8Array): Promise<void> {
    if (this.#sink === undefined) {
      this.#keep(bytes);
      return Promise.resolve();
    }
    this.#last = this.#deliver(this.#sink, bytes, this.#last);
    return this.#last;
  }

  /** Only one: the terminal. It gets what was kept first. */
  attach(sink: SerialSink): void {
    this.#sink = sink;
    for (const bytes of this.#kept.splice(0)) this.#last = this.#deliver(sink, bytes, this.#last);
    this.#keptBytes = 0;
  }

  /** Forget what has not been shown: another machine begins. */
  clear(): void {
    this.#generation++;
    this.#kept.length = 0;
    this.#keptBytes = 0;
  }

  async #deliver(sink: SerialSink, bytes: Uint8Array, after: Promise<void>): Promise<void> {
    const generation = this.#generation;
    await after;
    for (let at = 0; at < bytes.length && generation === this.#generation; at += AHEAD * PIECE_BYTES) {
      const pieces = Array.from({ length: AHEAD }, (_, index) => bytes.subarray(at + index * PIECE_BYTES, at + (index + 1) * PIECE_BYTES));
      await Promise.all(pieces.filter((piece) => piece.length > 0).map(sink));
    }
  }

  #keep(bytes: Uint8Array): void {
    this.#kept.push(bytes);
    this.#keptBytes += bytes.length;
    while (this.#keptBytes > this.#limit && this.#kept.length > 1) this.#keptBytes -= this.#kept.shift()?.length ?? 0;
  }
}
