/** What came from the other end of a serial line, when each part came, and waiting for what will come. */
import { BenchError } from '../errors.ts';

interface Waiter {
  readonly pattern: RegExp;
  readonly from: number;
  readonly resolve: (found: Found) => void;
}

export interface Found {
  readonly match: RegExpExecArray;
  /** Where the match ends in the text. */
  readonly end: number;
  /** When its last character came, ms. */
  readonly time: number;
}

/** Text that an error quotes. */
const QUOTED = 300;

export class SerialLine {
  readonly #now: () => number;
  readonly #decoder = new TextDecoder();
  readonly #chunks: { readonly end: number; readonly time: number }[] = [];
  #waiter: Waiter | undefined;
  #text = '';

  /** @param now ms, any origin */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  get text(): string {
    return this.#text;
  }

  /** The last of it, for messages. */
  get tail(): string {
    return JSON.stringify(this.#text.slice(-QUOTED));
  }

  receive(bytes: Uint8Array): void {
    const time = this.#now();
    this.#text += this.#decoder.decode(bytes, { stream: true });
    this.#chunks.push({ end: this.#text.length, time });
    this.#serve();
  }

  /** When the character at `offset` came, ms. */
  timeOf(offset: number): number {
    let [low, high] = [0, this.#chunks.length - 1];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#chunks[middle].end > offset) high = middle;
      else low = middle + 1;
    }
    return this.#chunks[low]?.time ?? 0;
  }

  /** First match from offset `from` on. */
  find(pattern: RegExp, from: number): Found | undefined {
    const match = pattern.exec(this.#text.slice(from));
    if (match === null) return undefined;
    const end = from + match.index + match[0].length;
    return { match, end, time: this.timeOf(end - 1) };
  }

  /**
   * Waits for a match; one at a time.
   *
   * @param timeout seconds
   * @throws BenchError `stopped` when it does not come in time; and what the signal was aborted with
   */
  async waitFor(pattern: RegExp, what: string, options: { readonly from: number; readonly timeout: number; readonly signal: AbortSignal }): Promise<Found> {
    const { from, timeout, signal } = options;
    signal.throwIfAborted();
    let clean = (): void => undefined;
    try {
      return await new Promise<Found>((resolve, reject) => {
        const timer = setTimeout(() => reject(new BenchError('stopped', `${what} did not come within ${timeout} s; last came ${this.tail}`, '--timeout allows more.')), timeout * 1000);
        const onAbort = (): void => reject(signal.reason);
        signal.addEventListener('abort', onAbort);
        clean = () => {
          clearTimeout(timer);
          signal.removeEventListener('abort', onAbort);
          this.#waiter = undefined;
        };
        this.#waiter = { pattern, from, resolve };
        this.#serve();
      });
    } finally {
      clean();
    }
  }

  #serve(): void {
    if (this.#waiter === undefined) return;
    const { pattern, from, resolve } = this.#waiter;
    const found = this.find(pattern, from);
    if (found !== undefined) resolve(found);
  }
}
