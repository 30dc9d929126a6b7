/**
 * The one virtual clock of a machine: nanoseconds since power-on, and the alarms set on it.
 *
 * `icount`: a guest instruction takes 2^shift ns, and what a halted CPU waits for comes at once. Time is a function of what was executed: two runs
 * are the same.
 *
 * `host`: follows the host's clock, with two liberties, so that a guest which calibrates one timer against another finds them steady even on a busy host.
 * Between two looks at the host's clock ({@link MachineClock.sync}, once a slice) time passes with the instructions executed, at the rate of late. And when the
 * host stood still (another process, a garbage collection, a suspended laptop) time does not jump: it goes on from where it was, and catches up while the
 * guest is idle, else by at most an eighth of the time that passes.
 */
import type { SavedValue, Timer, VirtualClock } from '../devices/device.ts';
import { MachineError } from '../errors.ts';

export type ClockOptions =
  | { readonly kind: 'host'; readonly wall: () => number }
  | { readonly kind: 'icount'; readonly shift: number };

/** Advance of virtual time at one look at the host's clock that is still believed, ns. */
const STALL = 2_000_000;
/** Delay of a wake-up that is still believed, ns. */
const OVERSLEEP = 50_000_000;
/** Bounds of the estimated time per instruction, ns: 10 GIPS … 2 MIPS. */
const FASTEST = 0.1;
const SLOWEST = 500;
/** The estimate is over so much of the host's time, ns, the latest counting most. */
const WINDOW = 10_000_000;
/** Time that is off by so much, ns, runs at twice the rate, or not at all; but within these bounds. */
const SLEW_TIME = 10_000_000;
const LEAST_SLEW = 1 / 4;
const MOST_SLEW = 2;
/** Share of a slice's time by which it may be longer than the host's. */
const CATCH_UP = 1 / 8;

class Alarm implements Timer {
  deadline = Infinity;
  readonly #clock: MachineClock;
  readonly onDue: () => void;

  constructor(clock: MachineClock, onDue: () => void) {
    this.#clock = clock;
    this.onDue = onDue;
  }

  set(deadline: number): void {
    this.deadline = deadline;
    this.#clock.changed(deadline);
  }

  cancel(): void {
    this.deadline = Infinity;
    this.#clock.changed(Infinity);
  }
}

/** Told how time passes from now on: `now` is min(time + (executed − insns) · rate, ceiling), whole ns, until told again. */
export type ClockListener = (time: number, insns: number, rate: number, ceiling: number) => void;

export class MachineClock implements VirtualClock {
  readonly epoch: number;
  /** ns per instruction as fixed by icount, 0 on the host's clock. */
  readonly fixedRate: number;
  readonly #executed: () => number;
  readonly #onNearer: () => void;
  readonly #listener: ClockListener | undefined;
  readonly #wall: () => number;
  readonly #alarms: Alarm[] = [];
  #next = Infinity;
  #stale = false;
  /** Time and instructions at the last sync. */
  #base = 0;
  #baseInsns = 0;
  /** ns per instruction since, and as measured. */
  #rate = 5;
  #measured = 5;
  #windowTime = 0;
  #windowInsns = 0;
  /** What `now` may not pass before the next sync. */
  #ceiling = Infinity;
  #wallAtSync: number;
  /** Where the host's clock wants virtual time to be; `#base` may be ahead, as time never goes back. */
  #host = 0;
  /** ns that stalls of the host have cost and that are to be caught up. */
  #debt = 0;

  /**
   * @param executed guest instructions retired, exact where a device asks
   * @param onNearer an alarm was set that is due before all others: who runs the CPU looks again when it has to stop
   * @param epoch wall clock of power-on, ns since 1970
   * @param listener for who computes `now` without asking
   */
  constructor(options: ClockOptions, executed: () => number, onNearer: () => void, epoch: number, listener?: ClockListener) {
    this.epoch = epoch;
    this.#executed = executed;
    this.#onNearer = onNearer;
    this.#listener = listener;
    this.fixedRate = options.kind === 'icount' ? 2 ** options.shift : 0;
    this.#wall = options.kind === 'host' ? options.wall : () => 0;
    this.#wallAtSync = this.#wall();
    if (this.fixedRate !== 0) this.#rate = this.fixedRate;
    this.#tell();
  }

