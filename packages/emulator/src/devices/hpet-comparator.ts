/** One comparator of the HPET (specification 1.0a, section 2.3.8): its registers, and when it matches. */
import type { SavedValue, Timer, VirtualClock } from './device.ts';
import type { SavedFields } from './saved-fields.ts';

/** IOAPIC inputs that a comparator can be routed to. */
export const ROUTES = [20, 21, 22, 23] as const;
const ROUTE_MASK = 0x00f00000;

/** Low half of the configuration register. */
const Bit = { level: 1 << 1, interrupts: 1 << 2, periodic: 1 << 3, setValue: 1 << 6, narrow: 1 << 8 } as const;
/** Periodic mode and 64 bits are possible. */
const CAPABLE = (1 << 4) | (1 << 5);
const ROUTE_SHIFT = 9;
const WRITABLE = Bit.level | Bit.interrupts | Bit.periodic | Bit.setValue | Bit.narrow | (0x1f << ROUTE_SHIFT);
/** 32-bit words of the register block. */
const Word = { config: 0, routes: 1, valueLow: 2, valueHigh: 3 } as const;
const ONES = 0xffffffffffffffffn;
const LOW = 0xffffffffn;

export interface HpetCounter {
  /** The main counter, 64 bits. */
  readonly counter: () => bigint;
  /** Ticks since it was last set going, and the time (ns) of such a tick. */
  readonly ticks: () => number;
  readonly timeOf: (ticks: number) => number;
  /** The comparator matched. */
  readonly onMatch: () => void;
}

export class HpetComparator {
  readonly #clock: VirtualClock;
  readonly #main: HpetCounter;
  readonly #alarm: Timer;
  #config = 0;
  #value = ONES;
  #period = 0n;

  constructor(clock: VirtualClock, main: HpetCounter) {
    this.#clock = clock;
    this.#main = main;
    this.#alarm = clock.timer(() => this.#due());
  }

  reset(): void {
    this.#config = 0;
    this.#value = ONES;
    this.#period = 0n;
  }

  get level(): boolean {
    return (this.#config & Bit.level) !== 0;
  }

  get interrupts(): boolean {
    return (this.#config & Bit.interrupts) !== 0;
  }

  get route(): number {
    return (this.#config >> ROUTE_SHIFT) & 0x1f;
  }

  read(word: number): number {
    switch (word) {
      case Word.config: return this.#config | CAPABLE;
      case Word.routes: return ROUTE_MASK;
      case Word.valueLow: return Number(this.#value & LOW);
      case Word.valueHigh: return Number(this.#value >> 32n);
      // No delivery by message.
      default: return 0;
    }
  }

  write(word: number, value: number): void {
    switch (word) {
      case Word.config:
        this.#config = value & WRITABLE;
        if (this.#narrow) {
          this.#value &= LOW;
          this.#period &= LOW;
        }
        return;
      case Word.valueLow:
        this.#writeValue(LOW, BigInt(value));
        return;
      case Word.valueHigh:
        if (!this.#narrow) this.#writeValue(LOW << 32n, BigInt(value) << 32n);
    }
  }

  /** Set the alarm for the next match, or none when the counter stands. */
  arm(running: boolean): void {
    const at = running ? this.#nextMatch() : Infinity;
    if (at === Infinity) this.#alarm.cancel();
    else this.#alarm.set(at);
  }

  /** Serve a match that is due, before registers change under it. */
  settle(): void {
    if (this.#alarm.deadline > this.#clock.now) return;
    this.#alarm.cancel();
    this.#due();
  }

  save(): SavedValue {
    const half = (value: bigint): SavedValue => [Number(value & LOW), Number(value >> 32n)];
    const { deadline } = this.#alarm;
    return { config: this.#config, value: half(this.#value), period: half(this.#period), deadline: deadline === Infinity ? null : deadline };
  }

  load(from: SavedFields): void {
    const whole = (name: string): bigint => {
      const [low, high] = from.ints(name, 2, 0, 0xffffffff);
      return BigInt(low) | (BigInt(high) << 32n);
    };
    this.#config = from.int('config', 0, WRITABLE) & WRITABLE;
    this.#value = whole('value');
    this.#period = whole('period');
    const deadline = from.intOrNull('deadline', 0, Number.MAX_SAFE_INTEGER);
    if (deadline === null) this.#alarm.cancel();
    else this.#alarm.set(deadline);
  }

  get #narrow(): boolean {
    return (this.#config & Bit.narrow) !== 0;
  }

  get #periodic(): boolean {
    return (this.#config & Bit.periodic) !== 0;
  }

  /** In periodic mode a write sets the period; the value itself only when it was asked for by the bit, which falls then. */
  #writeValue(mask: bigint, bits: bigint): void {
    const put = (old: bigint): bigint => (old & ~mask & ONES) | bits;
    if (this.#periodic) this.#period = put(this.#period);
    if (!this.#periodic || (this.#config & Bit.setValue) !== 0) this.#value = put(this.#value);
    // A 64-bit value is written low half first, and both halves need the bit.
    if (this.#narrow || mask !== LOW) this.#config &= ~Bit.setValue;
  }

  /** Ticks until the counter equals the value again: at least 1. */
  #distance(): bigint {
    const bits = this.#narrow ? 32 : 64;
    return BigInt.asUintN(bits, this.#value - this.#main.counter() - 1n) + 1n;
  }

  #nextMatch(): number {
    const at = this.#main.timeOf(this.#main.ticks() + Number(this.#distance()));
    return at <= Number.MAX_SAFE_INTEGER ? at : Infinity;
  }

  #due(): void {
    if (this.#periodic && this.#period !== 0n) {
      // The host may have been late by several periods: on to the first that is still to come.
      const bits = this.#narrow ? 32 : 64;
      const late = BigInt.asUintN(bits, this.#main.counter() - this.#value);
      this.#value = BigInt.asUintN(bits, this.#value + (late / this.#period + 1n) * this.#period);
    }
    this.#main.onMatch();
  }
}
