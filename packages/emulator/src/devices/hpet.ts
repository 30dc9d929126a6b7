/**
 * High precision event timer (IA-PC HPET specification 1.0a): a 64-bit counter of 100 MHz and three comparators, all of which can be periodic.
 *
 * With legacy replacement on, comparators 0 and 1 take the places of PIT and RTC on lines 0 and 8: their lines go through {@link Hpet.legacyLine}.
 */
import { HPET_BASE } from '../firmware/pc-map.ts';
import type { Device, DeviceBus, IrqLine, SavedValue, VirtualClock } from './device.ts';
import { HpetComparator, ROUTES } from './hpet-comparator.ts';
import { partOf } from './register-access.ts';
import { SavedFields } from './saved-fields.ts';

const PAGE = 4096;
const COMPARATORS = 3;
const REVISION = 1;
/** 64-bit counter, legacy replacement, vendor 8086. */
const CAPABILITIES = 0x8086a000;
/** Low half of the capability register, as the HPET table repeats it. */
export const HPET_ID: number = CAPABILITIES + ((COMPARATORS - 1) << 8) + REVISION;
/** Nanoseconds per tick, and the same in femtoseconds, for the high half. */
export const HPET_TICK_NS = 10;
const PERIOD_FS = HPET_TICK_NS * 1_000_000;

const Reg = { id: 0x00, period: 0x04, config: 0x10, status: 0x20, counter: 0xf0, counterHigh: 0xf4, timers: 0x100 } as const;
const TIMER_BYTES = 0x20;
const Config = { enable: 1, legacy: 2 } as const;
/** Lines of comparators 0 and 1 in legacy replacement. */
const LEGACY_LINES = [0, 8] as const;

export class Hpet implements Device {
  readonly id = 'hpet';
  readonly #clock: VirtualClock;
  readonly #comparators: readonly HpetComparator[];
  /** Lines 0 and 8 of comparators 0 and 1, and those that can be routed to, per comparator. */
  readonly #legacyLines: readonly IrqLine[];
  readonly #routes: readonly ReadonlyMap<number, IrqLine>[];
  readonly #gates: LegacyGate[] = [];
  #config = 0;
  /** Level-triggered interrupts that wait to be cleared; a bit per comparator. */
  #status = 0;
  /** While enabled: the counter is `#base` + ticks since `#start` (ns). */
  #base = 0n;
  #start = 0;

