/**
 * How interrupts reach the processor of a PC: the PIC pair, the local APIC and the IOAPIC, the wires between them, and one question that the
 * run loop asks before every slice.
 *
 * Lines 0 … 15 are the ISA interrupts: to the PIC input and the IOAPIC pin of the same number, but line 0 to pin 2. Lines 16 … 23 are
 * IOAPIC pins only. The PICs' INTR is LINT0, and IOAPIC pin 0. Several devices may hold one line: it is asserted while any of them asserts it.
 */
import { IOAPIC_PINS } from '../../firmware/pc-map.ts';
import type { Device, DeviceBus, IrqLine, SavedValue } from '../device.ts';
import { PicPair } from '../pic.ts';
import { SavedFields } from '../saved-fields.ts';
import { IoApic } from './io-apic.ts';
import { LocalApic } from './local-apic.ts';
import { msiMessage } from './message.ts';

const ISA_LINES = 16;
const CASCADE = 2;
/** IOAPIC pins of INTR and of line 0. */
const INTR_PIN = 0;
const TIMER_PIN = 2;

export interface PcInterruptsOptions {
  /** MAXPHYADDR of the processor. Default 36. */
  readonly physicalBits?: number;
  /** An INIT message came for the processor. */
  readonly onInit: () => void;
}

export class PcInterrupts implements Device {
  readonly id = 'interrupts';
  readonly pic: PicPair;
  readonly localApic: LocalApic;
  readonly ioApic: IoApic;
  /** Sources that assert a line at present. */
  readonly #asserted = new Uint16Array(IOAPIC_PINS);
  #pending = false;
  #nmi = false;
  #nmiMasked = false;
  #nmiLine = false;
  #onChange: () => void = () => undefined;

  constructor(bus: Pick<DeviceBus, 'clock' | 'attachPorts' | 'attachMmio'>, options: PcInterruptsOptions) {
    this.localApic = new LocalApic(bus, {
      apicId: 0,
      physicalBits: options.physicalBits ?? 36,
      onChange: () => this.#update(),
      onEoi: (vector) => this.ioApic.endOfInterrupt(vector),
      onReady: () => this.ioApic.retry(),
      onNmi: () => this.#raiseNmi(),
      onInit: options.onInit,
    });
    this.ioApic = new IoApic(bus, { deliver: (message) => this.localApic.accept(message), onChange: () => this.#update() });
    this.pic = new PicPair(bus, {
      onOutput: (intr) => {
        this.localApic.setLint(0, intr);
        this.ioApic.setLine(INTR_PIN, intr);
        this.#update();
      },
    });
  }

  /**
   * A new source on a line: what {@link DeviceBus.irq} hands out.
   * @param line 0 … 23
   */
  line(line: number): IrqLine {
    let level = false;
    return {
      set: (next) => {
        if (next === level) return;
        level = next;
        const was = this.#asserted[line];
        this.#asserted[line] = was + (next ? 1 : -1);
        if (next ? was === 0 : was === 1) this.#drive(line, next);
      },
    };
  }

  /** The NMI wire of the board (memory parity, channel check): LINT1, unless port 0x70 masks it. */
  setNmiLine(level: boolean): void {
    this.#nmiLine = level;
    this.localApic.setLint(1, this.#nmiLine && !this.#nmiMasked);
  }

  /** Bit 7 of port 0x70. */
  maskNmi(masked: boolean): void {
    this.#nmiMasked = masked;
    this.localApic.setLint(1, this.#nmiLine && !this.#nmiMasked);
  }

  /** A message-signalled interrupt: a bus master's write to 0xFEExxxxx. @returns whether the address is one of those */
  msi(address: number, data: number): boolean {
    const message = msiMessage(address, data);
    if (message !== undefined) this.localApic.accept(message);
    return message !== undefined;
  }

  /** An interrupt would be delivered now if the processor is open to it: one above the task priority, or the PICs'. */
  pending(): boolean {
    return this.#pending;
  }

  /** INTA: takes the interrupt. @returns its vector; a spurious one when there is none any more */
  acknowledge(): number {
    if (this.localApic.pendingVector < 0 && this.#extInt) return this.pic.acknowledge();
    return this.localApic.acknowledge();
  }

  /** An NMI waits. */
  get nmi(): boolean {
    return this.#nmi;
  }

  /** The processor has taken the NMI. */
  takeNmi(): void {
    this.#nmi = false;
  }

  /** Task priority, 0 … 255; CR8 is its upper half. */
  get tpr(): number {
    return this.localApic.tpr;
  }

  set tpr(value: number) {
    this.localApic.tpr = value;
  }

  /** Be told when an interrupt or an NMI begins to wait. One listener. */
  onChange(callback: () => void): void {
    this.#onChange = callback;
  }

  reset(): void {
    this.#nmi = false;
    this.#nmiMasked = false;
    this.localApic.reset();
    this.ioApic.reset();
    this.pic.reset();
    this.#update();
  }

  /** Who asserts a line is not saved: devices drive theirs again when they are loaded. */
  save(): SavedValue {
    return { pic: this.pic.save(), lapic: this.localApic.save(), ioapic: this.ioApic.save(), nmi: this.#nmi, nmiMasked: this.#nmiMasked, nmiLine: this.#nmiLine };
  }

  /**
   * Into a machine that was just made or reset, before or after its devices: a line that a device drives as it was is no new edge, since the
   * levels that PICs and IOAPIC saw are part of their state.
   */
  load(saved: SavedValue): void {
    const from = new SavedFields(saved, this.id);
    this.pic.load(from.value('pic'));
    this.ioApic.load(from.value('ioapic'));
    this.localApic.load(from.value('lapic'));
    this.#nmi = from.bool('nmi');
    this.#nmiMasked = from.bool('nmiMasked');
    this.#nmiLine = from.bool('nmiLine');
    this.#update();
  }

  get #extInt(): boolean {
    return this.pic.intr && (this.localApic.acceptsExtInt || this.ioApic.passesExtInt);
  }

  #drive(line: number, level: boolean): void {
    if (line < ISA_LINES) this.pic.setLine(line, level);
    if (line === 0 || line === CASCADE) this.ioApic.setLine(TIMER_PIN, this.#asserted[0] + this.#asserted[CASCADE] > 0);
    else this.ioApic.setLine(line, level);
  }

  #raiseNmi(): void {
    if (this.#nmi) return;
    this.#nmi = true;
    this.#onChange();
  }

  #update(): void {
    const pending = this.localApic.pendingVector >= 0 || this.#extInt;
    if (pending === this.#pending) return;
    this.#pending = pending;
    if (pending) this.#onChange();
  }
}
