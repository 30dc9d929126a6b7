/**
 * What stands behind `MachineWorker`: makes a machine of what the page asks for, runs it, and tells what happens. It knows no worker, so that tests run it in Node.
 *
 * One machine at a time; a start ends what there was. The guest runs in turns of the event loop, so that everything here happens between two instructions.
 */
import { compileModules, createPc, type CpuModelName, type Pc, type StopReason } from '@wasm-tcg/emulator';
import { describeError, WorkerError } from '../../rpc/errors.ts';
import type { CodeAt, GuestMemory, MachineConfig, MachineEvents, MachineStatus, MachineWorker } from '../protocol.ts';
import { prepareMachine } from './boot-source.ts';
import { codeAt } from './code-at.ts';
import { debugConsole } from './debug-console.ts';
import { FileTransfer } from './file-transfer.ts';
import { readBlob } from './read-blob.ts';
import { SAMPLE_INTERVAL, Sampler } from './sampler.ts';
import { SerialOut } from './serial-out.ts';

export interface MachineHostOptions {
  /** Address of the site's folder. */
  readonly site: URL;
  readonly fetch: typeof fetch;
  /** Guest memory can be shared with other threads. */
  readonly isolated: boolean;
}

/** Everything that exists as long as one machine. */
interface Machine {
  readonly pc: Pc;
  readonly model: CpuModelName;
  readonly events: MachineEvents;
  readonly sampler: Sampler;
  readonly serial: SerialOut;
  readonly transfer: FileTransfer | undefined;
  status: MachineStatus;
  /** Why the run is to end, when it is not the guest that ends it. */
  stop: 'pause' | 'off' | 'halt' | undefined;
  timer: ReturnType<typeof setInterval> | undefined;
  /** Settled when it does not run, and the page has been told. */
  run: Promise<void>;
}

const EFLAGS_IF = 0x200n;
/** How long (ms) the page has for taking the last of the guest's text before it is told that the guest has ended. */
const LAST_WORDS = 1000;

export class MachineHost implements MachineWorker {
  readonly #options: MachineHostOptions;
  #machine: Machine | undefined;
  #starting: AbortController | undefined;
  #observed = false;

  constructor(options: MachineHostOptions) {
    this.#options = options;
  }

