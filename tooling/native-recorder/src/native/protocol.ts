/** The binary files between this side and native/recorder.c; its structs are the reference. */
import { ACCESS, SEGMENTS, SEGMENT_BASE, WORD, WORD_COUNT, baseContent, regionsOf } from '@wasm-tcg/conformance';
import type { Bytes, Fault, Mode, Run } from '@wasm-tcg/conformance';

const MAGIC = 0x3143_4552;
const FX_SIZE = 512;
const FIRST_FX_WORD = WORD.x87Control;
const FX_WORDS = WORD_COUNT - FIRST_FX_WORD;

/** Kinds of segment as native/recorder.c numbers them; it makes those of 16-bit code that are in the LDT. */
const LDT_KIND = { code: 0, data: 1, down: 2, fixed: 3, null: 4 } as const;

/** What the recorder is given. */
export interface Case {
  readonly run: Run;
  readonly maxSteps: number;
  readonly words: BigUint64Array;
  readonly flags: number;
  readonly codeAddress: bigint;
  readonly code: Uint8Array;
  readonly stop: bigint;
  readonly memory: readonly Bytes[];
  readonly usesFp: boolean;
}

/** What it gives back. */
export interface Outcome {
  /** `limit`: it did not end within `maxSteps`. */
  readonly end: 'done' | 'fault' | 'limit';
  readonly fault: Fault | undefined;
  readonly steps: number;
  /** Register words after; x87 and SSE words are those before when the case does not use them. */
  readonly words: BigUint64Array;
  readonly rip: bigint;
  readonly flags: number;
  readonly writes: Bytes[];
}

/** Grows as cases are added. */
export class CaseFile {
  #bytes = new Uint8Array(1 << 20);
  #view = new DataView(this.#bytes.buffer);
  #at = 0;
  #cases = 0;

  constructor(mode: Mode) {
    const regions = regionsOf(mode);
    this.#u32(MAGIC, mode, regions.length, 0);
    this.#u64(SEGMENT_BASE);
    this.#u64(SEGMENT_BASE);
    for (const name of ['cs', 'ss', 'ds', 'es', 'fs', 'gs'] as const) {
      const { selector, base, limit, kind } = SEGMENTS[mode][name];
      this.#u32(selector, mode === 16 ? Number(base) : 0, limit, LDT_KIND[kind]);
    }
    for (const r of regions) {
      this.#u64(r.address);
      const protection = (r.access & ACCESS.read ? 1 : 0) | (r.access & ACCESS.write ? 2 : 0) | (r.access & ACCESS.execute ? 4 : 0);
      this.#u32(r.length, protection);
      this.#raw(baseContent(r));
    }
  }

  #reserve(n: number): void {
    if (this.#at + n <= this.#bytes.length) return;
    const grown = new Uint8Array(Math.max(this.#bytes.length * 2, this.#at + n));
    grown.set(this.#bytes);
    this.#bytes = grown;
    this.#view = new DataView(grown.buffer);
  }

  #u32(...values: number[]): void {
    this.#reserve(values.length * 4);
    for (const value of values) {
      this.#view.setUint32(this.#at, value, true);
      this.#at += 4;
    }
  }

  #u64(value: bigint): void {
    this.#reserve(8);
    this.#view.setBigUint64(this.#at, value, true);
    this.#at += 8;
  }

  /** Padded to 8 bytes. */
  #raw(bytes: Uint8Array): void {
    const padded = (bytes.length + 7) & ~7;
    this.#reserve(padded);
    this.#bytes.set(bytes, this.#at);
    this.#at += padded;
  }

