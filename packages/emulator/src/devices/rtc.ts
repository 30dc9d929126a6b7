/**
 * Real-time clock and CMOS memory of a PC (Motorola MC146818A data sheet), at ports 0x70 and 0x71. The date is computed from the clock; flags of
 * register C are settled when somebody looks, alarms set only for interrupts that are enabled.
 *
 * The update takes no time: UIP announces it for the 244 µs before a second ends.
 */
import type { Device, DeviceBus, IrqLine, SavedValue, Timer, VirtualClock } from './device.ts';
import { RtcCell, type RtcFormat, decodeTime, encodeTime, nextAlarm, weekdayShift } from './rtc-time.ts';
import { SavedFields } from './saved-fields.ts';
import { NS_PER_SECOND, nsOfTick, ticksAt } from './ticks.ts';

const INDEX_PORT = 0x70;
const DATA_PORT = 0x71;
const NMI_MASK = 0x80;
const CELLS = 128;
const LINE = 8;

const Reg = { a: 0x0a, b: 0x0b, c: 0x0c, d: 0x0d } as const;
const RegA = { updateInProgress: 0x80, rate: 0x0f } as const;
const RegB = { set: 0x80, periodic: 0x40, alarm: 0x20, update: 0x10, squareWave: 0x08, binary: 0x04, hours24: 0x02 } as const;
/** Flags of register C stand where their enables stand in B. */
const FLAGS = RegB.periodic | RegB.alarm | RegB.update;
const REQUEST = 0x80;
/** Register D: the battery is good. */
const VALID = 0x80;
const CRYSTAL_HZ = 32_768;
const RESET_A = 0x26;
/** From the end of a divider reset to the first update, ns. */
const FIRST_UPDATE = 500_000_000;
const UPDATE_WARNING = 244_000;

/** Cells that firmware keeps: what the guest learns of the machine from CMOS. */
const Cmos = {
  equipment: 0x14, baseMemory: 0x15, extendedMemory: 0x17, checksumFirst: 0x10, checksumLast: 0x2d, checksum: 0x2e,
  extendedMemory2: 0x30, memoryAbove16M: 0x34, memoryAbove4G: 0x5b,
} as const;
/** FPU, no floppy, 80 × 25 colour. */
const EQUIPMENT = 0x26;
const BASE_MEMORY_KIB = 640;

export interface RtcOptions {
  /** RAM below and above 4 GiB, bytes. */
  readonly memory: { readonly below4G: number; readonly above4G: number };
  /** Further cells: index → value. */
  readonly cells?: Readonly<Record<number, number>>;
  /** Default: line 8 of the bus. The HPET can take it away: see `Hpet.legacyLine`. */
  readonly irq?: IrqLine;
  /** Bit 7 of port 0x70 changed. */
  readonly onNmiMask?: (masked: boolean) => void;
}

export class Rtc implements Device {
  readonly id = 'rtc';
  readonly #clock: VirtualClock;
  readonly #irq: IrqLine;
  readonly #alarm: Timer;
  readonly #onNmiMask: (masked: boolean) => void;
  readonly #cells = new Uint8Array(CELLS);
  #index: number = Reg.d;
  #nmiMasked = false;
  /** Flags of register C as of `#settledAt`. */
  #flags = 0;
  #settledAt = 0;
  /** While it runs, its time is `#base` + whole seconds of (now + `#phase`). */
  #base = 0;
  /** Nanoseconds, 0 … 1e9 − 1: a second ends when now + phase is a multiple of 1e9. */
  #phase = 0;
  #weekdayShift = 0;

