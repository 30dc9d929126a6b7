/** Reproducible random numbers (sfc32, by C. Doty-Humphrey), and operand values that find bugs. */

/** A generator; the same seed gives the same numbers everywhere. */
export class Random {
  #a: number;
  #b: number;
  #c = 1;
  #counter = 1;

  constructor(seed: number, name = '') {
    let hash = 0x811c_9dc5;
    for (let i = 0; i < name.length; i++) hash = Math.imul(hash ^ name.charCodeAt(i), 0x0100_0193);
    this.#a = seed | 0;
    this.#b = hash | 0;
    for (let i = 0; i < 15; i++) this.u32();
  }

  /** 0 … 2^32−1 */
  u32(): number {
    const t = (this.#a + this.#b + this.#counter) | 0;
    this.#counter = (this.#counter + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + t) | 0;
    return t >>> 0;
  }

  u64(): bigint {
    return (BigInt(this.u32()) << 32n) | BigInt(this.u32());
  }

  /** 0 … n−1 */
  below(n: number): number {
    return Math.floor((this.u32() / 0x1_0000_0000) * n);
  }

  /** low … high, both included */
  between(low: number, high: number): number {
    return low + this.below(high - low + 1);
  }

  /** True with the given probability. */
  chance(p: number): boolean {
    return this.u32() < p * 0x1_0000_0000;
  }

  pick<T>(list: readonly T[]): T {
    return list[this.below(list.length)];
  }

  /** Picks by weight. */
  weighted<T>(list: readonly (readonly [weight: number, value: T])[]): T {
    let rest = this.below(list.reduce((sum, [w]) => sum + w, 0));
    for (const [weight, value] of list) {
      rest -= weight;
      if (rest < 0) return value;
    }
    return list[0][1];
  }

  /** An integer operand of 8 … 128 bits: mostly a corner, else random. */
  operand(bits: number): bigint {
    if (this.chance(0.35)) return BigInt.asUintN(bits, bits > 64 ? (this.u64() << 64n) | this.u64() : this.u64());
    const top = 1n << BigInt(bits - 1);
    switch (this.below(8)) {
      case 0: return 0n;
      case 1: return BigInt.asUintN(bits, -1n);
      case 2: return top;
      case 3: return top - 1n;
      case 4: return BigInt.asUintN(bits, BigInt(this.between(-3, 3)));
      case 5: return BigInt.asUintN(bits, top + BigInt(this.between(-2, 2)));
      case 6: return 1n << BigInt(this.below(bits));
      default: {
        // Where a narrower width ends: 0x7f, 0x80, 0xff, 0x100, 0x7fff …
        const edge = 1n << BigInt(this.pick([4, 7, 8, 15, 16, 31, 32].filter((n) => n <= bits)));
        const value = edge + BigInt(this.between(-1, 1));
        return BigInt.asUintN(bits, this.chance(0.3) ? -value : value);
      }
    }
  }

  /** A shift or rotate count, around the widths that matter. */
  count(width: number): number {
    if (this.chance(0.3)) return this.below(256);
    return this.pick([0, 1, 1, 2, 3, 7, 8, 9, 15, 16, 17, 18, 31, 32, 33, 34, 63, 64, 65, 0x80, 0xff, width - 1, width, width + 1]) & 0xff;
  }
}
