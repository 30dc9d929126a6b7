/** Public API: what has been translated, and where time goes. Plain data. */
import type { CodeTier } from './api-code.ts';

/** A TB that exists now. */
export interface TranslationInfo {
  /** Physical address of its first byte. */
  readonly physical: number;
  /** Guest code, bytes; and instructions. */
  readonly size: number;
  readonly insns: number;
  readonly tier: CodeTier;
}

/** Translated code on one page: bytes of guest code by tier. A TB counts for the page that it begins on; where TBs overlap, each counts. */
export interface TranslatedPage {
  /** Physical page number: address / 4096. */
  readonly page: number;
  readonly tci: number;
  readonly module: number;
  readonly region: number;
}

/** A place in guest code at which the machine was met, in units of instructions: the share of a place is its `hits` by the sum of all. */
export interface ProfileEntry {
  /** Linear address of the TB's first instruction, when it was last met. */
  readonly pc: bigint;
  /** Physical address of the same. */
  readonly physical: number;
  /** Instructions of the TB. */
  readonly insns: number;
  readonly tier: CodeTier;
  readonly user: boolean;
  readonly hits: number;
}

/**
 * A sampling profiler on the instruction count: every `interval` instructions (jittered, so that loops do not beat with it) it notes which TB is next, and the tier
 * that ran. It costs nothing while it is off, and changes nothing the guest can see.
 */
export interface Profiler {
  /** @param interval instructions between two samples, 1,000 … 2^30, default 100,000 */
  start(interval?: number): void;
  stop(): void;
  readonly running: boolean;
  /** Samples since the last `take` (or `start`), by TB and tier. */
  take(): ProfileEntry[];
}
