/** What is compared. */
import type { ExecutionOptions } from '@wasm-tcg/emulator';

/** No region is ever grown. */
export const NO_REGIONS = 0x3fffffff;

export const ALTERNATIVES = {
  /** Never compile. */
  tci: { mode: 'tci' },
  /** The QEMU back end as published. */
  'tb-per-module': { mode: 'tb-per-module' },
  /** `tiered` without its upper tier: batches of TBs. */
  modules: { mode: 'tiered', regionThreshold: NO_REGIONS },
  tiered: { mode: 'tiered' },
} as const satisfies Readonly<Record<string, ExecutionOptions>>;
export type Alternative = keyof typeof ALTERNATIVES;
export const ALTERNATIVE_NAMES = ['tci', 'tb-per-module', 'modules', 'tiered'] as const satisfies readonly Alternative[];

/** How long everything takes. */
export interface Effort {
  /** Interleaved repetitions, ≥ 3. */
  readonly repetitions: number;
  /** Seconds of one measured run. */
  readonly runSeconds: number;
  /** Seconds of warming up before the first: tiers are climbed, V8 optimises. */
  readonly warmSeconds: number;
}

export const EFFORTS: Readonly<Record<'quick' | 'full', Effort>> = {
  quick: { repetitions: 3, runSeconds: 0.03, warmSeconds: 0.25 },
  full: { repetitions: 5, runSeconds: 0.15, warmSeconds: 0.8 },
};
