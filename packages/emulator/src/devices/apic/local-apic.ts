/**
 * The local APIC of a processor in xAPIC mode (Intel SDM vol. 3, chapter 11): interrupt messages, priorities, local vector table, timer.
 *
 * One page of 32-bit registers at multiples of 16. What arrives is a {@link ApicMessage}, a wire (LINT0, LINT1), or the timer; what leaves is a
 * vector for the processor, NMI, INIT, and the EOI of level-triggered interrupts. Thermal and performance-counter entries exist and never fire.
 */
import { LAPIC_BASE } from '../../firmware/pc-map.ts';
import type { Detach, Device, DeviceBus, SavedValue } from '../device.ts';
import { partOf } from '../register-access.ts';
import { SavedFields } from '../saved-fields.ts';
import { ApicTimer, TIMER_MODES } from './apic-timer.ts';
import { type ApicMessage, DeliveryMode } from './message.ts';
import { VectorSet } from './vector-set.ts';

const Reg = {
  id: 0x20, version: 0x30, tpr: 0x80, apr: 0x90, ppr: 0xa0, eoi: 0xb0, rrd: 0xc0, ldr: 0xd0, dfr: 0xe0, svr: 0xf0,
  isr: 0x100, tmr: 0x180, irr: 0x200, esr: 0x280, icrLow: 0x300, icrHigh: 0x310,
  lvtTimer: 0x320, lvtError: 0x370, initialCount: 0x380, currentCount: 0x390, divide: 0x3e0,
} as const;
const REGISTER_PAGE = 4096;

/** Integrated APIC, six LVT entries, no suppression of EOI broadcasts. */
const VERSION = 0x00050014;

/** The local vector table in the order of its registers, from 0x320, with the bits that can be written. */
const LVT = [
  { name: 'timer', writable: 0x700ff },
  { name: 'thermal', writable: 0x107ff },
  { name: 'performance', writable: 0x107ff },
  { name: 'lint0', writable: 0x1a7ff },
  { name: 'lint1', writable: 0x1a7ff },
  { name: 'error', writable: 0x100ff },
] as const;
const TIMER = 0;
const LINT0 = 3;
const ERROR = 5;
const LvtBit = { remoteIrr: 1 << 14, level: 1 << 15, masked: 1 << 16 } as const;

const SVR_ENABLED = 0x100;
/** Vector, enable, focus check disable. */
const SVR_WRITABLE = 0x3ff;
const ICR_WRITABLE = 0xccfff;
const DFR_FLAT = 0xf;
const BROADCAST = 0xff;
/** Vectors below are exceptions, and illegal here. */
const FIRST_VECTOR = 16;
const EsrBit = { sendIllegalVector: 1 << 5, receiveIllegalVector: 1 << 6, illegalRegister: 1 << 7 } as const;

const BaseBit = { bsp: 0x100, enabled: 0x800 } as const;

export interface LocalApicOptions {
  /** Initial APIC id. */
  readonly apicId: number;
  /** MAXPHYADDR: reserved bits of the base MSR begin there. */
  readonly physicalBits: number;
  /** {@link LocalApic.pendingVector} or {@link LocalApic.acceptsExtInt} may have changed. */
  readonly onChange: () => void;
  /** A level-triggered interrupt was ended. */
  readonly onEoi: (vector: number) => void;
  /** It may accept now what it refused before. */
  readonly onReady: () => void;
  readonly onNmi: () => void;
  readonly onInit: () => void;
}

export class LocalApic implements Device {
  readonly id = 'lapic';
  readonly timer: ApicTimer;
  readonly #bus: Pick<DeviceBus, 'attachMmio'>;
  readonly #options: LocalApicOptions;
  #detach: Detach | undefined;
  #base = 0;
  #apicId = 0;
  #tpr = 0;
  #ldr = 0;
  #dfr = 0;
  #svr = 0;
  #icrLow = 0;
  #icrHigh = 0;
  /** As last latched by a write, and what came since. */
  #esr = 0;
  #errors = 0;
  readonly #lvt = new Uint32Array(LVT.length);
  readonly #isr = new VectorSet();
  readonly #tmr = new VectorSet();
  readonly #irr = new VectorSet();
  /** Levels of LINT0 and LINT1. */
  readonly #lint: [boolean, boolean] = [false, false];
  #pending = -1;

