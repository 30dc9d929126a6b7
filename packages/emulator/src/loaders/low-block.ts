/**
 * A block of small structures in conventional memory, put where the image leaves room: some images load below 1 MiB. Structures are
 * reserved first, so that the size is known; then the block is placed and written.
 */
import { LowMemory } from '../firmware/pc-map.ts';
import { badImage } from './image-reader.ts';
import type { PlacedBytes } from './plan.ts';

/** Lowest address that is used: above IVT, BIOS data area and the place of boot sectors' tables. */
const LOWEST = 0x1000;
const STEP = 0x1000;

/** Address space that something takes, e.g. a segment with the zeroes behind it. */
export interface Occupied {
  readonly physical: number;
  readonly size: number;
}

export class LowBlock {
  #size = 0;

  /** @returns offset in the block; give it to {@link PlacedBlock.at} */
  reserve(size: number, align = 8): number {
    const offset = Math.ceil(this.#size / align) * align;
    this.#size = offset + size;
    return offset;
  }

  /** Latin-1, and the zero behind it. @returns offset */
  reserveText(text: Uint8Array): number {
    return this.reserve(text.length + 1, 1);
  }

  /**
   * At the first multiple of 4096 that is free.
   * @throws MachineError `bad-image` when the image fills conventional memory
   */
  place(occupied: readonly Occupied[]): PlacedBlock {
    for (let base = LOWEST; base + this.#size <= LowMemory.ebda; base += STEP) {
      const isFree = occupied.every(({ physical, size }) => physical + size <= base || physical >= base + this.#size);
      if (isFree) return new PlacedBlock(base, this.#size);
    }
    return badImage(`no ${this.#size} bytes in a row below 640 KiB are free beside the image`, 'link the image to load above 1 MiB');
  }
}

/** Writes at the offsets that were reserved. */
export class PlacedBlock {
  readonly #base: number;
  readonly #bytes: Uint8Array;
  readonly #data: DataView;

  constructor(base: number, size: number) {
    this.#base = base;
    this.#bytes = new Uint8Array(size);
    this.#data = new DataView(this.#bytes.buffer);
  }

  /** Physical address. */
  at(offset: number): number {
    return this.#base + offset;
  }

  u32(offset: number, ...values: readonly number[]): void {
    values.forEach((value, i) => this.#data.setUint32(offset + i * 4, value, true));
  }

  u64(offset: number, ...values: readonly number[]): void {
    values.forEach((value, i) => this.#data.setBigUint64(offset + i * 8, BigInt(value), true));
  }

  bytes(offset: number, bytes: Uint8Array): void {
    this.#bytes.set(bytes, offset);
  }

  finish(name: string): PlacedBytes {
    return { name, physical: this.#base, bytes: this.#bytes };
  }
}
