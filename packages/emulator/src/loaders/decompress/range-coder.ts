/**
 * The range coder of LZMA (Igor Pavlov's LZMA specification, "The range decoder"): bits, each by a probability that adapts to what it has been. A kernel has some 40 million of them, so each method here
 * keeps range and code in variables of its own. Computing both ways of a bit instead of branching gains nothing. Input that ends too early reads as zeros; whoever knows where it has to end finds that {@link RangeCoder.position} is not there.
 */

/** Probabilities are of 11 bits, adapted by 1/32 of the distance. */
const PROB_BITS = 11;
const PROB_INIT = 1 << (PROB_BITS - 1);
const PROB_MAX = 1 << PROB_BITS;
const ADAPT = 5;
/** Below this the range takes another byte. */
const TOP = 2 ** 24;
/** Elements of the state: fields would hold numbers above 2^31 as doubles. */
const RANGE = 0;
const CODE = 1;

export class RangeCoder {
  /** Of the next byte of input. */
  position = 0;
  readonly #input: Uint8Array;
  readonly #state = new Uint32Array(2);
  #probs = new Uint16Array(0);

  constructor(input: Uint8Array) {
    this.#input = input;
  }

  /** Takes other probabilities, `count` of them, of one half each. */
  resize(count: number): void {
    this.#probs = new Uint16Array(count).fill(PROB_INIT);
  }

  /** Forgets what bits have been. */
  reset(): void {
    this.#probs.fill(PROB_INIT);
  }

  /** Begins with the five bytes at a position. @returns false: the first one is not 0 */
  start(position: number): boolean {
    const input = this.#input;
    this.#state[RANGE] = 0xffffffff;
    this.#state[CODE] = (input[position + 1]! << 24) | (input[position + 2]! << 16) | (input[position + 3]! << 8) | input[position + 4]!;
    this.position = position + 5;
    return input[position] === 0;
  }

  /** Takes the last byte that belongs to what has been decoded. @returns is nothing left over? */
  finish(): boolean {
    this.direct(0);
    return this.#state[CODE] === 0;
  }

  /** One bit by the probability at `index`. */
  bit(index: number): number {
    const state = this.#state;
    const probs = this.#probs;
    let range = state[RANGE]!;
    let code = state[CODE]!;
    if (range < TOP) {
      range = (range << 8) >>> 0;
      code = ((code << 8) | this.#input[this.position++]!) >>> 0;
    }
    const prob = probs[index]!;
    const bound = Math.imul(range >>> PROB_BITS, prob) >>> 0;
    if (code < bound) {
      state[RANGE] = bound;
      state[CODE] = code;
      probs[index] = prob + ((PROB_MAX - prob) >> ADAPT);
      return 0;
    }
    state[RANGE] = range - bound;
    state[CODE] = code - bound;
    probs[index] = prob - (prob >> ADAPT);
    return 1;
  }

  /** Goes down a tree of probabilities from node 1, most significant bit first. @returns the first node that is not below `limit`, a power of two */
  symbol(base: number, limit: number): number {
    const state = this.#state;
    const probs = this.#probs;
    let range = state[RANGE]!;
    let code = state[CODE]!;
    let node = 1;
    do {
      if (range < TOP) {
        range = (range << 8) >>> 0;
        code = ((code << 8) | this.#input[this.position++]!) >>> 0;
      }
      const prob = probs[base + node]!;
      const bound = Math.imul(range >>> PROB_BITS, prob) >>> 0;
      if (code < bound) {
        range = bound;
        probs[base + node] = prob + ((PROB_MAX - prob) >> ADAPT);
        node <<= 1;
      } else {
        range = (range - bound) >>> 0;
        code = (code - bound) >>> 0;
        probs[base + node] = prob - (prob >> ADAPT);
        node = (node << 1) | 1;
      }
    } while (node < limit);
    state[RANGE] = range;
    state[CODE] = code;
    return node;
  }

  /**
   * A byte that the byte `predicted` foretells: each bit has another tree for 0 and for 1 foretold, and a third one from where they have differed.
   * @param base of three trees of 256 probabilities, the third one first
   */
  predicted(base: number, predicted: number): number {
    const state = this.#state;
    const probs = this.#probs;
    let range = state[RANGE]!;
    let code = state[CODE]!;
    let node = 1;
    let matched = predicted;
    /** 0x100 as long as all bits were as foretold, then 0. */
    let agrees = 0x100;
    do {
      if (range < TOP) {
        range = (range << 8) >>> 0;
        code = ((code << 8) | this.#input[this.position++]!) >>> 0;
      }
      matched <<= 1;
      const foretold = matched & agrees;
      const index = base + agrees + foretold + node;
      const prob = probs[index]!;
      const bound = Math.imul(range >>> PROB_BITS, prob) >>> 0;
      if (code < bound) {
        range = bound;
        probs[index] = prob + ((PROB_MAX - prob) >> ADAPT);
        node <<= 1;
        agrees &= ~foretold;
      } else {
        range = (range - bound) >>> 0;
        code = (code - bound) >>> 0;
        probs[index] = prob - (prob >> ADAPT);
        node = (node << 1) | 1;
        agrees &= foretold;
      }
    } while (node < 0x100);
    state[RANGE] = range;
    state[CODE] = code;
    return node & 0xff;
  }

  /** `count` bits by a tree, the least significant one first. */
  reversed(base: number, count: number): number {
    let node = 1;
    let value = 0;
    for (let i = 0; i < count; i++) {
      const bit = this.bit(base + node);
      node = (node << 1) | bit;
      value |= bit << i;
    }
    return value;
  }

  /** `count` bits of one half each, most significant first. */
  direct(count: number): number {
    const state = this.#state;
    let range = state[RANGE]!;
    let code = state[CODE]!;
    let value = 0;
    for (let i = 0; ; i++) {
      if (range < TOP) {
        range = (range << 8) >>> 0;
        code = ((code << 8) | this.#input[this.position++]!) >>> 0;
      }
      if (i === count) break;
      range >>>= 1;
      const bit = code >= range ? 1 : 0;
      if (bit === 1) code = (code - range) >>> 0;
      value = (value << 1) | bit;
    }
    state[RANGE] = range;
    state[CODE] = code;
    return value >>> 0;
  }
}
