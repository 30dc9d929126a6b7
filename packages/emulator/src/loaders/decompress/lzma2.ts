/**
 * LZMA2: LZMA in chunks that can each reset dictionary, state and properties (the .xz file format 1.2.0, section 5.3.1; Igor Pavlov's LZMA
 * specification). The output itself is the dictionary.
 */
import { badImage, RELOAD_HINT } from '../image-reader.ts';
import { copyMatch } from './copy-match.ts';
import { RangeCoder } from './range-coder.ts';

/** Kinds of what came before, as far as they predict what comes: 0 … 6 after a literal. */
const STATES = 12;
const FIRST_NON_LITERAL_STATE = 7;
const POSITION_STATES = 16;
const LENGTH_CLASSES = 4;
const MIN_MATCH = 2;
const ALIGN_BITS = 4;
const SLOT_BITS = 6;
/** Slots from here have their low bits in direct bits and the align tree. */
const FIRST_DIRECT_SLOT = 14;

/** Where each group of probabilities starts in the one array. */
const layout = (() => {
  let next = 0;
  const take = (count: number): number => {
    const start = next;
    next += count;
    return start;
  };
  const lengthCoder = (): { readonly choice: number; readonly low: number; readonly mid: number; readonly high: number } =>
    ({ choice: take(2), low: take(POSITION_STATES << 3), mid: take(POSITION_STATES << 3), high: take(1 << 8) });
  return {
    isMatch: take(STATES * POSITION_STATES), isRep: take(STATES), isRep0: take(STATES), isRep1: take(STATES), isRep2: take(STATES),
    isRep0Long: take(STATES * POSITION_STATES), slot: take(LENGTH_CLASSES << SLOT_BITS), special: take(128), align: take(1 << ALIGN_BITS),
    matchLength: lengthCoder(), repLength: lengthCoder(), literal: next,
  };
})();
/** Probabilities of one literal context. */
const LITERAL_CODER = 0x300;

/** @returns what the data unpacks to, and how many bytes of `input` it took from `from`. @throws MachineError `bad-image` */
export function unpackLzma2(input: Uint8Array, from: number, output: Uint8Array, start: number): { readonly consumed: number; readonly end: number } {
  const decoder = new Lzma2(input, from, output, start);
  const end = decoder.run();
  return { consumed: decoder.position - from, end };
}

class Lzma2 {
  position: number;
  readonly #input: Uint8Array;
  readonly #output: Uint8Array;
  #at: number;
  #dictionary: number;
  #literalContext = 0;
  #literalPosition = 0;
  #positionMask = 0;
  #state = 0;
  /** The last four distances, newest first, less 1. */
  #rep0 = 0;
  #rep1 = 0;
  #rep2 = 0;
  #rep3 = 0;
  readonly #coder: RangeCoder;

  constructor(input: Uint8Array, from: number, output: Uint8Array, start: number) {
    this.#input = input;
    this.position = from;
    this.#output = output;
    this.#at = start;
    this.#dictionary = start;
    this.#coder = new RangeCoder(input);
  }

  /** All chunks. @returns end of the output */
  run(): number {
    let hasProperties = false;
    let first = true;
    for (;;) {
      const control = this.#byte();
      if (control === 0) return this.#at;
      const resetsDictionary = control === 1 || control >= 0xe0;
      if (resetsDictionary) this.#dictionary = this.#at;
      else if (first) damaged();
      first = false;
      if (control < 0x80) {
        if (control > 2) damaged();
        this.#stored(this.#word() + 1);
        continue;
      }
      const size = (((control & 0x1f) << 16) | this.#word()) + 1;
      const packed = this.#word() + 1;
      if (control >= 0xc0) {
        this.#properties(this.#byte());
        hasProperties = true;
      }
      if (!hasProperties) damaged();
      if (control >= 0xa0) this.#resetState();
      this.#chunk(size, packed);
    }
  }

  #byte(): number {
    if (this.position >= this.#input.length) damaged();
    return this.#input[this.position++]!;
  }

  #word(): number {
    return (this.#byte() << 8) | this.#byte();
  }

  #stored(size: number): void {
    if (this.position + size > this.#input.length || this.#at + size > this.#output.length) damaged();
    this.#output.set(this.#input.subarray(this.position, this.position + size), this.#at);
    this.position += size;
    this.#at += size;
  }

  #properties(byte: number): void {
    if (byte >= 225) damaged();
    this.#literalContext = byte % 9;
    this.#literalPosition = Math.floor(byte / 9) % 5;
    this.#positionMask = (1 << Math.floor(byte / 45)) - 1;
    if (this.#literalContext + this.#literalPosition > 4) damaged();
    this.#coder.resize(layout.literal + (LITERAL_CODER << (this.#literalContext + this.#literalPosition)));
  }

  #resetState(): void {
    this.#state = 0;
    this.#rep0 = this.#rep1 = this.#rep2 = this.#rep3 = 0;
    this.#coder.reset();
  }

