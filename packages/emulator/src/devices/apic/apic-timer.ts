/**
 * The timer of a local APIC (Intel SDM vol. 3, section 11.5.4): one-shot, periodic, TSC deadline. The count is computed from the clock; the
 * alarm is set only while an interrupt is due and not masked.
 *
 * Time base: the bus clock is 1 GHz, one tick a nanosecond, before the divider. The TSC that deadlines are compared with is handed in as
 * nanoseconds of the virtual clock.
 */
import type { SavedValue, Timer, VirtualClock } from '../device.ts';
import { SavedFields } from '../saved-fields.ts';

export const TIMER_MODES = ['oneShot', 'periodic', 'tscDeadline', 'reserved'] as const;
export type TimerMode = (typeof TIMER_MODES)[number];

const MAX_COUNT = 0xffffffff;
/** Divide configuration register: bits 3, 1, 0. */
const DIVIDE_BITS = 0xb;

export class ApicTimer {
  readonly #clock: VirtualClock;
  readonly #alarm: Timer;
  readonly #onExpiry: () => void;
  #mode: TimerMode = 'oneShot';
  #masked = true;
  #divide = 0;
  #initial = 0;
  /** When the count was the initial one; undefined: it stands at 0. One period ago or more, and not masked: an expiry is still to be served. */
  #start: number | undefined;
  /** Deadline as written, 0: disarmed. */
  #deadline = 0;

  /** @param onExpiry called at expiry while not masked */
  constructor(clock: VirtualClock, onExpiry: () => void) {
    this.#clock = clock;
    this.#onExpiry = onExpiry;
    this.#alarm = clock.timer(() => this.#due());
  }

  reset(): void {
    this.#mode = 'oneShot';
    this.#masked = true;
    this.#divide = 0;
    this.#initial = 0;
    this.#start = undefined;
    this.#deadline = 0;
    this.#arm();
  }

  /** Mode and mask of the LVT entry. */
  configure(mode: TimerMode, masked: boolean): void {
    this.#settle();
    if (mode !== this.#mode) {
      // Between deadline mode and the others the timer is disarmed; otherwise it counts on from where it is.
      if (mode === 'tscDeadline' || this.#mode === 'tscDeadline') {
        this.#start = undefined;
        this.#initial = 0;
        this.#deadline = 0;
      }
      this.#mode = mode;
    }
    this.#masked = masked;
    this.#arm();
  }

  get divide(): number {
    return this.#divide;
  }

  set divide(value: number) {
    // The count goes on from where it is, at the new rate.
    this.#settle();
    const count = this.current;
    this.#divide = value & DIVIDE_BITS;
    if (this.#start !== undefined) this.#start = this.#clock.now - (this.#initial - count) * this.#tick;
    this.#arm();
  }

  get initial(): number {
    return this.#initial;
  }

  /** Writing starts the timer; 0 stops it. In deadline mode the register is deaf. */
  set initial(value: number) {
    if (this.#mode === 'tscDeadline') return;
    this.#settle();
    this.#initial = value;
    this.#start = value === 0 ? undefined : this.#clock.now;
    this.#arm();
  }

  get current(): number {
    if (this.#start === undefined) return 0;
    const ticks = Math.floor((this.#clock.now - this.#start) / this.#tick);
    if (this.#mode === 'periodic') return this.#initial - (ticks % this.#initial);
    return Math.max(0, this.#initial - ticks);
  }

  /** MSR 0x6E0, in nanoseconds of the clock; 0 when not armed. */
  get deadline(): number {
    return this.#deadline !== 0 && this.#clock.now < this.#deadline ? this.#deadline : 0;
  }

  /** Outside of deadline mode the MSR is deaf. */
  set deadline(ns: number) {
    if (this.#mode !== 'tscDeadline') return;
    this.#settle();
    this.#deadline = Math.min(ns, Number.MAX_SAFE_INTEGER);
    this.#arm();
  }

  save(): SavedValue {
    return {
      mode: this.#mode, masked: this.#masked, divide: this.#divide, initial: this.#initial, start: this.#start ?? null, deadline: this.#deadline,
    };
  }

  load(saved: SavedValue): void {
    const from = new SavedFields(saved, 'apic.timer');
    this.#mode = from.oneOf('mode', TIMER_MODES);
    this.#masked = from.bool('masked');
    this.#divide = from.byte('divide') & DIVIDE_BITS;
    this.#initial = from.int('initial', 0, MAX_COUNT);
    const start = from.intOrNull('start', Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER);
    this.#start = start === null || this.#initial === 0 ? undefined : start;
    this.#deadline = from.int('deadline', 0, Number.MAX_SAFE_INTEGER);
    this.#arm();
  }

  /** Nanoseconds per count: 2, 4 … 128, 1. */
  get #tick(): number {
    const code = ((this.#divide >> 1) & 4) | (this.#divide & 3);
    return code === 7 ? 1 : 2 << code;
  }

  /** Serve an expiry that is due, or forget the one that was masked, so that `start` and `deadline` are of what is still to come. */
  #settle(): void {
    const at = this.#nextExpiry();
    if (this.#clock.now < at) return;
    if (this.#mode === 'tscDeadline') {
      this.#deadline = 0;
    } else if (this.#start !== undefined) {
      const period = this.#initial * this.#tick;
      const elapsed = this.#clock.now - this.#start;
      this.#start = this.#mode === 'periodic' ? this.#start + Math.floor(elapsed / period) * period : undefined;
    }
    if (!this.#masked) this.#onExpiry();
  }

  #due(): void {
    this.#settle();
    this.#arm();
  }

  #arm(): void {
    const at = this.#masked ? Infinity : this.#nextExpiry();
    if (at === Infinity) this.#alarm.cancel();
    else this.#alarm.set(at);
  }

  #nextExpiry(): number {
    if (this.#mode === 'tscDeadline') return this.#deadline === 0 ? Infinity : this.#deadline;
    return this.#start === undefined ? Infinity : this.#start + this.#initial * this.#tick;
  }
}
