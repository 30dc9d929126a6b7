/** Receiver of a 16550A: FIFO of 16 (or one holding register) with the errors of each character, and the queue of the host behind it. */
import type { SavedValue } from './device.ts';
import type { SavedFields } from './saved-fields.ts';

export const FIFO_BYTES = 16;
/** Characters that may wait outside of the FIFO: more than anybody types or pastes, less than would hurt. */
const QUEUE_LIMIT = 1 << 24;

/** Error bits of LSR that belong to a character: parity, framing, break. */
export const CHARACTER_ERRORS = 0x1c;
const ERROR_SHIFT = 8;

/** Characters are bytes, with their error bits above. */
export class UartReceiver {
  /** The FIFO. */
  #fifo: number[] = [];
  /** What waits for room in the FIFO. Chunks as they came; `#offset` bytes of the first are gone. */
  #queue: Uint8Array[] = [];
  #offset = 0;
  #queued = 0;
  #capacity = 1;

  get length(): number {
    return this.#fifo.length;
  }

  /** Bytes that wait outside of the FIFO. */
  get queued(): number {
    return this.#queued;
  }

  /** 16 with FIFOs enabled, else 1. Changing it loses what is in the FIFO, as on the chip. */
  set capacity(value: 1 | typeof FIFO_BYTES) {
    if (value !== this.#capacity) this.clear();
    this.#capacity = value;
  }

  /** FIFO reset. What the host sent and the chip has not seen stays. */
  clear(): void {
    this.#fifo = [];
  }

  reset(): void {
    this.clear();
    this.#capacity = 1;
    this.#queue = [];
    this.#offset = 0;
    this.#queued = 0;
  }

  /** @returns bytes taken: fewer when the host does not stop sending to a guest that does not read */
  enqueue(bytes: Uint8Array): number {
    const taken = Math.min(bytes.length, QUEUE_LIMIT - this.#queued);
    if (taken > 0) this.#queue.push(bytes.slice(0, taken));
    this.#queued += taken;
    return taken;
  }

  /** Move what waits into the FIFO as far as there is room. @returns whether anything moved */
  refill(): boolean {
    let moved = false;
    while (this.#queued > 0 && this.#fifo.length < this.#capacity) {
      const chunk = this.#queue[0];
      this.#fifo.push(chunk[this.#offset++]);
      this.#queued--;
      moved = true;
      if (this.#offset === chunk.length) {
        this.#queue.shift();
        this.#offset = 0;
      }
    }
    return moved;
  }

  /**
   * A character from the line, past the queue.
   * @param errors bits of {@link CHARACTER_ERRORS}
   * @returns false when there was no room: overrun
   */
  push(byte: number, errors: number): boolean {
    if (this.#fifo.length >= this.#capacity) {
      // Without FIFO the new character replaces the old one; with it, it is lost.
      if (this.#capacity === 1) this.#fifo = [byte | (errors << ERROR_SHIFT)];
      return false;
    }
    this.#fifo.push(byte | (errors << ERROR_SHIFT));
    return true;
  }

  /** The oldest character, or 0. */
  shift(): number {
    return (this.#fifo.shift() ?? 0) & 0xff;
  }

  /** Error bits of the oldest character: LSR shows those. */
  get headErrors(): number {
    return (this.#fifo[0] ?? 0) >> ERROR_SHIFT;
  }

  /** LSR was read: the oldest character's errors are forgotten. */
  clearHeadErrors(): void {
    if (this.#fifo.length > 0) this.#fifo[0] &= 0xff;
  }

  /** Any character in the FIFO has an error. */
  get anyErrors(): boolean {
    return this.#fifo.some((character) => character >> ERROR_SHIFT !== 0);
  }

  save(): SavedValue {
    const queue = new Uint8Array(this.#queued);
    let at = 0;
    this.#queue.forEach((chunk, index) => {
      const rest = index === 0 ? chunk.subarray(this.#offset) : chunk;
      queue.set(rest, at);
      at += rest.length;
    });
    return { fifo: this.#fifo, queue, capacity: this.#capacity };
  }

  load(from: SavedFields): void {
    this.reset();
    this.#capacity = from.int('capacity', 1, FIFO_BYTES) === 1 ? 1 : FIFO_BYTES;
    this.#fifo = from.ints('fifo', { max: this.#capacity }, 0, (CHARACTER_ERRORS << ERROR_SHIFT) | 0xff);
    this.enqueue(from.bytes('queue', { max: QUEUE_LIMIT }));
  }
}
