/**
 * What a loader hands to the machine: which bytes go where in RAM, and how the CPU starts. A plan is data; making one touches no machine,
 * applying one needs nothing but RAM and registers.
 */
import type { E820Range } from '../firmware/e820.ts';
import type { CpuStart } from './cpu-start.ts';

/** Bytes of RAM before the first instruction. */
export interface PlacedBytes {
  /** For messages and logs: `kernel`, `initrd`, `boot_params`, … */
  readonly name: string;
  /** Physical address of the first byte. */
  readonly physical: number;
  readonly bytes: Uint8Array;
}

export interface LoadPlan {
  /** In any order: none overlaps another. RAM that none covers is zero. */
  readonly segments: readonly PlacedBytes[];
  readonly start: CpuStart;
  /** The memory map the guest was told of. */
  readonly e820: readonly E820Range[];
}
