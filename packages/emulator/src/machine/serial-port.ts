/** The outer end of a serial line: streams, listeners and `expect` over the bytes of a UART or a virtio console. */
import type { SerialPort } from '../api.ts';
import { MachineError } from '../errors.ts';

/** Text that `expect` can look back on, in characters. */
const HISTORY = 1 << 20;
const DEFAULT_TIMEOUT = 60_000;

interface Waiter {
  readonly pattern: RegExp | string;
  done(text: string): void;
}

export class SerialLine implements SerialPort {
  readonly #listeners = new Set<(bytes: Uint8Array) => void>();
  readonly #waiters: Waiter[] = [];
  readonly #decoder = new TextDecoder();
  readonly #encoder = new TextEncoder();
  readonly #toGuest: (bytes: Uint8Array) => void;
  readonly #collected: number[] = [];
  #unmatched = '';
  readonly sendBreak: () => void;

  /**
   * @param toGuest takes bytes that the guest is to receive
   * @param sendBreak sends a break condition. Default: there is no such thing
   */
  constructor(toGuest: (bytes: Uint8Array) => void, sendBreak: () => void = () => undefined) {
    this.#toGuest = toGuest;
    this.sendBreak = sendBreak;
  }

  /** The guest has sent these bytes. They are handed on by {@link flush}. */
  fromGuest(bytes: Uint8Array): void {
    for (const byte of bytes) this.#collected.push(byte);
  }

  /** Hand on what has been collected: a listener is called for a piece, not for a byte. */
  flush(): void {
    if (this.#collected.length === 0) return;
    const bytes = Uint8Array.from(this.#collected);
    this.#collected.length = 0;
    for (const listener of this.#listeners) listener(bytes);
    this.#unmatched += this.#decoder.decode(bytes);
    if (this.#unmatched.length > HISTORY) this.#unmatched = this.#unmatched.slice(-HISTORY / 2);
    this.#match();
  }

  get readable(): ReadableStream<Uint8Array> {
    let stop: () => void = () => undefined;
    return new ReadableStream<Uint8Array>({
      start: (controller) => {
        stop = this.onData((bytes) => controller.enqueue(bytes.slice()));
      },
      cancel: () => stop(),
    });
  }

  get writable(): WritableStream<Uint8Array> {
    return new WritableStream<Uint8Array>({ write: (bytes) => this.write(bytes) });
  }

  onData(listener: (bytes: Uint8Array) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  write(data: Uint8Array | string): void {
    this.#toGuest(typeof data === 'string' ? this.#encoder.encode(data) : data.slice());
  }

  expect(pattern: RegExp | string, options: { readonly timeout?: number; readonly signal?: AbortSignal } = {}): Promise<string> {
    const { timeout = DEFAULT_TIMEOUT, signal } = options;
    return new Promise((resolve, reject) => {
      const end = (): void => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', onAbort);
        const at = this.#waiters.indexOf(waiter);
        if (at >= 0) this.#waiters.splice(at, 1);
      };
      const waiter: Waiter = {
        pattern,
        done: (text) => {
          end();
          resolve(text);
        },
      };
      const onAbort = (): void => {
        end();
        reject(new MachineError('aborted', `waiting for ${String(pattern)} was aborted`, 'the machine is intact', { cause: signal?.reason }));
      };
      const timer = setTimeout(() => {
        end();
        const seen = JSON.stringify(this.#unmatched.slice(-300));
        reject(new MachineError('timeout', `${String(pattern)} did not come in ${timeout} ms; last came ${seen}`, 'is the machine started? If it is slow, allow a longer timeout'));
      }, timeout);
      if (signal?.aborted) {
        onAbort();
        return;
      }
      signal?.addEventListener('abort', onAbort);
      this.#waiters.push(waiter);
      this.#match();
    });
  }

  /** Waiters are served in the order in which they came: each takes what the one before has left. */
  #match(): void {
    for (let waiter = this.#waiters[0]; waiter !== undefined; waiter = this.#waiters[0]) {
      const end = endOfMatch(this.#unmatched, waiter.pattern);
      if (end < 0) return;
      const text = this.#unmatched.slice(0, end);
      this.#unmatched = this.#unmatched.slice(end);
      waiter.done(text);
    }
  }
}

function endOfMatch(text: string, pattern: RegExp | string): number {
  if (typeof pattern === 'string') {
    const at = text.indexOf(pattern);
    return at < 0 ? -1 : at + pattern.length;
  }
  const match = new RegExp(pattern.source, pattern.flags.replace(/[gy]/g, '')).exec(text);
  return match === null ? -1 : match.index + match[0].length;
}
