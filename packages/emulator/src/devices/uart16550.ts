/**
 * 16550A serial port (National Semiconductor PC16550D data sheet), with nothing but a terminal on its line: carrier, DSR and CTS are there.
 *
 * A byte written is out at once, unless `paced`: then it takes the time that the divisor says. What the host sends waits in a queue outside of
 * the chip and moves into the FIFO as the guest reads, so nothing is lost; overruns happen in loopback only. The interrupt does not depend
 * on OUT2: boards differ there, and guests exist that never set it.
 */
import { COM_PORTS } from '../firmware/pc-map.ts';
import type { Device, DeviceBus, IrqLine, SavedValue, Timer, VirtualClock } from './device.ts';
import { SavedFields } from './saved-fields.ts';
import { CHARACTER_ERRORS, FIFO_BYTES, UartReceiver } from './uart-fifo.ts';

const Ier = { received: 1, empty: 2, lineStatus: 4, modemStatus: 8, writable: 0x0f } as const;
const Iir = { none: 1, modemStatus: 0, empty: 2, received: 4, lineStatus: 6, timeout: 0xc, fifos: 0xc0 } as const;
const Fcr = { enable: 1, clearReceiver: 2, clearTransmitter: 4, dma: 8 } as const;
const Lcr = { lengthMask: 3, twoStops: 4, parity: 8, break: 0x40, divisorLatch: 0x80 } as const;
const Mcr = { dtr: 1, rts: 2, out1: 4, out2: 8, loop: 0x10, writable: 0x1f } as const;
const Lsr = { ready: 1, overrun: 2, framing: 8, break: 0x10, holdingEmpty: 0x20, transmitterEmpty: 0x40, fifoError: 0x80 } as const;
const Msr = { deltas: 0x0f, trailingRing: 4, cts: 0x10, dsr: 0x20, ring: 0x40, carrier: 0x80 } as const;
/** Bytes in the FIFO that FCR bits 6 and 7 choose. */
const TRIGGERS = [1, 4, 8, 14] as const;
/** Input of the baud rate generator, after the division by 16. */
const BAUD_BASE = 115_200;
const TIMEOUT_CHARACTERS = 4;
/** 12 = 9600 baud: what firmware leaves. */
const RESET_DIVISOR = 12;

export interface UartOptions {
  /** 0 … 3: COM1 … COM4. */
  readonly index: number;
  /** Bytes that left the transmitter, in order. */
  readonly onTransmit: (bytes: Uint8Array) => void;
  /** Transmit at the programmed rate. Default false: at once. */
  readonly paced?: boolean;
  /**
   * What the host sends waits until the guest takes receive interrupts. A Linux that finds bytes in the FIFO while it looks for the port or opens it throws
   * them away; a guest that polls would never get any. Default false.
   */
  readonly patient?: boolean;
}

export class Uart16550 implements Device {
  readonly id: string;
  readonly #clock: VirtualClock;
  readonly #irq: IrqLine;
  readonly #onTransmit: (bytes: Uint8Array) => void;
  readonly #paced: boolean;
  readonly #patient: boolean;
  readonly #receiver = new UartReceiver();
  readonly #timeout: Timer;
  readonly #shifter: Timer;
  #ier = 0;
  #fcr = 0;
  #lcr = 0;
  #mcr = 0;
  #scratch = 0;
  #divisor = RESET_DIVISOR;
  #overrun = false;
  #msr = 0;
  /** THR became empty and nobody has been told. */
  #emptyPending = false;
  /** Nobody has read for four character times while the FIFO held less than the trigger level. */
  #timedOut = false;
  /** Of a paced transmitter: bytes in the FIFO, the first of them in the shift register. */
  #sending: number[] = [];
  /** When the byte in the shift register is out. */
  #sentAt = 0;
  /** When the receiver times out; undefined: not armed. */
  #timeoutAt: number | undefined;

