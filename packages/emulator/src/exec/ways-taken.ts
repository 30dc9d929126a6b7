/**
 * What tb_exec has sampled of the ways on which compiled functions lead to one another (`wayTaken` of the runtime).
 */
import { WASM_CONTEXT, WAY_TAKEN, type MachineMemory } from '@wasm-tcg/runtime';

const AT = WAY_TAKEN.offset;

/** A way from a compiled function to another. */
export interface WayTaken {
  /** Header of the TB at which the function was entered that was left. */
  readonly entry: number;
  /** Headers of the TB that was left, 0 if it has a link to `to`, and of the one it led to. They may have been retired since. */
  readonly from: number;
  readonly to: number;
  /** Pages from one to the other, if the way goes through a look-up. */
  readonly pages: number;
  /** Times that it was taken, estimated. */
  readonly count: number;
}

export class WaysTaken {
  readonly #machine: MachineMemory;
  readonly #first: number;
  readonly #size: number;

  readonly #dispatches: number;

  /**
   * @param env address of the vCPU's area
   * @param dispatches how many there are for one that is sampled, 1 or more
   */
  constructor(machine: MachineMemory, env: number, dispatches: number) {
    this.#machine = machine;
    this.#first = (env + machine.layout.waysTakenOffset) >>> 2;
    this.#size = 1 << machine.layout.waysTakenBits;
    this.#dispatches = dispatches;
    machine.views().u32[(env + WASM_CONTEXT.offset.wayShare) >>> 2] = Math.floor(0xffff_ffff / dispatches);
  }

  /** What has been sampled since the last time. Empties the table. */
  take(): WayTaken[] {
    const { u32, i32 } = this.#machine.views();
    const ways: WayTaken[] = [];
    for (let i = 0; i < this.#size; i++) {
      const at = this.#first + i * (WAY_TAKEN.size >>> 2);
      const word = (field: number): number => u32[at + (field >>> 2)]!;
      const count = word(AT.count);
      if (count !== 0) ways.push({ entry: word(AT.entry), from: word(AT.from), to: word(AT.to), pages: i32[at + (AT.pages >>> 2)]!, count: count * this.#dispatches });
    }
    this.clear();
    return ways;
  }

  clear(): void {
    this.#machine.views().u32.fill(0, this.#first, this.#first + this.#size * (WAY_TAKEN.size >>> 2));
  }
}
