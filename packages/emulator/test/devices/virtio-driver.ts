/** A small virtio driver in fake guest memory: finds its device on PCI as a real one does, and makes queue traffic by the book or against it. */
import type { Device, DeviceMemory } from '../../src/devices/device.ts';
import { FIRST_PCI_SLOT, PciBus } from '../../src/devices/pci/pci-bus.ts';
import type { VirtioModel } from '../../src/devices/virtio/model.ts';
import { VirtioPci } from '../../src/devices/virtio/virtio-pci.ts';
import { pciGsi } from '../../src/firmware/pc-map.ts';
import { FakeBus } from './fake-bus.ts';

const SLOT = FIRST_PCI_SLOT;
export const RAM_BYTES = 0x40000;
/** Each queue has its areas here, then come the buffers. */
const QUEUE_AREA = 0x4000;
const AVAILABLE = 0x2000;
const USED = 0x3000;
const BUFFERS = 0x10000;
export const Flag = { next: 1, write: 2, indirect: 4 } as const;
export const Status = { acknowledge: 1, driver: 2, driverOk: 4, featuresOk: 8, needsReset: 64 } as const;
export const Bit = { indirect: 28, eventIndex: 29, version1: 32 } as const;

export interface Buffer {
  /** Bytes for the device to read, or how many it may write. */
  readonly out?: Uint8Array;
  readonly in?: number;
}

/** Memory that a device must not address beyond 4 GiB. */
function checkedMemory({ memory }: FakeBus): DeviceMemory {
  const check = (physical: number, { length }: Uint8Array): void => {
    if (!(Number.isSafeInteger(physical) && physical >= 0 && physical + length <= 2 ** 32)) throw new Error(`${length} bytes at ${physical}`);
  };
  return {
    read: (physical, target) => {
      check(physical, target);
      memory.read(physical, target);
    },
    write: (physical, bytes) => {
      check(physical, bytes);
      memory.write(physical, bytes);
    },
  };
}

/** A machine with one virtio device in it. */
export class VirtioMachine {
  readonly bus = new FakeBus({ ramBytes: RAM_BYTES });
  readonly messages: number[] = [];
  readonly pci = new PciBus(this.bus, { msi: (_address, data) => void this.messages.push(data) });
  readonly device: Device;
  readonly ram = new DataView(this.bus.ram.buffer);

  constructor(model: VirtioModel) {
    this.device = new VirtioPci({ clock: this.bus.clock, memory: checkedMemory(this.bus) }, this.pci, { id: 'virtio', slot: SLOT, model });
    this.pci.assignResources();
    this.config(4, 2, 6);
  }

  /** Read configuration space, or write it. */
  config(register: number, size: 1 | 2 | 4, value?: number): number {
    this.bus.outl(0xcf8, 0x80000000 + SLOT * 0x800 + (register & 0xfc));
    const port = 0xcfc + (register & 3);
    if (value !== undefined) this.bus.ports.write(port, value, size);
    return this.bus.ports.read(port, size);
  }

  /** Offset of a vendor capability by its type, or of another by its id. */
  capability(type: number, id = 9): number {
    for (let at = this.config(0x34, 1); at !== 0; at = this.config(at + 1, 1)) {
      if (this.config(at, 1) === id && (id !== 9 || this.config(at + 3, 1) === type)) return at;
    }
    throw new Error(`no capability ${type}`);
  }

  /** Physical address of a structure. */
  structure(type: number): number {
    const at = this.capability(type);
    return ((this.config(0x10 + 4 * this.config(at + 4, 1), 4) & ~0xf) >>> 0) + this.config(at + 8, 4);
  }

  get intx(): boolean {
    return this.bus.lines[pciGsi(SLOT, 0)]!.level;
  }
}

export class VirtioDriver {
  readonly machine: VirtioMachine;
  readonly common: number;
  readonly notifyAt: number;
  readonly isrAt: number;
  readonly deviceConfig: number;
  readonly #queues = new Map<number, DriverQueue>();

  constructor(machine: VirtioMachine) {
    this.machine = machine;
    [this.common, this.notifyAt, this.isrAt, this.deviceConfig] = [machine.structure(1), machine.structure(2), machine.structure(3), machine.structure(4)] as const;
  }

  read(offset: number, size: 1 | 2 | 4): number {
    return this.machine.bus.mmioRead(this.common + offset, size);
  }

  write(offset: number, size: 1 | 2 | 4, to: number): void {
    this.machine.bus.mmioWrite(this.common + offset, to, size);
  }

  get status(): number {
    return this.read(20, 1);
  }

  set status(to: number) {
    this.write(20, 1, to);
  }

  /** Feature bits offered, as numbers of bits. */
  get offered(): number[] {
    return [0, 1].flatMap((word) => {
      this.write(0, 4, word);
      const bits = this.read(4, 4);
      return Array.from({ length: 32 }, (_, bit) => bit).filter((bit) => (bits >>> bit) & 1).map((bit) => bit + 32 * word);
    });
  }

  accept(bits: readonly number[]): void {
    for (const word of [0, 1]) {
      this.write(8, 4, word);
      this.write(12, 4, bits.reduce((sum, bit) => (bit >> 5 === word ? sum + 2 ** (bit & 31) : sum), 0));
    }
  }

  /** Reset, negotiate, set up all queues, go. */
  start(options: { readonly features?: readonly number[]; readonly size?: number } = {}): this {
    const { features = [Bit.version1], size } = options;
    this.status = 0;
    this.status = Status.acknowledge | Status.driver;
    this.accept(features);
    this.status |= Status.featuresOk;
    if ((this.status & Status.featuresOk) === 0) throw new Error('features refused');
    for (let index = 0; index < this.read(18, 2); index++) this.#queues.set(index, new DriverQueue(this, index, features, size));
    this.status |= Status.driverOk;
    return this;
  }

