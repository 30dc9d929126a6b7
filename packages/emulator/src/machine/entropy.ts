/** Randomness that the machine gives its guest: the host's, or with a seed a generator whose state goes into snapshots. */
import type { SavedValue } from '../devices/device.ts';
import { SavedFields } from '../devices/saved-fields.ts';

/** Most bytes that `getRandomValues` gives at once. */
const HOST_LIMIT = 65_536;

export class Entropy {
  /** xoshiro128** (Blackman, Vigna 2018); undefined: the host's. */
  #state: Uint32Array | undefined;

  /** @param seed 32 bits; undefined: take the host's */
  constructor(seed: number | undefined) {
    if (seed === undefined) return;
    // The four words from the seed by splitmix32, as its authors advise.
    let s = seed >>> 0;
    this.#state = Uint32Array.from({ length: 4 }, () => {
      s = (s + 0x9e3779b9) >>> 0;
      let z = Math.imul(s ^ (s >>> 16), 0x85ebca6b);
      z = Math.imul(z ^ (z >>> 13), 0xc2b2ae35);
      return (z ^ (z >>> 16)) >>> 0;
    });
  }

  /** 32 random bits. */
  next(): number {
    const s = this.#state;
    if (s === undefined) return crypto.getRandomValues(new Uint32Array(1))[0]!;
    const rotl = (x: number, k: number): number => (x << k) | (x >>> (32 - k));
    const result = Math.imul(rotl(Math.imul(s[1]!, 5), 7), 9) >>> 0;
    const t = s[1]! << 9;
    s[2]! ^= s[0]!;
    s[3]! ^= s[1]!;
    s[1]! ^= s[2]!;
    s[0]! ^= s[3]!;
    s[2]! ^= t;
    s[3] = rotl(s[3]!, 11);
    return result;
  }

  fill(target: Uint8Array): void {
    if (this.#state === undefined) {
      for (let at = 0; at < target.length; at += HOST_LIMIT) crypto.getRandomValues(target.subarray(at, at + HOST_LIMIT) as Uint8Array<ArrayBuffer>);
      return;
    }
    for (let i = 0; i < target.length; i++) target[i] = this.next() >>> 24;
  }

  save(): SavedValue {
    return this.#state === undefined ? null : [...this.#state];
  }

  /** @throws MachineError `bad-snapshot` */
  load(saved: SavedValue): void {
    this.#state = saved === null ? undefined : Uint32Array.from(new SavedFields({ state: saved }, 'entropy').ints('state', 4, 0, 0xffffffff));
  }
}
