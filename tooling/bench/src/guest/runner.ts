/** A machine with one kernel loaded and paging on, to be run again and again. */
import { createMachine, type ExecutionOptions, type Machine, type MachineCounters } from '@wasm-tcg/emulator';
import { BenchError } from '../errors.ts';
import type { Kernel } from '../kernels/kernel.ts';
import { stopwatch } from '../measure/clock.ts';
import { CODE, DATA, DATA_BYTES, STACK, STACK_BYTES, STUB } from './layout.ts';
import { physicalOf, writePageTables } from './page-tables.ts';
import { formatResult, resultRegisters } from './result.ts';

const PAGE = 4096;
const CR0_PAGING = 0x8000_0000n;
const CR4_PAE = 0x20n;
const HLT = 0xf4;
const CALL = 0xe8;
const CALL_LENGTH = 5;

/** What one run took. */
export interface Run {
  /** See measure/clock.ts. */
  readonly seconds: number;
  readonly instructions: number;
  /** Shares of the tiers, 0 … 1. */
  readonly interpreter: number;
  readonly modules: number;
  readonly regions: number;
}

export class GuestRunner {
  readonly kernel: Kernel;
  readonly machine: Machine;

  constructor(kernel: Kernel, execution: ExecutionOptions) {
    this.kernel = kernel;
    const boot = { image: Uint8Array.of(HLT), loadAddress: 0, mode: kernel.bits === 32 ? 'protected32' : 'long64' } as const;
    this.machine = createMachine({ memory: '16M', boot, execution });
    const { memory } = this.machine;
    const { registers } = this.machine.cpu(0);
    registers.set('cr3', BigInt(writePageTables(kernel.bits, (physical, bytes) => memory.write(physical, bytes))));
    if (kernel.bits === 64) registers.set('cr4', registers.get('cr4') | CR4_PAE);
    registers.set('cr0', registers.get('cr0') | CR0_PAGING);
    this.#write(CODE, kernel.code);
    const stub = new DataView(new ArrayBuffer(CALL_LENGTH + 1));
    stub.setUint8(0, CALL);
    stub.setInt32(1, CODE - STUB - CALL_LENGTH, true);
    stub.setUint8(CALL_LENGTH, HLT);
    this.#write(STUB, new Uint8Array(stub.buffer));
    this.resetData();
  }

  resetData(): void {
    this.#write(DATA, this.kernel.data);
  }

  /** Calls the kernel. @throws BenchError when it does not return */
  run(iterations: number): Run {
    const { machine } = this;
    const { registers } = machine.cpu(0);
    for (const name of resultRegisters(this.kernel.bits)) registers.set(name, 0n);
    registers.set('rcx', BigInt(iterations));
    registers.set('rdi', BigInt(DATA));
    registers.set('rsp', BigInt(STACK + STACK_BYTES));
    registers.set('rip', BigInt(STUB));
    const before = machine.counters();
    const elapsed = stopwatch();
    const reason = machine.runUntil({});
    const seconds = elapsed();
    const end = registers.get('rip');
    if (reason.kind !== 'halt' || end !== BigInt(STUB + CALL_LENGTH + 1)) {
      throw new BenchError('stopped', `${this.kernel.name}: ${reason.kind} at 0x${end.toString(16)}`, 'The kernel did not return: run it with -d int,exec.');
    }
    return { seconds, ...difference(before, machine.counters()) };
  }

  /** Of the last run: registers and data. */
  result(): string {
    const { registers } = this.machine.cpu(0);
    const values = resultRegisters(this.kernel.bits).map((name) => [name, registers.get(name)] as const);
    return formatResult(values, this.#read(DATA, DATA_BYTES));
  }

  #write(linear: number, bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length; at += PAGE) this.machine.memory.write(physicalOf(linear + at), bytes.subarray(at, at + PAGE));
  }

  #read(linear: number, length: number): Uint8Array {
    const bytes = new Uint8Array(length);
    for (let at = 0; at < length; at += PAGE) bytes.set(this.machine.memory.read(physicalOf(linear + at), PAGE), at);
    return bytes;
  }
}

function difference(before: MachineCounters, after: MachineCounters): Omit<Run, 'seconds'> {
  const instructions = after.instructions - before.instructions;
  const share = (key: 'tciInstructions' | 'moduleInstructions' | 'regionInstructions'): number =>
    instructions === 0 ? 0 : (after[key] - before[key]) / instructions;
  return { instructions, interpreter: share('tciInstructions'), modules: share('moduleInstructions'), regions: share('regionInstructions') };
}
