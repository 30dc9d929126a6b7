/** A bus to test devices on: a clock that stands until the test moves it, ports and MMIO by table, interrupt lines that record. */
import type { MmioHandlers, PortHandler } from '../../src/api.ts';
import type { Detach, Device, DeviceBus, IrqLine, Timer } from '../../src/devices/device.ts';
import { PortSpace } from '../../src/machine/ports.ts';

/** Timers fire in the order of their deadlines, with `now` at the deadline, as {@link advance} passes it. */
export class FakeClock {
  now = 0;
  epoch: number;
  readonly #timers = new Set<FakeTimer>();

  constructor(epoch = Date.UTC(2024, 1, 29, 23, 59, 58) * 1e6) {
    this.epoch = epoch;
  }

  timer(onDue: () => void): Timer {
    const timer = new FakeTimer(onDue);
    this.#timers.add(timer);
    return timer;
  }

  /** The next deadline, or Infinity. */
  get next(): number {
    return Math.min(Infinity, ...[...this.#timers].map(({ deadline }) => deadline));
  }

  advance(ns: number): void {
    this.advanceTo(this.now + ns);
  }

  advanceTo(ns: number): void {
    for (let fired = 0; this.next <= ns; fired++) {
      if (fired > 1_000_000) throw new Error('timers that never end');
      this.now = Math.max(this.now, this.next);
      this.fireDue();
    }
    this.now = ns;
  }

  /** Jump without serving timers on the way, as a host that was late; then serve what is due, once. */
  jump(ns: number): void {
    this.now += ns;
    this.fireDue();
  }

  fireDue(): void {
    const due = [...this.#timers].filter(({ deadline }) => deadline <= this.now).sort((a, b) => a.deadline - b.deadline);
    for (const timer of due) timer.fire();
  }
}

class FakeTimer implements Timer {
  deadline = Infinity;
  readonly #onDue: () => void;

  constructor(onDue: () => void) {
    this.#onDue = onDue;
  }

  set(deadline: number): void {
    if (Number.isNaN(deadline)) throw new Error('deadline NaN');
    this.deadline = deadline;
  }

  cancel(): void {
    this.deadline = Infinity;
  }

  fire(): void {
    this.deadline = Infinity;
    this.#onDue();
  }
}

/** A line with its level and the number of rising edges. Each source of it is a wire of its own, as on the board: any of them asserts it. */
export class FakeLine {
  edges = 0;
  #asserting = 0;

  get level(): boolean {
    return this.#asserting > 0;
  }

  source(): IrqLine {
    let level = false;
    return {
      set: (next) => {
        if (next === level) return;
        level = next;
        if (next && this.#asserting === 0) this.edges++;
        this.#asserting += next ? 1 : -1;
      },
    };
  }
}

export class FakeBus implements DeviceBus {
  readonly clock: FakeClock;
  readonly ram: Uint8Array;
  readonly memory: DeviceBus['memory'];
  readonly control: DeviceBus['control'];
  readonly ports = new PortSpace(() => undefined);
  /** What was asked of the machine, in order: `reset`, `powerOff`, `exit 3`. */
  readonly asked: string[] = [];
  /** Who is at the other end of interrupt lines, if not {@link lines}. */
  wires: ((line: number) => IrqLine) | undefined;
  readonly lines: readonly FakeLine[] = Array.from({ length: 24 }, () => new FakeLine());
  readonly #mmio: { readonly physical: number; readonly size: number; readonly handler: MmioHandlers }[] = [];

  constructor(options: { readonly clock?: FakeClock; readonly ramBytes?: number } = {}) {
    this.clock = options.clock ?? new FakeClock();
    this.ram = new Uint8Array(options.ramBytes ?? 0x10000);
    // Outside of RAM a read gives ones and a write goes nowhere.
    this.memory = {
      read: (physical, target) => {
        for (let i = 0; i < target.length; i++) target[i] = this.ram[physical + i] ?? 0xff;
      },
      write: (physical, bytes) => {
        for (let i = 0; i < bytes.length; i++) if (physical + i < this.ram.length) this.ram[physical + i] = bytes[i];
      },
    };
    this.control = {
      reset: () => void this.asked.push('reset'),
      powerOff: () => void this.asked.push('powerOff'),
      exit: (code) => void this.asked.push(`exit ${code}`),
    };
  }

  irq(line: number): IrqLine {
    return this.wires?.(line) ?? this.lines[line].source();
  }

  attachPorts(first: number, last: number, handler: PortHandler): Detach {
    return this.ports.attach(first, last, handler);
  }

  attachMmio(physical: number, size: number, handler: MmioHandlers): Detach {
    const region = { physical, size, handler };
    this.#mmio.push(region);
    return () => void this.#mmio.splice(this.#mmio.indexOf(region), 1);
  }

  inb(port: number): number {
    return this.ports.read(port, 1);
  }

  outb(port: number, value: number): void {
    this.ports.write(port, value, 1);
  }

  inw(port: number): number {
    return this.ports.read(port, 2);
  }

  outw(port: number, value: number): void {
    this.ports.write(port, value, 2);
  }

  inl(port: number): number {
    return this.ports.read(port, 4);
  }

  outl(port: number, value: number): void {
    this.ports.write(port, value, 4);
  }

  /** MMIO where nothing is reads as ones. */
  mmioRead(physical: number, size: 1 | 2 | 4 = 4): number {
    const region = this.#region(physical);
    return region === undefined ? 2 ** (8 * size) - 1 : region.handler.read(physical - region.physical, size) >>> 0;
  }

  mmioWrite(physical: number, value: number, size: 1 | 2 | 4 = 4): void {
    const region = this.#region(physical);
    region?.handler.write(physical - region.physical, size, value >>> 0);
  }

  #region(physical: number): { readonly physical: number; readonly handler: MmioHandlers } | undefined {
    return [...this.#mmio].reverse().find((region) => physical >= region.physical && physical < region.physical + region.size);
  }
}

/** A snapshot as a file would carry it: what does not survive this must not be in a {@link Device.save}. */
export function savedCopy(device: Device): ReturnType<Device['save']> {
  return structuredClone(device.save());
}
