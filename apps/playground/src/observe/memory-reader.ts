/** Guest RAM for the page: read straight from shared memory where the page may, else asked of the machine's worker. */
import type { MachineController } from '../machine/controller.ts';
import type { GuestMemory } from '../machine/protocol.ts';

export class MemoryReader {
  readonly #machine: Pick<MachineController, 'memory' | 'readMemory'>;
  readonly #memory: GuestMemory;

  private constructor(machine: Pick<MachineController, 'memory' | 'readMemory'>, memory: GuestMemory) {
    this.#machine = machine;
    this.#memory = memory;
  }

  /** Of the machine that there is now. `undefined`: there is none. */
  static async open(machine: Pick<MachineController, 'memory' | 'readMemory'>): Promise<MemoryReader | undefined> {
    const memory = await machine.memory();
    return memory === undefined ? undefined : new MemoryReader(machine, memory);
  }

  /** Bytes of RAM. */
  get size(): number {
    return this.#memory.size;
  }

  /** Reads need no answer of the worker: they show memory while the guest writes it. */
  get isShared(): boolean {
    return this.#memory.shared !== undefined;
  }

  /** A copy. `undefined`: the machine has gone. */
  async read(address: number, length: number): Promise<Uint8Array | undefined> {
    const { shared, size } = this.#memory;
    const count = Math.max(0, Math.min(length, size - address));
    if (shared === undefined) return this.#machine.readMemory(address, count);
    return new Uint8Array(shared.buffer, shared.ramOffset + address, count).slice();
  }
}
