/**
 * The PC: runs a CPU among devices. Between two instructions, and only there, it looks at alarms, interrupts, reset and power; the budget it gives to
 * generated code ends where the next of them is due. Whatever a device does in between (a port, its registers in memory) stops that run behind the
 * instruction, so that no tier moves an interrupt.
 */
import type { Device, MachineControl, SavedValue } from '../devices/device.ts';
import type { Pc, RunUntil, SerialPort, StopReason } from '../api.ts';
import { encodeSnapshot, type SnapshotParts } from '../snapshot/format.ts';
import { loadPc, savePc, type PcState } from '../snapshot/pc-snapshot.ts';
import type { RunResult } from '../exec/cpu-exec.ts';
import type { MachineClock } from './clock.ts';
import { CpuLines } from './cpu-lines.ts';
import { Sleeper, yieldToHost } from './event-loop.ts';
import { MachineBase } from './machine-base.ts';
import type { MachineParts } from './parts.ts';

/** Guest instructions between two looks at the clock. */
const SLICE = 65_536;
/**
 * Least guest instructions of a run that ends in front of an alarm on the host's clock: the longest way through a region. With less, code is run that is made for just
 * so many instructions: a hundred alarms a second, each with a translation of its own that stays in the arena. So an alarm may come a microsecond late.
 */
const LEAST_RUN = 512;
/** Host's milliseconds between two looks at its event loop. */
const TURN = 8;
/** A shorter sleep than this is not worth a timer of the host, ms. */
const SHORT_SLEEP = 1;
/** Longest sleep, ms: hosts' timers take 31 bits. */
const LONGEST_SLEEP = 3_600_000;

/** Interrupts as the CPU sees them. */
export interface InterruptSource {
  /** Would the CPU be interrupted now, if IF is set? */
  pending(): boolean;
  /** Take it: the vector, 0 … 255. */
  acknowledge(): number;
  /** An NMI waits. */
  readonly nmi: boolean;
  /** The CPU has taken it. */
  takeNmi(): void;
}

/** What is around the CPU of a PC. */
export interface PcBoard {
  readonly clock: MachineClock;
  readonly interrupts: InterruptSource;
  /** In the order in which they are reset and saved. */
  readonly devices: readonly Device[];
  readonly serial: readonly SerialPort[];
  readonly console: SerialPort | undefined;
  readonly powerButton: () => void;
  /** Bring RAM and CPU to where the guest starts. Devices have been reset. */
  readonly boot: () => void;
  /** Hand on what serial lines have collected. */
  readonly flush: () => void;
  readonly snapshot: {
    readonly state: PcState;
    readonly header: () => SavedValue;
    /** How the guest is started again. */
    readonly plan: () => SavedValue;
  };
}

type Request = { readonly kind: 'reset' } | { readonly kind: 'poweroff' } | { readonly kind: 'exit'; readonly code: number };

/** What of a PC's configuration its run loop heeds. */
export interface RunConfig {
  readonly reboot: boolean;
  readonly signal: AbortSignal | undefined;
}

export class PcMachine extends MachineBase implements Pc {
  readonly #board: PcBoard;
  readonly #config: RunConfig;
  readonly #cpu: CpuLines;
  readonly #sleeper = new Sleeper();
  #halted = false;
  #request: Request | undefined;
  /** To be done between two turns of a run. */
  readonly #between: (() => void)[] = [];

  /** Use `createPc`. */
  constructor(parts: MachineParts, board: PcBoard, config: RunConfig) {
    super(parts);
    this.#board = board;
    this.#config = config;
    this.#cpu = new CpuLines(parts.machine, parts.x86, 0);
  }

  get serial(): readonly SerialPort[] {
    return this.#board.serial;
  }

  get console(): SerialPort | undefined {
    return this.#board.console;
  }

  get time(): number {
    return this.#board.clock.now;
  }

  protected get halted(): boolean {
    return this.#halted;
  }

  protected stepped(result: RunResult): void {
    if (result === 'halt') this.#halted = true;
    if (result === 'shutdown') this.#shutDown();
    this.#board.flush();
  }

  powerButton(): void {
    this.#board.powerButton();
    this.wake();
  }

  /** What devices may ask of the machine. */
  readonly control: MachineControl = {
    reset: () => this.#ask({ kind: 'reset' }),
    powerOff: () => this.#ask({ kind: 'poweroff' }),
    exit: (code) => this.#ask({ kind: 'exit', code }),
  };