  #span(address: bigint, bytes: Uint8Array): void {
    this.#u64(address);
    this.#u32(bytes.length, 0);
    this.#raw(bytes);
  }

  add(c: Case): void {
    const start = this.#at;
    this.#u32(0, c.run, c.maxSteps, c.memory.length + 1);
    for (let i = 0; i < 16; i++) this.#u64(c.words[i]);
    this.#u64(c.codeAddress);
    this.#u64(BigInt(c.flags));
    this.#u64(c.stop);
    this.#u32(Number(c.usesFp), 0);
    if (c.usesFp) {
      const image = c.words.slice();
      rotateStack(c.words, image, topOf(c.words));
      for (let i = 0; i < FX_WORDS; i++) this.#u64(image[FIRST_FX_WORD + i]);
      this.#raw(new Uint8Array(FX_SIZE - FX_WORDS * 8));
    }
    this.#span(c.codeAddress, c.code);
    for (const block of c.memory) this.#span(block.address, block.bytes);
    this.#view.setUint32(start, this.#at - start, true);
    this.#cases++;
  }

  finish(): Uint8Array {
    this.#view.setUint32(12, this.#cases, true);
    return this.#bytes.subarray(0, this.#at);
  }
}

/** Selectors that the recorder found, in the order of `SELECTORS`. */
export interface Outcomes {
  readonly selectors: readonly number[];
  readonly outcomes: readonly Outcome[];
}

/** Reads the recorder's answer; `cases` are those it was asked, in order. */
export function readOutcomes(bytes: Uint8Array, cases: readonly Case[]): Outcomes {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const selectors = [0, 1, 2, 3, 4, 5].map((i) => view.getUint16(8 + i * 2, true));
  const outcomes: Outcome[] = [];
  let at = 24;
  for (const c of cases) {
    const end = (['done', 'fault', 'limit'] as const)[view.getUint32(at + 4, true)];
    const words = c.words.slice();
    for (let i = 0; i < 16; i++) words[i] = view.getBigUint64(at + 32 + i * 8, true);
    const usesFp = view.getUint32(at + 176, true) !== 0;
    const count = view.getUint32(at + 180, true);
    let next = at + 184;
    if (usesFp) {
      for (let i = 0; i < FX_WORDS; i++) words[FIRST_FX_WORD + i] = view.getBigUint64(next + i * 8, true);
      cleanFx(words);
      rotateStack(words.slice(), words, -topOf(words));
      next += FX_SIZE;
    }
    const writes: Bytes[] = [];
    for (let i = 0; i < count; i++) {
      const address = view.getBigUint64(next, true);
      const length = view.getUint32(next + 8, true);
      writes.push({ address, bytes: bytes.slice(next + 16, next + 16 + length) });
      next += 16 + ((length + 7) & ~7);
    }
    outcomes.push({
      end: end ?? 'limit',
      fault: end === 'fault' ? { vector: view.getUint32(at + 8, true), error: view.getUint32(at + 12, true), cr2: view.getBigUint64(at + 16, true) } : undefined,
      steps: Number(view.getBigUint64(at + 24, true)),
      words,
      rip: view.getBigUint64(at + 160, true),
      flags: Number(view.getBigUint64(at + 168, true)),
      writes,
    });
    at += view.getUint32(at, true);
  }
  return { selectors, outcomes };
}

/** TOP of the status word. */
function topOf(words: BigUint64Array): number {
  return Number(words[WORD.x87Control] >> 27n) & 7;
}

/** Copies the x87 registers so that number `by` comes first: from physical to stack order with TOP, and back with −TOP. */
function rotateStack(from: BigUint64Array, to: BigUint64Array, by: number): void {
  for (let i = 0; i < 8; i++) {
    const source = WORD.st + ((i + by) & 7) * 2;
    to[WORD.st + i * 2] = from[source];
    to[WORD.st + i * 2 + 1] = from[source + 1];
  }
}

/** Clears what is not recorded: last-instruction pointers, MXCSR_MASK, the padding of ST registers. */
function cleanFx(words: BigUint64Array): void {
  words[WORD.x87Control] &= 0x0000_00ff_ffff_ffffn;
  words[WORD.x87Control + 1] = 0n;
  words[WORD.x87Control + 2] = 0n;
  words[WORD.mxcsr] &= 0xffff_ffffn;
  for (let i = 0; i < 8; i++) words[WORD.st + i * 2 + 1] &= 0xffffn;
}
