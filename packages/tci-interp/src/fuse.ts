/**
 * Fusing: where encoded words have a sequence of instructions for which there is a fused opcode, that opcode replaces the first one's. The
 * interpreter then dispatches once for all of them. No other word changes, so that branch distances, and jumps into the middle, stay good.
 */
import type { TciVariant } from './formats.ts';

/** Node of no sequence. */
const NONE = 0;
const ROOT = 1;

/** The sequences as a tree of opcodes, in flat arrays: a fusing pass allocates nothing. */
export class SequenceIndex {
  /** Length of each opcode in words. */
  readonly #words: Uint8Array;
  /** Number of each opcode among those that occur in sequences, 0 for the others. */
  readonly #column: Uint8Array;
  readonly #columns: number;
  /** Node after node `n` and an opcode: `n · columns + column of the opcode`. */
  readonly #next: Uint16Array;
  /** Fused opcode of the sequence that ends at a node, 0 = none. */
  readonly #fused: Uint16Array;

  /** @param variants the opcode table, fused ones included */
  constructor(variants: readonly TciVariant[]) {
    this.#words = Uint8Array.from(variants, (v) => v.words);
    this.#column = new Uint8Array(variants.length);
    let columns = 1;
    let nodes = ROOT + 1;
    for (const { parts } of variants) {
      nodes += parts.length;
      for (const { code } of parts) if (this.#column[code] === 0) this.#column[code] = columns++;
    }
    this.#columns = columns;
    this.#next = new Uint16Array(nodes * columns);
    this.#fused = new Uint16Array(nodes);
    let last = ROOT;
    for (const { parts, code } of variants) {
      if (parts.length === 0) continue;
      let node = ROOT;
      for (const part of parts) {
        const edge = node * columns + this.#column[part.code]!;
        if (this.#next[edge] === NONE) this.#next[edge] = ++last;
        node = this.#next[edge]!;
      }
      this.#fused[node] = code;
    }
  }

  /** Fuse in the first `count` words, from left to right, each time the longest sequence that there is. */
  fuse(words: Int32Array, count: number): void {
    const length = this.#words;
    const column = this.#column;
    const next = this.#next;
    const columns = this.#columns;
    for (let start = 0; start < count; ) {
      let node = ROOT;
      let code = 0;
      let end = start + length[words[start]! & 0xffff]!;
      for (let w = start; w < count; ) {
        const op = words[w]! & 0xffff;
        node = next[node * columns + column[op]!]!;
        if (node === NONE) break;
        w += length[op]!;
        if (this.#fused[node] === 0) continue;
        code = this.#fused[node]!;
        end = w;
      }
      if (code !== 0) words[start] = (words[start]! & -0x10000) | code;
      start = end;
    }
  }
}
