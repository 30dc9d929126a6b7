/**
 * One counter of an 8254 (Intel 82C54 data sheet, order number 231244), as a function of time: nothing ticks. Time is counted in clocks of
 * the PIT and handed in; knows no bus.
 *
 * A counter starts in the clock in which its count is written, not in the next one as on the chip: the difference is below what a guest's own
 * port accesses take.
 */
import type { SavedValue } from './device.ts';
import type { SavedFields } from './saved-fields.ts';

/** Read/write field of the control word. */
const Access = { low: 1, high: 2, both: 3 } as const;
const CONTROL_BCD = 1;
const Status = { out: 0x80, nullCount: 0x40 } as const;
const MAX_CLOCK = Number.MAX_SAFE_INTEGER;

export class PitChannel {
  /** 0 … 5; 6 and 7 of the control word are 2 and 3. */
  #mode = 0;
  #bcd = false;
  #access: number = Access.both;
  /** Initial count, 1 … 65,536 (10,000 in BCD); 0: none was written since the control word. */
  #count = 0;
  /** Clock at which the count was the initial one. Undefined: it does not count (no count yet, or no trigger). */
  #start: number | undefined;
  /** A count that waits for the end of the period (modes 2, 3: at clock `at`) or for the trigger (modes 1, 5: `at` undefined). */
  #next: { readonly count: number; readonly at: number | undefined } | undefined;
  #gate: boolean;
  /** Clocks counted when the gate stopped the counter (modes 0, 2, 3, 4). */
  #held: number | undefined;
  /** First half of a two-byte write. */
  #lowWritten: number | undefined;
  #highNext = false;
  #latchedCount: number | undefined;
  #latchedStatus: number | undefined;

  constructor(gate: boolean) {
    this.#gate = gate;
  }

  reset(gate: boolean): void {
    this.#gate = gate;
    this.control(Access.both << 4);
    this.#access = Access.both;
  }

  /** Control word, the two select bits being 0. Latch commands are {@link latchCount} and {@link latchStatus}. */
  control(word: number): void {
    const mode = (word >> 1) & 7;
    this.#mode = mode > 5 ? mode - 4 : mode;
    this.#bcd = (word & CONTROL_BCD) !== 0;
    this.#access = (word >> 4) & 3;
    this.#count = 0;
    this.#start = undefined;
    this.#next = undefined;
    this.#held = undefined;
    this.#lowWritten = undefined;
    this.#highNext = false;
    this.#latchedCount = undefined;
    this.#latchedStatus = undefined;
  }

  latchCount(now: number): void {
    this.#latchedCount ??= this.#read(now);
  }

  latchStatus(now: number): void {
    this.#latchedStatus ??= this.#status(now);
  }

