/** Samples for tests of Observe: zeros, but for what a row says. */
import { COUNTER_GROUPS, type CounterName, type ProfileEntry } from '@wasm-tcg/emulator';
import type { KeptSample } from '../src/machine/sample-ring.ts';

const ZEROS = Object.fromEntries(COUNTER_GROUPS.flatMap(({ rows }) => Object.keys(rows).map((name) => [name, 0]))) as Record<CounterName, number>;

export interface Counts {
  readonly instructions?: number;
  readonly tci?: number;
  readonly region?: number;
  readonly translateMs?: number;
  readonly compileMs?: number;
  readonly regionMs?: number;
  readonly engineMs?: number;
  readonly tlb?: number;
  readonly stores?: number;
  readonly fetches?: number;
  readonly modules?: number;
  readonly instances?: number;
  readonly evictions?: number;
  readonly exits?: Readonly<Record<string, number>>;
}

export function sample(at: number, counts: Counts): KeptSample {
  const { instructions = 0, tci = 0, region = 0, translateMs = 0, compileMs = 0, regionMs = 0, engineMs = 0 } = counts;
  const { tlb = 0, stores = 0, fetches = 0, modules = 0, instances = 0, evictions = 0, exits = {} } = counts;
  return {
    at,
    virtual: at,
    counters: {
      ...ZEROS,
      instructions,
      tciInstructions: tci,
      moduleInstructions: instructions - tci - region,
      regionInstructions: region,
      translateMs,
      compileMs,
      regionMs,
      engineMs,
      tlbFills: tlb,
      tlbWriteFills: stores,
      tlbFetchFills: fetches,
      exits,
      pool: {
        modules,
        instances,
        bytes: 0,
        uncollected: 0,
        uncollectedBytes: 0,
        hits: 0,
        instantiations: 0,
        reinstantiations: 0,
        evictions,
        limitDrops: 0,
        deadDrops: 0,
        refusals: 0,
      },
    },
  };
}

/** A place in a profile: page and offset, tier, hits. */
export function entry(physical: number, tier: ProfileEntry['tier'], hits: number, more: Partial<ProfileEntry> = {}): ProfileEntry {
  return { pc: BigInt(physical), physical, insns: 4, tier, user: false, hits, ...more };
}