  #chunk(size: number, packed: number): void {
    const end = this.#at + size;
    const packedEnd = this.position + packed;
    if (end > this.#output.length || packedEnd > this.#input.length) damaged();
    const coder = this.#coder;
    if (!coder.start(this.position)) damaged();
    while (this.#at < end) {
      const positionState = (this.#at - this.#dictionary) & this.#positionMask;
      if (coder.bit(layout.isMatch + this.#state * POSITION_STATES + positionState) === 0) this.#literal();
      else this.#match(positionState, end);
    }
    if (!coder.finish() || coder.position !== packedEnd) damaged();
    this.position = packedEnd;
  }

  #literal(): void {
    const at = this.#at;
    const position = at - this.#dictionary;
    const before = position > 0 ? this.#output[at - 1]! : 0;
    const context = ((position & ((1 << this.#literalPosition) - 1)) << this.#literalContext) | (before >> (8 - this.#literalContext));
    const base = layout.literal + LITERAL_CODER * context;
    if (this.#state >= FIRST_NON_LITERAL_STATE) {
      // After a match the byte that the match would have gone on with predicts this one.
      const distance = this.#rep0 + 1;
      if (distance > position) damaged();
      this.#output[at] = this.#coder.predicted(base, this.#output[at - distance]!);
    } else {
      this.#output[at] = this.#coder.symbol(base, 0x100);
    }
    this.#at = at + 1;
    this.#state = this.#state < 4 ? 0 : this.#state < 10 ? this.#state - 3 : this.#state - 6;
  }

  #match(positionState: number, end: number): void {
    const afterLiteral = this.#state < FIRST_NON_LITERAL_STATE;
    let length: number;
    if (this.#coder.bit(layout.isRep + this.#state) === 0) {
      length = this.#length(layout.matchLength, positionState);
      this.#remember(this.#distance(length), 3);
      this.#state = afterLiteral ? 7 : 10;
    } else {
      const which = this.#repIndex(positionState);
      if (which < 0) {
        length = 1;
        this.#state = afterLiteral ? 9 : 11;
      } else {
        this.#remember(which === 0 ? this.#rep0 : which === 1 ? this.#rep1 : which === 2 ? this.#rep2 : this.#rep3, which);
        length = this.#length(layout.repLength, positionState);
        this.#state = afterLiteral ? 8 : 11;
      }
    }
    const distance = this.#rep0 + 1;
    if (distance > this.#at - this.#dictionary || this.#at + length > end) damaged();
    copyMatch(this.#output, this.#at, distance, length);
    this.#at += length;
  }

  /** Put a distance first; those before place `from` move back by one. */
  #remember(distance: number, from: number): void {
    if (from > 2) this.#rep3 = this.#rep2;
    if (from > 1) this.#rep2 = this.#rep1;
    if (from > 0) this.#rep1 = this.#rep0;
    this.#rep0 = distance;
  }

  /** A number of `bits` bits, most significant first. */
  #tree(base: number, bits: number): number {
    return this.#coder.symbol(base, 1 << bits) - (1 << bits);
  }

  /** Which of the last four distances; −1: one byte at the last one. */
  #repIndex(positionState: number): number {
    const state = this.#state;
    if (this.#coder.bit(layout.isRep0 + state) === 0) return this.#coder.bit(layout.isRep0Long + state * POSITION_STATES + positionState) - 1;
    if (this.#coder.bit(layout.isRep1 + state) === 0) return 1;
    return 2 + this.#coder.bit(layout.isRep2 + state);
  }

  #length(coder: typeof layout.matchLength, positionState: number): number {
    if (this.#coder.bit(coder.choice) === 0) return MIN_MATCH + this.#tree(coder.low + (positionState << 3), 3);
    if (this.#coder.bit(coder.choice + 1) === 0) return MIN_MATCH + 8 + this.#tree(coder.mid + (positionState << 3), 3);
    return MIN_MATCH + 16 + this.#tree(coder.high, 8);
  }

  /** Distance − 1. */
  #distance(length: number): number {
    const lengthClass = Math.min(length - MIN_MATCH, LENGTH_CLASSES - 1);
    const slot = this.#tree(layout.slot + (lengthClass << SLOT_BITS), SLOT_BITS);
    if (slot < 4) return slot;
    const bits = (slot >> 1) - 1;
    const base = (2 | (slot & 1)) * 2 ** bits;
    if (slot < FIRST_DIRECT_SLOT) return base + this.#coder.reversed(layout.special + base - slot, bits);
    return base + this.#coder.direct(bits - ALIGN_BITS) * 2 ** ALIGN_BITS + this.#coder.reversed(layout.align, ALIGN_BITS);
  }
}

function damaged(): never {
  badImage('the xz data is damaged', RELOAD_HINT);
}