  async start(config: MachineConfig, events: MachineEvents): Promise<void> {
    await this.powerOff();
    const starting = new AbortController();
    this.#starting = starting;
    const { signal } = starting;
    tell(events.status('starting'));
    try {
      const machine = await this.#make(config, events, signal);
      signal.throwIfAborted();
      this.#machine = machine;
      this.#run(machine);
    } catch (error) {
      tell(events.status('off'));
      if (signal.aborted) throw new WorkerError('the start was cancelled', 'aborted', '');
      throw error;
    } finally {
      if (this.#starting === starting) this.#starting = undefined;
    }
  }

  input(bytes: Uint8Array): void {
    this.#machine?.pc.serial[0]?.write(bytes);
  }

  async pause(): Promise<void> {
    await this.#stop('pause');
  }

  async resume(): Promise<void> {
    const machine = this.#machine;
    if (machine?.status === 'paused') this.#run(machine);
  }

  async reset(): Promise<void> {
    const machine = this.#get();
    machine.pc.reset();
    if (machine.status === 'ended') this.#run(machine);
  }

  async powerButton(): Promise<void> {
    this.#get().pc.powerButton();
  }

  async powerOff(): Promise<void> {
    this.#starting?.abort();
    const machine = this.#machine;
    if (machine === undefined) return;
    await this.#stop('off');
    machine.transfer?.close();
    if (this.#machine === machine) this.#machine = undefined;
    setStatus(machine, 'off');
  }

  async snapshot(): Promise<Blob> {
    const bytes = await this.#get().pc.snapshot();
    return new Blob([bytes as Uint8Array<ArrayBuffer>], { type: 'application/octet-stream' });
  }

  async sendFiles(files: readonly File[]): Promise<void> {
    const { transfer } = this.#get();
    if (transfer === undefined) throw new WorkerError('this machine has no transfer disk', 'no-transfer', 'it was restored from a snapshot of one without: boot it anew in this page');
    const read = files.map(async (file) => ({ name: file.name, bytes: await readBlob(file, file.name) }));
    await transfer.send(await Promise.all(read));
  }

  async observe(on: boolean): Promise<void> {
    this.#observed = on;
    this.#machine?.sampler.observe(on);
  }

  async codeAt(physical: number, pc: bigint): Promise<CodeAt | undefined> {
    const machine = this.#machine;
    return machine === undefined ? undefined : codeAt(machine.pc, machine.model, physical, pc);
  }

  async memory(): Promise<GuestMemory | undefined> {
    const memory = this.#machine?.pc.memory;
    if (memory === undefined) return undefined;
    const { size, shared } = memory;
    return shared === undefined ? { size } : { size, shared: { buffer: shared.buffer, ramOffset: shared.ramOffset } };
  }

  async readMemory(physical: number, length: number): Promise<Uint8Array | undefined> {
    return this.#machine?.pc.memory.read(physical, length);
  }

  #get(): Machine {
    if (this.#machine === undefined) throw new WorkerError('there is no machine', 'no-machine', 'start one');
    return this.#machine;
  }

  async #make(config: MachineConfig, events: MachineEvents, signal: AbortSignal): Promise<Machine> {
    const { site, fetch, isolated } = this.#options;
    const progress: MachineEvents['progress'] = (step) => tell(events.progress(step));
    const transfer = new FileTransfer((files) => tell(events.received(files)));
    const { options, model, transfers } = await prepareMachine(config, transfer, { site, fetch, signal, onProgress: progress });
    progress({ phase: 'compile', text: 'compiling the interpreter', done: 0, total: 0 });
    const modules = compileModules({ sharedMemory: isolated });
    signal.throwIfAborted();
    progress({ phase: 'load', text: options.from === undefined ? 'loading the guest' : 'restoring the snapshot', done: 0, total: 0 });
    const serial = new SerialOut((bytes) => events.serial(bytes));
    const debugPort = debugConsole((bytes) => serial.push(bytes));
    const pc = await createPc({ ...options, devices: { ...options.devices, debugPort }, modules, sharedMemory: isolated });
    pc.serial[0]?.onData((bytes) => serial.push(bytes));
    return { pc, model, events, serial, sampler: new Sampler(pc), transfer: transfers ? transfer : undefined, status: 'starting', stop: undefined, timer: undefined, run: Promise.resolve() };
  }

  #run(machine: Machine): void {
    machine.stop = undefined;
    machine.sampler.observe(this.#observed);
    setStatus(machine, 'running');
    machine.timer = setInterval(() => this.#tick(machine), SAMPLE_INTERVAL);
    machine.run = this.#supervise(machine);
  }

  /** To the end of this run, and whatever ends it. */
  async #supervise(machine: Machine): Promise<void> {
    try {
      const reason = await machine.pc.start();
      if (machine.stop !== 'off') await machine.serial.drain(LAST_WORDS);
      tell(machine.events.sample(machine.sampler.take()));
      this.#ended(machine, reason);
    } catch (error) {
      machine.status = 'ended';
      if (this.#machine === machine) this.#machine = undefined;
      const { message, code, hint } = describeError(error);
      tell(machine.events.failed({ message, code, hint }));
    } finally {
      clearInterval(machine.timer);
    }
  }

  #ended(machine: Machine, reason: StopReason): void {
    if (machine.stop === 'off') return;
    if (reason.kind !== 'stopped') setStatus(machine, 'ended', reason);
    else if (machine.stop === 'halt') setStatus(machine, 'ended', { kind: 'halt' });
    else setStatus(machine, 'paused');
  }

  #tick(machine: Machine): void {
    tell(machine.events.sample(machine.sampler.take()));
    if (machine.stop === undefined && haltedForGood(machine.pc)) void this.#stop('halt');
  }

  async #stop(why: 'pause' | 'off' | 'halt'): Promise<void> {
    const machine = this.#machine;
    if (machine?.status !== 'running') return;
    machine.stop = why;
    clearInterval(machine.timer);
    await machine.pc.pause();
    // A run that stops itself is not waited for from within.
    if (why !== 'halt') await machine.run;
  }
}

/** HLT with interrupts off: nothing on this PC wakes it. */
function haltedForGood(pc: Pc): boolean {
  const cpu = pc.cpu(0);
  return cpu.halted && (cpu.registers.get('rflags') & EFLAGS_IF) === 0n;
}

function setStatus(machine: Machine, status: MachineStatus, ended?: StopReason): void {
  if (machine.status === status) return;
  machine.status = status;
  tell(machine.events.status(status, ended));
}

/** Events cross to the page, which may have gone: nobody waits for them, and their failure is nobody's. */
function tell(answer: void | Promise<void>): void {
  void Promise.resolve(answer).catch(() => undefined);
}
