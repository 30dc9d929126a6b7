/** What every machine has in common, whatever is around its CPU: memory, registers, breakpoints, inspection, counters. */
import type { X86Registers } from '@wasm-tcg/guest-x86';
import type { Profiler, TranslatedPage, TranslationInfo } from '../api-profile.ts';
import type { MachineCounters } from '../api-counters.ts';
import type { Cpu, InspectStage, Machine, PortHandler, RunUntil, StopReason } from '../api.ts';
import type { CodeListing, ListingOptions, OpStepper, OpStepperOptions } from '../api-code.ts';
import { inspectTb, wasmOfTb } from '../debug/inspect.ts';
import { listTranslations, pagesOfTranslations } from '../debug/translations.ts';
import { listCode } from '../debug/listing.ts';
import { TbOpStepper } from '../debug/op-stepper.ts';
import { MachineError } from '../errors.ts';
import type { RunResult } from '../exec/cpu-exec.ts';
import { collectCounters } from './counters.ts';
import type { MachineParts } from './parts.ts';
import type { PortAccess } from './ports.ts';

/** EFLAGS.IF. */
const EFLAGS_IF = 0x200n;
/** More than any run: 2^53 − 1. */
const FOREVER = Number.MAX_SAFE_INTEGER;

export abstract class MachineBase implements Machine {
  readonly cpus: readonly Cpu[];
  readonly memory: MachineParts['memory'];
  readonly profiler: Profiler;
  protected readonly p: MachineParts;
  #portStop: PortAccess | undefined;
  #pauseRequested = false;
  #started: Promise<StopReason> | undefined;

  constructor(parts: MachineParts) {
    this.p = parts;
    this.memory = parts.memory;
    this.profiler = parts.profiler;
    this.cpus = [new X86Cpu(parts, () => this.halted)];
  }

  /** The CPU waits for an interrupt. */
  protected abstract readonly halted: boolean;
  abstract runUntil(until: RunUntil): StopReason;
  abstract reset(): void;
  /** Run as {@link start} promises, until something stops the machine or {@link pauseRequested}. */
  protected abstract runAsync(until: Pick<RunUntil, 'instructions'>): Promise<StopReason>;

  /** A TB has been left that was run op by op: heed how, as after a run of {@link MachineParts.exec}. */
  protected abstract stepped(result: RunResult): void;

  cpu(index: number): Cpu {
    const cpu = this.cpus[index];
    if (cpu === undefined) throw new MachineError('bad-option', `CPU ${index}`, `this machine has ${this.cpus.length}, counted from 0`);
    return cpu;
  }

  get instructions(): number {
    return this.p.exec.now;
  }

  step(n = 1): StopReason {
    return this.runUntil({ instructions: n });
  }

  start(options: { readonly instructions?: number } = {}): Promise<StopReason> {
    this.#started ??= this.runAsync(options).finally(() => {
      this.#started = undefined;
    });
    return this.#started;
  }

  async pause(): Promise<void> {
    this.#pauseRequested = true;
    this.requestStop();
    await this.#started?.catch(() => undefined);
    this.#pauseRequested = false;
  }

  /** Is it running, by {@link start}? */
  protected get started(): boolean {
    return this.#started !== undefined;
  }

  protected get pauseRequested(): boolean {
    return this.#pauseRequested;
  }

  onPort(first: number, last: number, handler: PortHandler): void {
    this.p.ports.attach(first, last, handler);
  }

  requestStop(): void {
    this.p.exec.requestStop();
  }

  /** A watched port was used. */
  portStop(access: PortAccess): void {
    this.#portStop = access;
    this.p.exec.requestStop();
  }

  counters(): MachineCounters {
    return collectCounters(this.p);
  }

  inspect(pc: bigint | number, options: { readonly stages?: readonly InspectStage[] } = {}): Readonly<Partial<Record<InspectStage, string>>> {
    return inspectTb(this.p, BigInt(pc), options.stages ?? ['x86', 'ir', 'opt', 'tci', 'wat']);
  }

  wasmOf(pc: bigint | number, kind: 'module' | 'region' = 'module'): Uint8Array {
    return wasmOfTb(this.p, BigInt(pc), kind);
  }

  translations(): TranslationInfo[] {
    return listTranslations(this.p);
  }

  translatedPages(): TranslatedPage[] {
    return pagesOfTranslations(this.p);
  }

  listing(pc: bigint | number, options: ListingOptions = {}): CodeListing {
    return listCode(this.p, BigInt(pc), options);
  }

  opStepper(options: OpStepperOptions = {}): OpStepper {
    if (this.p.exec.running || this.started) throw new MachineError('not-running', 'stepping while the machine runs', 'pause() it first');
    if (this.halted) throw new MachineError('not-running', 'the CPU is halted', 'run the machine until an interrupt wakes it');
    return new TbOpStepper(this.p, options.optimised ?? true, (result) => this.stepped(result));
  }

  flush(): void {
    if (this.p.exec.running) throw new MachineError('not-running', 'flush from inside a handler', 'call it when runUntil has returned');
    this.p.exec.flush();
  }

  /** Set breakpoints and watched ports of a run. @returns most instructions to run */
  protected begin(until: RunUntil): number {
    const { exec, breakpoints, ports } = this.p;
    if (exec.running) throw new MachineError('not-running', 'runUntil from inside a handler', 'call requestStop() there and run on when runUntil has returned');
    const pcs = until.pc === undefined ? [] : typeof until.pc === 'object' ? until.pc : [until.pc];
    if (breakpoints.set(pcs)) this.flush();
    ports.watch(until.port === undefined ? [] : typeof until.port === 'number' ? [until.port] : until.port);
    this.#portStop = undefined;
    const limit = until.instructions ?? FOREVER;
    if (!(Number.isSafeInteger(limit) && limit >= 0)) throw new MachineError('bad-option', `instructions: ${limit}`, 'use an integer ≥ 0');
    return limit;
  }

  /** The access that stopped the run, if one did. */
  protected takePortStop(): PortAccess | undefined {
    const access = this.#portStop;
    this.#portStop = undefined;
    return access;
  }

  protected checkAborted(signal: AbortSignal | undefined): void {
    if (signal?.aborted) throw new MachineError('aborted', 'the run was aborted', 'the machine is intact: run on when you like', { cause: signal.reason });
  }
}

class X86Cpu implements Cpu {
  readonly registers: X86Registers;
  readonly #p: MachineParts;
  readonly #halted: () => boolean;

  constructor(parts: MachineParts, halted: () => boolean) {
    this.#p = parts;
    this.#halted = halted;
    this.registers = parts.x86.registers(0);
  }

  get interruptible(): boolean {
    const flags = this.registers.get('rflags');
    return (flags & EFLAGS_IF) !== 0n && this.registers.get('interrupt_shadow') === 0n;
  }

  get halted(): boolean {
    return this.#halted();
  }

  interrupt(vector: number): void {
    if (!(Number.isInteger(vector) && vector >= 0 && vector <= 255)) throw new MachineError('bad-option', `interrupt vector ${vector}`, 'use 0 … 255');
    this.#p.x86.exports.interrupt_deliver(this.#p.context.env, vector);
  }
}
