/**
 * What a device of the machine is, and what it is given: the contract between devices and machine.
 *
 * A device owns its registers and nothing else. It reaches guest memory, interrupt lines and time through its {@link DeviceBus} only, so
 * that writes into translated code are noticed, timers follow the one virtual clock, and a snapshot is the sum of what devices save.
 */
import type { MmioHandlers, PortHandler } from '../api.ts';

/** What a device can put into a snapshot. Numbers must be exact integers or finite doubles. */
export type SavedValue =
  | number | boolean | string | null | Uint8Array | readonly SavedValue[] | { readonly [key: string]: SavedValue };

export interface Device {
  /** Names the device in snapshots and logs: unique in a machine, stable over versions (`pit`, `uart0`, `virtio-blk0`). */
  readonly id: string;
  /** As the reset line does. Timers are cancelled, outputs fall. */
  reset(): void;
  save(): SavedValue;
  /**
   * Become what {@link save} of the same id and version was, timers and outputs included.
   * @throws MachineError `bad-snapshot`
   */
  load(saved: SavedValue): void;
}

/** An interrupt request wire, seen from the device. An edge is `set(true); set(false)`. Setting the level it has is no event. */
export interface IrqLine {
  set(level: boolean): void;
}

/**
 * Virtual time in nanoseconds since power-on: an integer below 2^53 (104 days). TSC, PIT, HPET, PM timer, APIC timer and RTC are functions
 * of it: a counter of frequency f Hz that started at t0 reads floor((now − t0) · f / 1e9).
 */
export interface VirtualClock {
  readonly now: number;
  /** Virtual nanoseconds of 1970-01-01 00:00 UTC + this = wall clock (ns since 1970 of power-on). For the RTC. */
  readonly epoch: number;
  timer(onDue: () => void): Timer;
}

/** One-shot alarm. `onDue` runs between two guest instructions, at or soon after the deadline; it may set the timer again. */
export interface Timer {
  /** Infinity: off. */
  readonly deadline: number;
  /** Absolute time in ns; one in the past is due at once (but never inside `set`). Replaces the former deadline. */
  set(deadline: number): void;
  cancel(): void;
}

/** Physical memory as a bus master sees it; see `Ram` of @wasm-tcg/runtime. */
export interface DeviceMemory {
  read(physical: number, target: Uint8Array): void;
  write(physical: number, bytes: Uint8Array): void;
}

/** Undoes an attachment. */
export type Detach = () => void;

export interface MachineControl {
  /** Reset CPU and devices after the running instruction. */
  reset(): void;
  /** Switch the machine off after the running instruction. */
  powerOff(): void;
  /** End the run with this exit code (isa-debug-exit) after the running instruction. */
  exit(code: number): void;
}

export interface DeviceBus {
  readonly clock: VirtualClock;
  readonly memory: DeviceMemory;
  readonly control: MachineControl;
  /** Global system interrupt 0 … 23: ISA interrupt n is line n (the machine joins 0 to IOAPIC pin 2), PCI INTx uses 16 … 23 and, for the PICs, 5, 9, 10, 11. */
  irq(line: number): IrqLine;
  attachPorts(first: number, last: number, handler: PortHandler): Detach;
  /** Both in bytes, multiples of 4096. */
  attachMmio(physical: number, size: number, handler: MmioHandlers): Detach;
}
