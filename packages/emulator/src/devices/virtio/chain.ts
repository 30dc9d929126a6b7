/** What a driver hands over through a virtqueue: memory for the device to read, then memory for it to write. */
import type { DeviceMemory } from '../device.ts';

/** Guest memory: physical address and bytes. */
export interface Segment {
  readonly address: number;
  readonly length: number;
}

export class DescriptorChain {
  /** Number of its first descriptor, by which it is given back. */
  readonly head: number;
  readonly readableLength: number;
  readonly writableLength: number;
  readonly #readable: readonly Segment[];
  readonly #writable: readonly Segment[];
  readonly #memory: DeviceMemory;
  readonly #isLive: () => boolean;

  /** @param isLive false once the queue it is from was reset: the memory is the guest's again */
  constructor(head: number, parts: { readonly readable: readonly Segment[]; readonly writable: readonly Segment[] }, memory: DeviceMemory, isLive: () => boolean) {
    this.head = head;
    this.#readable = parts.readable;
    this.#writable = parts.writable;
    this.readableLength = lengthOf(parts.readable);
    this.writableLength = lengthOf(parts.writable);
    this.#memory = memory;
    this.#isLive = isLive;
  }

  get live(): boolean {
    return this.#isLive();
  }

  /** @returns `length` bytes from `offset` of the readable part; fewer where it ends */
  read(offset: number, length: number): Uint8Array {
    const target = new Uint8Array(Math.max(0, Math.min(length, this.readableLength - offset)));
    each(this.#readable, offset, target.length, (address, from, size) => this.#memory.read(address, target.subarray(from, from + size)));
    return target;
  }

  /** Store into the writable part; what is past its end goes nowhere, and nothing does when the chain is no longer {@link live}. */
  write(offset: number, bytes: Uint8Array): void {
    if (!this.live) return;
    each(this.#writable, offset, bytes.length, (address, from, size) => this.#memory.write(address, bytes.subarray(from, from + size)));
  }
}

function lengthOf(segments: readonly Segment[]): number {
  return segments.reduce((sum, { length }) => sum + length, 0);
}

/** The pieces of guest memory that `length` bytes from `offset` of the segments are in. */
function each(segments: readonly Segment[], offset: number, length: number, visit: (address: number, from: number, size: number) => void): void {
  let skip = offset;
  let done = 0;
  for (const segment of segments) {
    if (done === length) return;
    if (skip >= segment.length) {
      skip -= segment.length;
      continue;
    }
    const size = Math.min(segment.length - skip, length - done);
    visit(segment.address + skip, done, size);
    skip = 0;
    done += size;
  }
}