  constructor(bus: Pick<DeviceBus, 'clock' | 'attachMmio'>, options: LocalApicOptions) {
    this.#bus = bus;
    this.#options = options;
    this.timer = new ApicTimer(bus.clock, () => this.#fireLvt(TIMER));
    this.#powerUp();
    this.#setBase(LAPIC_BASE + BaseBit.enabled + BaseBit.bsp);
  }

  /** The vector it would interrupt the processor with now, or −1. */
  get pendingVector(): number {
    return this.#pending;
  }

  /** The PIC's INTR reaches the processor: by LINT0, or because the APIC is switched off altogether. */
  get acceptsExtInt(): boolean {
    if (!this.enabled) return true;
    return (this.#lvt[LINT0] & LvtBit.masked) === 0 && modeOf(this.#lvt[LINT0]) === DeliveryMode.extInt;
  }

  /** Switched on in the base MSR; if not, CPUID does not show an APIC. */
  get enabled(): boolean {
    return (this.#base & BaseBit.enabled) !== 0;
  }

  /** IA32_APIC_BASE. */
  get base(): number {
    return this.#base;
  }

  /** @returns false for #GP: a reserved bit is set (x2APIC among them) */
  writeBase(value: number): boolean {
    const low = value % REGISTER_PAGE;
    const known = BaseBit.bsp | BaseBit.enabled;
    if ((low & ~known) !== 0 || value < 0 || value >= 2 ** this.#options.physicalBits) return false;
    const was = this.enabled;
    this.#setBase(value - low + (low & BaseBit.enabled) + BaseBit.bsp);
    // Switched on again it is as after power-up.
    if (!was && this.enabled) this.#powerUp();
    this.#update();
    this.#options.onChange();
    return true;
  }

  get tpr(): number {
    return this.#tpr;
  }

  set tpr(value: number) {
    this.#tpr = value & 0xff;
    this.#update();
  }

  /** INTA. @returns the vector, now in service; the spurious one when the request is gone by now */
  acknowledge(): number {
    const vector = this.#pending;
    if (vector < 0) return this.#svr & 0xff;
    this.#irr.delete(vector);
    this.#isr.add(vector);
    this.#update();
    return vector;
  }

  /** A message on the bus. @returns whether it was for this APIC and was accepted */
  accept(message: ApicMessage): boolean {
    if (!this.enabled || !this.#isAddressed(message.destination, message.logical)) return false;
    return this.#take(message.mode, message.vector, message.level);
  }

  /** LINT0 (the PIC's INTR) or LINT1 (NMI of the board). */
  setLint(pin: 0 | 1, level: boolean): void {
    const rises = level && !this.#lint[pin];
    this.#lint[pin] = level;
    if (!this.enabled) {
      // The pins are the processor's INTR and NMI then.
      if (pin === 1 && rises) this.#options.onNmi();
      return;
    }
    this.#serveLint(pin, rises);
  }

  reset(): void {
    this.#powerUp();
    this.#setBase(LAPIC_BASE + BaseBit.enabled + BaseBit.bsp);
    this.#options.onChange();
  }

  /** A register read through the page. */
  read(offset: number, size: 1 | 2 | 4): number {
    // Bytes 4 … 15 of a register are undefined; here they are 0.
    if ((offset & 0xc) !== 0) return 0;
    return partOf(this.#readRegister(offset & 0xff0), offset & 3, size);
  }

  /** Only aligned 32-bit writes are defined; others are ignored. */
  write(offset: number, size: 1 | 2 | 4, value: number): void {
    if (size === 4 && (offset & 0xf) === 0) this.#writeRegister(offset, value);
  }

  save(): SavedValue {
    return {
      base: this.#base, apicId: this.#apicId, tpr: this.#tpr, ldr: this.#ldr, dfr: this.#dfr, svr: this.#svr,
      icrLow: this.#icrLow, icrHigh: this.#icrHigh, esr: this.#esr, errors: this.#errors, lvt: [...this.#lvt],
      isr: this.#isr.save(), tmr: this.#tmr.save(), irr: this.#irr.save(), lint: this.#lint.map(Number), timer: this.timer.save(),
    };
  }

  load(saved: SavedValue): void {
    const from = new SavedFields(saved, this.id);
    const word = (name: string): number => from.int(name, 0, 0xffffffff);
    this.#apicId = from.byte('apicId');
    this.#tpr = from.byte('tpr');
    this.#ldr = from.byte('ldr');
    this.#dfr = from.int('dfr', 0, DFR_FLAT);
    this.#svr = word('svr') & SVR_WRITABLE;
    this.#icrLow = word('icrLow') & ICR_WRITABLE;
    this.#icrHigh = from.byte('icrHigh');
    this.#esr = from.byte('esr');
    this.#errors = from.byte('errors');
    this.#lvt.set(from.ints('lvt', LVT.length, 0, 0xffffffff));
    this.#isr.load(from, 'isr');
    this.#tmr.load(from, 'tmr');
    this.#irr.load(from, 'irr');
    const [lint0, lint1] = from.ints('lint', 2, 0, 1);
    this.#lint[0] = lint0 === 1;
    this.#lint[1] = lint1 === 1;
    this.timer.load(from.value('timer'));
    this.#setBase(from.int('base', 0, 2 ** this.#options.physicalBits - 1));
    this.#update();
    this.#options.onChange();
  }

  #powerUp(): void {
    this.#apicId = this.#options.apicId;
    this.#tpr = 0;
    this.#ldr = 0;
    this.#dfr = DFR_FLAT;
    this.#svr = 0xff;
    this.#icrLow = 0;
    this.#icrHigh = 0;
    this.#esr = 0;
    this.#errors = 0;
    this.#lvt.fill(LvtBit.masked);
    this.#isr.clear();
    this.#tmr.clear();
    this.#irr.clear();
    this.timer.reset();
    this.#update();
  }

  #setBase(value: number): void {
    if (value === this.#base) return;
    this.#base = value;
    this.#detach?.();
    this.#detach = undefined;
    if (!this.enabled) return;
    this.#detach = this.#bus.attachMmio(value - (value % REGISTER_PAGE), REGISTER_PAGE, {
      read: (offset, size) => this.read(offset, size),
      write: (offset, size, written) => this.write(offset, size, written),
    });
  }

  get #softwareEnabled(): boolean {
    return (this.#svr & SVR_ENABLED) !== 0;
  }

  /** Processor priority: the higher of task and service, in classes of 16 vectors. */
  get #ppr(): number {
    const serving = Math.max(0, this.#isr.highest);
    return this.#tpr >> 4 >= serving >> 4 ? this.#tpr : serving & 0xf0;
  }

  /** Arbitration priority, for lowest-priority messages. */
  get #apr(): number {
    const serving = Math.max(0, this.#isr.highest) >> 4;
    const waiting = Math.max(0, this.#irr.highest) >> 4;
    const task = this.#tpr >> 4;
    return task >= waiting && task > serving ? this.#tpr : Math.max(task & serving, waiting) << 4;
  }

  #update(): void {
    const vector = this.#irr.highest;
    const pending = this.enabled && this.#softwareEnabled && vector >= 0 && vector >> 4 > this.#ppr >> 4 ? vector : -1;
    if (pending === this.#pending) return;
    this.#pending = pending;
    this.#options.onChange();
  }

  #isAddressed(destination: number, logical: boolean): boolean {
    if (!logical) return destination === BROADCAST || destination === this.#apicId;
    if (this.#dfr === DFR_FLAT) return (destination & this.#ldr) !== 0;
    const cluster = destination >> 4;
    return (cluster === 0xf || cluster === this.#ldr >> 4) && (destination & this.#ldr & 0xf) !== 0;
  }

  /** @returns whether it was accepted */
  #take(mode: number, vector: number, level: boolean): boolean {
    switch (mode) {
      case DeliveryMode.fixed:
      case DeliveryMode.lowestPriority:
        return this.#request(vector, level);
      case DeliveryMode.nmi:
        this.#options.onNmi();
        return true;
      case DeliveryMode.init:
        this.#options.onInit();
        return true;
      default:
        // There is no SMM to enter, and a start-up message concerns a processor that waits for one: not the boot processor.
        return mode === DeliveryMode.smi || mode === DeliveryMode.startup;
    }
  }

  #request(vector: number, level: boolean): boolean {
    if (!this.#softwareEnabled) return false;
    if (vector < FIRST_VECTOR) {
      this.#error(EsrBit.receiveIllegalVector);
      return true;
    }
    this.#irr.add(vector);
    if (level) this.#tmr.add(vector);
    else this.#tmr.delete(vector);
    this.#update();
    return true;
  }

  #error(bit: number): void {
    this.#errors |= bit;
    const vector = this.#lvt[ERROR] & 0xff;
    // An illegal vector here would be an error again.
    if (vector < FIRST_VECTOR) this.#errors |= EsrBit.receiveIllegalVector;
    else this.#fireLvt(ERROR);
  }

  /** An event of the local vector table, edge-triggered. */
  #fireLvt(index: number): void {
    const entry = this.#lvt[index];
    if ((entry & LvtBit.masked) !== 0) return;
    // Timer and error entries have no delivery mode: the bits read 0, fixed.
    this.#take(modeOf(entry), entry & 0xff, false);
  }

  #serveLint(pin: 0 | 1, rises: boolean): void {
    const index = LINT0 + pin;
    const entry = this.#lvt[index];
    if ((entry & LvtBit.masked) !== 0) return;
    const mode = modeOf(entry);
    if (mode === DeliveryMode.extInt) {
      this.#options.onChange();
    } else if (mode === DeliveryMode.fixed && (entry & LvtBit.level) !== 0) {
      if (!this.#lint[pin] || (entry & LvtBit.remoteIrr) !== 0) return;
      if (this.#request(entry & 0xff, true)) this.#lvt[index] |= LvtBit.remoteIrr;
    } else if (rises) {
      this.#take(mode, entry & 0xff, false);
    }
  }

  #endOfInterrupt(): void {
    const vector = this.#isr.highest;
    if (vector < 0) return;
    this.#isr.delete(vector);
    if (this.#tmr.has(vector)) {
      for (const pin of [0, 1] as const) {
        const index = LINT0 + pin;
        if ((this.#lvt[index] & 0xff) !== vector) continue;
        this.#lvt[index] &= ~LvtBit.remoteIrr;
        this.#serveLint(pin, false);
      }
      this.#options.onEoi(vector);
    }
    this.#update();
  }

  #readRegister(register: number): number {
    if (register >= Reg.isr && register < Reg.esr) {
      const set = register < Reg.tmr ? this.#isr : register < Reg.irr ? this.#tmr : this.#irr;
      return set.word((register >> 4) & 7);
    }
    if (register >= Reg.lvtTimer && register <= Reg.lvtError) return this.#lvt[(register - Reg.lvtTimer) >> 4];
    switch (register) {
      case Reg.id: return (this.#apicId << 24) >>> 0;
      case Reg.version: return VERSION;
      case Reg.tpr: return this.#tpr;
      case Reg.apr: return this.#apr;
      case Reg.ppr: return this.#ppr;
      case Reg.eoi: return 0;
      case Reg.rrd: return 0;
      case Reg.ldr: return (this.#ldr << 24) >>> 0;
      case Reg.dfr: return ((this.#dfr << 28) | 0x0fffffff) >>> 0;
      case Reg.svr: return this.#svr;
      case Reg.esr: return this.#esr;
      case Reg.icrLow: return this.#icrLow;
      case Reg.icrHigh: return (this.#icrHigh << 24) >>> 0;
      case Reg.initialCount: return this.timer.initial;
      case Reg.currentCount: return this.timer.current;
      case Reg.divide: return this.timer.divide;
      default:
        this.#error(EsrBit.illegalRegister);
        return 0;
    }
  }

  #writeRegister(register: number, value: number): void {
    if (register >= Reg.isr && register < Reg.esr) return;
    if (register >= Reg.lvtTimer && register <= Reg.lvtError) {
      this.#writeLvt((register - Reg.lvtTimer) >> 4, value);
      return;
    }
    switch (register) {
      case Reg.id:
        this.#apicId = value >>> 24;
        this.#options.onReady();
        return;
      case Reg.tpr:
        this.tpr = value;
        return;
      case Reg.eoi:
        this.#endOfInterrupt();
        return;
      case Reg.ldr:
        this.#ldr = value >>> 24;
        this.#options.onReady();
        return;
      case Reg.dfr:
        this.#dfr = value >>> 28;
        this.#options.onReady();
        return;
      case Reg.svr:
        this.#writeSvr(value);
        return;
      case Reg.esr:
        this.#esr = this.#errors;
        this.#errors = 0;
        return;
      case Reg.icrLow:
        this.#icrLow = value & ICR_WRITABLE;
        this.#send();
        return;
      case Reg.icrHigh:
        this.#icrHigh = value >>> 24;
        return;
      case Reg.initialCount:
        this.timer.initial = value;
        return;
      case Reg.divide:
        this.timer.divide = value;
        return;
      case Reg.version: case Reg.apr: case Reg.ppr: case Reg.rrd: case Reg.currentCount:
        return;
      default:
        this.#error(EsrBit.illegalRegister);
    }
  }

  #writeLvt(index: number, value: number): void {
    const forced = this.#softwareEnabled ? 0 : LvtBit.masked;
    const level = (value & LvtBit.level) !== 0;
    const kept = level ? this.#lvt[index] & LvtBit.remoteIrr : 0;
    this.#lvt[index] = (value & LVT[index].writable) | forced | kept;
    if (index === TIMER) this.timer.configure(TIMER_MODES[(value >> 17) & 3], (this.#lvt[index] & LvtBit.masked) !== 0);
    if (index === LINT0 || index === LINT0 + 1) this.#serveLint(index === LINT0 ? 0 : 1, false);
    this.#options.onChange();
  }

  #writeSvr(value: number): void {
    this.#svr = value & SVR_WRITABLE;
    if (!this.#softwareEnabled) {
      for (let index = 0; index < LVT.length; index++) this.#lvt[index] |= LvtBit.masked;
      this.timer.configure(TIMER_MODES[(this.#lvt[TIMER] >> 17) & 3], true);
    }
    this.#update();
    this.#options.onChange();
    this.#options.onReady();
  }

  /** Interrupt command register: a message to this processor, the only one, or to nobody. */
  #send(): void {
    const vector = this.#icrLow & 0xff;
    const mode = modeOf(this.#icrLow);
    const asserted = (this.#icrLow & 0x4000) !== 0;
    const level = (this.#icrLow & 0x8000) !== 0;
    // INIT level de-assert: synchronises arbitration ids, and nothing since the Pentium 4.
    if (mode === DeliveryMode.init && level && !asserted) return;
    if ((mode === DeliveryMode.fixed || mode === DeliveryMode.lowestPriority) && vector < FIRST_VECTOR) {
      this.#error(EsrBit.sendIllegalVector);
      return;
    }
    const shorthand = (this.#icrLow >> 18) & 3;
    const here = shorthand === 0 ? this.#isAddressed(this.#icrHigh, (this.#icrLow & 0x800) !== 0) : shorthand !== 3;
    if (here) this.#take(mode, vector, false);
  }
}

/** Delivery mode of an LVT entry or of the ICR. */
function modeOf(entry: number): number {
  return (entry >> 8) & 7;
}
