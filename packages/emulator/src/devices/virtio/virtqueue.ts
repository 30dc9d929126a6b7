/**
 * A split virtqueue, seen from the device (Virtio 1.2, section 2.7), with indirect descriptors and event indices.
 *
 * All that is in guest memory is believed only as far as it was checked. What makes no sense breaks the queue; the number and the bytes of chains
 * taken at one {@link Virtqueue.kick} are bounded, so that no ring, however it is linked or changed meanwhile, holds the host for long.
 */
import type { DeviceMemory, SavedValue } from '../device.ts';
import { SavedFields } from '../saved-fields.ts';
import { DescriptorChain, type Segment } from './chain.ts';

const DescriptorFlag = { next: 1, write: 2, indirect: 4 } as const;
const DESCRIPTOR_BYTES = 16;
const USED_ELEMENT_BYTES = 8;
/** Ring header: flags and index. */
const RING_HEADER = 4;
const NO_INTERRUPT = 1;
/** Descriptors in a chain: what QEMU takes. */
const MOST_DESCRIPTORS = 1024;
/** Bytes that a chain may have, and those taken at one kick before somebody else gets a turn. */
const MOST_BYTES = 64 * 2 ** 20;
/** Bus addresses end here. */
const ADDRESS_END = 2 ** 32;
/** Vector that means none. */
export const NO_VECTOR = 0xffff;

/** The three parts of a queue in guest memory, in the order of the registers for them. */
export const AREAS = ['descriptors', 'driver', 'device'] as const;
export type Area = (typeof AREAS)[number];

export interface VirtqueueHost {
  readonly memory: DeviceMemory;
  /** Were indirect descriptors, were event indices negotiated? */
  readonly indirect: () => boolean;
  readonly eventIndex: () => boolean;
  /** The driver wants to be told of what was given back. */
  readonly interrupt: (queue: Virtqueue) => void;
  /** The queue makes no sense. */
  readonly broken: () => void;
}

export class Virtqueue {
  readonly maxSize: number;
  /** Entries: a power of two up to {@link maxSize}. */
  size: number;
  enabled = false;
  /** MSI-X vector, or {@link NO_VECTOR}. */
  vector = NO_VECTOR;
  /** 64-bit addresses of the areas, low and high words. */
  readonly #areas: Record<Area, Uint32Array> = { descriptors: new Uint32Array(2), driver: new Uint32Array(2), device: new Uint32Array(2) };
  readonly #host: VirtqueueHost;
  readonly #scratch = new Uint8Array(DESCRIPTOR_BYTES);
  readonly #view = new DataView(this.#scratch.buffer);
  /** Indices as the rings count them, modulo 2^16: next to take, next to give back, and given back when the driver was told last. */
  #next = 0;
  #used = 0;
  #told = 0;
  /** Heads of chains taken and not given back yet; those to be taken again after a load. */
  readonly #taken = new Set<number>();
  #again: number[] = [];
  #chainsLeft = 0;
  #bytesLeft = 0;
  /** A kick ended before the queue was empty. */
  #more = false;
  #generation = 0;

  constructor(maxSize: number, host: VirtqueueHost) {
    this.maxSize = maxSize;
    this.size = maxSize;
    this.#host = host;
  }

  /** @param half 0: low word, 1: high word */
  areaWord(area: Area, half: 0 | 1): number {
    return this.#areas[area][half]!;
  }

  setAreaWord(area: Area, half: 0 | 1, value: number): void {
    this.#areas[area][half] = value;
  }

  /** The driver has made chains available, or is to be served on: allow another round of {@link pop}. */
  kick(): void {
    this.#chainsLeft = this.size;
    this.#bytesLeft = MOST_BYTES;
    this.#more = false;
  }

  /** There was more than one kick may take: kick again soon. */
  get wantsKick(): boolean {
    return this.#more || this.#again.length > 0;
  }

