/**
 * Between the page and the worker that a machine runs in. The page's side is `machine/controller.ts`, which both the Machine and the Observe view use.
 * Plain data; calls go through comlink, errors arrive as `WorkerError` (rpc/errors.ts).
 */
import type { CpuModelName, ExecutionMode, MachineCounters, ProfileEntry, StopReason, TranslatedPage } from '@wasm-tcg/emulator';

/** What to boot. Files are Blobs, which cost nothing to send. */
export type BootSource =
  /** A guest of the site: `tiny` is always there. */
  | { readonly kind: 'guest'; readonly name: string }
  | { readonly kind: 'files'; readonly kernel?: File; readonly initrd?: File; readonly disks: readonly File[]; readonly append: string }
  /** `disks`: the images that the machine had, in the same order; a snapshot holds only what was written to them. */
  | { readonly kind: 'snapshot'; readonly file: Blob; readonly disks: readonly File[] };

export interface MachineConfig {
  readonly source: BootSource;
  readonly model: CpuModelName;
  /** MiB. */
  readonly memory: number;
  readonly mode: ExecutionMode;
  readonly clock: 'host' | 'icount';
  /** Appended to a guest's own command line. */
  readonly append: string;
}

/** A guest that the site offers: `guests/index.json` (made by the build), and `tiny`. */
export interface SiteGuest {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly bits: 16 | 32 | 64;
  /** Bytes to fetch; 0 for what is built in. */
  readonly bytes: number;
  readonly model: CpuModelName;
  readonly memory: number;
  readonly append: string;
  /** Paths relative to the site. */
  readonly kernel?: string;
  readonly initrd?: string;
}

export type MachinePhase = 'fetch' | 'unpack' | 'compile' | 'load' | 'run';
export interface MachineProgress {
  readonly phase: MachinePhase;
  /** What is being done, for people. */
  readonly text: string;
  readonly done: number;
  /** 0: not known. */
  readonly total: number;
}

export type MachineStatus = 'off' | 'starting' | 'running' | 'paused' | 'ended';

/** What the worker tells the page a few times a second while it runs. */
export interface MachineSample {
  /** ms since the machine was started, on the page's clock; and virtual time, ms. */
  readonly at: number;
  readonly virtual: number;
  readonly counters: MachineCounters;
  /** Only when it is asked for (`observe`): places met since the last sample. */
  readonly profile: readonly ProfileEntry[];
  /** Only with `observe`: bytes of translated code by page and tier. */
  readonly pages: readonly TranslatedPage[];
}

export interface MachineEvents {
  progress(progress: MachineProgress): void;
  status(status: MachineStatus, ended?: StopReason): void;
  /**
   * Bytes that the guest sent on its first serial port. Resolves when the page can take more: the worker gathers what comes meanwhile into the next piece, and
   * holds the guest back when that grows past a limit.
   */
  serial(bytes: Uint8Array): void | Promise<void>;
  sample(sample: MachineSample): void;
  /** The guest wrote files for the page (file transfer out of the guest). */
  received(files: readonly TransferFile[]): void;
  /** The machine has gone: what happened and what to do. */
  failed(error: { readonly message: string; readonly hint: string; readonly code: string }): void;
}

export interface TransferFile {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** The TB at an address with its bytes, for the Lab. */
export interface CodeAt {
  readonly pc: bigint;
  readonly bits: 16 | 32 | 64;
  /** At least the TB's; up to the end of its page. */
  readonly bytes: Uint8Array;
  readonly model: CpuModelName;
}

/** Guest RAM, for looking at. */
export interface GuestMemory {
  /** Bytes of RAM. */
  readonly size: number;
  /** The memory itself, of a page that is cross-origin isolated: RAM begins at `ramOffset`. Must not be written. */
  readonly shared?: { readonly buffer: SharedArrayBuffer; readonly ramOffset: number };
}

export interface MachineWorker {
  /** Make a machine and start it. Resolves when it runs. Cancelled by `powerOff`. */
  start(config: MachineConfig, events: MachineEvents): Promise<void>;
  input(bytes: Uint8Array): void;
  pause(): Promise<void>;
  resume(): Promise<void>;
  /** The reset button. */
  reset(): Promise<void>;
  /** The power button: the guest may switch itself off. */
  powerButton(): Promise<void>;
  /** Pull the plug. */
  powerOff(): Promise<void>;
  /** The whole machine, compressed; it goes on as it was. */
  snapshot(): Promise<Blob>;
  /** Put files where the guest finds them (see docs: `receive`). */
  sendFiles(files: readonly File[]): Promise<void>;
  /** Samples with profile and pages, or without. */
  observe(on: boolean): Promise<void>;
  codeAt(physical: number, pc: bigint): Promise<CodeAt | undefined>;
  memory(): Promise<GuestMemory | undefined>;
  /** A piece of RAM as it is now; what is not there reads as 0xff. */
  readMemory(physical: number, length: number): Promise<Uint8Array | undefined>;
}
