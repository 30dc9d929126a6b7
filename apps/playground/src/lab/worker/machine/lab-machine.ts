/**
 * A program on a machine of its own: a flat machine with the Lab's handlers, a port to write to, and an end: HLT, a fault that only the Lab's handlers meet, or a triple fault.
 *
 * Invariant: at an end, nothing runs until {@link revive}; after a fault, registers are those before the instruction.
 */
import { createMachine, type ExecutionMode, type Machine, type MachineModules, type StopReason } from '@wasm-tcg/emulator';
import type { FaultView, MachineView, Program } from '../../protocol.ts';
import { copyMemory, loadRegisters, saveRegisters } from './copy-state.ts';
import { linearPc } from './cpu-mode.ts';
import { faultName, takeFault } from './fault.ts';
import { installLabArea, LAB_PAGE_TABLES, LAB_RAM, LAB_STACK, vectorAt } from './lab-area.ts';
import { Output } from './output.ts';

const FLAT_MODES = { 16: 'real16', 32: 'protected32', 64: 'long64' } as const;
const OUTPUT_PORT = 0xe9;
/** HLT, put behind the image: who runs off the end of a program comes to its end. */
const HLT = 0xf4;
/** The machine's own note of a fault it delivers (`-d int`). */
const FAULT_NOTE = /^exception 0x([0-9a-f]+) error 0x([0-9a-f]+)/;

export interface LabMachineOptions {
  readonly program: Program;
  readonly image: Uint8Array;
  readonly mode: ExecutionMode;
  readonly modules: MachineModules;
}

export class LabMachine {
  readonly machine: Machine;
  readonly program: Program;
  readonly mode: ExecutionMode;
  readonly output = new Output();
  status: MachineView['status'] = 'ready';
  fault: FaultView | undefined;
  /** Instructions of machines that ran the program before, less those that the Lab's handlers account for here. */
  #offset = 0;
  /** The last fault that the machine delivered. */
  #delivered: { readonly vector: number; readonly errorCode: number } | undefined;

  constructor({ program, image, mode, modules }: LabMachineOptions) {
    const { bits, origin, model } = program;
    this.program = program;
    this.mode = mode;
    const withEnd = new Uint8Array(image.length + 1);
    withEnd.set(image);
    withEnd[image.length] = HLT;
    this.machine = createMachine({
      cpu: { model },
      memory: LAB_RAM,
      modules,
      boot: { image: withEnd, loadAddress: origin, mode: FLAT_MODES[bits], stack: LAB_STACK[bits], ...(bits === 64 ? { pageTables: LAB_PAGE_TABLES } : {}) },
      execution: { mode },
      debug: { items: ['int'], log: (_, text) => this.#note(text) },
    });
    this.machine.onPort(OUTPUT_PORT, OUTPUT_PORT, { maxSize: 1, write: (_port, _size, value) => this.output.put(value) });
    installLabArea(bits, this.machine.memory, this.machine.cpu(0));
  }

  /** Instructions that the program has retired. */
  get instructions(): number {
    return this.machine.instructions + this.#offset;
  }

  get pc(): bigint {
    return linearPc(this.machine.cpu(0).registers);
  }

  /** Neither halted, faulted nor shut down. */
  get canRun(): boolean {
    return this.status === 'ready' || this.status === 'stopped';
  }

  /** Run at most this many instructions. */
  advance(instructions: number): void {
    if (!this.canRun || instructions <= 0) return;
    this.#delivered = undefined;
    this.settle(this.machine.runUntil({ instructions }));
  }

  /** The machine has run, by {@link advance} or op by op: find out where that led. */
  settle(reason: StopReason | undefined): void {
    const vector = vectorAt(this.program.bits, this.pc);
    if (vector !== undefined) {
      // Delivering a fault counts as an instruction, and so does the handler's HLT.
      this.#offset -= (this.#delivered === undefined ? 0 : 1) + (reason?.kind === 'halt' ? 1 : 0);
      this.fault = takeFault(this.machine, vector, this.#delivered !== undefined);
      this.status = 'faulted';
    } else if (reason?.kind === 'shutdown') {
      this.status = 'shutdown';
      this.fault = this.#lastFault();
    } else this.status = reason?.kind === 'halt' ? 'halted' : 'stopped';
    this.#delivered = undefined;
  }

  /** Somebody has changed registers or memory: it may go on. */
  revive(): void {
    this.status = 'stopped';
    this.fault = undefined;
  }

  /** Go on as another machine that has run the same program. */
  takeOver(from: LabMachine): void {
    copyMemory(from.machine, this.machine);
    loadRegisters(saveRegisters(from.machine), this.machine);
    this.output.copyFrom(from.output);
    this.status = from.status;
    this.fault = from.fault;
    this.#offset = from.instructions - this.machine.instructions;
  }

  #note(text: string): void {
    const match = FAULT_NOTE.exec(text);
    if (match !== null) this.#delivered = { vector: Number.parseInt(match[1], 16), errorCode: Number.parseInt(match[2], 16) };
  }

  #lastFault(): FaultView | undefined {
    if (this.#delivered === undefined) return undefined;
    const { vector, errorCode } = this.#delivered;
    const cr2 = vector === 14 ? { cr2: this.machine.cpu(0).registers.get('cr2') } : {};
    return { vector, name: faultName(vector), errorCode, ...cr2, pc: this.pc };
  }
}
