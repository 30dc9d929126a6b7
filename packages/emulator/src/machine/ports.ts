/** The I/O port space: handlers by port, watched ports, and what absent ports read as. */
import type { PortHandler } from '../api.ts';
import { MachineError } from '../errors.ts';

export const PORTS = 0x10000;

export interface PortAccess {
  readonly port: number;
  readonly size: 1 | 2 | 4;
  readonly direction: 'in' | 'out';
  readonly value: number;
}

const ALL_ONES = { 1: 0xff, 2: 0xffff, 4: 0xffffffff } as const;

export class PortSpace {
  readonly #handlers = new Map<number, PortHandler>();
  #watched: ReadonlySet<number> = new Set();
  readonly #onWatched: (access: PortAccess) => void;

  /** @param onWatched called after an access to a watched port */
  constructor(onWatched: (access: PortAccess) => void) {
    this.#onWatched = onWatched;
  }

  /** Attach a handler to `first … last`. A later one replaces an earlier one. Returns what takes it away again. */
  attach(first: number, last: number, handler: PortHandler): () => void {
    const good = Number.isInteger(first) && Number.isInteger(last) && first >= 0 && first <= last && last < PORTS;
    if (!good) throw new MachineError('bad-address', `ports ${first} … ${last}`, 'use 0 ≤ first ≤ last ≤ 65535');
    for (let port = first; port <= last; port++) this.#handlers.set(port, handler);
    return () => {
      for (let port = first; port <= last; port++) if (this.#handlers.get(port) === handler) this.#handlers.delete(port);
    };
  }

  watch(ports: readonly number[]): void {
    this.#watched = new Set(ports);
  }

  /** Handler errors are the embedder's own and pass through to who called `runUntil`. */
  read(port: number, size: 1 | 2 | 4): number {
    const value = this.#read(port, size);
    if (this.#watched.has(port)) this.#onWatched({ port, size, direction: 'in', value });
    return value;
  }

  write(port: number, value: number, size: 1 | 2 | 4): void {
    const unsigned = (value & ALL_ONES[size]) >>> 0;
    this.#write(port, unsigned, size);
    if (this.#watched.has(port)) this.#onWatched({ port, size, direction: 'out', value: unsigned });
  }

  #read(port: number, size: 1 | 2 | 4): number {
    const handler = this.#handlers.get(port);
    if (handler !== undefined && size > (handler.maxSize ?? 4)) return this.#halves(size, (at, half) => this.#read((port + at) & (PORTS - 1), half));
    if (handler?.read === undefined) return ALL_ONES[size];
    return (handler.read(port, size) & ALL_ONES[size]) >>> 0;
  }

  #write(port: number, value: number, size: 1 | 2 | 4): void {
    const handler = this.#handlers.get(port);
    if (handler === undefined) return;
    if (size <= (handler.maxSize ?? 4)) {
      handler.write?.(port, size, value);
      return;
    }
    const half = size === 4 ? 2 : 1;
    this.#write(port, value & ALL_ONES[half], half);
    this.#write((port + half) & (PORTS - 1), value >>> (half * 8), half);
  }

  /** A read in two steps, low half first. */
  #halves(size: 1 | 2 | 4, read: (at: number, half: 1 | 2) => number): number {
    const half = size === 4 ? 2 : 1;
    const low = read(0, half);
    return (low | (read(half, half) << (half * 8))) >>> 0;
  }
}
