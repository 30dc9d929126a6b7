/**
 * The IOAPIC (Intel 82093AA data sheet, order number 290566): 24 pins, each with an entry that says which message it sends.
 *
 * Lines carry "asserted", not a voltage: the polarity bit of an entry is kept and read back, and changes nothing. A masked pin that is
 * edge-triggered loses its edges, as on the chip.
 */
import { IOAPIC_BASE, IOAPIC_PINS } from '../../firmware/pc-map.ts';
import type { Device, DeviceBus, SavedValue } from '../device.ts';
import { partOf } from '../register-access.ts';
import { SavedFields } from '../saved-fields.ts';
import { type ApicMessage, DeliveryMode } from './message.ts';

/** Offsets in the page. */
const SELECT = 0x00;
const WINDOW = 0x10;
const PAGE = 4096;
const Reg = { id: 0, version: 1, arbitration: 2, entries: 0x10 } as const;
/** 82093AA; highest entry in bits 16 … 23. */
const VERSION = ((IOAPIC_PINS - 1) << 16) | 0x11;
const Entry = { logical: 1 << 11, remoteIrr: 1 << 14, level: 1 << 15, masked: 1 << 16 } as const;
/** Delivery status and remote IRR are the chip's own. */
const WRITABLE = 0x1afff;
const EXT_INT = DeliveryMode.extInt << 8;
const MODE_AND_MASK = (7 << 8) | Entry.masked;

export interface IoApicOptions {
  /** Send to the local APICs. @returns whether one accepted it */
  readonly deliver: (message: ApicMessage) => boolean;
  /** {@link IoApic.passesExtInt} may have changed. */
  readonly onChange: () => void;
}

export class IoApic implements Device {
  readonly id = 'ioapic';
  readonly #options: IoApicOptions;
  #select = 0;
  #apicId = 0;
  readonly #low = new Uint32Array(IOAPIC_PINS);
  /** Destination: bits 24 … 31. */
  readonly #high = new Uint32Array(IOAPIC_PINS);
  /** Pins asserted, and edges that nobody has accepted so far; a bit each. */
  #lines = 0;
  #edges = 0;

  constructor(bus: Pick<DeviceBus, 'attachMmio'>, options: IoApicOptions) {
    this.#options = options;
    this.#low.fill(Entry.masked);
    bus.attachMmio(IOAPIC_BASE, PAGE, {
      read: (offset, size) => this.read(offset, size),
      write: (offset, size, value) => this.write(offset, size, value),
    });
  }

