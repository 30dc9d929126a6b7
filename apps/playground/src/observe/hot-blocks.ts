/**
 * Which translation blocks the time goes to: hits of the profiler, summed over the last seconds and since observing began. A block that was promoted
 * meanwhile is one row: its hits are kept by tier.
 */
import type { ProfileEntry } from '@wasm-tcg/emulator';
import { hitsOf, type TierHits } from './tiers.ts';

export interface HotBlock extends TierHits {
  readonly key: string;
  readonly pc: bigint;
  readonly physical: number;
  readonly user: boolean;
  /** Guest instructions of the block. */
  readonly insns: number;
  readonly hits: number;
  /** Of all hits in the same span of time, 0 … 1. */
  readonly share: number;
}

export type Span = 'recent' | 'all';

/** ms that `recent` covers. */
export const RECENT = 10_000;
/** Blocks kept for `all`. Past it the coldest half is forgotten: none of them could become hot without being met again. */
const MAX_BLOCKS = 20_000;

interface Block {
  readonly key: string;
  readonly pc: bigint;
  readonly physical: number;
  readonly user: boolean;
  insns: number;
  tci: number;
  module: number;
  region: number;
}

const keyOf = ({ physical, pc, user }: ProfileEntry): string => `${physical.toString(36)} ${pc.toString(36)} ${user ? 'u' : 'k'}`;

/** Sums that can be added to and taken from. */
class Sums {
  readonly blocks = new Map<string, Block>();
  total = 0;

  add(entry: ProfileEntry, sign: 1 | -1): void {
    const key = keyOf(entry);
    let block = this.blocks.get(key);
    if (block === undefined) {
      const { pc, physical, user, insns } = entry;
      block = { key, pc, physical, user, insns, tci: 0, module: 0, region: 0 };
      this.blocks.set(key, block);
    }
    block.insns = entry.insns;
    block[entry.tier] += sign * entry.hits;
    this.total += sign * entry.hits;
    if (hitsOf(block) <= 0) this.blocks.delete(key);
  }

  /** Forget the coldest half. */
  halve(): void {
    const sorted = [...this.blocks.values()].toSorted((a, b) => hitsOf(b) - hitsOf(a));
    for (const { key } of sorted.slice(sorted.length >> 1)) this.blocks.delete(key);
  }

  rows(): HotBlock[] {
    const rows: HotBlock[] = [];
    for (const block of this.blocks.values()) {
      const hits = hitsOf(block);
      rows.push({ ...block, hits, share: hits / this.total });
    }
    return rows;
  }
}

export class HotBlocks {
  #recent = new Sums();
  #all = new Sums();
  #entries: { readonly at: number; readonly profile: readonly ProfileEntry[] }[] = [];

  /** @param at ms, never less than before */
  add(at: number, profile: readonly ProfileEntry[]): void {
    for (const entry of profile) {
      this.#recent.add(entry, 1);
      this.#all.add(entry, 1);
    }
    this.#entries.push({ at, profile });
    let gone = 0;
    while (gone < this.#entries.length && this.#entries[gone]!.at <= at - RECENT) {
      for (const entry of this.#entries[gone]!.profile) this.#recent.add(entry, -1);
      gone++;
    }
    if (gone > 0) this.#entries.splice(0, gone);
    if (this.#all.blocks.size > MAX_BLOCKS) this.#all.halve();
  }

  /** Hits in a span of time. */
  total(span: Span): number {
    return this.#sums(span).total;
  }

  /** Rows in no order. */
  rows(span: Span): HotBlock[] {
    return this.#sums(span).rows();
  }

  #sums(span: Span): Sums {
    return span === 'recent' ? this.#recent : this.#all;
  }
}
