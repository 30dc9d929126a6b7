/**
 * Fixed ACPI hardware (ACPI 6.4, section 4.8): PM1a events and control, PM timer, general-purpose events 0, and the SMI command port that
 * switches ACPI mode. Soft-off (S5) switches the machine off; no other sleep state exists: asking for one wakes at once.
 */
import { PmPort, SCI_LINE, SLEEP_TYPE_S5, SMI_COMMAND } from '../firmware/pc-map.ts';
import type { Device, DeviceBus, IrqLine, SavedValue, Timer, VirtualClock } from './device.ts';
import { partOf } from './register-access.ts';
import { SavedFields } from './saved-fields.ts';
import { nsOfTick, ticksAt } from './ticks.ts';

/** Frequency of the PM timer, Hz (section 4.8.3.3). */
export const PM_TIMER_HZ = 3_579_545;

const Pm1 = { timer: 1 << 0, globalLock: 1 << 5, powerButton: 1 << 8, sleepButton: 1 << 9, rtc: 1 << 10, wake: 1 << 15 } as const;
const PM1_STATUS = 0x8731;
const PM1_ENABLE = 0x0721;
const Control = { sciEnable: 1, writable: 0x1c03, sleepEnable: 0x2000 } as const;
const SLEEP_TYPE_SHIFT = 10;
const GPE_BITS = 0xffff;

export interface AcpiPmOptions {
  /** Width of the PM timer; the FADT says which. Default 32. */
  readonly timerBits?: 24 | 32;
}

export class AcpiPm implements Device {
  readonly id = 'acpi-pm';
  readonly #clock: VirtualClock;
  readonly #sci: IrqLine;
  readonly #control: DeviceBus['control'];
  readonly #alarm: Timer;
  readonly #timerBits: 24 | 32;
  /** PM1 status without the timer's bit, which is computed. */
  #status = 0;
  #enable = 0;
  #pm1Control = 0;
  /** How often the timer's top bit had changed when its status was cleared last. */
  #timerSeen = 0;
  #gpeStatus = 0;
  #gpeEnable = 0;
  /** Ports 0xB2 and 0xB3 as written. */
  #smiCommand = 0;
  #smiStatus = 0;

