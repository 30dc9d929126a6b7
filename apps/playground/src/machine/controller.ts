/**
 * The page's side of the machine: what the Machine and the Observe view show, as signals, and what they can do with it. It outlives the views; the worker exists
 * from a start to the end of that machine.
 *
 * Actions never reject: what went wrong is in `error`, for the view to show. What a worker says after its machine has been replaced is not heard.
 */
import { proxy } from 'comlink';
import { computed, signal, type ReadonlySignal } from '@preact/signals';
import type { StopReason } from '@wasm-tcg/emulator';
import type { WorkerHandle } from '../rpc/worker.ts';
import { WorkerError } from '../rpc/errors.ts';
import { pageBackend, type MachineBackend } from './connect.ts';
import type { CodeAt, GuestMemory, MachineConfig, MachineEvents, MachineProgress, MachineSample, MachineStatus, MachineWorker, SiteGuest, TransferFile } from './protocol.ts';
import { SampleRing } from './sample-ring.ts';
import { SerialLine } from './serial-line.ts';
import { DEFAULT_SETTINGS, guestConfig, sourceConfig, type MachineSettings } from './settings.ts';

/** What takes a while on a machine that runs. */
export type MachineTask = 'snapshot' | 'send';

/** A sample with what the profiler met. */
export type SampleListener = (sample: MachineSample) => void;

/** Browsers put this before the text of what a worker threw. */
const UNCAUGHT = /^Uncaught (?:Error: )?/;

/** A worker that could not be loaded says so itself; one that throws outside a call has an error of ours. */
function brokenDown({ message, code, hint }: WorkerError): WorkerError {
  if (!UNCAUGHT.test(message)) return new WorkerError(message, code, hint);
  return new WorkerError(`the machine broke down: ${message.replace(UNCAUGHT, '')}`, 'broken', 'start it again; if it breaks at the same place, another memory size, processor or execution mode may help');
}

export class MachineController {
  readonly #backend: MachineBackend;
  readonly #status = signal<MachineStatus>('off');
  readonly #progress = signal<MachineProgress | undefined>(undefined);
  readonly #config = signal<MachineConfig | undefined>(undefined);
  readonly #guests = signal<readonly SiteGuest[] | undefined>(undefined);
  readonly #ended = signal<StopReason | undefined>(undefined);
  readonly #error = signal<unknown>(undefined);
  readonly #received = signal<readonly TransferFile[]>([]);
  readonly #task = signal<MachineTask | undefined>(undefined);
  readonly #latest = signal<MachineSample | undefined>(undefined);
  readonly #run = signal(0);
  readonly #listeners = new Set<SampleListener>();
  #worker: WorkerHandle<MachineWorker> | undefined;
  #observed = false;
  #guestsAsked: Promise<readonly SiteGuest[]> | undefined;

