/** What a guest has said on its console so far, when, and waiting for what it will say. */
import { createHash } from 'node:crypto';
import { BootCheckError } from '../errors.ts';

interface Stamp {
  /** Characters received before this chunk. */
  readonly offset: number;
  /** ms. */
  readonly time: number;
}

interface Waiter {
  readonly pattern: RegExp;
  /** Where the search goes on: what lies before has been searched. */
  from: number;
  readonly resolve: (end: number) => void;
  readonly reject: (reason: unknown) => void;
}

/** Messages after which nothing more is to be waited for. */
const DEAD = /Kernel panic - not syncing[^\r\n]*|end Kernel panic[^\r\n]*/;
/** Text of the console that an error message quotes. */
const QUOTED = 400;
/** No match is longer: guests send byte by byte, and each time only the end of the text is searched. */
const LONGEST_MATCH = 1000;

export class GuestConsole {
  readonly #now: () => number;
  readonly #decoder = new TextDecoder();
  readonly #stamps: Stamp[] = [];
  readonly #waiters = new Set<Waiter>();
  readonly #hash = createHash('sha256');
  #bytes = 0;
  #text = '';

  /** @param now ms, any origin */
  constructor(now: () => number) {
    this.#now = now;
  }

  get text(): string {
    return this.#text;
  }

  /** Number of bytes received. */
  get bytes(): number {
    return this.#bytes;
  }

  /** SHA-256 of all bytes received so far, in hex. */
  get sha256(): string {
    return this.#hash.copy().digest('hex');
  }

  receive(bytes: Uint8Array): void {
    this.#hash.update(bytes);
    this.#bytes += bytes.length;
    this.#stamps.push({ offset: this.#text.length, time: this.#now() });
    this.#text += this.#decoder.decode(bytes, { stream: true });
    for (const waiter of this.#waiters) this.#serve(waiter);
  }

  /** When the character at `offset` came, ms. */
  timeOf(offset: number): number {
    let [low, high] = [0, this.#stamps.length - 1];
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.#stamps[middle].offset <= offset) low = middle;
      else high = middle - 1;
    }
    return this.#stamps[low]?.time ?? 0;
  }

  /**
   * Offset of the end of the first match at or after `from`.
   *
   * @param timeout ms
   * @throws BootCheckError `timeout`, `panic`; and what the signal was aborted with
   */
  async waitFor(pattern: RegExp, what: string, options: { readonly from?: number; readonly timeout: number; readonly signal?: AbortSignal | undefined }): Promise<number> {
    const { from = 0, timeout, signal } = options;
    signal?.throwIfAborted();
    let clean = (): void => undefined;
    try {
      return await new Promise<number>((resolve, reject) => {
        const waiter = { pattern, from, resolve, reject };
        const timer = setTimeout(() => reject(new BootCheckError('timeout', `${what} did not come within ${timeout / 1000} s; last came ${this.#tail()}`, '--timeout allows more.')), timeout);
        const onAbort = (): void => reject(signal?.reason);
        signal?.addEventListener('abort', onAbort);
        clean = () => {
          clearTimeout(timer);
          signal?.removeEventListener('abort', onAbort);
          this.#waiters.delete(waiter);
        };
        this.#waiters.add(waiter);
        this.#serve(waiter);
      });
    } finally {
      clean();
    }
  }

  #serve(waiter: Waiter): void {
    const { pattern, from, resolve, reject } = waiter;
    const rest = this.#text.slice(from);
    const match = pattern.exec(rest);
    if (match !== null) {
      resolve(from + match.index + match[0].length);
      return;
    }
    waiter.from = Math.max(from, this.#text.length - LONGEST_MATCH);
    const dead = DEAD.exec(rest);
    if (dead !== null) reject(new BootCheckError('panic', dead[0], `The console said: ${this.#tail()}`));
  }

  #tail(): string {
    return JSON.stringify(this.#text.slice(-QUOTED));
  }
}