  /** The next chain, if there is one, and this kick may take it. */
  pop(): DescriptorChain | undefined {
    if (!this.enabled) return undefined;
    if (this.#chainsLeft === 0 || this.#bytesLeft <= 0) {
      this.#more = true;
      return undefined;
    }
    if (!this.#areasFit()) return this.#break();
    const head = this.#again.shift() ?? this.#nextHead();
    if (head === undefined) return undefined;
    const chain = this.#chain(head);
    if (chain === undefined) return this.#break();
    this.#chainsLeft--;
    this.#bytesLeft -= chain.readableLength + chain.writableLength;
    this.#taken.add(head);
    return chain;
  }

  /** Give a chain back. @param written bytes of its writable part that were filled, from its beginning */
  push(chain: DescriptorChain, written: number): void {
    if (!chain.live) return;
    this.#taken.delete(chain.head);
    const ring = this.#area('device');
    this.#view.setUint32(0, chain.head, true);
    this.#view.setUint32(4, written, true);
    this.#host.memory.write(ring + RING_HEADER + USED_ELEMENT_BYTES * (this.#used % this.size), this.#scratch.subarray(0, USED_ELEMENT_BYTES));
    this.#used = (this.#used + 1) & 0xffff;
    this.#write16(ring + 2, this.#used);
  }

  /** After chains were given back: interrupt the driver, if there were any and it wants to be. */
  flush(): void {
    const told = this.#told;
    if (!this.enabled || told === this.#used || !this.#areasFit()) return;
    this.#told = this.#used;
    const driver = this.#area('driver');
    const wanted = this.#host.eventIndex()
      ? isPassed(this.#read16(driver + RING_HEADER + 2 * this.size), told, this.#used)
      : (this.#read16(driver) & NO_INTERRUPT) === 0;
    if (wanted) this.#host.interrupt(this);
  }

  /** A chain lacks what every request of this device has. */
  reject(): void {
    this.#break();
  }

  reset(): void {
    this.size = this.maxSize;
    this.enabled = false;
    this.vector = NO_VECTOR;
    for (const area of AREAS) this.#areas[area].fill(0);
    this.#next = this.#used = this.#told = 0;
    this.#taken.clear();
    this.#again = [];
    this.#more = false;
    this.#generation++;
  }

  save(): SavedValue {
    return {
      size: this.size, enabled: this.enabled, vector: this.vector, areas: AREAS.flatMap((area) => [...this.#areas[area]]),
      next: this.#next, used: this.#used, told: this.#told, taken: [...this.#taken, ...this.#again],
    };
  }

  /** Chains that were taken and not given back will be taken again. @throws MachineError `bad-snapshot` */
  load(saved: SavedValue): void {
    const from = new SavedFields(saved, 'virtqueue');
    const [size, enabled, vector] = [from.int('size', 1, this.maxSize), from.bool('enabled'), from.int('vector', 0, NO_VECTOR)];
    const areas = from.ints('areas', 2 * AREAS.length, 0, 0xffffffff);
    const [next, used, told] = [from.int('next', 0, 0xffff), from.int('used', 0, 0xffff), from.int('told', 0, 0xffff)];
    const taken = from.ints('taken', { max: 2 * this.maxSize }, 0, this.maxSize - 1);
    this.reset();
    this.size = 2 ** Math.floor(Math.log2(size));
    this.enabled = enabled;
    this.vector = vector;
    AREAS.forEach((area, i) => this.#areas[area].set(areas.slice(2 * i, 2 * i + 2)));
    [this.#next, this.#used, this.#told] = [next, used, told];
    this.#again = taken;
  }

  #break(): undefined {
    this.enabled = false;
    this.#host.broken();
    return undefined;
  }

  #area(area: Area): number {
    const [low, high] = this.#areas[area];
    return high! * 2 ** 32 + low!;
  }

  /** Are all areas in the address space, with all their bytes? */
  #areasFit(): boolean {
    const bytes = { descriptors: DESCRIPTOR_BYTES * this.size, driver: RING_HEADER + 2 * this.size + 2, device: RING_HEADER + USED_ELEMENT_BYTES * this.size + 2 };
    return AREAS.every((area) => this.#area(area) + bytes[area] <= ADDRESS_END);
  }

  #nextHead(): number | undefined {
    const driver = this.#area('driver');
    const waiting = (this.#read16(driver + 2) - this.#next) & 0xffff;
    if (waiting === 0) {
      // Tell us when there is another one.
      if (this.#host.eventIndex()) this.#write16(this.#area('device') + RING_HEADER + USED_ELEMENT_BYTES * this.size, this.#next);
      return undefined;
    }
    if (waiting > this.size) return this.#break();
    const head = this.#read16(driver + RING_HEADER + 2 * (this.#next % this.size));
    this.#next = (this.#next + 1) & 0xffff;
    return head;
  }

  /** Collect a chain's segments. @returns undefined when it is none */
  #chain(head: number): DescriptorChain | undefined {
    const readable: Segment[] = [];
    const writable: Segment[] = [];
    let [table, count, index, bytes, direct] = [this.#area('descriptors'), this.size, head, 0, true];
    for (let steps = 0; steps < MOST_DESCRIPTORS; steps++) {
      if (index >= count) return undefined;
      this.#host.memory.read(table + DESCRIPTOR_BYTES * index, this.#scratch);
      const address = this.#view.getUint32(4, true) * 2 ** 32 + this.#view.getUint32(0, true);
      const length = this.#view.getUint32(8, true);
      const flags = this.#view.getUint16(12, true);
      if (address + length > ADDRESS_END) return undefined;
      if ((flags & DescriptorFlag.indirect) !== 0) {
        const whole = length > 0 && length % DESCRIPTOR_BYTES === 0;
        if (!direct || !this.#host.indirect() || (flags & DescriptorFlag.next) !== 0 || !whole) return undefined;
        [table, count, index, direct] = [address, length / DESCRIPTOR_BYTES, 0, false];
        continue;
      }
      bytes += length;
      if (bytes > MOST_BYTES) return undefined;
      if ((flags & DescriptorFlag.write) !== 0) writable.push({ address, length });
      else if (writable.length === 0) readable.push({ address, length });
      else return undefined;
      if ((flags & DescriptorFlag.next) === 0) {
        const generation = this.#generation;
        return new DescriptorChain(head, { readable, writable }, this.#host.memory, () => this.enabled && generation === this.#generation);
      }
      index = this.#view.getUint16(14, true);
    }
    return undefined;
  }

  #read16(address: number): number {
    this.#host.memory.read(address, this.#scratch.subarray(0, 2));
    return this.#view.getUint16(0, true);
  }

  #write16(address: number, value: number): void {
    this.#view.setUint16(0, value, true);
    this.#host.memory.write(address, this.#scratch.subarray(0, 2));
  }
}

/** Has the index moved over `event` on its way from `old` to `now`? All modulo 2^16. */
function isPassed(event: number, old: number, now: number): boolean {
  return ((now - event - 1) & 0xffff) < ((now - old) & 0xffff);
}
