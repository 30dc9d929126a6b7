/** Deterministic pseudo-random numbers (xorshift32, G. Marsaglia 2003): a seed reproduces a program on every engine. */
export class Rng {
  #state: number;

  constructor(seed: number) {
    // Neighbouring seeds are scrambled apart; the state must not be 0.
    this.#state = Math.imul(seed ^ 0x9e3779b9, 0x85ebca6b) || 1;
    for (let i = 0; i < 4; i++) this.u32();
  }

  /** 0 … 2^32 − 1 */
  u32(): number {
    let x = this.#state;
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    this.#state = x;
    return x >>> 0;
  }

  /** 0 … n − 1 */
  below(n: number): number {
    return Math.floor((this.u32() / 0x1_0000_0000) * n);
  }

  pick<T>(list: ArrayLike<T>): T {
    return list[this.below(list.length)]!;
  }

  /** True once in n. */
  oneIn(n: number): boolean {
    return this.below(n) === 0;
  }
}