  /** `off` → `starting` → `running` ⇄ `paused` → `ended`; and `off` from anywhere. */
  readonly status: ReadonlySignal<MachineStatus> = this.#status;
  /** While `starting`. */
  readonly progress: ReadonlySignal<MachineProgress | undefined> = this.#progress;
  /** Of the machine that exists, or was last. */
  readonly config: ReadonlySignal<MachineConfig | undefined> = this.#config;
  /** Undefined until they are known: `loadGuests` asks. */
  readonly guests: ReadonlySignal<readonly SiteGuest[] | undefined> = this.#guests;
  /** Why, when `ended`. */
  readonly ended: ReadonlySignal<StopReason | undefined> = this.#ended;
  /** What went wrong last: for `ErrorNotice`. */
  readonly error: ReadonlySignal<unknown> = this.#error;
  /** Files from the guest, oldest first. */
  readonly received: ReadonlySignal<readonly TransferFile[]> = this.#received;
  readonly task: ReadonlySignal<MachineTask | undefined> = this.#task;
  /** The newest sample, complete. Changes four times a second while the machine runs. */
  readonly latest: ReadonlySignal<MachineSample | undefined> = this.#latest;
  /** The last ten minutes, counters only; changes with `latest`. Emptied when a machine starts. */
  readonly samples = new SampleRing();
  /** Counts machines: what is derived from samples begins anew when it changes. */
  readonly run: ReadonlySignal<number> = this.#run;
  /** A machine exists that can be run, paused or not. */
  readonly alive: ReadonlySignal<boolean> = computed(() => this.#status.value === 'running' || this.#status.value === 'paused');
  readonly serial = new SerialLine();

  constructor(backend: MachineBackend = pageBackend()) {
    this.#backend = backend;
  }

  /** Find out what the site offers; asks once. */
  async loadGuests(): Promise<readonly SiteGuest[]> {
    this.#guestsAsked ??= this.#backend.guests();
    try {
      const guests = await this.#guestsAsked;
      this.#guests.value = guests;
      return guests;
    } catch (error) {
      this.#guestsAsked = undefined;
      this.#error.value = error;
      return [];
    }
  }

  /** Boot a guest of the site by name. */
  async startGuest(name: string, settings: MachineSettings = DEFAULT_SETTINGS): Promise<void> {
    const guest = (await this.loadGuests()).find((candidate) => candidate.name === name);
    if (guest !== undefined) return this.start(guestConfig(guest, settings));
    this.#error.value ??= new WorkerError(`this site has no guest "${name}"`, 'unknown-guest', 'choose one of those it has, or start your own kernel');
  }

  /** Make a machine and start it, instead of the one there is. Resolves when it runs or could not be started. */
  async start(config: MachineConfig): Promise<void> {
    this.#discard();
    this.serial.clear();
    this.samples.clear();
    this.#latest.value = undefined;
    this.#config.value = config;
    const run = ++this.#run.value;
    this.#ended.value = undefined;
    this.#error.value = undefined;
    this.#received.value = [];
    this.#progress.value = undefined;
    this.#status.value = 'starting';
    const current = (): boolean => run === this.#run.value && this.#worker !== undefined;
    try {
      const worker = this.#backend.connect((error) => {
        if (current()) this.#fail(brokenDown(error));
      });
      this.#worker = worker;
      await worker.api.start(config, proxy(this.#events(current)));
      if (!current()) return;
      if (this.#observed) await worker.api.observe(true);
    } catch (error) {
      if (run === this.#run.value) this.#fail(error);
    }
  }

  /** Start what was there last once more. */
  restart(): Promise<void> {
    const config = this.#config.value;
    return config === undefined ? Promise.resolve() : this.start(config);
  }

  /** Go on from a snapshot: a new machine. Model, memory and clock are the snapshot's; the mode is the settings', the disks are those it had. */
  restore(file: Blob, disks: readonly File[] = [], settings: MachineSettings = DEFAULT_SETTINGS): Promise<void> {
    return this.start(sourceConfig({ kind: 'snapshot', file, disks }, settings));
  }

  /** Pull the plug, also while it starts. What it printed stays. */
  powerOff(): void {
    this.#discard();
    this.#status.value = 'off';
  }

  pause(): Promise<void> {
    return this.#act((api) => api.pause());
  }

  resume(): Promise<void> {
    return this.#act((api) => api.resume());
  }

  reset(): Promise<void> {
    return this.#act((api) => api.reset());
  }

  powerButton(): Promise<void> {
    return this.#act((api) => api.powerButton());
  }

  /** Bytes for the guest's serial port. */
  input(bytes: Uint8Array): void {
    if (this.alive.peek()) void this.#act((api) => api.input(bytes));
  }

  /** The machine as a file; undefined when that failed. */
  snapshot(): Promise<Blob | undefined> {
    return this.#during('snapshot', (api) => api.snapshot());
  }

  async sendFiles(files: readonly File[]): Promise<boolean> {
    const sent = await this.#during('send', async (api) => {
      await api.sendFiles(files);
      return true;
    });
    return sent ?? false;
  }

  /** Samples with profile and pages from now on, over restarts too, or without. */
  observe(on: boolean): Promise<void> {
    this.#observed = on;
    return this.alive.peek() ? this.#act((api) => api.observe(on)) : Promise.resolve();
  }

  /** The TB at an address with its bytes, from the machine as it is now. */
  codeAt(physical: number, pc: bigint): Promise<CodeAt | undefined> {
    return this.#act((api) => api.codeAt(physical, pc));
  }

  /** Guest RAM: how much there is, and itself where it may be shared. */
  memory(): Promise<GuestMemory | undefined> {
    return this.#act((api) => api.memory());
  }

  readMemory(physical: number, length: number): Promise<Uint8Array | undefined> {
    return this.#act((api) => api.readMemory(physical, length));
  }

  /** Hear every sample. Returns what ends it. */
  onSample(listener: SampleListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  dismissError(): void {
    this.#error.value = undefined;
  }

  dismissReceived(file: TransferFile): void {
    this.#received.value = this.#received.value.filter((candidate) => candidate !== file);
  }

  #events(current: () => boolean): MachineEvents {
    const heard = <Args extends unknown[]>(listener: (...args: Args) => void | Promise<void>) =>
      (...args: Args): void | Promise<void> => (current() ? listener(...args) : undefined);
    return {
      progress: heard((progress) => {
        this.#progress.value = progress;
      }),
      status: heard((status, ended) => {
        this.#status.value = status;
        if (status !== 'starting') this.#progress.value = undefined;
        this.#ended.value = status === 'ended' ? ended : undefined;
      }),
      serial: heard((bytes) => this.serial.write(bytes)),
      sample: heard((sample) => this.#take(sample)),
      received: heard((files) => {
        this.#received.value = [...this.#received.value, ...files];
      }),
      failed: heard(({ message, code, hint }) => this.#fail(new WorkerError(message, code, hint))),
    };
  }

  #take(sample: MachineSample): void {
    this.samples.push(sample);
    this.#latest.value = sample;
    for (const listener of this.#listeners) listener(sample);
  }

  /** The machine is lost. */
  #fail(error: unknown): void {
    this.#discard();
    this.#error.value = error;
    this.#status.value = 'off';
  }

  #discard(): void {
    this.#worker?.terminate();
    this.#worker = undefined;
    this.#progress.value = undefined;
    this.#task.value = undefined;
  }

  /** Errors of a machine that has been replaced meanwhile are nobody's. */
  async #act<T>(action: (api: WorkerHandle<MachineWorker>['api']) => Promise<T>): Promise<T | undefined> {
    const worker = this.#worker;
    if (worker === undefined) return undefined;
    try {
      return await action(worker.api);
    } catch (error) {
      if (worker === this.#worker) this.#error.value = error;
      return undefined;
    }
  }

  async #during<T>(task: MachineTask, action: (api: WorkerHandle<MachineWorker>['api']) => Promise<T>): Promise<T | undefined> {
    if (this.#worker === undefined || this.#task.peek() !== undefined) return undefined;
    const worker = this.#worker;
    this.#task.value = task;
    const result = await this.#act(action);
    if (worker === this.#worker) this.#task.value = undefined;
    return result;
  }
}
