/**
 * Public API of the emulator: what embedding programs, the debugger stub, tests and outside suites stand on.
 * `createMachine` (machine/create-machine.ts) makes a {@link Machine}.
 */
import type { CpuModelName, RegisterName, RegisterValue } from '@wasm-tcg/guest-x86';
import type { TciFormats } from '@wasm-tcg/tci-interp';
import type { Profiler, TranslatedPage, TranslationInfo } from './api-profile.ts';
import type { MachineCounters } from './api-counters.ts';
import type { CodeListing, ListingOptions, OpStepper, OpStepperOptions } from './api-code.ts';
import type { Drive } from './drives/drive.ts';

/**
 * How guest code is run.
 *
 * - `tci`: never compile
 * - `tb-per-module`: QEMU's WebAssembly back end as published: every hot TB a module of its own, which returns to tb_exec after each TB
 * - `tiered`: batches of hot TBs, then regions of many TBs with registers in Wasm locals
 */
export type ExecutionMode = 'tci' | 'tb-per-module' | 'tiered';

export interface ExecutionOptions {
  /** Default `tiered`. */
  readonly mode?: ExecutionMode;
  /** Executions in the interpreter before a TB is compiled. Default: see exec/thresholds.ts. */
  readonly moduleThreshold?: number;
  /** Executions of a TB in its module before a region is grown from it. */
  readonly regionThreshold?: number;
  /** Times that regions are left for other code before what is run now is counted, and cut into regions anew. Default: see exec/thresholds.ts. */
  readonly recutDispatches?: number;
  /** Guest instructions between two visits of the host. Default 65,536. */
  readonly slice?: number;
  /** TBs per module, and warm TBs that are compiled without waiting for more. 1 … 64. */
  readonly batch?: number;
  /** Live WebAssembly modules, instances, bytes: see `@wasm-tcg/instance-pool`. */
  readonly pool?: { readonly modules?: number; readonly heldModules?: number; readonly instances?: number; readonly bytes?: number };
  /**
   * Stores into the same bytes of code, in short order, before code is made that reads those bytes when it runs (patched immediates). Default: see exec/thresholds.ts;
   * `Infinity`: never.
   */
  readonly patchThreshold?: number;
  /** Run the IR optimiser. Default true. */
  readonly optimise?: boolean;
  /** Verify the IR after translation and after every pass (slow; for tests). Default false. */
  readonly verify?: boolean;
  /**
   * Shake out what depends on luck: thresholds of 1, random slices, a pool of 3, random flushes, all from this seed.
   * The guest must not notice.
   */
  readonly stress?: number;
}

/** CPU mode a flat image starts in. Segments are flat (real mode: base = selector × 16), interrupts off, paging off except in `long64`. */
export type FlatMode = 'real16' | 'protected16' | 'protected32' | 'long64';

export interface FlatBoot {
  readonly image: Uint8Array;
  /** Physical address of the first byte of the image. */
  readonly loadAddress: number;
  /** First instruction: offset in CS (which is flat), default {@link loadAddress}. In real16, CS = 0 unless `cs` says otherwise. */
  readonly entry?: number;
  readonly cs?: number;
  /** Default `real16`. `long64` builds identity page tables for the first 4 GiB at `pageTables`. */
  readonly mode?: FlatMode;
  /** Physical address of 6 pages for the page tables of `long64`. Default: the last 6 pages of RAM. */
  readonly pageTables?: number;
  /** Initial stack pointer. Default: top of the first 64 KiB (real16) or of RAM below the page tables. */
  readonly stack?: number;
}

/** Compiled code that machines of one kind share; made by `compileModules`. */
export interface MachineModules {
  /** For machines with {@link MachineOptions.sharedMemory}, or for those without. */
  readonly shared: boolean;
  readonly formats: TciFormats;
  readonly runtime: WebAssembly.Module;
  readonly x86: WebAssembly.Module;
  readonly interpreter: WebAssembly.Module;
}

export interface MachineOptions {
  readonly cpu?: { readonly model?: CpuModelName };
  /** RAM in bytes, or text: `16M`, `1G`. Default 16 MiB. At physical address 0. */
  readonly memory?: number | string;
  /**
   * Memory in a SharedArrayBuffer, so that other threads can read it: {@link MachineMemoryApi.shared}. A page has to be cross-origin isolated for that. Default
   * false.
   */
  readonly sharedMemory?: boolean;
  /** What to load. Without it the CPU is in its power-on state. */
  readonly boot?: FlatBoot;
  readonly execution?: ExecutionOptions;
  readonly debug?: DebugOptions;
  /** Result of `compileModules`, when several machines are made. */
  readonly modules?: MachineModules;
  readonly signal?: AbortSignal;
}