  readByte(now: number): number {
    if (this.#latchedStatus !== undefined) {
      const status = this.#latchedStatus;
      this.#latchedStatus = undefined;
      return status;
    }
    const value = this.#latchedCount ?? this.#read(now);
    if (this.#access !== Access.both) {
      this.#latchedCount = undefined;
      return this.#access === Access.low ? value & 0xff : value >> 8;
    }
    this.#highNext = !this.#highNext;
    if (this.#highNext) return value & 0xff;
    this.#latchedCount = undefined;
    return value >> 8;
  }

  writeByte(byte: number, now: number): void {
    switch (this.#access) {
      case Access.low:
        this.#load(byte, now);
        return;
      case Access.high:
        this.#load(byte << 8, now);
        return;
      default:
        if (this.#lowWritten === undefined) {
          this.#lowWritten = byte;
          // The first byte stops mode 0, and takes OUT down.
          if (this.#mode === 0) this.#start = undefined;
        } else {
          const value = this.#lowWritten | (byte << 8);
          this.#lowWritten = undefined;
          this.#load(value, now);
        }
    }
  }

  get gate(): boolean {
    return this.#gate;
  }

  setGate(level: boolean, now: number): void {
    if (level === this.#gate) return;
    this.#settle(now);
    switch (this.#mode) {
      case 0:
      case 4:
        // Holds the count while low.
        if (!level) this.#held = this.#start === undefined ? undefined : now - this.#start;
        else if (this.#held !== undefined) this.#start = now - this.#held;
        if (level) this.#held = undefined;
        break;
      case 1:
      case 5:
        if (level && this.#count !== 0) this.#restart(now);
        break;
      default:
        // Low stops the counter with OUT high; the rising edge starts a new period.
        if (!level) this.#held = this.#elapsed(now);
        else if (this.#count !== 0) this.#restart(now);
    }
    this.#gate = level;
  }

  out(now: number): boolean {
    this.#settle(now);
    const elapsed = this.#elapsed(now);
    switch (this.#mode) {
      case 0: return elapsed !== undefined && elapsed >= this.#count;
      case 1: return elapsed === undefined || elapsed >= this.#count;
      case 2: return elapsed === undefined || !this.#gate || elapsed % this.#count !== this.#count - 1;
      case 3: return elapsed === undefined || !this.#gate || elapsed % this.#count < Math.ceil(this.#count / 2);
      default: return elapsed !== this.#count;
    }
  }

  /** The first clock after `now` in which OUT rises if nothing is written, or Infinity. */
  nextRise(now: number): number {
    this.#settle(now);
    const elapsed = this.#elapsed(now);
    if (elapsed === undefined || this.#start === undefined || this.#held !== undefined) return Infinity;
    if (this.#mode === 2 || this.#mode === 3) {
      // A count of 1 is illegal; OUT does not move.
      if (this.#count === 1) return Infinity;
      const rise = this.#start + (Math.floor(elapsed / this.#count) + 1) * this.#count;
      // A new count shortens or lengthens what comes after the present period (mode 3: half period).
      if (this.#mode === 3 && this.#next?.at !== undefined && this.#next.at < rise) return this.#next.at + Math.floor(this.#next.count / 2);
      return rise;
    }
    const rise = this.#start + this.#count + (this.#mode >= 4 ? 1 : 0);
    return rise > now ? rise : Infinity;
  }

  save(): SavedValue {
    return {
      mode: this.#mode, bcd: this.#bcd, access: this.#access, count: this.#count, start: this.#start ?? null, gate: this.#gate,
      next: this.#next === undefined ? null : this.#next.count, nextAt: this.#next?.at ?? null, held: this.#held ?? null,
      lowWritten: this.#lowWritten ?? null, highNext: this.#highNext, latchedCount: this.#latchedCount ?? null, latchedStatus: this.#latchedStatus ?? null,
    };
  }

  load(from: SavedFields): void {
    this.#mode = from.int('mode', 0, 5);
    this.#bcd = from.bool('bcd');
    this.#access = from.int('access', 1, 3);
    this.#count = from.int('count', 0, 0x10000);
    const start = from.intOrNull('start', -MAX_CLOCK, MAX_CLOCK) ?? undefined;
    this.#start = this.#count === 0 ? undefined : start;
    this.#gate = from.bool('gate');
    const next = from.intOrNull('next', 1, 0x10000);
    const at = from.intOrNull('nextAt', 0, MAX_CLOCK) ?? undefined;
    this.#next = next === null ? undefined : { count: next, at };
    this.#held = from.intOrNull('held', 0, MAX_CLOCK) ?? undefined;
    this.#lowWritten = from.intOrNull('lowWritten', 0, 0xff) ?? undefined;
    this.#highNext = from.bool('highNext');
    this.#latchedCount = from.intOrNull('latchedCount', 0, 0xffff) ?? undefined;
    this.#latchedStatus = from.intOrNull('latchedStatus', 0, 0xff) ?? undefined;
  }

  get #modulus(): number {
    return this.#bcd ? 10_000 : 0x10000;
  }

  /** A complete count was written. */
  #load(value: number, now: number): void {
    const raw = this.#bcd ? fromBcd(value) : value;
    const count = raw === 0 ? this.#modulus : raw;
    this.#settle(now);
    switch (this.#mode) {
      case 0:
      case 4:
        this.#count = count;
        this.#start = now;
        this.#held = this.#gate ? undefined : 0;
        return;
      case 1:
      case 5:
        // Waits for the trigger; the first one too.
        if (this.#count === 0) this.#count = count;
        else this.#next = { count, at: undefined };
        return;
      default:
        if (this.#start === undefined || !this.#gate) {
          this.#count = count;
          this.#start = now;
          this.#held = this.#gate ? undefined : 0;
        } else {
          this.#next = { count, at: this.#boundary(now) };
        }
    }
  }

  /** Start with the newest count, as a trigger or the end of a period does. */
  #restart(now: number): void {
    this.#count = this.#next?.count ?? this.#count;
    this.#next = undefined;
    this.#start = now;
    this.#held = undefined;
  }

  /** End of the present period (mode 2) or half period (mode 3): when a new count is taken. */
  #boundary(now: number): number {
    const start = this.#start ?? now;
    const period = start + Math.floor((now - start) / this.#count) * this.#count;
    const half = period + Math.ceil(this.#count / 2);
    return this.#mode === 3 && now < half ? half : period + this.#count;
  }

  /** Take the waiting count when its time has come. */
  #settle(now: number): void {
    const next = this.#next;
    if (next?.at === undefined || now < next.at || this.#held !== undefined) return;
    // Mode 3 goes on with the other half of the new period: in the low half when it was taken in the middle.
    const middle = this.#mode === 3 && this.#start !== undefined && (next.at - this.#start) % this.#count !== 0;
    this.#restart(middle ? next.at - Math.ceil(next.count / 2) : next.at);
  }

  /** Clocks counted since the start. */
  #elapsed(now: number): number | undefined {
    if (this.#start === undefined) return undefined;
    return this.#held ?? now - this.#start;
  }

  /** What the counting element holds, in the form it is read in. */
  #read(now: number): number {
    this.#settle(now);
    const value = this.#value(now);
    return this.#bcd ? toBcd(value % 10_000) : value & 0xffff;
  }

  #value(now: number): number {
    const elapsed = this.#elapsed(now);
    if (elapsed === undefined) return this.#count;
    if (this.#mode === 2) return this.#count - (elapsed % this.#count);
    if (this.#mode === 3) {
      // Counts by two from the even number below, twice a period.
      const half = Math.ceil(this.#count / 2);
      const inPeriod = elapsed % this.#count;
      return this.#count - (this.#count & 1) - 2 * (inPeriod < half ? inPeriod : inPeriod - half);
    }
    // Goes on below zero: from 0xFFFF, or 9999.
    const modulus = this.#modulus;
    return (((this.#count - elapsed) % modulus) + modulus) % modulus;
  }

  #status(now: number): number {
    const out = this.out(now) ? Status.out : 0;
    const waiting = this.#next !== undefined || this.#start === undefined ? Status.nullCount : 0;
    return out | waiting | (this.#access << 4) | (this.#mode << 1) | (this.#bcd ? CONTROL_BCD : 0);
  }
}

function fromBcd(value: number): number {
  return (value >> 12) * 1000 + ((value >> 8) & 15) * 100 + ((value >> 4) & 15) * 10 + (value & 15);
}

function toBcd(value: number): number {
  const digit = (power: number): number => Math.floor(value / power) % 10;
  return (digit(1000) << 12) | (digit(100) << 8) | (digit(10) << 4) | digit(1);
}
