/** A machine to boot guests on, seen from the check: a console, an end, figures. */
import type { CpuModelName, ExecutionMode } from '@wasm-tcg/emulator';

export interface MachineSetup {
  readonly kernel: Uint8Array;
  readonly initrd: Uint8Array;
  readonly append: string;
  /** In QEMU's notation. */
  readonly memory: string;
  /** Content of the virtio disk; not changed. */
  readonly disk: Uint8Array;
  readonly mode: ExecutionMode;
  readonly clock: ClockName;
  /** CPU model; default the machine's. */
  readonly cpu?: CpuModelName | undefined;
  /** Receives what the guest sends on its first serial port. */
  readonly onConsole: (bytes: Uint8Array) => void;
  readonly signal?: AbortSignal | undefined;
}

export const CLOCK_NAMES = ['host', 'icount'] as const;
export type ClockName = (typeof CLOCK_NAMES)[number];

export interface Figures {
  /** Guest instructions so far. */
  readonly instructions: number;
  /** Of these by interpreter, TB modules and regions. */
  readonly tiers: { readonly tci: number; readonly modules: number; readonly regions: number };
}

/** A machine that runs. */
export interface RunningMachine {
  /** Resolves when it has stopped: `poweroff` when the guest switched it off, else why. */
  readonly end: Promise<string>;
  /** Types on the console. */
  type(text: string): void;
  /** Stops it, whatever it is at; resolves when it has stopped. */
  stop(): Promise<void>;
  /** The virtio disk after the machine has stopped. */
  disk(): Promise<Uint8Array>;
  /** Undefined when the machine has none to give. */
  figures(): Figures | undefined;
}

/** Makes a machine and starts it. */
export type StartMachine = (setup: MachineSetup) => Promise<RunningMachine>;