/** Items of `-d`, named as QEMU names them. */
export type DebugItem = 'in_asm' | 'op' | 'op_opt' | 'tci' | 'wat' | 'int' | 'exec' | 'cpu' | 'stats';
export interface DebugOptions {
  readonly items: readonly DebugItem[];
  /** Receives the text of one event, several lines at a time. */
  readonly log: (item: DebugItem, text: string) => void;
  /** Only TBs whose linear pc is in one of these ranges (first, last). */
  readonly filter?: readonly (readonly [number | bigint, number | bigint])[];
}

/** Why {@link Machine.runUntil} returned. */
export type StopReason =
  | { readonly kind: 'instructions' }
  | { readonly kind: 'halt' }
  /** A triple fault. A PC resets itself then, unless its `reboot` is false. */
  | { readonly kind: 'shutdown' }
  /** The guest switched the machine off (PC). */
  | { readonly kind: 'poweroff' }
  /** The guest asked for a reset, and the PC's `reboot` is false. */
  | { readonly kind: 'reset' }
  /** The guest wrote to the debug exit port (PC): `code` = value × 2 + 1. */
  | { readonly kind: 'exit'; readonly code: number }
  | { readonly kind: 'pc'; readonly pc: bigint }
  | { readonly kind: 'port'; readonly port: number; readonly size: 1 | 2 | 4; readonly direction: 'in' | 'out'; readonly value: number }
  | { readonly kind: 'stopped' };

export interface RunUntil {
  /** Stop after this many guest instructions (exactly). A delivered exception or interrupt counts as one. Default: no limit. */
  readonly instructions?: number;
  /** Stop when the next instruction to run is at one of these linear addresses. */
  readonly pc?: bigint | number | readonly (bigint | number)[];
  /** Stop after an access to one of these ports. */
  readonly port?: number | readonly number[];
  /** Return at HLT (default true: without devices nothing wakes the CPU). */
  readonly halt?: boolean;
  readonly signal?: AbortSignal;
}

/** A device on I/O ports. Values are unsigned. */
export interface PortHandler {
  /** Widest access the device takes, in bytes; a wider one reaches it as several, at successive ports, as on the ISA bus. Default 4. */
  readonly maxSize?: 1 | 2 | 4;
  read?(port: number, size: 1 | 2 | 4): number;
  write?(port: number, size: 1 | 2 | 4, value: number): void;
}

export interface MmioHandlers {
  read(offset: number, size: 1 | 2 | 4): number;
  write(offset: number, size: 1 | 2 | 4, value: number): void;
}

export type MapRegion =
  | { readonly kind: 'ram' | 'rom'; readonly physical: number; readonly size: number; readonly offset: number }
  | { readonly kind: 'mmio'; readonly physical: number; readonly size: number; readonly handler: MmioHandlers };

/**
 * Memory of a running machine, for other threads to read: `postMessage` the buffer and the numbers. It is not frozen meanwhile, and must not be written.
 * `TextDecoder`, `ImageData`, `Blob` and the like take no view of it: copy first.
 */
export interface SharedMemory {
  readonly buffer: SharedArrayBuffer;
  /** Offset of RAM in the buffer: physical address `a` below `memory.size` is at `ramOffset + a` (a PC's 0xa0000 … 0xbffff is not RAM). */
  readonly ramOffset: number;
  /** Offsets of counters of {@link MachineCounters}: `Number(Atomics.load(new BigInt64Array(buffer), offset / 8))`. All are of the last slice at the latest. */
  readonly counters: Readonly<Record<'instructions' | 'tciInstructions' | 'regionInstructions' | 'slowPaths' | 'tlbFills', number>>;
}

export interface MachineMemoryApi {
  /** Bytes of guest RAM. */
  readonly size: number;
  /** Only of a machine with {@link MachineOptions.sharedMemory}. */
  readonly shared?: SharedMemory;
  /** Physical memory; what is not there reads as 0xff. */
  read(physical: number, length: number): Uint8Array;
  write(physical: number, bytes: Uint8Array): void;
  fill(physical: number, length: number, value: number): void;
  /** Linear memory through the present page tables, as the supervisor. @throws MachineError `unmapped` */
  readLinear(address: bigint | number, length: number): Uint8Array;
  writeLinear(address: bigint | number, bytes: Uint8Array): void;
  /** Physical address of a linear one, or undefined when it is not mapped. */
  translate(address: bigint | number): number | undefined;
  map(region: MapRegion): void;
  unmap(physical: number, size: number): void;
}

