/** The machines that run a program, each in another mode of execution. The first is the one the others are compared with. */
import { createMachine, type ExecutionOptions, type Machine } from '@wasm-tcg/emulator';
import { REGISTER_NAMES, type RegisterName } from '@wasm-tcg/guest-x86';
import type { Image } from './image.ts';
import { IMAGE_BYTES, RAM_BYTES } from './layout.ts';
import type { X86Program, X86Start } from './program.ts';
import { startRegisters } from './start-state.ts';

const PAGE = 4096;

/** A machine that is used for one program after the other. */
export class Runner {
  readonly name: string;
  readonly machine: Machine;
  readonly #powerOn = new Map<RegisterName, bigint>();

  constructor(name: string, execution: ExecutionOptions) {
    this.name = name;
    this.machine = createMachine({ memory: RAM_BYTES, execution });
    for (const register of REGISTER_NAMES) this.#powerOn.set(register, this.machine.cpu(0).registers.get(register));
  }

  /** Memory and registers of a start state. Pages that are right already are not written, so that translated code stays. */
  start(program: X86Program, image: Image, start: X86Start): void {
    const { memory } = this.machine;
    const present = memory.read(0, IMAGE_BYTES);
    for (let at = 0; at < IMAGE_BYTES; at += PAGE) {
      const want = image.bytes.subarray(at, at + PAGE);
      if (Buffer.compare(want, present.subarray(at, at + PAGE)) !== 0) memory.write(at, want);
    }
    const { registers } = this.machine.cpu(0);
    for (const [name, value] of startRegisters(program, start.seed, this.#powerOn)) registers.set(name, value);
    // Time starts at 0 whatever ran before.
    registers.set('tsc_offset', BigInt.asUintN(64, -BigInt(this.machine.instructions)));
  }
}

/** How code is run: the reference, the stress mode with its seed, and the rest. */
export function executions(seed: number): readonly (readonly [name: string, options: ExecutionOptions])[] {
  return [
    ['tci', { mode: 'tci', patchThreshold: Infinity }],
    [`tiered, stress ${seed}`, { mode: 'tiered', stress: seed }],
    ['tci, not optimised', { mode: 'tci', optimise: false, verify: true, patchThreshold: 1 }],
    ['tb-per-module', { mode: 'tb-per-module', moduleThreshold: 2, patchThreshold: 2 }],
    ['tiered', { mode: 'tiered', moduleThreshold: 2, regionThreshold: 3, batch: 4, slice: 200, patchThreshold: 2 }],
  ];
}
