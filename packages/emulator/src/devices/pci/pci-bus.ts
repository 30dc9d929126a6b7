/**
 * PCI bus 0: configuration mechanism 1 (PCI Local Bus Specification 3.0, section 3.2.2.3.2), address decoding, interrupt routing, and the assignment of resources
 * that firmware would do.
 *
 * The host bridge forwards what is in {@link PciWindow} and nothing else: a BAR programmed to another place, over RAM say, is not seen there.
 */
import { MachineError } from '../../errors.ts';
import { PCI_SLOTS, PciWindow, pciGsi, pciPirq, PIRQ_LINES } from '../../firmware/pc-map.ts';
import type { Detach, Device, DeviceBus, IrqLine, SavedValue } from '../device.ts';
import { SavedFields } from '../saved-fields.ts';
import { hostBridge, IsaBridge } from './chipset.ts';
import { Command, ConfigOffset, type DecodedBar, type PciFunction } from './pci-function.ts';

const ADDRESS_PORT = 0xcf8;
const DATA_PORT = 0xcfc;
const ADDRESS_ENABLE = 0x80000000;
/** Enable, bus, device, function, register: the other bits read 0. */
const ADDRESS_WRITABLE = 0x80fffffc;

const HOST_BRIDGE_SLOT = 0;
const ISA_BRIDGE_SLOT = 1;
/** First slot that is free for devices; the last is {@link PCI_SLOTS} − 1. */
export const FIRST_PCI_SLOT = 2;

export interface PciBusOptions {
  /** A bus master's write of 32 bits to 0xFEExxxxx: a message-signalled interrupt. */
  readonly msi: (address: number, data: number) => void;
}

/** A function in its slot, with the wires of its interrupt pin. */
class Attached {
  readonly slot: number;
  readonly function: PciFunction;
  readonly #bus: Pick<DeviceBus, 'irq'>;
  readonly #gsi: IrqLine | undefined;
  /** By ISA line: those that the PIRQ was ever led to. */
  readonly #isa = new Map<number, IrqLine>();

  constructor(slot: number, pciFunction: PciFunction, bus: Pick<DeviceBus, 'irq'>) {
    this.slot = slot;
    this.function = pciFunction;
    this.#bus = bus;
    if (pciFunction.pin !== undefined) this.#gsi = bus.irq(pciGsi(slot, pciFunction.pin));
  }

  get pirq(): number | undefined {
    const { pin } = this.function;
    return pin === undefined ? undefined : pciPirq(this.slot, pin);
  }

