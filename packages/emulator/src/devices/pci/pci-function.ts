/**
 * One function on the PCI bus: its configuration space (PCI Local Bus Specification 3.0, chapter 6) and base address registers.
 *
 * The space is 256 bytes with a mask of writable bits. A BAR's low bits are not writable, which is all that sizing needs.
 */
import type { MmioHandlers } from '../../api.ts';
import type { SavedValue } from '../device.ts';
import { MachineError } from '../../errors.ts';
import { SavedFields } from '../saved-fields.ts';

export const ConfigOffset = { command: 0x04, status: 0x06, bars: 0x10, capabilities: 0x34, interruptLine: 0x3c, interruptPin: 0x3d } as const;
export const Command = { ports: 1 << 0, memory: 1 << 1, busMaster: 1 << 2, intxDisable: 1 << 10 } as const;
const COMMAND_WRITABLE = 0x0547;
const Status = { interrupt: 1 << 3, capabilities: 1 << 4 } as const;
const SPACE = 256;
const FIRST_CAPABILITY = 0x40;
const BARS = 6;
const PORTS_BAR = 1;
const MEMORY_BAR_MIN = 4096;
const PORTS_BAR_MIN = 4;

export interface PciIdentity {
  readonly vendor: number;
  readonly device: number;
  /** Base class, subclass, interface: 24 bits. */
  readonly classCode: number;
  readonly revision?: number;
  readonly subsystemVendor?: number;
  readonly subsystem?: number;
  /** Interrupt pin: 0 = INTA# … 3 = INTD#. Default: it has none. */
  readonly pin?: number;
}

/** What a BAR makes visible. Handlers get offsets from its base. Sizes are powers of two: memory from 4096 bytes, ports from 4. */
export interface Bar {
  readonly kind: 'memory' | 'ports';
  readonly size: number;
  readonly handler: MmioHandlers;
}

/** A BAR that is decoded at an address. */
export interface DecodedBar {
  readonly bar: Bar;
  readonly base: number;
}

/** Accesses to some bytes of the space that are not stored but handed on. */
interface Window {
  readonly offset: number;
  readonly bytes: number;
  readonly read: (at: number, size: 1 | 2 | 4) => number;
  readonly write: (at: number, size: 1 | 2 | 4, value: number) => void;
}

export class PciFunction {
  /** 0 … 3, or undefined. */
  readonly pin: number | undefined;
  readonly #space = new Uint8Array(SPACE);
  readonly #view = new DataView(this.#space.buffer);
  readonly #writable = new Uint8Array(SPACE);
  readonly #initial = new Uint8Array(SPACE);
  readonly #bars: (Bar | undefined)[] = Array.from({ length: BARS }, () => undefined);
  readonly #windows: Window[] = [];
  readonly #listeners: (() => void)[] = [];
  #nextCapability = FIRST_CAPABILITY;
  #lastLink: number = ConfigOffset.capabilities;
  #asserted = false;

  constructor(identity: PciIdentity) {
    const { vendor, device, classCode, revision = 0, subsystemVendor = 0, subsystem = 0, pin } = identity;
    this.pin = pin;
    this.define(0x00, 2, vendor);
    this.define(0x02, 2, device);
    this.define(ConfigOffset.command, 2, 0, COMMAND_WRITABLE);
    this.define(0x08, 4, ((classCode << 8) | revision) >>> 0);
    // Cache line size and latency timer: kept, and without effect.
    this.define(0x0c, 2, 0, 0xffff);
    this.define(0x2c, 2, subsystemVendor);
    this.define(0x2e, 2, subsystem);
    if (pin === undefined) return;
    this.define(ConfigOffset.interruptLine, 1, 0, 0xff);
    this.define(ConfigOffset.interruptPin, 1, pin + 1);
  }

  /** A register of the device's own: its value after reset, and which of its bits can be written. */
  define(offset: number, size: 1 | 2 | 4, value: number, writable = 0): void {
    for (let i = 0; i < size; i++) {
      this.#initial[offset + i] = this.#space[offset + i] = value >>> (8 * i);
      this.#writable[offset + i] = writable >>> (8 * i);
    }
  }