  constructor(bus: Pick<DeviceBus, 'clock' | 'irq' | 'attachPorts'>, options: UartOptions) {
    const { port, line } = COM_PORTS[options.index];
    this.id = `uart${options.index}`;
    this.#clock = bus.clock;
    this.#irq = bus.irq(line);
    this.#onTransmit = options.onTransmit;
    this.#paced = options.paced ?? false;
    this.#patient = options.patient ?? false;
    this.#timeout = bus.clock.timer(() => this.#receiverTimedOut());
    this.#shifter = bus.clock.timer(() => this.#byteSent());
    this.#msr = this.#modemInputs();
    bus.attachPorts(port, port + 7, {
      maxSize: 1,
      read: (at) => this.#read(at - port),
      write: (at, _size, value) => this.#write(at - port, value),
    });
  }

  /** Bytes from the host that the guest has not taken. */
  get backlog(): number {
    return this.#receiver.queued + this.#receiver.length;
  }

  /**
   * Bytes for the guest.
   * @returns how many were taken: fewer than given once 16 MiB wait
   */
  receive(bytes: Uint8Array): number {
    const taken = this.#receiver.enqueue(bytes);
    this.#refill();
    this.#update();
    return taken;
  }

  /** A break on the line: a zero byte with break and framing error. It overtakes what waits in the queue. */
  receiveBreak(): void {
    this.#receiveLine(0, Lsr.break | Lsr.framing);
    this.#update();
  }

  /** What waits in the host's queue stays: it is the line's, not the chip's. */
  reset(): void {
    this.#ier = 0;
    this.#fcr = 0;
    this.#lcr = 0;
    this.#mcr = 0;
    this.#divisor = RESET_DIVISOR;
    this.#overrun = false;
    this.#emptyPending = false;
    this.#receiver.capacity = 1;
    this.#receiver.clear();
    this.#sending = [];
    this.#shifter.cancel();
    this.#msr = this.#modemInputs();
    this.#stopTimeout();
    this.#refill();
    this.#update();
  }