  /** Drive IOAPIC and PICs. @param isaLine where the pin's PIRQ leads now */
  drive(isaLine: number | undefined): void {
    const level = this.function.intx;
    this.#gsi?.set(level);
    if (isaLine !== undefined && level && !this.#isa.has(isaLine)) this.#isa.set(isaLine, this.#bus.irq(isaLine));
    for (const [line, wire] of this.#isa) wire.set(level && line === isaLine);
  }
}

export class PciBus implements Device {
  readonly id = 'pci';
  /** Send a message-signalled interrupt. */
  readonly msi: (address: number, data: number) => void;
  readonly #bus: Pick<DeviceBus, 'attachPorts' | 'attachMmio' | 'irq'>;
  readonly #attached: Attached[] = [];
  readonly #isaBridge = new IsaBridge();
  #address = 0;
  /** What is decoded at present, as text, and how it is undone. */
  #map = '';
  #detach: Detach[] = [];

  constructor(bus: Pick<DeviceBus, 'attachPorts' | 'attachMmio' | 'irq'>, options: PciBusOptions) {
    this.#bus = bus;
    this.msi = options.msi;
    this.add(HOST_BRIDGE_SLOT, hostBridge());
    this.add(ISA_BRIDGE_SLOT, this.#isaBridge.function);
    this.#isaBridge.function.onChange(() => this.#routeAll());
    bus.attachPorts(ADDRESS_PORT, ADDRESS_PORT + 3, {
      read: (port, size) => (port === ADDRESS_PORT && size === 4 ? this.#address : 0xffffffff),
      // Anything but 32 bits is no access to the register, by the specification.
      write: (port, size, value) => {
        if (port === ADDRESS_PORT && size === 4) this.#address = (value & ADDRESS_WRITABLE) >>> 0;
      },
    });
    bus.attachPorts(DATA_PORT, DATA_PORT + 3, {
      read: (port, size) => this.#selected?.read(this.#register(port), size) ?? 0xffffffff,
      write: (port, size, value) => this.#selected?.write(this.#register(port), size, value),
    });
  }

  /**
   * Put a single-function device into a slot.
   * @throws MachineError `bad-option` when there is no such slot, or it is taken
   */
  add(slot: number, pciFunction: PciFunction): void {
    if (!(slot >= 0 && slot < PCI_SLOTS) || this.#at(slot) !== undefined) throw new MachineError('bad-option', `PCI slot ${slot} is taken, or none`, `use a free one of ${FIRST_PCI_SLOT} … ${PCI_SLOTS - 1}`);
    const attached = new Attached(slot, pciFunction, this.#bus);
    this.#attached.push(attached);
    pciFunction.onChange(() => {
      this.#route(attached);
      this.#decode();
    });
  }

  /** As firmware leaves the bus: BARs and interrupt lines assigned, decoding on. After a reset. */
  assignResources(): void {
    const next: Record<'memory' | 'ports', number> = { memory: PciWindow.memory.first, ports: PciWindow.ports.first };
    this.#isaBridge.route(PIRQ_LINES);
    for (const { function: pciFunction, pirq } of this.#attached) {
      let command = 0;
      pciFunction.bars.forEach((bar, index) => {
        if (bar === undefined) return;
        const { kind, size } = bar;
        const base = Math.ceil(next[kind] / size) * size;
        next[kind] = base + size;
        pciFunction.write(ConfigOffset.bars + 4 * index, 4, base);
        command |= Command[kind];
      });
      if (pirq !== undefined) pciFunction.write(ConfigOffset.interruptLine, 1, PIRQ_LINES[pirq]!);
      pciFunction.write(ConfigOffset.command, 2, command);
    }
  }

  reset(): void {
    this.#address = 0;
    for (const { function: pciFunction } of this.#attached) pciFunction.reset();
  }

  save(): SavedValue {
    return { address: this.#address, functions: this.#attached.map(({ slot, function: pciFunction }) => ({ slot, config: pciFunction.save() })) };
  }

  load(saved: SavedValue): void {
    const from = new SavedFields(saved, this.id);
    const functions = from.list('functions', this.#attached.length);
    this.#address = (from.int('address', 0, 0xffffffff) & ADDRESS_WRITABLE) >>> 0;
    this.#attached.forEach(({ slot, function: pciFunction }, i) => {
      functions[i]!.int('slot', slot, slot);
      pciFunction.load(functions[i]!.value('config'));
    });
  }

  #at(slot: number): Attached | undefined {
    return this.#attached.find((attached) => attached.slot === slot);
  }

  /** Only function 0 of devices on bus 0 exists. */
  get #selected(): PciFunction | undefined {
    const address = this.#address;
    if ((address & ADDRESS_ENABLE) === 0 || (address & 0xff0700) !== 0) return undefined;
    return this.#at((address >> 11) & 0x1f)?.function;
  }

  #register(port: number): number {
    return (this.#address & 0xfc) + (port - DATA_PORT);
  }

  #route(attached: Attached): void {
    const { pirq } = attached;
    attached.drive(pirq === undefined ? undefined : this.#isaBridge.lineOf(pirq));
  }

  #routeAll(): void {
    for (const attached of this.#attached) this.#route(attached);
  }

  /** Make visible what is decoded now. All of it anew when anything has moved: regions may have overlapped. */
  #decode(): void {
    const decoded = this.#attached.flatMap(({ function: pciFunction }) => pciFunction.decoded.filter(isForwarded));
    const map = decoded.map(({ bar, base }) => `${bar.kind} ${base} ${bar.size}`).join();
    if (map === this.#map) return;
    this.#map = map;
    for (const detach of this.#detach) detach();
    this.#detach = decoded.map((region) => this.#attach(region));
  }

  #attach({ bar, base }: DecodedBar): Detach {
    const { kind, size, handler } = bar;
    if (kind === 'memory') return this.#bus.attachMmio(base, size, handler);
    return this.#bus.attachPorts(base, base + size - 1, {
      read: (port, width) => handler.read(port - base, width),
      write: (port, width, value) => handler.write(port - base, width, value),
    });
  }
}

function isForwarded({ bar, base }: DecodedBar): boolean {
  const window = PciWindow[bar.kind];
  return base >= window.first && base + bar.size - 1 <= window.last;
}