  queue(index: number): DriverQueue {
    return this.#queues.get(index)!;
  }
}

export class DriverQueue {
  readonly size: number;
  readonly base: number;
  readonly #driver: VirtioDriver;
  readonly #index: number;
  readonly #eventIndex: boolean;
  #descriptor = 0;
  #available = 0;
  #seen = 0;
  #buffer: number;
  readonly #pending = new Map<number, { readonly address: number; readonly length: number }[]>();

  constructor(driver: VirtioDriver, index: number, features: readonly number[], size: number | undefined) {
    this.#driver = driver;
    this.#index = index;
    this.#eventIndex = features.includes(Bit.eventIndex);
    this.base = index * QUEUE_AREA;
    this.#buffer = BUFFERS + index * 0x8000;
    driver.write(22, 2, index);
    if (size !== undefined) driver.write(24, 2, size);
    this.size = driver.read(24, 2);
    driver.machine.bus.ram.fill(0, this.base, this.base + QUEUE_AREA);
    [this.base, this.base + AVAILABLE, this.base + USED].forEach((area, i) => {
      driver.write(32 + 8 * i, 4, area);
      driver.write(36 + 8 * i, 4, 0);
    });
    driver.write(28, 2, 1);
  }

  get #ram(): DataView {
    return this.#driver.machine.ram;
  }

  setDescriptor(table: number, index: number, address: number, length: number, flags: number, next: number): void {
    const at = table + 16 * index;
    this.#ram.setUint32(at, address, true);
    this.#ram.setUint32(at + 4, Math.floor(address / 2 ** 32), true);
    this.#ram.setUint32(at + 8, length, true);
    this.#ram.setUint16(at + 12, flags, true);
    this.#ram.setUint16(at + 14, next, true);
  }

  /** Make a chain of buffers available. @returns its head */
  add(buffers: readonly Buffer[], options: { readonly indirect?: boolean } = {}): number {
    const placed = buffers.map(({ out, in: room = 0 }) => {
      const length = out?.length ?? room;
      const address = this.#buffer;
      this.#buffer += (length + 15) & ~15;
      if (out !== undefined) this.#driver.machine.bus.ram.set(out, address);
      return { address, length, write: out === undefined };
    });
    const direct = options.indirect !== true;
    const table = direct ? this.base : this.#buffer;
    if (!direct) this.#buffer += 16 * buffers.length;
    const head = this.#descriptor;
    const first = direct ? head : 0;
    placed.forEach(({ address, length, write }, i) => {
      const last = i === placed.length - 1;
      this.setDescriptor(table, (first + i) % (direct ? this.size : 0xffff), address, length, (write ? Flag.write : 0) | (last ? 0 : Flag.next), direct ? (first + i + 1) % this.size : i + 1);
    });
    if (!direct) this.setDescriptor(this.base, head, table, 16 * buffers.length, Flag.indirect, 0);
    this.#descriptor = (head + (direct ? buffers.length : 1)) % this.size;
    this.#pending.set(head, placed.filter(({ write }) => write));
    this.offer(head);
    return head;
  }

  /** Put a head into the available ring. */
  offer(head: number): void {
    const ring = this.base + AVAILABLE;
    this.#ram.setUint16(ring + 4 + 2 * (this.#available % this.size), head, true);
    this.#available = (this.#available + 1) & 0xffff;
    this.#ram.setUint16(ring + 2, this.#available, true);
  }

  notify(): void {
    this.#driver.machine.bus.mmioWrite(this.#driver.notifyAt + 4 * this.#index, this.#index, 2);
  }

  /** What came back since the last call: head, bytes written, and what is in the writable buffers. */
  take(): { readonly head: number; readonly written: number; readonly bytes: Uint8Array }[] {
    const ring = this.base + USED;
    const now = this.#ram.getUint16(ring + 2, true);
    const taken = [];
    for (; this.#seen !== now; this.#seen = (this.#seen + 1) & 0xffff) {
      const at = ring + 4 + 8 * (this.#seen % this.size);
      const head = this.#ram.getUint32(at, true);
      const parts = this.#pending.get(head) ?? [];
      const bytes = Uint8Array.from(parts.flatMap(({ address, length }) => [...this.#driver.machine.bus.ram.subarray(address, address + length)]));
      taken.push({ head, written: this.#ram.getUint32(at + 4, true), bytes });
    }
    // Buffers may be used again.
    this.#buffer = BUFFERS + this.#index * 0x8000;
    if (this.#eventIndex) this.usedEvent = now;
    return taken;
  }

  /** Tell the device after which used index to interrupt. */
  set usedEvent(index: number) {
    this.#ram.setUint16(this.base + AVAILABLE + 4 + 2 * this.size, index, true);
  }

  /** After which available index the device wants to be notified. */
  get availableEvent(): number {
    return this.#ram.getUint16(this.base + USED + 4 + 8 * this.size, true);
  }

  set noInterrupt(off: boolean) {
    this.#ram.setUint16(this.base + AVAILABLE, Number(off), true);
  }

  set availableIndex(index: number) {
    this.#available = index;
    this.#ram.setUint16(this.base + AVAILABLE + 2, index, true);
  }

  /** Add, notify, and take what comes back at once. */
  request(buffers: readonly Buffer[], options: { readonly indirect?: boolean } = {}): { readonly written: number; readonly bytes: Uint8Array } {
    const head = this.add(buffers, options);
    this.notify();
    const [answer, ...more] = this.take();
    if (answer === undefined || more.length > 0 || answer.head !== head) throw new Error('not one answer');
    return answer;
  }
}
