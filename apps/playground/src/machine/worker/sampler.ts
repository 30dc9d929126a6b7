/** What the page is told a few times a second of a machine that runs. */
import type { Pc } from '@wasm-tcg/emulator';
import type { MachineSample } from '../protocol.ts';

/** ms. */
export const SAMPLE_INTERVAL = 250;
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
      pages: observed ? this.#pc.translatedPages() : [],
    };
  }
}