  /** Pin 0, which the PICs' INTR is wired to, is open for it (ExtINT). */
  get passesExtInt(): boolean {
    return (this.#low[0] & MODE_AND_MASK) === EXT_INT;
  }

  setLine(pin: number, asserted: boolean): void {
    const bit = 1 << pin;
    const was = (this.#lines & bit) !== 0;
    if (was === asserted) return;
    this.#lines = asserted ? this.#lines | bit : this.#lines & ~bit;
    if (!asserted) return;
    const entry = this.#low[pin];
    if ((entry & Entry.level) === 0 && (entry & Entry.masked) === 0) this.#edges |= bit;
    this.#serve(pin);
  }

  /** EOI broadcast of a level-triggered vector: pins that are still asserted send again. */
  endOfInterrupt(vector: number): void {
    for (let pin = 0; pin < IOAPIC_PINS; pin++) {
      const entry = this.#low[pin];
      if ((entry & Entry.remoteIrr) === 0 || (entry & 0xff) !== vector) continue;
      this.#low[pin] = entry & ~Entry.remoteIrr;
      this.#serve(pin);
    }
  }

  /** Send again what no local APIC accepted. */
  retry(): void {
    for (let pin = 0; pin < IOAPIC_PINS; pin++) this.#serve(pin);
  }

  reset(): void {
    this.#select = 0;
    this.#apicId = 0;
    this.#low.fill(Entry.masked);
    this.#high.fill(0);
    this.#edges = 0;
    this.#options.onChange();
  }

  read(offset: number, size: 1 | 2 | 4): number {
    const register = offset & 0xffc;
    if (register === SELECT) return partOf(this.#select, offset & 3, size);
    if (register !== WINDOW) return 0;
    return partOf(this.#readRegister(), offset & 3, size);
  }

  /** The window takes 32-bit writes only; the select register has 8 bits. */
  write(offset: number, size: 1 | 2 | 4, value: number): void {
    if (offset === SELECT) this.#select = value & 0xff;
    else if (offset === WINDOW && size === 4) this.#writeRegister(value);
  }

  save(): SavedValue {
    return {
      select: this.#select, apicId: this.#apicId, low: [...this.#low], high: [...this.#high], lines: this.#lines, edges: this.#edges,
    };
  }

  load(saved: SavedValue): void {
    const from = new SavedFields(saved, this.id);
    const pins = 2 ** IOAPIC_PINS - 1;
    this.#select = from.byte('select');
    this.#apicId = from.int('apicId', 0, 0xf);
    this.#low.set(from.ints('low', IOAPIC_PINS, 0, WRITABLE | Entry.remoteIrr));
    this.#high.set(from.ints('high', IOAPIC_PINS, 0, 0xffffffff));
    this.#lines = from.int('lines', 0, pins);
    this.#edges = from.int('edges', 0, pins);
    this.#options.onChange();
  }

  #serve(pin: number): void {
    const entry = this.#low[pin];
    const mode = (entry >> 8) & 7;
    // ExtINT is no message: the processor asks the PICs, see PcInterrupts.
    if ((entry & Entry.masked) !== 0 || mode === DeliveryMode.extInt) return;
    const bit = 1 << pin;
    const level = (entry & Entry.level) !== 0;
    const wanted = level ? (this.#lines & bit) !== 0 && (entry & Entry.remoteIrr) === 0 : (this.#edges & bit) !== 0;
    if (!wanted) return;
    // First the state, then the message: what it sets off may come back here.
    this.#edges &= ~bit;
    const waitsForEoi = level && (mode === DeliveryMode.fixed || mode === DeliveryMode.lowestPriority);
    if (waitsForEoi) this.#low[pin] |= Entry.remoteIrr;
    const accepted = this.#options.deliver({
      vector: entry & 0xff, mode, level, destination: this.#high[pin] >>> 24, logical: (entry & Entry.logical) !== 0,
    });
    if (accepted) return;
    if (level) this.#low[pin] &= ~Entry.remoteIrr;
    else this.#edges |= bit;
  }

  #readRegister(): number {
    switch (this.#select) {
      case Reg.id: return this.#apicId << 24;
      case Reg.version: return VERSION;
      case Reg.arbitration: return this.#apicId << 24;
      default: {
        const pin = (this.#select - Reg.entries) >> 1;
        if (pin < 0 || pin >= IOAPIC_PINS) return 0;
        return (this.#select & 1) === 0 ? this.#low[pin] : this.#high[pin];
      }
    }
  }

  #writeRegister(value: number): void {
    if (this.#select === Reg.id) {
      this.#apicId = (value >>> 24) & 0xf;
      return;
    }
    const pin = (this.#select - Reg.entries) >> 1;
    if (pin < 0 || pin >= IOAPIC_PINS) return;
    if ((this.#select & 1) === 0) {
      // Becoming edge-triggered forgets the EOI that was waited for: guests use it for want of an EOI register.
      const kept = (value & Entry.level) === 0 ? 0 : this.#low[pin] & Entry.remoteIrr;
      this.#low[pin] = (value & WRITABLE) | kept;
      if ((value & (Entry.masked | Entry.level)) !== 0) this.#edges &= ~(1 << pin);
      this.#options.onChange();
    } else {
      this.#high[pin] = value & 0xff000000;
    }
    this.#serve(pin);
  }
}