  save(): SavedValue {
    return {
      ier: this.#ier, fcr: this.#fcr, lcr: this.#lcr, mcr: this.#mcr, scratch: this.#scratch, divisor: this.#divisor, overrun: this.#overrun,
      msr: this.#msr, emptyPending: this.#emptyPending, timedOut: this.#timedOut, timeoutAt: this.#timeoutAt ?? null,
      sending: [...this.#sending], sentAt: this.#sentAt, receiver: this.#receiver.save(),
    };
  }

  load(saved: SavedValue): void {
    const from = new SavedFields(saved, this.id);
    this.#ier = from.int('ier', 0, Ier.writable);
    this.#fcr = from.byte('fcr');
    this.#lcr = from.byte('lcr');
    this.#mcr = from.int('mcr', 0, Mcr.writable);
    this.#scratch = from.byte('scratch');
    this.#divisor = from.int('divisor', 0, 0xffff);
    this.#overrun = from.bool('overrun');
    this.#msr = from.byte('msr');
    this.#emptyPending = from.bool('emptyPending');
    this.#receiver.load(from.fields('receiver'));
    this.#sending = from.ints('sending', { max: FIFO_BYTES + 1 }, 0, 0xff);
    this.#sentAt = from.int('sentAt', 0, Number.MAX_SAFE_INTEGER);
    if (this.#sending.length > 0) this.#shifter.set(this.#sentAt);
    else this.#shifter.cancel();
    this.#stopTimeout();
    this.#timedOut = from.bool('timedOut');
    const timeoutAt = from.intOrNull('timeoutAt', 0, Number.MAX_SAFE_INTEGER);
    if (timeoutAt !== null) this.#setTimeout(timeoutAt);
    this.#update();
  }

  get #fifos(): boolean {
    return (this.#fcr & Fcr.enable) !== 0;
  }

  get #divisorLatch(): boolean {
    return (this.#lcr & Lcr.divisorLatch) !== 0;
  }

  get #loop(): boolean {
    return (this.#mcr & Mcr.loop) !== 0;
  }

  /** Nanoseconds of one character: start bit, data, parity, stop bits. A divisor of 0 counts as 1. */
  get #characterTime(): number {
    const bits = 1 + 5 + (this.#lcr & Lcr.lengthMask) + ((this.#lcr & Lcr.parity) !== 0 ? 1 : 0) + ((this.#lcr & Lcr.twoStops) !== 0 ? 2 : 1);
    return Math.ceil((bits * Math.max(1, this.#divisor) * 1e9) / BAUD_BASE);
  }

  #read(register: number): number {
    switch (register) {
      case 0: return this.#divisorLatch ? this.#divisor & 0xff : this.#readByte();
      case 1: return this.#divisorLatch ? this.#divisor >> 8 : this.#ier;
      case 2: return this.#readIir();
      case 3: return this.#lcr;
      case 4: return this.#mcr;
      case 5: return this.#readLsr();
      case 6: return this.#readMsr();
      default: return this.#scratch;
    }
  }

  #write(register: number, value: number): void {
    switch (register) {
      case 0:
        if (this.#divisorLatch) this.#divisor = (this.#divisor & 0xff00) | value;
        else this.#transmit(value);
        break;
      case 1:
        if (this.#divisorLatch) this.#divisor = (this.#divisor & 0x00ff) | (value << 8);
        else this.#writeIer(value & Ier.writable);
        break;
      case 2:
        this.#writeFcr(value);
        break;
      case 3:
        this.#writeLcr(value);
        break;
      case 4:
        this.#mcr = value & Mcr.writable;
        this.#refill();
        this.#followModem();
        break;
      case 7:
        this.#scratch = value;
        break;
      default:
        // LSR and MSR are written in factory tests only.
        return;
    }
    this.#update();
  }

  #writeIer(value: number): void {
    // Enabling the interrupt while THR is empty raises it: drivers start sending that way.
    if ((value & ~this.#ier & Ier.empty) !== 0 && this.#holdingEmpty) this.#emptyPending = true;
    this.#ier = value;
    this.#refill();
  }

  #writeFcr(value: number): void {
    const enable = (value & Fcr.enable) !== 0;
    const toggled = enable !== this.#fifos;
    if (toggled || (value & Fcr.clearReceiver) !== 0) {
      this.#receiver.clear();
      this.#stopTimeout();
    }
    if (toggled || (value & Fcr.clearTransmitter) !== 0) {
      // The byte in the shift register goes on.
      if (!this.#holdingEmpty) this.#emptyPending = true;
      this.#sending.length = Math.min(this.#sending.length, 1);
    }
    // With FIFOs disabled the other bits cannot be set.
    this.#fcr = enable ? value & (Fcr.enable | Fcr.dma | 0xc0) : 0;
    this.#receiver.capacity = enable ? FIFO_BYTES : 1;
    this.#refill();
  }

  #writeLcr(value: number): void {
    const begins = (value & ~this.#lcr & Lcr.break) !== 0;
    this.#lcr = value;
    // The terminal does not care for breaks; in loopback they come back.
    if (begins && this.#loop) this.#receiveLine(0, Lsr.break | Lsr.framing);
  }

  #transmit(byte: number): void {
    this.#emptyPending = false;
    if (this.#loop) {
      this.#receiveLine(byte, 0);
      this.#emptyPending = true;
    } else if (this.#paced) {
      this.#enqueueSend(byte);
    } else {
      this.#onTransmit(Uint8Array.of(byte));
      this.#emptyPending = true;
    }
  }

  #enqueueSend(byte: number): void {
    const idle = this.#sending.length === 0;
    // One in the shift register, the others in FIFO or THR; a full one loses the last.
    const room = 1 + (this.#fifos ? FIFO_BYTES : 1);
    if (this.#sending.length === room) this.#sending[room - 1] = byte;
    else this.#sending.push(byte);
    if (!idle) return;
    this.#sentAt = this.#clock.now + this.#characterTime;
    this.#shifter.set(this.#sentAt);
    this.#emptyPending = true;
  }

  #byteSent(): void {
    const byte = this.#sending.shift();
    if (byte === undefined) return;
    this.#onTransmit(Uint8Array.of(byte));
    if (this.#sending.length > 0) {
      this.#sentAt += this.#characterTime;
      this.#shifter.set(this.#sentAt);
      if (this.#sending.length === 1) this.#emptyPending = true;
    }
    this.#update();
  }

  /** THR, or the transmitter's FIFO, is empty. */
  get #holdingEmpty(): boolean {
    return this.#sending.length <= 1;
  }

  #readByte(): number {
    const byte = this.#receiver.shift();
    this.#timedOut = false;
    this.#refill();
    this.#restartTimeout();
    this.#update();
    return byte;
  }

  #receiveLine(byte: number, errors: number): void {
    if (!this.#receiver.push(byte, errors)) this.#overrun = true;
    this.#restartTimeout();
  }

  /** Interrupts for received bytes are on and led to the board's line, and FIFOs are, which a driver switches on last, losing what was there. */
  get #listening(): boolean {
    return this.#fifos && (this.#ier & Ier.received) !== 0 && (this.#mcr & Mcr.out2) !== 0;
  }

  #refill(): void {
    if (this.#loop || (this.#patient && !this.#listening)) return;
    if (!this.#receiver.refill()) return;
    this.#restartTimeout();
  }

  get #trigger(): number {
    return this.#fifos ? TRIGGERS[this.#fcr >> 6] : 1;
  }

  #restartTimeout(): void {
    if (this.#fifos && this.#receiver.length > 0 && this.#receiver.length < this.#trigger) {
      this.#setTimeout(this.#clock.now + TIMEOUT_CHARACTERS * this.#characterTime);
    } else {
      this.#timeoutAt = undefined;
      this.#timeout.cancel();
    }
  }

  #setTimeout(at: number): void {
    this.#timeoutAt = at;
    this.#timeout.set(at);
  }

  #stopTimeout(): void {
    this.#timedOut = false;
    this.#timeoutAt = undefined;
    this.#timeout.cancel();
  }

  #receiverTimedOut(): void {
    this.#timeoutAt = undefined;
    this.#timedOut = true;
    this.#update();
  }