export interface Cpu {
  readonly registers: {
    /** Every register by name: see `REGISTER_NAMES` of guest-x86. */
    get(name: RegisterName): RegisterValue;
    set(name: RegisterName, value: RegisterValue): void;
  };
  /** Deliver an external interrupt now, whatever IF says (the caller asks `interruptible` first). */
  interrupt(vector: number): void;
  /** IF is set and no shadow is on. */
  readonly interruptible: boolean;
  readonly halted: boolean;
}

/** Stages of a TB: guest code, IR, optimised IR, TCI, its Wasm module alone, the region that would be grown from it. */
export type InspectStage = 'x86' | 'ir' | 'opt' | 'tci' | 'wat' | 'region';

export interface Machine {
  readonly memory: MachineMemoryApi;
  readonly cpus: readonly Cpu[];
  cpu(index: number): Cpu;
  /** Run synchronously until a stop reason. */
  runUntil(until: RunUntil): StopReason;
  /** Run exactly n instructions (fewer when a stop reason other than the count comes first). Default 1. */
  step(n?: number): StopReason;
  /** Run in slices that let the event loop breathe, until halt, shutdown, abort or {@link pause}; or this many instructions have run. */
  start(options?: { readonly instructions?: number }): Promise<StopReason>;
  pause(): Promise<void>;
  /** Attach a device to ports. A port without one reads as all ones. */
  onPort(first: number, last: number, handler: PortHandler): void;
  /** Ask a running `runUntil` (called from a port or MMIO handler) to return after the present instruction. */
  requestStop(): void;
  /** Instructions retired. */
  readonly instructions: number;
  /** Everything counted and timed since creation: `formatStats` makes text of it. */
  counters(): MachineCounters;
  /** Text of the stages of the TB at a linear address, in the mode the CPU is in. Default: all but `region`. */
  inspect(pc: bigint | number, options?: { readonly stages?: readonly InspectStage[] }): Readonly<Partial<Record<InspectStage, string>>>;
  /** Bytes of the Wasm module the TB at pc would be compiled to. */
  wasmOf(pc: bigint | number, kind?: 'module' | 'region'): Uint8Array;
  /**
   * The code at a linear address in all its stages, line by line. What has not been translated is, for the listing alone: it changes
   * nothing that the machine does, counts or holds (but the TLB, which notes addresses that are looked at).
   * @throws MachineError `unmapped`; `bad-option` for the region of a block that can be in none (it accesses devices)
   */
  listing(pc: bigint | number, options?: ListingOptions): CodeListing;
  /**
   * Run the TB at the present pc op by op. It is the whole TB: neither breakpoints nor interrupts end it before its end.
   * @throws MachineError `not-running` from inside a handler, or when the CPU is halted; `unmapped` when its code cannot be fetched (`step` delivers the fault)
   */
  opStepper(options?: OpStepperOptions): OpStepper;
  /** The TBs that exist now, in no order: an operating system has some 60,000 of them, and a look at those takes 10 … 40 ms. */
  translations(): TranslationInfo[];
  /** The same by page, in no order: a fiftieth of the data. */
  translatedPages(): TranslatedPage[];
  /** Where guest time goes. */
  readonly profiler: Profiler;
  /** Drop all translated code. */
  flush(): void;
  reset(): void;
}

// ---- the PC ------------------------------------------------------------------------------------------------------------------

/** A Linux kernel (bzImage or ELF vmlinux), Multiboot or PVH image: which of them is found out from the bytes. */
export interface KernelBoot {
  readonly kernel: Uint8Array;
  /** First word of a Multiboot command line, by convention the path. Default `kernel`. */
  readonly name?: string;
  /** Initial RAM disk of Linux. */
  readonly initrd?: Uint8Array;
  /** Kernel command line. */
  readonly append?: string;
  /** Multiboot and PVH modules, in order. */
  readonly modules?: readonly { readonly bytes: Uint8Array; readonly append?: string }[];
  /**
   * How a bzImage is entered. `auto` (default): 64-bit entry if it has one and the CPU model knows it, else 32-bit. `unpacked`: the vmlinux inside is
   * unpacked by the host, so that the guest need not.
   */
  readonly entry?: 'auto' | 'real16' | 'protected32' | 'long64' | 'unpacked';
}

