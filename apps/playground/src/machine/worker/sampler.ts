/** What the page is told a few times a second of a machine that runs. */
import type { Pc, TranslationInfo } from '@wasm-tcg/emulator';
import type { CodePage, MachineSample } from '../protocol.ts';

/** ms. */
export const SAMPLE_INTERVAL = 250;
const PAGE_BITS = 12;
const NS_PER_MS = 1e6;

export class Sampler {
  readonly #pc: Pc;
  readonly #started = performance.now();
  #observed = false;

  constructor(pc: Pc) {
    this.#pc = pc;
  }

  /** Samples with profile and pages, or without. */
  observe(on: boolean): void {
    if (on === this.#observed) return;
    this.#observed = on;
    if (on) this.#pc.profiler.start();
    else this.#pc.profiler.stop();
  }

  take(): MachineSample {
    const observed = this.#observed;
    return {
      at: performance.now() - this.#started,
      virtual: this.#pc.time / NS_PER_MS,
      counters: this.#pc.counters(),
      profile: observed ? this.#pc.profiler.take() : [],
      pages: observed ? codePages(this.#pc.translations()) : [],
    };
  }
}

/** Bytes translated by page and tier. A TB counts for the page it begins on. */
export function codePages(translations: readonly TranslationInfo[]): readonly CodePage[] {
  const pages = new Map<number, { page: number; tci: number; module: number; region: number }>();
  for (const { physical, size, tier } of translations) {
    const page = Math.floor(physical / 2 ** PAGE_BITS);
    let row = pages.get(page);
    if (row === undefined) pages.set(page, (row = { page, tci: 0, module: 0, region: 0 }));
    row[tier] += size;
  }
  return [...pages.values()];
}