  constructor(bus: Pick<DeviceBus, 'clock' | 'irq' | 'attachMmio'>) {
    this.#clock = bus.clock;
    this.#legacyLines = LEGACY_LINES.map((line) => bus.irq(line));
    this.#routes = Array.from({ length: COMPARATORS }, () => new Map(ROUTES.map((line) => [line, bus.irq(line)])));
    this.#comparators = Array.from({ length: COMPARATORS }, (_, index) => new HpetComparator(bus.clock, {
      counter: () => this.#counter,
      timeOf: (ticks) => this.#start + ticks * HPET_TICK_NS,
      ticks: () => this.#ticks,
      onMatch: () => this.#match(index),
    }));
    bus.attachMmio(HPET_BASE, PAGE, {
      read: (offset, size) => partOf(this.#read(offset & 0xffc), offset & 3, size),
      write: (offset, size, value) => {
        // Registers are written in aligned halves; a narrower write has no meaning.
        if (size === 4 && (offset & 3) === 0) this.#write(offset, value);
      },
    });
  }

  /** What PIT or RTC get for their line: it is cut while the HPET replaces them. */
  legacyLine(line: IrqLine): IrqLine {
    const gate = new LegacyGate(line, this.#legacy);
    this.#gates.push(gate);
    return gate;
  }

  reset(): void {
    this.#config = 0;
    this.#status = 0;
    this.#base = 0n;
    for (const comparator of this.#comparators) comparator.reset();
    this.#follow();
  }

  save(): SavedValue {
    return {
      config: this.#config, status: this.#status, counterLow: Number(this.#counter & 0xffffffffn), counterHigh: Number(this.#counter >> 32n),
      // Ticks begin `start` after a whole one.
      fraction: this.#enabled ? (this.#clock.now - this.#start) % HPET_TICK_NS : 0,
      comparators: this.#comparators.map((comparator) => comparator.save()),
    };
  }

  load(saved: SavedValue): void {
    const from = new SavedFields(saved, this.id);
    this.#config = from.int('config', 0, 3);
    this.#status = from.int('status', 0, 2 ** COMPARATORS - 1);
    this.#base = BigInt(from.int('counterLow', 0, 0xffffffff)) | (BigInt(from.int('counterHigh', 0, 0xffffffff)) << 32n);
    this.#start = this.#clock.now - from.int('fraction', 0, HPET_TICK_NS - 1);
    const comparators = from.list('comparators', COMPARATORS);
    this.#comparators.forEach((comparator, index) => comparator.load(comparators[index]));
    this.#drive();
  }

  get #enabled(): boolean {
    return (this.#config & Config.enable) !== 0;
  }

  get #legacy(): boolean {
    return (this.#config & Config.legacy) !== 0;
  }

  get #ticks(): number {
    return this.#enabled ? Math.floor((this.#clock.now - this.#start) / HPET_TICK_NS) : 0;
  }

  get #counter(): bigint {
    return BigInt.asUintN(64, this.#base + BigInt(this.#ticks));
  }

  /** Stop or go: fold what was counted into the base. */
  #rebase(counter: bigint): void {
    this.#base = counter;
    this.#start = this.#clock.now;
  }

  #read(register: number): number {
    switch (register) {
      case Reg.id: return HPET_ID;
      case Reg.period: return PERIOD_FS;
      case Reg.config: return this.#config;
      case Reg.status: return this.#status;
      case Reg.counter: return Number(this.#counter & 0xffffffffn);
      case Reg.counterHigh: return Number(this.#counter >> 32n);
      default: {
        const comparator = this.#comparators[(register - Reg.timers) >> 5];
        return comparator === undefined || register < Reg.timers ? 0 : comparator.read((register % TIMER_BYTES) >> 2);
      }
    }
  }

  #write(register: number, value: number): void {
    for (const comparator of this.#comparators) comparator.settle();
    switch (register) {
      case Reg.config:
        this.#rebase(this.#counter);
        this.#config = value & (Config.enable | Config.legacy);
        break;
      case Reg.status:
        this.#status &= ~value;
        break;
      case Reg.counter:
        this.#rebase((this.#counter & ~0xffffffffn) | BigInt(value));
        break;
      case Reg.counterHigh:
        this.#rebase((this.#counter & 0xffffffffn) | (BigInt(value) << 32n));
        break;
      default: {
        const index = (register - Reg.timers) >> 5;
        if (register < Reg.timers || index >= COMPARATORS) return;
        this.#comparators[index].write((register % TIMER_BYTES) >> 2, value);
        // Edge-triggered, it has nothing to wait for.
        if (!this.#comparators[index].level) this.#status &= ~(1 << index);
      }
    }
    this.#follow();
  }

  /** The line a comparator interrupts by. */
  #line(index: number): IrqLine | undefined {
    if (this.#legacy && index < LEGACY_LINES.length) return this.#legacyLines[index];
    return this.#routes[index].get(this.#comparators[index].route);
  }

  #match(index: number): void {
    const comparator = this.#comparators[index];
    if (comparator.level) this.#status |= 1 << index;
    this.#follow();
    if (comparator.level || !comparator.interrupts) return;
    const line = this.#line(index);
    line?.set(true);
    line?.set(false);
  }

  /** Alarms and lines as the registers now say. */
  #follow(): void {
    for (const comparator of this.#comparators) comparator.arm(this.#enabled);
    this.#drive();
  }

  #drive(): void {
    for (const gate of this.#gates) gate.cut = this.#legacy;
    this.#comparators.forEach((comparator, index) => {
      const chosen = this.#line(index);
      const high = comparator.interrupts && (this.#status & (1 << index)) !== 0;
      for (const line of [...this.#routes[index].values(), ...this.#legacyLines.slice(index, index + 1)]) line.set(high && line === chosen);
    });
  }
}

class LegacyGate implements IrqLine {
  readonly #line: IrqLine;
  #level = false;
  #cut: boolean;

  constructor(line: IrqLine, cut: boolean) {
    this.#line = line;
    this.#cut = cut;
  }

  set cut(cut: boolean) {
    this.#cut = cut;
    this.#line.set(this.#level && !cut);
  }

  set(level: boolean): void {
    this.#level = level;
    this.#line.set(level && !this.#cut);
  }
}