  constructor(bus: Pick<DeviceBus, 'clock' | 'irq' | 'attachPorts'>, options: RtcOptions) {
    this.#clock = bus.clock;
    this.#irq = options.irq ?? bus.irq(LINE);
    this.#onNmiMask = options.onNmiMask ?? ((): void => undefined);
    this.#alarm = bus.clock.timer(() => this.#update());
    this.#base = Math.floor(bus.clock.epoch / NS_PER_SECOND);
    this.#phase = Math.floor(bus.clock.epoch - this.#base * NS_PER_SECOND);
    this.#cells[Reg.a] = RESET_A;
    this.#cells[Reg.b] = RegB.hours24;
    this.#fillCmos(options);
    bus.attachPorts(INDEX_PORT, DATA_PORT, {
      maxSize: 1,
      read: (port) => (port === INDEX_PORT ? 0xff : this.#read(this.#index)),
      write: (port, _size, value) => {
        if (port === INDEX_PORT) this.#writeIndex(value);
        else this.#write(this.#index, value);
      },
    });
  }

  /** The reset line: interrupts off; the battery keeps time and cells. */
  reset(): void {
    this.#settle();
    this.#flags = 0;
    this.#cells[Reg.b] &= ~(FLAGS | RegB.squareWave);
    this.#writeIndex(Reg.d);
    this.#update();
  }

  save(): SavedValue {
    this.#settle();
    return {
      cells: this.#cells.slice(), index: this.#index, nmiMasked: this.#nmiMasked, flags: this.#flags, settledAt: this.#settledAt,
      base: this.#base, phase: this.#phase, weekdayShift: this.#weekdayShift,
    };
  }

  load(saved: SavedValue): void {
    const from = new SavedFields(saved, this.id);
    const FAR = 1e12;
    this.#cells.set(from.bytes('cells', CELLS));
    this.#index = from.int('index', 0, CELLS - 1);
    this.#nmiMasked = from.bool('nmiMasked');
    this.#flags = from.byte('flags') & FLAGS;
    this.#settledAt = from.int('settledAt', 0, Number.MAX_SAFE_INTEGER);
    this.#base = from.int('base', -FAR, FAR);
    this.#phase = from.int('phase', 0, NS_PER_SECOND - 1);
    this.#weekdayShift = from.int('weekdayShift', 0, 6);
    this.#onNmiMask(this.#nmiMasked);
    this.#update();
  }

  get #b(): number {
    return this.#cells[Reg.b];
  }

  get #format(): RtcFormat {
    return { binary: (this.#b & RegB.binary) !== 0, hours24: (this.#b & RegB.hours24) !== 0 };
  }

  /** The divider chain is held in reset (bits 6 … 4 of register A are 11x). */
  get #dividerReset(): boolean {
    return (this.#cells[Reg.a] & 0x60) === 0x60;
  }

  /** Time stands still, in the cells. */
  get #stopped(): boolean {
    return this.#dividerReset || (this.#b & RegB.set) !== 0;
  }

  /** Whole seconds of the divider chain at a time. */
  #secondsAt(now: number): number {
    return Math.floor((now + this.#phase) / NS_PER_SECOND);
  }

  #timeAt(now: number): number {
    return this.#base + this.#secondsAt(now);
  }

  /** Put the present time into the cells. */
  #freeze(): void {
    for (const [cell, value] of encodeTime(this.#timeAt(this.#clock.now), this.#weekdayShift, this.#format)) this.#cells[cell] = value;
  }

  /** Go on from the time in the cells. */
  #unfreeze(): void {
    const cell = (index: number): number => this.#cells[index];
    const time = decodeTime(cell, this.#format);
    this.#weekdayShift = weekdayShift(this.#cells[RtcCell.weekday], time);
    this.#base = time - this.#secondsAt(this.#clock.now);
  }

  #writeIndex(value: number): void {
    this.#index = value & (CELLS - 1);
    const masked = (value & NMI_MASK) !== 0;
    if (masked === this.#nmiMasked) return;
    this.#nmiMasked = masked;
    this.#onNmiMask(masked);
  }

  #read(cell: number): number {
    switch (cell) {
      case Reg.a:
        return this.#cells[Reg.a] | (this.#updateSoon ? RegA.updateInProgress : 0);
      case Reg.c:
        return this.#readC();
      case Reg.d:
        return VALID;
      default:
        if (isTime(cell) && !this.#stopped) this.#freeze();
        return this.#cells[cell];
    }
  }

  get #updateSoon(): boolean {
    return !this.#stopped && (this.#clock.now + this.#phase) % NS_PER_SECOND >= NS_PER_SECOND - UPDATE_WARNING;
  }

