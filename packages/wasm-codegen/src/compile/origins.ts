/**
 * Which guest instruction the code of a function was written for. Emitters note it when they are given a recorder, once per block and guest instruction; without one it costs
 * them a test there.
 */
import { instructionStarts } from '../encoder/instruction-starts.ts';

/** What an instruction belongs to: block `block` (a TB of the module, or a member of the region), its instruction `insn`. −1: to none, e.g. entry and exit. */
export interface Origin {
  readonly block: number;
  readonly insn: number;
}

/** Where the instructions of a module's functions come from. */
export interface ModuleOrigins {
  /** For each defined function, for each of its instructions (see {@link instructionStarts}), a position in {@link origins}. */
  readonly functions: readonly Uint16Array[];
  /** Distinct ones, in the order in which they come up. */
  readonly origins: readonly Origin[];
}

interface Mark extends Origin {
  /** Bytes from the function's first instruction. */
  readonly at: number;
}

export class OriginRecorder {
  readonly #functions: Mark[][] = [];

  /** A module begins: forget what was recorded. */
  begin(): void {
    this.#functions.length = 0;
  }

  /** The next function begins. */
  func(): void {
    this.#functions.push([]);
  }

  /** What is written from here on, `at` bytes from the function's first instruction, belongs to this. */
  mark(at: number, block: number, insn: number): void {
    const marks = this.#functions.at(-1)!;
    if (marks.at(-1)?.at === at) marks.pop();
    marks.push({ at, block, insn });
  }

  /** Line up what was recorded with the finished module. @throws CodegenError when the bytes are no module of this encoder */
  resolve(bytes: Uint8Array): ModuleOrigins {
    const origins: Origin[] = [];
    const known = new Map<string, number>();
    const indexOf = ({ block, insn }: Origin): number => {
      const key = `${block}:${insn}`;
      let index = known.get(key);
      if (index === undefined) {
        index = origins.push({ block, insn }) - 1;
        known.set(key, index);
      }
      return index;
    };
    const functions = instructionStarts(bytes).map((starts, k) => {
      const marks = this.#functions[k] ?? [];
      let next = 0;
      let origin: Origin = { block: -1, insn: -1 };
      return Uint16Array.from(starts, (at) => {
        while (next < marks.length && marks[next]!.at <= at) origin = marks[next++]!;
        return indexOf(origin);
      });
    });
    return { functions, origins };
  }
}