  get now(): number {
    const now = this.#base + (this.#executed() - this.#baseInsns) * this.#rate;
    return this.fixedRate !== 0 ? now : Math.floor(Math.min(now, this.#ceiling));
  }

  timer(onDue: () => void): Timer {
    const alarm = new Alarm(this, onDue);
    this.#alarms.push(alarm);
    return alarm;
  }

  /** Time of the next alarm, Infinity when none is set. */
  get nextDeadline(): number {
    if (this.#stale) {
      this.#next = Infinity;
      for (const { deadline } of this.#alarms) if (deadline < this.#next) this.#next = deadline;
      this.#stale = false;
    }
    return this.#next;
  }

  /** An alarm was set. */
  changed(deadline: number): void {
    if (deadline < this.#next && !this.#stale) {
      this.#next = deadline;
      this.#onNearer();
    } else {
      // Whether it was the nearest is found out when somebody asks.
      if (deadline < this.#next) this.#onNearer();
      this.#stale = true;
    }
  }

  /** Guest instructions that may run before the next alarm is due, at least 1, at most `most`. */
  instructionsUntilDue(most: number): number {
    const wait = this.nextDeadline - this.now;
    if (wait === Infinity) return most;
    return Math.min(most, Math.max(1, Math.ceil(wait / this.#rate)));
  }

  /** Run all alarms that are due, the earliest first. One that sets itself to the past again is due in the next call. */
  runDue(): void {
    const { now } = this;
    if (this.nextDeadline > now) return;
    const due = this.#alarms.filter(({ deadline }) => deadline <= now).sort((a, b) => a.deadline - b.deadline);
    for (const alarm of due) {
      if (alarm.deadline > now) continue;
      alarm.deadline = Infinity;
      this.#stale = true;
      alarm.onDue();
    }
  }

  /** Look at the host's clock. Between slices; nothing with icount. */
  sync(): void {
    if (this.fixedRate !== 0) return;
    const wall = this.#wall();
    const elapsed = Math.max(0, wall - this.#wallAtSync);
    const executed = this.#executed();
    const insns = executed - this.#baseInsns;
    const { now } = this;
    const stalled = elapsed > STALL;
    const gain = stalled ? 0 : Math.min(this.#debt, elapsed * CATCH_UP);
    this.#debt += (stalled ? elapsed - STALL : 0) - gain;
    this.#host += Math.min(elapsed, STALL) + gain;
    if (!stalled) this.#measure(elapsed, insns);
    // Never a jump: a guest that reads two timers in a row takes it for time between them. A little faster or slower until level.
    this.#rate = this.#measured * Math.min(MOST_SLEW, Math.max(LEAST_SLEW, 1 + (this.#host - now) / SLEW_TIME));
    this.#restart(now, executed, wall);
  }

  /** Time passes while the CPU does nothing: to `time`, not back. Without waiting for it. */
  advanceTo(time: number): void {
    const next = Math.max(this.now, Math.floor(time));
    this.#host = Math.max(this.#host, next);
    this.#restart(next, this.#executed(), this.#wallAtSync);
  }

  /** Host's milliseconds to sleep until virtual `time`; less than virtual time says when the clock has something to catch up. */
  sleepFor(time: number): number {
    return Math.max(0, (time - this.#host - this.#debt) / 1e6);
  }

  /**
   * The guest was idle until now. What was to be caught up is, but not past the next alarm: a guest that finds it had slept through one calls itself stuck.
   * For the same reason a host that slept much longer than it should have is something to catch up.
   */
  idle(): void {
    if (this.fixedRate !== 0) return;
    const wall = this.#wall();
    const { now } = this;
    // What the host's clock is ahead of a guest that got little done counts like any other delay.
    const level = this.#host + Math.max(0, wall - this.#wallAtSync) + this.#debt;
    this.#host = Math.min(level, Math.max(now, this.nextDeadline) + OVERSLEEP);
    this.#debt = level - this.#host;
    this.#restart(Math.floor(Math.max(now, this.#host)), this.#executed(), wall);
  }

  /** The machine was paused: the time that has passed does not count. */
  resume(): void {
    this.#restart(this.now, this.#executed(), this.#wall());
  }

  reset(): void {
    for (const alarm of this.#alarms) alarm.deadline = Infinity;
    this.#stale = true;
  }

  save(): SavedValue {
    return { now: this.now, rate: this.#rate };
  }

  /** Alarms are the devices' to set again. @throws MachineError `bad-snapshot` */
  load(saved: SavedValue): void {
    const { now, rate } = (saved ?? {}) as { now?: unknown; rate?: unknown };
    if (typeof now !== 'number' || typeof rate !== 'number' || !(now >= 0) || !(rate > 0)) {
      throw new MachineError('bad-snapshot', 'the clock of the snapshot makes no sense', 'the file is damaged: take the snapshot again');
    }
    if (this.fixedRate === 0) this.#measured = this.#rate = rate;
    this.#debt = 0;
    this.#host = now;
    this.#restart(now, this.#executed(), this.#wall());
  }

  /** Time per instruction, over many slices: a short one says little. */
  #measure(elapsed: number, insns: number): void {
    this.#windowTime += elapsed;
    this.#windowInsns += insns;
    if (this.#windowInsns > 0) this.#measured = Math.min(SLOWEST, Math.max(FASTEST, this.#windowTime / this.#windowInsns));
    if (this.#windowTime < WINDOW) return;
    this.#windowTime /= 2;
    this.#windowInsns /= 2;
  }

  #restart(now: number, executed: number, wall: number): void {
    this.#base = now;
    this.#baseInsns = executed;
    this.#wallAtSync = wall;
    this.#ceiling = this.fixedRate !== 0 ? Infinity : now + MOST_SLEW * STALL;
    this.#tell();
  }

  #tell(): void {
    this.#listener?.(this.#base, this.#baseInsns, this.#rate, this.#ceiling);
  }
}