  /** An interrupt or an alarm may have come: look at it behind the running instruction, or wake from sleep. */
  wake(): void {
    this.p.exec.requestStop();
    this.#sleeper.wake();
  }

  /** See CpuExecParts.wantsHost: an interrupt waits, and can be taken now. */
  get wantsHost(): boolean {
    return (this.#cpu.request && this.#cpu.interruptible) || (this.#board.interrupts.nmi && this.#cpu.nmiOpen);
  }

  reset(): void {
    const { exec, x86 } = this.p;
    this.#request = undefined;
    this.#halted = false;
    exec.flush();
    x86.reset(0);
    this.#board.clock.reset();
    for (const device of this.#board.devices) device.reset();
    this.#board.boot();
  }

  runUntil(until: RunUntil): StopReason {
    let left = this.begin(until);
    this.#userStop = false;
    const { clock } = this.#board;
    const { exec } = this.p;
    const signal = until.signal ?? this.#config.signal;
    let first = true;
    clock.resume();
    while (left > 0) {
      this.checkAborted(signal);
      const before = exec.instructions;
      const started = performance.now();
      const stop = this.#turn(left, first, until.instructions !== undefined);
      this.#board.flush();
      this.p.time.runMs += performance.now() - started;
      const ran = exec.instructions - before;
      left -= ran;
      if (ran > 0) first = false;
      if (stop === 'idle') {
        const { nextDeadline } = clock;
        if ((until.halt ?? false) || nextDeadline === Infinity) return { kind: 'halt' };
        clock.advanceTo(nextDeadline);
      } else if (stop !== undefined) {
        return stop;
      }
    }
    return { kind: 'instructions' };
  }

  protected async runAsync(until: Pick<RunUntil, 'instructions'>): Promise<StopReason> {
    const end = this.p.exec.instructions + this.begin(until);
    const exact = until.instructions !== undefined;
    this.#userStop = false;
    const { clock } = this.#board;
    const { signal } = this.#config;
    const wake = (): void => this.#sleeper.wake();
    signal?.addEventListener('abort', wake);
    clock.resume();
    try {
      for (let first = true; ; first = false) {
        const stop = this.#turns(end, first, exact);
        this.#board.flush();
        for (const task of this.#between.splice(0)) task();
        if (this.pauseRequested) return { kind: 'stopped' };
        this.checkAborted(signal);
        if (stop === 'idle') await this.#idle();
        else if (stop !== undefined) return stop;
        else if (this.p.exec.instructions >= end) return { kind: 'instructions' };
        else await this.#yield();
      }
    } finally {
      for (const task of this.#between.splice(0)) task();
      signal?.removeEventListener('abort', wake);
    }
  }

  /** Turns for as long as the host's event loop can wait. */
  #turns(end: number, first: boolean, exact: boolean): StopReason | 'idle' | undefined {
    const { time } = this.p;
    const started = performance.now();
    for (let ignoreFirst = first; ; ignoreFirst = false) {
      const left = end - this.p.exec.instructions;
      const stop = left <= 0 ? undefined : this.#turn(left, ignoreFirst, exact);
      const took = performance.now() - started;
      if (left > 0 && stop === undefined && !this.pauseRequested && took < TURN) continue;
      time.runMs += took;
      return stop;
    }
  }

  async #yield(): Promise<void> {
    const started = performance.now();
    await yieldToHost();
    this.p.time.yieldMs += performance.now() - started;
  }

  /** Nothing to do before the next alarm: sleep until it is due or something comes from outside. */
  async #idle(): Promise<void> {
    const started = performance.now();
    await this.#sleep();
    this.p.time.idleMs += performance.now() - started;
  }

  async #sleep(): Promise<void> {
    const { clock } = this.#board;
    const { nextDeadline } = clock;
    if (clock.fixedRate !== 0 && nextDeadline !== Infinity) {
      clock.advanceTo(nextDeadline);
      return yieldToHost();
    }
    const wait = nextDeadline === Infinity ? LONGEST_SLEEP : clock.sleepFor(nextDeadline);
    if (wait < SHORT_SLEEP) await yieldToHost();
    // Hosts' timers count whole milliseconds. Woken too early, it would have to spend the rest awake: at 100 Hz that is most of what an idle guest costs.
    else await this.#sleeper.sleep(Math.min(Math.ceil(wait), LONGEST_SLEEP));
    clock.idle();
  }

