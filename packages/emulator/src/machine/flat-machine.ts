/** The machine as its users see it: a CPU, RAM, ports, no devices. */
import { identityPageTables, type X86Registers } from '@wasm-tcg/guest-x86';
import type {
  Cpu, InspectStage, Machine, MachineCounters, PortHandler, RunUntil, StopReason,
} from '../api.ts';
import { inspectTb, wasmOfTb } from '../debug/inspect.ts';
import { MachineError } from '../errors.ts';
import { collectCounters } from './counters.ts';
import type { MachineParts } from './create-machine.ts';
import type { PortAccess } from './ports.ts';

/** Instructions between two looks at the abort signal. */
const SIGNAL_PERIOD = 10_000_000;
/** Instructions per turn of the event loop in `start`. */
const START_SLICE = 2_000_000;
/** EFLAGS.IF. */
const EFLAGS_IF = 0x200n;
/** More than any run: 2^53 − 1. */
const FOREVER = Number.MAX_SAFE_INTEGER;

export class FlatMachine implements Machine {
  readonly cpus: readonly Cpu[];
  readonly memory: MachineParts['memory'];
  readonly #p: MachineParts;
  #portStop: PortAccess | undefined;
  #paused = false;
  #started: Promise<StopReason> | undefined;

  /** Use `createMachine`. */
  constructor(parts: MachineParts) {
    this.#p = parts;
    this.memory = parts.memory;
    this.cpus = [new FlatCpu(parts)];
  }

  cpu(index: number): Cpu {
    const cpu = this.cpus[index];
    if (cpu === undefined) throw new MachineError('bad-option', `CPU ${index}`, `this machine has ${this.cpus.length}, counted from 0`);
    return cpu;
  }

  get instructions(): number {
    return this.#p.exec.now;
  }

  runUntil(until: RunUntil): StopReason {
    const { exec, breakpoints, ports } = this.#p;
    if (exec.running) throw new MachineError('not-running', 'runUntil from inside a handler', 'call requestStop() there and run on when runUntil has returned');
    const pcs = until.pc === undefined ? [] : typeof until.pc === 'object' ? until.pc : [until.pc];
    if (breakpoints.set(pcs)) this.flush();
    ports.watch(until.port === undefined ? [] : typeof until.port === 'number' ? [until.port] : until.port);
    this.#portStop = undefined;
    let left = until.instructions ?? FOREVER;
    if (!(Number.isSafeInteger(left) && left >= 0)) throw new MachineError('bad-option', `instructions: ${left}`, 'use an integer ≥ 0');
    const signal = until.signal ?? this.#p.options.signal;
    let first = true;
    while (left > 0) {
      if (signal?.aborted) throw new MachineError('aborted', 'the run was aborted', 'the machine is intact: run on when you like', { cause: signal.reason });
      const before = exec.instructions;
      const result = exec.run(Math.min(left, SIGNAL_PERIOD), first);
      left -= exec.instructions - before;
      if (exec.instructions !== before) first = false;
      const access = this.#takePortStop();
      if (access !== undefined) return { kind: 'port', ...access };
      if (result === 'breakpoint') return { kind: 'pc', pc: this.#p.context.linearPc };
      if (result === 'shutdown') return { kind: 'shutdown' };
      if (result === 'halt') {
        if (until.halt ?? true) return { kind: 'halt' };
        // Nothing will wake it: the time until the limit passes at once.
        return { kind: 'instructions' };
      }
      if (result === 'stopped') return { kind: 'stopped' };
    }
    return { kind: 'instructions' };
  }

  step(n = 1): StopReason {
    return this.runUntil({ instructions: n });
  }

  start(): Promise<StopReason> {
    this.#started ??= this.#run().finally(() => {
      this.#started = undefined;
    });
    return this.#started;
  }

  async pause(): Promise<void> {
    this.#paused = true;
    this.requestStop();
    await this.#started?.catch(() => undefined);
    this.#paused = false;
  }

  onPort(first: number, last: number, handler: PortHandler): void {
    this.#p.ports.attach(first, last, handler);
  }

  requestStop(): void {
    this.#p.exec.requestStop();
  }

  /** A watched port was used. */
  portStop(access: PortAccess): void {
    this.#portStop = access;
    this.#p.exec.requestStop();
  }

  counters(): MachineCounters {
    return collectCounters(this.#p);
  }

  inspect(pc: bigint | number, options: { readonly stages?: readonly InspectStage[] } = {}): Readonly<Partial<Record<InspectStage, string>>> {
    return inspectTb(this.#p, BigInt(pc), options.stages ?? ['x86', 'ir', 'opt', 'tci', 'wat']);
  }

  wasmOf(pc: bigint | number, kind: 'module' | 'region' = 'module'): Uint8Array {
    return wasmOfTb(this.#p, BigInt(pc), kind);
  }

  flush(): void {
    if (this.#p.exec.running) throw new MachineError('not-running', 'flush from inside a handler', 'call it when runUntil has returned');
    this.#p.exec.flush();
  }

  reset(): void {
    const { x86, boot: plan, exec } = this.#p;
    exec.flush();
    if (plan === undefined) {
      x86.reset(0);
      return;
    }
    const { boot, entry, stack, pageTables } = plan;
    const mode = boot.mode ?? 'real16';
    this.memory.write(boot.loadAddress, boot.image);
    if (mode === 'long64') this.memory.write(pageTables, identityPageTables(pageTables));
    x86.startFlat(0, { mode, entry, stack, ...(boot.cs === undefined ? {} : { cs: boot.cs }), ...(mode === 'long64' ? { pageTables } : {}) });
  }

  #takePortStop(): PortAccess | undefined {
    const access = this.#portStop;
    this.#portStop = undefined;
    return access;
  }

  async #run(): Promise<StopReason> {
    for (;;) {
      if (this.#paused) return { kind: 'stopped' };
      const result = this.runUntil({ instructions: START_SLICE });
      if (result.kind !== 'instructions') return result;
      await new Promise<void>((resolve) => {
        setTimeout(resolve, 0);
      });
    }
  }
}

class FlatCpu implements Cpu {
  readonly registers: X86Registers;
  readonly #p: MachineParts;

  constructor(parts: MachineParts) {
    this.#p = parts;
    this.registers = parts.x86.registers(0);
  }

  get interruptible(): boolean {
    const flags = this.registers.get('rflags');
    return (flags & EFLAGS_IF) !== 0n && this.registers.get('interrupt_shadow') === 0n;
  }

  get halted(): boolean {
    return false;
  }

  interrupt(vector: number): void {
    if (!(Number.isInteger(vector) && vector >= 0 && vector <= 255)) throw new MachineError('bad-option', `interrupt vector ${vector}`, 'use 0 … 255');
    this.#p.x86.exports.interrupt_deliver(this.#p.context.env, vector);
  }
}
