/**
 * TB arena: where headers, TCI code, restore tables and Wasm bytes of TBs live. Nothing is freed singly: a TB's parts are
 * scattered and short-lived tables are small, so when the arena is full all TBs go at once, as in QEMU's tb_flush.
 */
import { RuntimeError } from './errors.ts';
import type { MachineMemory } from './memory.ts';

export class TbArena {
  readonly #machine: MachineMemory;
  #next: number;
  #epoch = 1;

  constructor(machine: MachineMemory) {
    this.#machine = machine;
    this.#next = machine.map.arena;
  }

  /** Counts the reuses of the arena. An address is only good in the epoch it was handed out in: background jobs compare it. */
  get epoch(): number {
    return this.#epoch;
  }

  /** Bytes handed out in this epoch, padding included. */
  get used(): number {
    return this.#next - this.#machine.map.arena;
  }

  /** Bytes left. */
  get free(): number {
    return this.#machine.map.arenaEnd - this.#next;
  }

  /**
   * @param bytes size, 1 or more
   * @param align a power of two, 16 by default
   * @returns address, with whatever an earlier epoch left there; 0 when the arena is full
   */
  alloc(bytes: number, align = 16): number {
    if (!(Number.isInteger(bytes) && bytes > 0)) throw new RuntimeError('bad-tb', `${bytes} bytes of arena`, 'ask for a positive number of bytes');
    const at = Math.ceil(this.#next / align) * align;
    if (at + bytes > this.#machine.map.arenaEnd) return 0;
    this.#next = at + bytes;
    return at;
  }

  /**
   * Give back the end of the last allocation, e.g. when code turned out shorter than its bound.
   * @param end new end of what was handed out last
   */
  trim(end: number): void {
    if (end > this.#next || end < this.#machine.map.arena) {
      throw new RuntimeError('bad-tb', `the arena cannot be trimmed to ${end}`, 'only the last allocation can shrink, before the next one is made');
    }
    this.#next = end;
  }

  /** Everything is free again. Not while generated code is on the stack; `TbStore.reset` is who calls it. */
  reset(): void {
    this.#next = this.#machine.map.arena;
    this.#epoch++;
  }
}
