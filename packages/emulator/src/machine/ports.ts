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

  /** Attach a handler to `first … last`. A later one replaces an earlier one. */
  attach(first: number, last: number, handler: PortHandler): void {
    const good = Number.isInteger(first) && Number.isInteger(last) && first >= 0 && first <= last && last < PORTS;
    if (!good) throw new MachineError('bad-address', `ports ${first} … ${last}`, 'use 0 ≤ first ≤ last ≤ 65535');
    for (let port = first; port <= last; port++) this.#handlers.set(port, handler);
  }

  watch(ports: readonly number[]): void {
    this.#watched = new Set(ports);
  }

  /** Handler errors are the embedder's own and pass through to who called `runUntil`. */
  read(port: number, size: 1 | 2 | 4): number {
    const handler = this.#handlers.get(port);
    const value = handler?.read === undefined ? ALL_ONES[size] : (handler.read(port, size) & ALL_ONES[size]) >>> 0;
    if (this.#watched.has(port)) this.#onWatched({ port, size, direction: 'in', value });
    return value;
  }

  write(port: number, value: number, size: 1 | 2 | 4): void {
    const unsigned = (value & ALL_ONES[size]) >>> 0;
    this.#handlers.get(port)?.write?.(port, size, unsigned);
    if (this.#watched.has(port)) this.#onWatched({ port, size, direction: 'out', value: unsigned });
  }
}
