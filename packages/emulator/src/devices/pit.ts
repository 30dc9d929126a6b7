/**
 * The interval timer of a PC: an 8254 at 0x40 … 0x43, and port 0x61, through which counter 2 is gated and seen, with the refresh
 * signal.
 *
 * Counter 0 pulls interrupt line 0 when its OUT rises. Periods that the host was late for are one interrupt: the PIC would remember no more.
 */
import type { Device, DeviceBus, IrqLine, SavedValue, Timer, VirtualClock } from './device.ts';
import { PitChannel } from './pit-channel.ts';
import { SavedFields } from './saved-fields.ts';
import { nsOfTick, ticksAt } from './ticks.ts';

/** Input clock: a third of the NTSC colour carrier. */
export const PIT_HZ = 1_193_182;
const FIRST_PORT = 0x40;
const CONTROL_PORT = 0x43;
const SPEAKER_PORT = 0x61;
/** Control word with both select bits: read-back command. */
const READ_BACK = 3;
const ReadBack = { notCount: 0x20, notStatus: 0x10 } as const;
/** Bits 1 … 3 (speaker data, parity and channel check off) are kept and read back. */
const Port61 = { gate2: 0x01, writable: 0x0f, refresh: 0x10, out2: 0x20 } as const;
/** The refresh signal changes its level this often, ns: 18 clocks of the PIT. */
const REFRESH_NS = 15_085;

export interface PitOptions {
  /** Default: line 0 of the bus. The HPET can take it away: see `Hpet.legacyLine`. */
  readonly irq?: IrqLine;
}

export class Pit implements Device {
  readonly id = 'pit';
  readonly #clock: VirtualClock;
  readonly #irq: IrqLine;
  readonly #alarm: Timer;
  readonly #channels = [new PitChannel(true), new PitChannel(true), new PitChannel(false)] as const;
  /** Bits 0 … 3 of port 0x61. */
  #port61 = 0;
  /** OUT of counter 0 as of the last look. */
  #out0 = false;

  constructor(bus: Pick<DeviceBus, 'clock' | 'irq' | 'attachPorts'>, options: PitOptions = {}) {
    this.#clock = bus.clock;
    this.#irq = options.irq ?? bus.irq(0);
    this.#alarm = bus.clock.timer(() => this.#follow(true));
    bus.attachPorts(FIRST_PORT, CONTROL_PORT, {
      maxSize: 1,
      read: (port) => this.#read(port),
      write: (port, _size, value) => this.#write(port, value),
    });
    bus.attachPorts(SPEAKER_PORT, SPEAKER_PORT, {
      maxSize: 1,
      read: () => this.#read61(),
      write: (_port, _size, value) => this.#write61(value),
    });
  }

  reset(): void {
    this.#channels.forEach((channel, index) => channel.reset(index !== 2));
    this.#port61 = 0;
    this.#out0 = false;
    this.#alarm.cancel();
  }

  save(): SavedValue {
    const { deadline } = this.#alarm;
    return {
      channels: this.#channels.map((channel) => channel.save()), port61: this.#port61, out0: this.#out0, deadline: deadline === Infinity ? null : deadline,
    };
  }

  load(saved: SavedValue): void {
    const from = new SavedFields(saved, this.id);
    const channels = from.list('channels', this.#channels.length);
    this.#channels.forEach((channel, index) => channel.load(channels[index]));
    this.#port61 = from.int('port61', 0, Port61.writable);
    this.#out0 = from.bool('out0');
    // As it was set: it may be due.
    const deadline = from.intOrNull('deadline', 0, Number.MAX_SAFE_INTEGER);
    if (deadline === null) this.#alarm.cancel();
    else this.#alarm.set(deadline);
  }

  /** Clocks of the PIT since power-on. */
  get #now(): number {
    return ticksAt(this.#clock.now, PIT_HZ);
  }

  #read(port: number): number {
    // The control register cannot be read.
    return port === CONTROL_PORT ? 0xff : this.#channels[port - FIRST_PORT].readByte(this.#now);
  }

  #write(port: number, value: number): void {
    const now = this.#now;
    // A rise that is due must not be lost by what is written now.
    this.#follow(false);
    if (port === CONTROL_PORT) this.#control(value, now);
    else this.#channels[port - FIRST_PORT].writeByte(value, now);
    this.#follow(false);
  }

  #control(value: number, now: number): void {
    const select = value >> 6;
    if (select === READ_BACK) {
      this.#channels.forEach((channel, index) => {
        if ((value & (2 << index)) === 0) return;
        if ((value & ReadBack.notCount) === 0) channel.latchCount(now);
        if ((value & ReadBack.notStatus) === 0) channel.latchStatus(now);
      });
    } else if ((value & 0x30) === 0) {
      this.#channels[select].latchCount(now);
    } else {
      this.#channels[select].control(value & 0x3f);
    }
  }

  /**
   * Pull the line if OUT of counter 0 rose since the last look, and set the alarm for the next rise.
   * @param due the alarm rang: it rose, even if it fell again since
   */
  #follow(due: boolean): void {
    const overdue = due || this.#alarm.deadline <= this.#clock.now;
    const out = this.#channels[0].out(this.#now);
    const rose = overdue || (out && !this.#out0);
    this.#out0 = out;
    this.#arm();
    if (!rose) return;
    this.#irq.set(true);
    this.#irq.set(false);
  }

  #arm(): void {
    const rise = this.#channels[0].nextRise(this.#now);
    if (rise === Infinity) this.#alarm.cancel();
    else this.#alarm.set(nsOfTick(rise, PIT_HZ));
  }

  #read61(): number {
    const refresh = Math.floor(this.#clock.now / REFRESH_NS) & 1 ? Port61.refresh : 0;
    return this.#port61 | refresh | (this.#channels[2].out(this.#now) ? Port61.out2 : 0);
  }

  #write61(value: number): void {
    this.#port61 = value & Port61.writable;
    this.#channels[2].setGate((value & Port61.gate2) !== 0, this.#now);
  }
}