/** A flat image on a PC. Its page tables go where there is room. */
export interface PcFlatBoot extends Omit<FlatBoot, 'mode' | 'pageTables'> {
  readonly mode?: Exclude<FlatMode, 'protected16'>;
}

/**
 * Where virtual time comes from. `host`: the host's clock. `icount`: 2^shift ns per guest instruction (0 … 10); a halted CPU does not wait, and two runs are
 * the same to the byte.
 */
export type PcClock = 'host' | { readonly icount: number };

export interface PcDevices {
  /** 16550A serial ports, 0 … 4. Default 1. */
  readonly serial?: number;
  /** Port range of the debug exit device (QEMU's isa-debug-exit). Default: none. */
  readonly debugExit?: { readonly iobase: number; readonly iosize: number };
  /** QEMU's pc-testdev. Default false. */
  readonly testdev?: boolean;
  /** High precision event timer. Default true. */
  readonly hpet?: boolean;
  /** Receives what the guest writes to port 0xe9. Default: no such port. */
  readonly debugPort?: (byte: number) => void;
  /** virtio entropy source. Default true. */
  readonly rng?: boolean;
  /** virtio console. Default false. */
  readonly console?: boolean;
}

export interface PcOptions {
  /** Default model `x86-64`. */
  readonly cpu?: { readonly model?: CpuModelName };
  /** RAM in bytes, or text: `256M`. 2 MiB … 3 GiB, default 256 MiB. */
  readonly memory?: number | string;
  /**
   * As {@link MachineOptions.sharedMemory}: memory in a SharedArrayBuffer, so that other threads can read it: {@link MachineMemoryApi.shared}. A page has to be cross-origin isolated for that. Default
   * false.
   */
  readonly sharedMemory?: boolean;
  readonly boot?: KernelBoot | PcFlatBoot;
  /**
   * A snapshot to go on from. CPU model, memory, devices and kind of clock are those of the snapshot, drives must be given as they were then.
   */
  readonly from?: Uint8Array;
  readonly drives?: readonly PcDrive[];
  readonly devices?: PcDevices;
  /** Default `host`. */
  readonly clock?: PcClock;
  /** Wall clock of power-on, ms since 1970. Default: now, or 2000-01-01 with `icount`. */
  readonly epoch?: number;
  /** Seed of all randomness the guest gets under `icount`, 32 bits. Default 1. On the host's clock, randomness is the host's. */
  readonly seed?: number;
  /** Does a reset (also a triple fault) start the guest again? Default true; else the run ends. */
  readonly reboot?: boolean;
  readonly execution?: ExecutionOptions;
  readonly debug?: DebugOptions;
  readonly modules?: MachineModules;
  readonly signal?: AbortSignal;
}

/** A disk: an image in memory, or a {@link import('./drives/drive.ts').Drive}. */
export interface PcDrive {
  readonly image: Uint8Array | Drive;
  readonly readonly?: boolean;
}

/** A serial line as the world outside sees it. */
export interface SerialPort {
  /** Bytes that the guest sends, from now on. Every call makes a stream of its own. */
  readonly readable: ReadableStream<Uint8Array>;
  /** Bytes for the guest. */
  readonly writable: WritableStream<Uint8Array>;
  /** Called with each piece the guest sends. Returns what ends it. */
  onData(listener: (bytes: Uint8Array) => void): () => void;
  /** Queue bytes (text as UTF-8) for the guest. */
  write(data: Uint8Array | string): void;
  /** A break condition, where the line has such a thing. */
  sendBreak(): void;
  /**
   * Wait for text that the guest sends after the last match of `expect`; the machine has to be running.
   * @param options.timeout ms of host time, default 60,000
   * @returns everything up to and including the match
   * @throws MachineError `timeout`
   */
  expect(pattern: RegExp | string, options?: { readonly timeout?: number; readonly signal?: AbortSignal }): Promise<string>;
}

export interface Pc extends Machine {
  readonly serial: readonly SerialPort[];
  /** The virtio console, if there is one. */
  readonly console: SerialPort | undefined;
  /** Virtual time since power-on, ns. */
  readonly time: number;
  /** The power button: an ACPI event, which the guest may heed. */
  powerButton(): void;
  /** The whole machine between two instructions, compressed: for `PcOptions.from`. A running machine goes on afterwards. */
  snapshot(): Promise<Uint8Array>;
}
