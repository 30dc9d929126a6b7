/**
 * What happens to TBs when the code they were made from changes: invalidation at byte granularity, and the flush of everything.
 *
 * Called from generated code's slow path (a store), from `ram` (every other writer), and when regions of physical memory are mapped anew.
 */
import { PAGE_SIZE, type TbStore } from '@wasm-tcg/runtime';
import type { CodeVersions } from './code-versions.ts';
import type { ContextView } from './context-view.ts';
import type { PatchedBytes } from './patched-bytes.ts';

/** Who holds compiled code of TBs. */
export interface CompiledCode {
  /** A TB is gone: give up its functions, and every region that contains it. */
  forget(header: number): void;
  /** A TB is put aside, and may come back: give up every region that it shares with others. */
  suspend(header: number): void;
  /** Do these two TBs share a region? */
  shareRegion(a: number, b: number): boolean;
}

/** Who has TBs given up one by one. */
export type InvalidationCause = 'store' | 'host' | 'remap' | 'device';

/** Addresses of invalidated TBs that are remembered, so that a TB made there again can be counted. */
const MOST_DROPPED = 65_536;

export class TbMaintenance {
  readonly #store: TbStore;
  readonly #context: ContextView;
  readonly #compiled: CompiledCode;
  readonly #patched: PatchedBytes;
  readonly #versions: CodeVersions;
  readonly #hits: number[] = [];
  /** TBs invalidated, by cause. */
  readonly invalidated: Record<InvalidationCause, number> = { store: 0, host: 0, remap: 0, device: 0 };
  /** Stores that asked. */
  codeWrites = 0;
  readonly #dropped = new Set<number>();

  constructor(store: TbStore, context: ContextView, compiled: CompiledCode, patched: PatchedBytes, versions: CodeVersions) {
    this.#store = store;
    this.#context = context;
    this.#compiled = compiled;
    this.#patched = patched;
    this.#versions = versions;
  }

  /**
   * A store of `size` bytes within one page is about to be made by the running TB.
   *
   * A TB for one use is in no list, so whether its own bytes are hit is not known; but the TB that it was cut from covers them. So with any hit
   * it is retried (alone, and then the store is made). A TB of one instruction has nothing behind the store that could be hit.
   * @returns 1 when that TB, or a region it may be running in, was hit: the store must not be made, the instruction is to be retried
   */
  storeIntoCode(physical: number, size: number): 0 | 1 {
    this.codeWrites++;
    const running = this.#context.get('tbPtr');
    this.#collect(physical, size);
    const marked = this.#hits.length > 0 && this.#patched.note(physical, size);
    let retry: 0 | 1 = this.#hits.length > 0 && this.#store.isCut(running) ? 1 : 0;
    for (const tb of this.#hits) if (tb === running || this.#compiled.shareRegion(tb, running)) retry = 1;
    for (const tb of this.#hits) {
      if (marked) this.#versions.settle(tb);
      if (this.#versions.keep(tb, this.#patched.marked)) this.#compiled.suspend(tb);
      else this.#compiled.forget(tb);
    }
    this.#retireHits('store');
    return retry;
  }

  /** Somebody else is about to write these bytes (within one page). */
  hostWrite(physical: number, size: number, cause: InvalidationCause = 'host'): void {
    this.#collect(physical, size);
    for (const tb of this.#hits) this.#compiled.forget(tb);
    this.#retireHits(cause);
  }

  /** Give up one TB. */
  retire(tb: number, cause: InvalidationCause): void {
    this.#count(tb, cause);
    this.#compiled.forget(tb);
    this.#store.retire(tb);
  }

  /** Has a TB at this physical address been invalidated? No: not lately. */
  wasDropped(physical: number): boolean {
    return this.#dropped.has(physical);
  }

  /** Pages are mapped otherwise: their code is gone. */
  dropRange(physical: number, size: number): void {
    for (let at = physical; at < physical + size; at += PAGE_SIZE) this.hostWrite(at, PAGE_SIZE, 'remap');
    this.#versions.clear();
  }

  #collect(physical: number, size: number): void {
    this.#hits.length = 0;
    const from = physical % PAGE_SIZE;
    this.#store.collectHits(Math.floor(physical / PAGE_SIZE), from, from + size, this.#hits);
  }

  #count(tb: number, cause: InvalidationCause): void {
    if (this.#dropped.size >= MOST_DROPPED) this.#dropped.clear();
    this.#dropped.add(this.#store.physicalOf(tb));
    this.invalidated[cause]++;
  }

  #retireHits(cause: InvalidationCause): void {
    for (const tb of this.#hits) this.#count(tb, cause);
    this.#store.retireAll(this.#hits);
  }
}
