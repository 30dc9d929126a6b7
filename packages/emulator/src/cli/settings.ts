/** What a command line asks for. */
import type { CpuModelName } from '@wasm-tcg/guest-x86';
import type { DebugItem, ExecutionMode, FlatMode, KernelBoot } from '../api.ts';

/** Where the bytes of a serial port or console go. */
export type CharBackend =
  /** The terminal: standard input and output, with Ctrl-A keys. */
  | { readonly kind: 'stdio' }
  | { readonly kind: 'file'; readonly path: string }
  /** Nowhere; nothing comes. */
  | { readonly kind: 'null' };

export interface DriveSetting {
  readonly file: string;
  readonly readonly: boolean;
  /** Writes go to a copy that is dropped at the end. */
  readonly snapshot: boolean;
}

export interface Settings {
  mode: ExecutionMode;
  /** RAM in bytes; undefined: what the guest's kind needs. */
  memory: number | undefined;
  cpu: CpuModelName | undefined;
  /** Kernel or flat image; without one the built-in guest runs. */
  kernel: string | undefined;
  /** Files with QEMU's arguments (`file args,file args`) for Multiboot, one file for Linux. */
  initrd: string | undefined;
  append: string | undefined;
  entry: KernelBoot['entry'];
  /** Flat images: physical. */
  loadAddress: number | undefined;
  flatEntry: number | undefined;
  cpuMode: FlatMode | undefined;
  drives: DriveSetting[];
  /** Serial ports in order; undefined: one on the terminal. */
  serial: CharBackend[] | undefined;
  /** virtio console. */
  console: CharBackend | undefined;
  debugExit: { readonly iobase: number; readonly iosize: number } | undefined;
  /** Port 0xe9. */
  debugPort: CharBackend | undefined;
  testdev: boolean;
  rng: boolean;
  hpet: boolean;
  /** No device but those asked for. */
  noDefaults: boolean;
  noReboot: boolean;
  noShutdown: boolean;
  /** Drives keep nothing. */
  snapshot: boolean;
  /** log2 of ns per instruction; undefined: the host's clock. */
  icount: number | undefined;
  /** Wall clock of power-on, ms since 1970. */
  rtc: number | undefined;
  seed: number | undefined;
  loadvm: string | undefined;
  /** File that the machine is saved to when the run ends, and at Ctrl-A S. */
  savevm: string | undefined;
  debugItems: readonly DebugItem[];
  /** File for the output of `debugItems`; standard error without it. */
  debugFile: string | undefined;
  debugFilter: readonly (readonly [bigint, bigint])[] | undefined;
  stress: number | undefined;
  maxInstructions: number | undefined;
  quiet: boolean;
  /** What was asked for and is passed over: said on standard error. */
  notes: string[];
  /** Print this and do nothing else. */
  print: 'help' | 'version' | 'cpu-models' | 'debug-items' | 'devices' | undefined;
}

export function defaultSettings(): Settings {
  return {
    mode: 'tiered', memory: undefined, cpu: undefined, kernel: undefined, initrd: undefined, append: undefined, entry: undefined, loadAddress: undefined,
    flatEntry: undefined, cpuMode: undefined, drives: [], serial: undefined, console: undefined, debugExit: undefined, debugPort: undefined, testdev: false,
    rng: false, hpet: true, noDefaults: false, noReboot: false, noShutdown: false, snapshot: false, icount: undefined, rtc: undefined, seed: undefined, loadvm: undefined,
    savevm: undefined, debugItems: [], debugFile: undefined, debugFilter: undefined, stress: undefined, maxInstructions: undefined, quiet: false, notes: [],
    print: undefined,
  };
}
