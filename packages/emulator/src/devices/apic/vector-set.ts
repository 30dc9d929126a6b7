/** The 256-bit registers of a local APIC: ISR, TMR, IRR. */
import type { SavedFields } from '../saved-fields.ts';

export class VectorSet {
  readonly #words = new Uint32Array(8);

  has(vector: number): boolean {
    return (this.#words[vector >> 5] & (1 << (vector & 31))) !== 0;
  }

  add(vector: number): void {
    this.#words[vector >> 5] |= 1 << (vector & 31);
  }

  delete(vector: number): void {
    this.#words[vector >> 5] &= ~(1 << (vector & 31));
  }

  clear(): void {
    this.#words.fill(0);
  }

  /** The highest vector in the set, or −1. */
  get highest(): number {
    for (let word = 7; word >= 0; word--) {
      if (this.#words[word] !== 0) return word * 32 + 31 - Math.clz32(this.#words[word]);
    }
    return -1;
  }

  /** Vectors 32·index … 32·index + 31, as the register of that number reads. */
  word(index: number): number {
    return this.#words[index];
  }

  save(): number[] {
    return [...this.#words];
  }

  load(from: SavedFields, name: string): void {
    this.#words.set(from.ints(name, 8, 0, 0xffffffff));
  }
}
