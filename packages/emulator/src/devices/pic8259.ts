/** One 8259A interrupt controller (Intel 8259A data sheet, order number 231468): registers, priorities, initialisation. Knows no bus. */
import type { SavedValue } from './device.ts';
import type { SavedFields } from './saved-fields.ts';

/** First command word of an initialisation. */
const Icw1 = { needIcw4: 0x01, single: 0x02, level: 0x08, marker: 0x10 } as const;
const Icw4 = { autoEoi: 0x02, specialFullyNested: 0x10 } as const;
const Ocw3 = { readIsr: 0x01, readRegister: 0x02, poll: 0x04, marker: 0x08, specialMask: 0x20, enableSpecialMask: 0x40 } as const;
/** Bits 7 … 5 of OCW2: rotate, specific, EOI. */
const Ocw2 = {
  clearRotateAutoEoi: 0, eoi: 1, specificEoi: 3, setRotateAutoEoi: 4, rotateEoi: 5, setPriority: 6, rotateSpecificEoi: 7,
} as const;

/** Input that requests nothing: what a spurious acknowledge is answered with. */
const SPURIOUS = 7;
/** Next word that port 1 expects; `ready` = OCW1. */
const STEPS = ['ready', 'icw2', 'icw3', 'icw4'] as const;

export class Pic8259 {
  /** Input of the master that the slave's output is wired to, or −1. It follows the slave's output whatever the trigger mode. */
  readonly #cascade: number;
  /** Inputs that ELCR can make level-triggered. */
  readonly #elcrMask: number;
  #lines = 0;
  #latched = 0;
  #imr = 0;
  #isr = 0;
  #elcr = 0;
  #levelTriggered = false;
  #base = 0;
  /** Input of lowest priority; the next one has the highest. */
  #lowest = 7;
  #step: (typeof STEPS)[number] = 'ready';
  #single = false;
  #needIcw4 = false;
  #autoEoi = false;
  #rotateOnAutoEoi = false;
  #specialFullyNested = false;
  #specialMask = false;
  #readIsr = false;
  #poll = false;

  constructor(options: { readonly cascade: number; readonly elcrMask: number }) {
    this.#cascade = options.cascade;
    this.#elcrMask = options.elcrMask;
  }

  /** Not initialised by anybody: everything is masked. Levels of the inputs stay, they belong to who drives them. */
  reset(): void {
    this.#initialise();
    this.#imr = 0xff;
    this.#elcr = 0;
    this.#levelTriggered = false;
    this.#base = 0;
    this.#step = 'ready';
    this.#single = false;
    this.#needIcw4 = false;
  }

  /** INT: an unmasked request of higher priority than what is in service. */
  get output(): boolean {
    return this.#winner() >= 0;
  }

  get elcr(): number {
    return this.#elcr;
  }

  set elcr(value: number) {
    this.#elcr = value & this.#elcrMask;
  }