  /**
   * Everything due now, then guest code up to the next time that something is due.
   * @returns 'idle': the CPU is halted, and nothing is due; undefined: go on
   */
  #turn(left: number, first: boolean, exact: boolean): StopReason | 'idle' | undefined {
    const { clock } = this.#board;
    const { alarms } = this.p.time;
    const began = alarms.begin();
    clock.sync();
    clock.runDue();
    const asked = this.#takeRequest();
    if (asked !== undefined) return asked;
    const before = this.p.exec.instructions;
    const alive = this.#takeInterrupts();
    alarms.end(began);
    if (!alive) return this.#shutDown();
    if (this.#halted) return 'idle';
    // Interrupts taken count, too.
    const room = left - (this.p.exec.instructions - before);
    if (room <= 0) return undefined;
    const due = clock.instructionsUntilDue(SLICE);
    const count = Math.min(room, clock.fixedRate === 0 ? Math.max(due, LEAST_RUN) : due);
    // Nobody notices when a slice ends early, unless it ends because something is due at that very instruction.
    const result = this.p.exec.run(count, first, (clock.fixedRate !== 0 && due < SLICE) || (exact && count === room));
    const access = this.takePortStop();
    const request = this.#takeRequest();
    if (request !== undefined) return request;
    if (access !== undefined) return { kind: 'port', ...access };
    switch (result) {
      case 'breakpoint':
        return { kind: 'pc', pc: this.p.context.linearPc };
      case 'shutdown':
        return this.#shutDown();
      case 'halt':
        this.#halted = true;
        return undefined;
      case 'stopped':
        return this.#takeStop();
      case 'instructions':
        return undefined;
    }
  }

  #userStop = false;

  override requestStop(): void {
    this.#userStop = true;
    this.wake();
  }

  #takeStop(): StopReason | undefined {
    if (!this.#userStop) return undefined;
    this.#userStop = false;
    return { kind: 'stopped' };
  }

  /** @returns false: the CPU has shut down over one */
  #takeInterrupts(): boolean {
    const { interrupts } = this.#board;
    if (interrupts.nmi && this.#cpu.nmiOpen) {
      interrupts.takeNmi();
      if (!this.#entered(this.#cpu.nmi())) return false;
    }
    const pending = interrupts.pending();
    if (!pending || !this.#cpu.interruptible) {
      this.#cpu.request = pending;
      return true;
    }
    const alive = this.#entered(this.#cpu.interrupt(interrupts.acknowledge()));
    this.#cpu.request = interrupts.pending();
    return alive;
  }

  /** An interrupt counts as one instruction. */
  #entered(alive: boolean): boolean {
    this.p.exec.instructions++;
    this.p.exec.interrupts++;
    this.#halted = false;
    return alive;
  }

  /** A triple fault: the chipset of a PC resets the CPU. */
  #shutDown(): StopReason | undefined {
    if (!this.#config.reboot) return { kind: 'shutdown' };
    this.reset();
    return undefined;
  }

  #ask(request: Request): void {
    this.#request = request;
    this.wake();
  }

  #takeRequest(): StopReason | undefined {
    const request = this.#request;
    this.#request = undefined;
    if (request === undefined) return undefined;
    if (request.kind !== 'reset') return request;
    if (!this.#config.reboot) return { kind: 'reset' };
    this.reset();
    return undefined;
  }

  /** Become what a snapshot was of. @throws MachineError `bad-snapshot` */
  restore(saved: SavedValue): void {
    this.#halted = loadPc(this.#board.snapshot.state, saved);
  }

  async snapshot(): Promise<Uint8Array> {
    return encodeSnapshot(await this.#capture());
  }

  /** At once, or between two turns of a run. */
  #capture(): Promise<SnapshotParts> {
    const { state, header, plan } = this.#board.snapshot;
    const capture = (): SnapshotParts => ({ header: header(), body: { machine: savePc(state, this.#halted), boot: plan() } });
    if (!this.started) return Promise.resolve().then(capture);
    return new Promise((resolve) => {
      this.#between.push(() => resolve(capture()));
      this.wake();
    });
  }
}