  constructor(bus: Pick<DeviceBus, 'clock' | 'irq' | 'attachPorts' | 'control'>, options: AcpiPmOptions = {}) {
    this.#clock = bus.clock;
    this.#sci = bus.irq(SCI_LINE);
    this.#control = bus.control;
    this.#timerBits = options.timerBits ?? 32;
    this.#alarm = bus.clock.timer(() => this.#update());
    // Bytes are enough: a word is two of them, and nothing is done before its last one.
    const attach = (first: number, bytes: number, read: (at: number) => number, write: (at: number, value: number) => void): void => {
      bus.attachPorts(first, first + bytes - 1, {
        maxSize: 1,
        read: (port) => read(port - first),
        write: (port, _size, value) => {
          write(port - first, value);
          this.#update();
        },
      });
    };
    attach(PmPort.event, 4, (at) => byteOf(at < 2 ? this.#pm1Status : this.#enable, at & 1), (at, value) => this.#writeEvent(at, value));
    attach(PmPort.control, 2, (at) => byteOf(this.#pm1Control, at), (at, value) => this.#writeControl(at, value));
    attach(PmPort.gpe0, 4, (at) => byteOf(at < 2 ? this.#gpeStatus : this.#gpeEnable, at & 1), (at, value) => this.#writeGpe(at, value));
    attach(SMI_COMMAND.port, 2, (at) => (at === 0 ? this.#smiCommand : this.#smiStatus), (at, value) => this.#writeSmi(at, value));
    bus.attachPorts(PmPort.timer, PmPort.timer + 3, { read: (port, size) => partOf(this.#timerValue, port - PmPort.timer, size) });
  }

  /** The user pushed the power button (a fixed event: seen if the FADT declares it). */
  pressPowerButton(): void {
    this.#status |= Pm1.powerButton;
    this.#update();
  }

  /** @param event 0 … 15 */
  raiseGpe(event: number): void {
    this.#gpeStatus |= 1 << event;
    this.#update();
  }

  reset(): void {
    this.#status = 0;
    this.#enable = 0;
    this.#pm1Control = 0;
    this.#timerSeen = this.#topBitChanges;
    this.#gpeStatus = 0;
    this.#gpeEnable = 0;
    this.#smiCommand = 0;
    this.#smiStatus = 0;
    this.#update();
  }

  save(): SavedValue {
    return {
      status: this.#status, enable: this.#enable, control: this.#pm1Control, timerSeen: this.#timerSeen, gpeStatus: this.#gpeStatus,
      gpeEnable: this.#gpeEnable, smiCommand: this.#smiCommand, smiStatus: this.#smiStatus,
    };
  }

  load(saved: SavedValue): void {
    const from = new SavedFields(saved, this.id);
    this.#status = from.int('status', 0, PM1_STATUS) & PM1_STATUS;
    this.#enable = from.int('enable', 0, PM1_ENABLE) & PM1_ENABLE;
    this.#pm1Control = from.int('control', 0, Control.writable) & Control.writable;
    this.#timerSeen = from.int('timerSeen', 0, Number.MAX_SAFE_INTEGER);
    this.#gpeStatus = from.int('gpeStatus', 0, GPE_BITS);
    this.#gpeEnable = from.int('gpeEnable', 0, GPE_BITS);
    this.#smiCommand = from.byte('smiCommand');
    this.#smiStatus = from.byte('smiStatus');
    this.#update();
  }

  get #ticks(): number {
    return ticksAt(this.#clock.now, PM_TIMER_HZ);
  }

  get #timerValue(): number {
    return this.#ticks % 2 ** this.#timerBits;
  }

  get #topBitChanges(): number {
    return Math.floor(this.#ticks / 2 ** (this.#timerBits - 1));
  }

  get #pm1Status(): number {
    return this.#status | (this.#topBitChanges > this.#timerSeen ? Pm1.timer : 0);
  }

  #writeEvent(at: number, value: number): void {
    const shifted = value << ((at & 1) * 8);
    if (at < 2) {
      // Ones clear.
      this.#status &= ~shifted;
      if ((shifted & Pm1.timer) !== 0) this.#timerSeen = this.#topBitChanges;
    } else {
      this.#enable = withByte(this.#enable, at & 1, value) & PM1_ENABLE;
    }
  }

  #writeControl(at: number, value: number): void {
    const written = withByte(this.#pm1Control, at, value);
    this.#pm1Control = written & Control.writable;
    // The bit that starts the transition reads 0; it is in the high byte, after the type.
    if (at === 0 || (written & Control.sleepEnable) === 0) return;
    if (((written >> SLEEP_TYPE_SHIFT) & 7) === SLEEP_TYPE_S5) this.#control.powerOff();
    else this.#status |= Pm1.wake;
  }

  #writeGpe(at: number, value: number): void {
    if (at < 2) this.#gpeStatus &= ~(value << (at * 8));
    else this.#gpeEnable = withByte(this.#gpeEnable, at & 1, value);
  }

  #writeSmi(at: number, value: number): void {
    if (at === 1) {
      this.#smiStatus = value;
      return;
    }
    this.#smiCommand = value;
    if (value === SMI_COMMAND.acpiEnable) this.#pm1Control |= Control.sciEnable;
    if (value === SMI_COMMAND.acpiDisable) this.#pm1Control &= ~Control.sciEnable;
  }

  #update(): void {
    const sciEnabled = (this.#pm1Control & Control.sciEnable) !== 0;
    const events = (this.#pm1Status & this.#enable) | (this.#gpeStatus & this.#gpeEnable);
    this.#sci.set(sciEnabled && events !== 0);
    const timerWaits = sciEnabled && (this.#enable & ~this.#pm1Status & Pm1.timer) !== 0;
    if (timerWaits) this.#alarm.set(nsOfTick((this.#topBitChanges + 1) * 2 ** (this.#timerBits - 1), PM_TIMER_HZ));
    else this.#alarm.cancel();
  }
}

function byteOf(value: number, index: number): number {
  return (value >> (index * 8)) & 0xff;
}

function withByte(value: number, index: number, byte: number): number {
  return (value & ~(0xff << (index * 8))) | (byte << (index * 8));
}
