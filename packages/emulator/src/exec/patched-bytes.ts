/**
 * Which bytes of code a guest writes again and again: inline caches, call sites that are retargeted, counters kept in an immediate. The guest's
 * translator makes blocks that read such bytes when they run, so that further stores leave the blocks valid.
 *
 * Invariant: a byte is marked only while every TB that holds it as a constant is being retired ({@link PatchedBytes.note} is called by who retires
 * them), and unmarked only when all TBs go. So a TB that is translated again, for a compiler, comes out as it was.
 */
import { PAGE_SIZE } from '@wasm-tcg/runtime';
import type { ExecutionConfig } from './thresholds.ts';

/** Stores that are remembered: a guest that rewrites more places than that in turn gains little from any of them. */
const MOST_STORES = 1024;
/** Pages with marks (512 bytes each). */
const MOST_PAGES = 512;

interface Patch {
  count: number;
  /** Instructions retired at the first of them. */
  since: number;
}

export class PatchedBytes {
  readonly #config: Pick<ExecutionConfig, 'patchThreshold' | 'patchWindow'>;
  readonly #now: () => number;
  readonly #patches = new Map<number, Patch>();
  readonly #pages = new Map<number, Uint8Array>();
  /** Stores whose bytes have been marked. */
  marked = 0;

  /** @param now instructions retired */
  constructor(config: Pick<ExecutionConfig, 'patchThreshold' | 'patchWindow'>, now: () => number) {
    this.#config = config;
    this.#now = now;
  }

  /**
   * The guest stores `size` bytes (within one page) into TBs, which are all about to be retired.
   * @returns some of the bytes are marked from now on that were not. Those that code cannot read when it runs (opcodes) are marked, too, in vain
   */
  note(physical: number, size: number): boolean {
    const key = physical * 16 + size - 1;
    const now = this.#now();
    let patch = this.#patches.get(key);
    if (patch === undefined || now - patch.since > this.#config.patchWindow) {
      if (this.#patches.size >= MOST_STORES) this.#patches.clear();
      patch = { count: 0, since: now };
      this.#patches.set(key, patch);
    }
    if (++patch.count < this.#config.patchThreshold) return false;
    this.#patches.delete(key);
    return this.#mark(physical, size);
  }

  /** Bit n of byte m of what is returned: byte 8m + n of the page is to be read when code runs. */
  on(physPage: number): Uint8Array | undefined {
    return this.#pages.get(physPage);
  }

  /** All TBs are gone. */
  clear(): void {
    this.#patches.clear();
    this.#pages.clear();
  }

  #mark(physical: number, size: number): boolean {
    const page = Math.floor(physical / PAGE_SIZE);
    let bits = this.#pages.get(page);
    if (bits === undefined) {
      if (this.#pages.size >= MOST_PAGES) return false;
      bits = new Uint8Array(PAGE_SIZE / 8);
      this.#pages.set(page, bits);
    }
    let added = false;
    for (let at = physical % PAGE_SIZE, left = size; left > 0; at++, left--) {
      if ((bits[at >> 3]! >> (at & 7)) & 1) continue;
      bits[at >> 3]! |= 1 << (at & 7);
      added = true;
    }
    if (added) this.marked++;
    return added;
  }
}