  setLine(input: number, level: boolean): void {
    const bit = 1 << input;
    if (level && (this.#lines & bit) === 0) this.#latched |= bit;
    this.#lines = level ? this.#lines | bit : this.#lines & ~bit;
  }

  /** INTA cycle. @returns the input that is now in service, or 7 when there was no request (spurious, not in service) */
  acknowledge(): number {
    const input = this.#winner();
    if (input < 0) return SPURIOUS;
    this.#serve(input);
    return input;
  }

  /** Interrupt vector of an input. */
  vector(input: number): number {
    return this.#base | input;
  }

  read(address: 0 | 1): number {
    if (this.#poll) {
      this.#poll = false;
      const input = this.#winner();
      if (input < 0) return 0;
      this.#serve(input);
      return 0x80 | input;
    }
    if (address === 1) return this.#imr;
    return this.#readIsr ? this.#isr : this.#requests();
  }

  write(address: 0 | 1, value: number): void {
    if (address === 1) this.#writeData(value);
    else if ((value & Icw1.marker) !== 0) this.#writeIcw1(value);
    else if ((value & Ocw3.marker) !== 0) this.#writeOcw3(value);
    else this.#writeOcw2(value);
  }

  save(): SavedValue {
    return {
      lines: this.#lines, latched: this.#latched, imr: this.#imr, isr: this.#isr, elcr: this.#elcr, levelTriggered: this.#levelTriggered,
      base: this.#base, lowest: this.#lowest, step: this.#step, single: this.#single, needIcw4: this.#needIcw4, autoEoi: this.#autoEoi,
      rotateOnAutoEoi: this.#rotateOnAutoEoi, specialFullyNested: this.#specialFullyNested, specialMask: this.#specialMask,
      readIsr: this.#readIsr, poll: this.#poll,
    };
  }

  /** @throws MachineError `bad-snapshot` */
  load(from: SavedFields): void {
    this.#lines = from.byte('lines');
    this.#latched = from.byte('latched');
    this.#imr = from.byte('imr');
    this.#isr = from.byte('isr');
    this.#elcr = from.byte('elcr') & this.#elcrMask;
    this.#levelTriggered = from.bool('levelTriggered');
    this.#base = from.byte('base') & 0xf8;
    this.#lowest = from.int('lowest', 0, 7);
    this.#step = from.oneOf('step', STEPS);
    this.#single = from.bool('single');
    this.#needIcw4 = from.bool('needIcw4');
    this.#autoEoi = from.bool('autoEoi');
    this.#rotateOnAutoEoi = from.bool('rotateOnAutoEoi');
    this.#specialFullyNested = from.bool('specialFullyNested');
    this.#specialMask = from.bool('specialMask');
    this.#readIsr = from.bool('readIsr');
    this.#poll = from.bool('poll');
  }

  /** IRR: the level of level-triggered inputs, the latched edge of the others. */
  #requests(): number {
    const levels = this.#levelTriggered ? 0xff : this.#elcr | (this.#cascade < 0 ? 0 : 1 << this.#cascade);
    return (this.#lines & levels) | (this.#latched & ~levels);
  }

  /** The input that would be acknowledged now, or −1. */
  #winner(): number {
    const requests = this.#requests() & ~this.#imr;
    if (requests === 0) return -1;
    // In special mask mode an input in service that is masked holds back nobody.
    const blocking = this.#specialMask ? this.#isr & ~this.#imr : this.#isr;
    for (let priority = 1; priority <= 8; priority++) {
      const input = (this.#lowest + priority) & 7;
      const bit = 1 << input;
      const nested = this.#specialFullyNested && input === this.#cascade;
      if ((requests & bit) !== 0 && ((this.#isr & bit) === 0 || nested)) return input;
      if ((blocking & bit) !== 0) return -1;
    }
    return -1;
  }

  #serve(input: number): void {
    const bit = 1 << input;
    this.#latched &= ~bit;
    if (!this.#autoEoi) this.#isr |= bit;
    else if (this.#rotateOnAutoEoi) this.#lowest = input;
  }

  /** What ICW1 does by itself: edge latches, masks and modes are cleared, IR7 gets the lowest priority. */
  #initialise(): void {
    this.#latched = 0;
    this.#imr = 0;
    this.#isr = 0;
    this.#lowest = 7;
    this.#autoEoi = false;
    this.#rotateOnAutoEoi = false;
    this.#specialFullyNested = false;
    this.#specialMask = false;
    this.#readIsr = false;
    this.#poll = false;
  }

  #writeIcw1(value: number): void {
    this.#initialise();
    this.#levelTriggered = (value & Icw1.level) !== 0;
    this.#single = (value & Icw1.single) !== 0;
    this.#needIcw4 = (value & Icw1.needIcw4) !== 0;
    this.#step = 'icw2';
  }

  #writeData(value: number): void {
    const afterIcw3 = this.#needIcw4 ? 'icw4' : 'ready';
    switch (this.#step) {
      case 'ready':
        this.#imr = value;
        return;
      case 'icw2':
        this.#base = value & 0xf8;
        this.#step = this.#single ? afterIcw3 : 'icw3';
        return;
      case 'icw3':
        // Wiring of the cascade: it is soldered here.
        this.#step = afterIcw3;
        return;
      case 'icw4':
        this.#autoEoi = (value & Icw4.autoEoi) !== 0;
        this.#specialFullyNested = (value & Icw4.specialFullyNested) !== 0;
        this.#step = 'ready';
    }
  }

  #writeOcw2(value: number): void {
    const level = value & 7;
    switch (value >> 5) {
      case Ocw2.clearRotateAutoEoi:
        this.#rotateOnAutoEoi = false;
        return;
      case Ocw2.setRotateAutoEoi:
        this.#rotateOnAutoEoi = true;
        return;
      case Ocw2.eoi:
        this.#endHighest();
        return;
      case Ocw2.rotateEoi: {
        const ended = this.#endHighest();
        if (ended >= 0) this.#lowest = ended;
        return;
      }
      case Ocw2.specificEoi:
        this.#isr &= ~(1 << level);
        return;
      case Ocw2.rotateSpecificEoi:
        this.#isr &= ~(1 << level);
        this.#lowest = level;
        return;
      case Ocw2.setPriority:
        this.#lowest = level;
    }
  }

  /** Non-specific EOI. In special mask mode it passes over inputs that are masked. */
  #endHighest(): number {
    const candidates = this.#specialMask ? this.#isr & ~this.#imr : this.#isr;
    for (let priority = 1; priority <= 8; priority++) {
      const input = (this.#lowest + priority) & 7;
      if ((candidates & (1 << input)) === 0) continue;
      this.#isr &= ~(1 << input);
      return input;
    }
    return -1;
  }

  #writeOcw3(value: number): void {
    this.#poll = (value & Ocw3.poll) !== 0;
    if ((value & Ocw3.readRegister) !== 0) this.#readIsr = (value & Ocw3.readIsr) !== 0;
    if ((value & Ocw3.enableSpecialMask) !== 0) this.#specialMask = (value & Ocw3.specialMask) !== 0;
  }
}