  #readLsr(): number {
    const transmitter = (this.#holdingEmpty ? Lsr.holdingEmpty : 0) | (this.#sending.length === 0 ? Lsr.transmitterEmpty : 0);
    const errors = this.#receiver.headErrors | (this.#overrun ? Lsr.overrun : 0);
    const value = transmitter | errors | (this.#receiver.length > 0 ? Lsr.ready : 0) | (this.#fifos && this.#receiver.anyErrors ? Lsr.fifoError : 0);
    this.#overrun = false;
    this.#receiver.clearHeadErrors();
    this.#update();
    return value;
  }

  #readMsr(): number {
    const value = this.#msr;
    this.#msr &= ~Msr.deltas;
    this.#update();
    return value;
  }

  /** Inputs as they are: a terminal that is there, or in loopback the port's own outputs. */
  #modemInputs(): number {
    if (!this.#loop) return Msr.cts | Msr.dsr | Msr.carrier;
    const wired = [[Mcr.rts, Msr.cts], [Mcr.dtr, Msr.dsr], [Mcr.out1, Msr.ring], [Mcr.out2, Msr.carrier]] as const;
    return wired.reduce((inputs, [output, input]) => inputs | ((this.#mcr & output) !== 0 ? input : 0), 0);
  }

  #followModem(): void {
    const inputs = this.#modemInputs();
    const changed = (this.#msr ^ inputs) & ~Msr.deltas;
    // Of the ring signal only the end counts.
    const deltas = (changed >> 4) & ((inputs & Msr.ring) !== 0 ? ~Msr.trailingRing : ~0);
    this.#msr = inputs | (this.#msr & Msr.deltas) | deltas;
    this.#refill();
  }

  /** What IIR shows: the most urgent cause that is enabled. */
  #cause(): number {
    if ((this.#ier & Ier.lineStatus) !== 0 && (this.#overrun || (this.#receiver.headErrors & CHARACTER_ERRORS) !== 0)) return Iir.lineStatus;
    if ((this.#ier & Ier.received) !== 0) {
      if (this.#receiver.length >= this.#trigger) return Iir.received;
      if (this.#timedOut && this.#receiver.length > 0) return Iir.timeout;
    }
    if ((this.#ier & Ier.empty) !== 0 && this.#emptyPending) return Iir.empty;
    if ((this.#ier & Ier.modemStatus) !== 0 && (this.#msr & Msr.deltas) !== 0) return Iir.modemStatus;
    return Iir.none;
  }

  #readIir(): number {
    const cause = this.#cause();
    // Reading it is the acknowledgement of this cause, and only of the one that is shown.
    if (cause === Iir.empty) {
      this.#emptyPending = false;
      this.#update();
    }
    return cause | (this.#fifos ? Iir.fifos : 0);
  }

  #update(): void {
    this.#irq.set(this.#cause() !== Iir.none);
  }
}
