/**
 * Bytes of the guest on their way to the page, in few pieces: a guest prints byte by byte, and a message costs more than a byte. The next piece goes when the page
 * has taken the last one, so that a page that is slow gets larger pieces and not more of them.
 */

/** ms that bytes wait for company; less than a frame, so that typing is answered at once. */
const DELAY = 4;
/** A guest that prints faster than the page can show loses what is oldest, beyond this many bytes. */
const LIMIT = 8 << 20;

export class SerialOut {
  readonly #send: (bytes: Uint8Array<ArrayBuffer>) => void | Promise<void>;
  #pieces: Uint8Array[] = [];
  #length = 0;
  #busy = false;

  /** @param send takes a piece; when it returns a promise, the next comes when that is settled, however */
  constructor(send: (bytes: Uint8Array<ArrayBuffer>) => void | Promise<void>) {
    this.#send = send;
  }

  /** @param bytes are kept: nobody may change them */
  push(bytes: Uint8Array): void {
    this.#pieces.push(bytes);
    this.#length += bytes.length;
    while (this.#length > LIMIT && this.#pieces.length > 1) this.#length -= this.#pieces.shift()?.length ?? 0;
    if (!this.#busy) {
      this.#busy = true;
      setTimeout(() => void this.#deliver(), DELAY);
    }
  }

  /** Everything that came before has been taken, or cannot be, or so many ms have passed. */
  async drain(patience: number): Promise<void> {
    const end = performance.now() + patience;
    while (this.#busy && performance.now() < end) await new Promise((resolve) => void setTimeout(resolve, DELAY));
  }

  async #deliver(): Promise<void> {
    while (this.#length > 0) {
      try {
        await this.#send(this.#take());
      } catch {
        // The page has gone, and nobody reads.
      }
    }
    this.#busy = false;
  }

  #take(): Uint8Array<ArrayBuffer> {
    const bytes = new Uint8Array(this.#length);
    let at = 0;
    for (const piece of this.#pieces) {
      bytes.set(piece, at);
      at += piece.length;
    }
    this.#pieces = [];
    this.#length = 0;
    return bytes;
  }
}
