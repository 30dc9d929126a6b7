/** Linear addresses at which the machine stops. Changing them drops translated code, since TBs are cut at them. */
export class Breakpoints {
  #addresses: ReadonlySet<bigint> = new Set();

  get any(): boolean {
    return this.#addresses.size > 0;
  }

  has(linear: bigint): boolean {
    return this.#addresses.size > 0 && this.#addresses.has(linear);
  }

  /** @returns whether the set is another one now */
  set(addresses: readonly (bigint | number)[]): boolean {
    const next = new Set(addresses.map((a) => BigInt.asUintN(64, BigInt(a))));
    const same = next.size === this.#addresses.size && [...next].every((a) => this.#addresses.has(a));
    if (!same) this.#addresses = next;
    return !same;
  }
}
