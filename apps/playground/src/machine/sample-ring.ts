/** The last samples of a machine, oldest first: what charts are drawn from. */
import type { MachineSample } from './protocol.ts';

/** Ten minutes at four a second. */
export const SAMPLE_CAPACITY = 2400;

/** A sample without what only its moment needs: ten minutes of profiles and pages would be hundreds of MiB. */
export type KeptSample = Omit<MachineSample, 'profile' | 'pages'>;

export class SampleRing {
  readonly #slots: KeptSample[] = [];
  readonly #capacity: number;
  #start = 0;

  constructor(capacity: number = SAMPLE_CAPACITY) {
    if (!Number.isInteger(capacity) || capacity < 1) throw new RangeError(`a ring of ${capacity} samples`);
    this.#capacity = capacity;
  }

  get length(): number {
    return this.#slots.length;
  }

  /** @param index 0 = the oldest that is kept; negative counts from the newest, as `Array.at` does */
  at(index: number): KeptSample | undefined {
    const { length } = this.#slots;
    const place = index < 0 ? index + length : index;
    return place < 0 || place >= length ? undefined : this.#slots[(this.#start + place) % length];
  }

  push({ at, virtual, counters }: MachineSample): void {
    const kept = { at, virtual, counters };
    if (this.#slots.length < this.#capacity) {
      this.#slots.push(kept);
      return;
    }
    this.#slots[this.#start] = kept;
    this.#start = (this.#start + 1) % this.#capacity;
  }

  clear(): void {
    this.#slots.length = 0;
    this.#start = 0;
  }

  *[Symbol.iterator](): IterableIterator<KeptSample> {
    for (let index = 0; index < this.#slots.length; index++) {
      const sample = this.at(index);
      if (sample !== undefined) yield sample;
    }
  }
}
