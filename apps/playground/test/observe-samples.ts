/** Samples for tests of Observe: zeros, but for what a row says. */
import type { ProfileEntry } from '@wasm-tcg/emulator';
import type { KeptSample } from '../src/machine/sample-ring.ts';

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
      instructions,
      tciInstructions: tci,
      moduleInstructions: instructions - tci - region,
      regionInstructions: region,
      translatedTbs: 0,
      translatedInstructions: 0,
      translateMs,
      compiledModules: 0,
      compiledModuleTbs: 0,
      compiledRegions: 0,
      compiledRegionTbs: 0,
      wasmBytes: 0,
      compileMs,
      regionMs,
      engineMs,
      invalidatedTbs: 0,
      flushes: 0,
      retries: 0,
      faults: 0,
      refusedRegions: 0,
      dispatches: 0,
      lookups: 0,
      lookupMisses: 0,
      slowPaths: 0,
      tlbFills: tlb,
      tlbWriteFills: stores,
      tlbFetchFills: fetches,
      tlbFlushes: 0,
      tlbPageFlushes: 0,
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
      arenaBytes: 0,
    },
  };
}

/** A place in a profile: page and offset, tier, hits. */
export function entry(physical: number, tier: ProfileEntry['tier'], hits: number, more: Partial<ProfileEntry> = {}): ProfileEntry {
  return { pc: BigInt(physical), physical, insns: 4, tier, user: false, hits, ...more };
}