  /** @throws MachineError `bad-option` for a size that no BAR can have */
  defineBar(index: number, bar: Bar): void {
    const minimum = bar.kind === 'memory' ? MEMORY_BAR_MIN : PORTS_BAR_MIN;
    if (bar.size < minimum || (bar.size & (bar.size - 1)) !== 0) throw new MachineError('bad-option', `a BAR of ${bar.size} bytes`, `use a power of two, from ${minimum}`);
    this.#bars[index] = bar;
    this.define(ConfigOffset.bars + 4 * index, 4, bar.kind === 'ports' ? PORTS_BAR : 0, -bar.size >>> 0);
  }

  /**
   * Append to the list of capabilities.
   * @param body what follows id and link
   * @param writable mask for `body`; default: nothing is
   * @returns offset of the capability in the space
   * @throws MachineError `bad-option` when the space is full
   */
  addCapability(id: number, body: Uint8Array, writable: Uint8Array = new Uint8Array(body.length)): number {
    const offset = this.#nextCapability;
    this.#nextCapability = (offset + 2 + body.length + 3) & ~3;
    if (this.#nextCapability > SPACE) throw new MachineError('bad-option', 'configuration space has no room for the capability', 'capabilities have 192 bytes together');
    this.define(this.#lastLink, 1, offset);
    this.#lastLink = offset + 1;
    this.define(offset, 2, id);
    body.forEach((byte, i) => this.define(offset + 2 + i, 1, byte, writable[i]));
    this.define(ConfigOffset.status, 2, Status.capabilities);
    return offset;
  }

  /** Hand on accesses that begin in these bytes. */
  addWindow(window: Window): void {
    this.#windows.push(window);
  }

  /** Be told after every write, reset and load. */
  onChange(listener: () => void): void {
    this.#listeners.push(listener);
  }

  read(offset: number, size: 1 | 2 | 4): number {
    const window = this.#windowAt(offset);
    if (window !== undefined) return window.read(offset - window.offset, size);
    let value = 0;
    for (let i = size - 1; i >= 0; i--) value = value * 256 + (this.#space[offset + i] ?? 0xff);
    return value;
  }

  write(offset: number, size: 1 | 2 | 4, value: number): void {
    const window = this.#windowAt(offset);
    if (window !== undefined) {
      window.write(offset - window.offset, size, value);
      return;
    }
    for (let at = offset, i = 0; i < size && at < SPACE; at++, i++) {
      this.#space[at] = (this.#space[at]! & ~this.#writable[at]!) | ((value >>> (8 * i)) & this.#writable[at]!);
    }
    this.#changed();
  }

  get command(): number {
    return this.#view.getUint16(ConfigOffset.command, true);
  }

  /** May it read and write memory, and send message-signalled interrupts? */
  get busMaster(): boolean {
    return (this.command & Command.busMaster) !== 0;
  }

  /** The BARs there are, by index. */
  get bars(): readonly (Bar | undefined)[] {
    return this.#bars;
  }

  /** What the command register makes visible, at the addresses that are programmed. */
  get decoded(): readonly DecodedBar[] {
    const { command } = this;
    return this.#bars.flatMap((bar, index) => {
      if (bar === undefined || (command & Command[bar.kind]) === 0) return [];
      return [{ bar, base: (this.#view.getUint32(ConfigOffset.bars + 4 * index, true) & -bar.size) >>> 0 }];
    });
  }

  /** Drive the interrupt pin. */
  setIntx(level: boolean): void {
    if (level === this.#asserted) return;
    this.#asserted = level;
    this.#showIntx();
    this.#changed();
  }

  /** Is the pin asserted, and not disabled? */
  get intx(): boolean {
    return this.#asserted && (this.command & Command.intxDisable) === 0;
  }

  reset(): void {
    this.#space.set(this.#initial);
    this.#showIntx();
    this.#changed();
  }

  save(): SavedValue {
    return { space: this.#space.slice() };
  }

  load(saved: SavedValue): void {
    const space = new SavedFields(saved, 'pci-function').bytes('space', SPACE);
    for (let i = 0; i < SPACE; i++) this.#space[i] = (this.#initial[i]! & ~this.#writable[i]!) | (space[i]! & this.#writable[i]!);
    this.#showIntx();
    this.#changed();
  }

  #showIntx(): void {
    const rest = this.#space[ConfigOffset.status]! & ~Status.interrupt;
    this.#space[ConfigOffset.status] = this.#asserted ? rest | Status.interrupt : rest;
  }

  #windowAt(offset: number): Window | undefined {
    return this.#windows.find((window) => offset >= window.offset && offset < window.offset + window.bytes);
  }

  #changed(): void {
    for (const listener of this.#listeners) listener();
  }
}
