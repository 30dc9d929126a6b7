/** Entropy coding of Zstandard: finite state entropy and Huffman tables (RFC 8878, sections 4.1, 4.2). */
import { BackwardBits, damagedZstd, ForwardBits } from './zstd-bits.ts';

const log2 = (value: number): number => 31 - Math.clz32(value);

/** By state: the symbol, how many bits to read, and what to add to them for the next state. */
export interface FseTable {
  readonly log: number;
  readonly symbol: Uint8Array;
  readonly bits: Uint8Array;
  readonly base: Uint16Array;
}

/** Of one symbol, always. */
export function rleTable(symbol: number): FseTable {
  return { log: 0, symbol: Uint8Array.of(symbol), bits: Uint8Array.of(0), base: Uint16Array.of(0) };
}

/** @param probabilities by symbol; −1: less than one state, 0: does not occur. They sum to 2^log */
export function fseTable(probabilities: readonly number[], log: number): FseTable {
  const size = 1 << log;
  const symbol = new Uint8Array(size);
  const next = probabilities.map((probability) => Math.max(probability, 1));
  let high = size - 1;
  probabilities.forEach((probability, s) => {
    if (probability === -1) symbol[high--] = s;
  });
  const step = (size >> 1) + (size >> 3) + 3;
  let position = 0;
  probabilities.forEach((probability, s) => {
    for (let i = 0; i < probability; i++) {
      symbol[position] = s;
      do position = (position + step) & (size - 1);
      while (position > high);
    }
  });
  const bits = new Uint8Array(size);
  const base = new Uint16Array(size);
  for (let state = 0; state < size; state++) {
    const from = next[symbol[state]!]!++;
    bits[state] = log - log2(from);
    base[state] = (from << bits[state]!) - size;
  }
  return { log, symbol, bits, base };
}

/** A table as described in the stream (section 4.1.1). @returns it, and the first byte after it */
export function readFseTable(bytes: Uint8Array, from: number, maxLog: number, maxSymbol: number): { readonly table: FseTable; readonly next: number } {
  const input = new ForwardBits(bytes, from);
  const log = input.read(4) + 5;
  if (log > maxLog) damagedZstd();
  const probabilities: number[] = [];
  let remaining = 1 << log;
  while (remaining > 0) {
    // Values below a threshold take one bit less.
    const width = log2(remaining + 1) + 1;
    const low = (1 << (width - 1)) - 1;
    const threshold = (1 << width) - 2 - remaining;
    let value = input.read(width);
    if ((value & low) < threshold) {
      input.unread(1);
      value &= low;
    } else if (value > low) {
      value -= threshold;
    }
    const probability = value - 1;
    remaining -= Math.abs(probability);
    probabilities.push(probability);
    if (probability === 0) {
      let zeros: number;
      do {
        zeros = input.read(2);
        for (let i = 0; i < zeros; i++) probabilities.push(0);
      } while (zeros === 3);
    }
    if (probabilities.length > maxSymbol + 1) damagedZstd();
  }
  if (remaining < 0 || input.nextByte > bytes.length) damagedZstd();
  return { table: fseTable(probabilities, log), next: input.nextByte };
}

/** By the next `log` bits: the symbol and how many of the bits it takes. */
export interface HuffmanTable {
  readonly log: number;
  readonly symbol: Uint8Array;
  readonly bits: Uint8Array;
}

/** @returns the table described at `from` (section 4.2.1), and the first byte after it */
export function readHuffmanTable(bytes: Uint8Array, from: number): { readonly table: HuffmanTable; readonly next: number } {
  const header = bytes[from];
  if (header === undefined) damagedZstd();
  const DIRECT = 128;
  const size = header < DIRECT ? header : Math.ceil((header - DIRECT + 1) / 2);
  const next = from + 1 + size;
  if (next > bytes.length) damagedZstd();
  const body = bytes.subarray(from + 1, next);
  const weights = header < DIRECT ? fseWeights(body) : directWeights(body, header - DIRECT + 1);
  return { table: huffmanTable(weights), next };
}

function directWeights(body: Uint8Array, count: number): number[] {
  return Array.from({ length: count }, (_, i) => (i & 1 ? body[i >> 1]! & 15 : body[i >> 1]! >> 4));
}

/** Two states take turns until the bits run out. */
function fseWeights(body: Uint8Array): number[] {
  const MAX_LOG = 6;
  const MAX_WEIGHTS = 255;
  const { table, next } = readFseTable(body, 0, MAX_LOG, MAX_WEIGHTS);
  const input = new BackwardBits(body.subarray(next));
  const weights: number[] = [];
  let state = input.read(table.log);
  let other = input.read(table.log);
  for (;;) {
    weights.push(table.symbol[state]!);
    const after = table.base[state]! + input.read(table.bits[state]!);
    if (input.left < 0) {
      weights.push(table.symbol[other]!);
      break;
    }
    if (weights.length >= MAX_WEIGHTS) damagedZstd();
    state = other;
    other = after;
  }
  return weights;
}

/** Weight w > 0 stands for 2^(w−1) entries of the table. The last symbol's weight is what is missing to a power of two. */
function huffmanTable(weights: number[]): HuffmanTable {
  const MAX_LOG = 11;
  const sum = weights.reduce((total, weight) => total + (weight > 0 ? 2 ** (weight - 1) : 0), 0);
  if (sum === 0 || sum >= 1 << MAX_LOG) damagedZstd();
  const log = log2(sum) + 1;
  const missing = (1 << log) - sum;
  if ((missing & (missing - 1)) !== 0) damagedZstd();
  const all = [...weights, log2(missing) + 1];
  const symbol = new Uint8Array(1 << log);
  const bits = new Uint8Array(1 << log);
  let at = 0;
  for (let weight = 1; weight <= log; weight++) {
    all.forEach((of, s) => {
      if (of !== weight) return;
      const end = at + (1 << (weight - 1));
      symbol.fill(s, at, end);
      bits.fill(log + 1 - weight, at, end);
      at = end;
    });
  }
  return { log, symbol, bits };
}

/** One stream of literals, which has to end with its last bit. */
export function decodeHuffman(table: HuffmanTable, bytes: Uint8Array, output: Uint8Array): void {
  const input = new BackwardBits(bytes);
  const { log, symbol, bits } = table;
  for (let i = 0; i < output.length; i++) {
    const entry = input.peek(log);
    output[i] = symbol[entry]!;
    input.skip(bits[entry]!);
  }
  if (input.left !== 0) damagedZstd();
}