  #readC(): number {
    this.#settle();
    const value = this.#flags | ((this.#flags & this.#b) !== 0 ? REQUEST : 0);
    this.#flags = 0;
    this.#update();
    return value;
  }

  #write(cell: number, value: number): void {
    if (cell === Reg.c || cell === Reg.d) return;
    this.#settle();
    if (cell === Reg.a || cell === Reg.b) this.#writeControl(cell, value);
    else if (isTime(cell) && !this.#stopped) this.#writeRunning(cell, value);
    else this.#cells[cell] = value;
    this.#update();
  }

  /** A time register written while the clock runs. */
  #writeRunning(cell: number, value: number): void {
    this.#freeze();
    this.#cells[cell] = value;
    this.#unfreeze();
  }

  #writeControl(cell: typeof Reg.a | typeof Reg.b, value: number): void {
    const wasStopped = this.#stopped;
    const wasReset = this.#dividerReset;
    if (cell === Reg.a) this.#cells[Reg.a] = value & ~RegA.updateInProgress;
    // SET clears the update interrupt's enable.
    else this.#cells[Reg.b] = (value & RegB.set) !== 0 ? value & ~RegB.update : value;
    if (wasReset && !this.#dividerReset) {
      const second = this.#clock.now % NS_PER_SECOND;
      this.#phase = (FIRST_UPDATE - second + NS_PER_SECOND) % NS_PER_SECOND;
    }
    if (wasStopped && !this.#stopped) this.#unfreeze();
    if (!wasStopped && this.#stopped) this.#freeze();
  }

  /** Crystal clocks between two periodic interrupts, 0: none. */
  get #period(): number {
    const rate = this.#cells[Reg.a] & RegA.rate;
    if (rate === 0 || this.#dividerReset) return 0;
    // The two fastest rates come out as 256 and 128 Hz.
    return rate <= 2 ? 64 << rate : 1 << (rate - 1);
  }

  #periodsAt(now: number): number {
    return Math.floor(ticksAt(now + this.#phase, CRYSTAL_HZ) / this.#period);
  }

  /** When the alarm rings after a time, ns. */
  #alarmAfter(now: number): number {
    const time = nextAlarm(this.#timeAt(now), (index) => this.#cells[index], this.#format);
    return (time - this.#base) * NS_PER_SECOND - this.#phase;
  }

  /** Raise the flags of what happened since the last time. */
  #settle(): void {
    const [from, now] = [this.#settledAt, this.#clock.now];
    this.#settledAt = now;
    if (from === now) return;
    if (this.#period !== 0 && this.#periodsAt(now) !== this.#periodsAt(from)) this.#flags |= RegB.periodic;
    if (this.#stopped || this.#secondsAt(now) === this.#secondsAt(from)) return;
    this.#flags |= RegB.update;
    if ((this.#flags & RegB.alarm) === 0 && this.#alarmAfter(from) <= now) this.#flags |= RegB.alarm;
  }

  /** Drive the line and set the alarm for the next flag whose interrupt is enabled. */
  #update(): void {
    this.#settle();
    this.#irq.set((this.#flags & this.#b) !== 0);
    const { now } = this.#clock;
    const waits = this.#b & ~this.#flags;
    let at = Infinity;
    if ((waits & RegB.periodic) !== 0 && this.#period !== 0) at = nsOfTick((this.#periodsAt(now) + 1) * this.#period, CRYSTAL_HZ) - this.#phase;
    if ((waits & RegB.update) !== 0 && !this.#stopped) at = Math.min(at, (this.#secondsAt(now) + 1) * NS_PER_SECOND - this.#phase);
    if ((waits & RegB.alarm) !== 0 && !this.#stopped) at = Math.min(at, this.#alarmAfter(now));
    if (at === Infinity) this.#alarm.cancel();
    else this.#alarm.set(at);
  }

  #fillCmos({ memory, cells }: RtcOptions): void {
    const number = (cell: number, value: number, bytes: number): void => {
      const limited = Math.min(Math.max(0, Math.floor(value)), 2 ** (8 * bytes) - 1);
      for (let i = 0; i < bytes; i++) this.#cells[cell + i] = Math.floor(limited / 2 ** (8 * i)) & 0xff;
    };
    const KIB = 1024;
    const MIB = KIB * KIB;
    const extended = (memory.below4G - MIB) / KIB;
    number(Cmos.equipment, EQUIPMENT, 1);
    number(Cmos.baseMemory, BASE_MEMORY_KIB, 2);
    number(Cmos.extendedMemory, extended, 2);
    number(Cmos.extendedMemory2, extended, 2);
    number(Cmos.memoryAbove16M, (memory.below4G - 16 * MIB) / (64 * KIB), 2);
    number(Cmos.memoryAbove4G, memory.above4G / (64 * KIB), 3);
    for (const [cell, value] of Object.entries(cells ?? {})) this.#cells[Number(cell)] = value;
    const sum = this.#cells.subarray(Cmos.checksumFirst, Cmos.checksumLast + 1).reduce((total, value) => total + value, 0);
    // Big-endian, unlike everything else.
    this.#cells[Cmos.checksum] = sum >> 8;
    this.#cells[Cmos.checksum + 1] = sum & 0xff;
  }
}

function isTime(cell: number): boolean {
  return cell === RtcCell.century || (cell <= RtcCell.year && (cell > RtcCell.hoursAlarm || (cell & 1) === 0));
}
