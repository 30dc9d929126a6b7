/**
 * Region descriptor: the pages that a region covers, and which of them have been found in place. Whoever enters the region under another mapping generation, or where its code
 * has another page base, clears `verified`; `region_check` sets bits of it when a way inside of the region leads to pages that are not in it.
 */
import { defStruct } from './struct.ts';

export const REGION_DESCRIPTOR = defStruct('regionDescriptor', {
  /** Mapping generation that `verified` is good for; 0 = none. */
  generation: 'u32',
  /** Bit i: page i is mapped to its physical page, for fetching. */
  verified: 'u32',
  /** Page base of member 0 with which that is so. */
  base: 'u64',
  /** At most {@link MAX_REGION_PAGES} records of {@link REGION_PAGE} follow. */
  pages: ['u64', 0],
}, 8);

/** Pages that a region can cover: bits of `verified`. */
export const MAX_REGION_PAGES = 32;

export const REGION_PAGE = defStruct('regionPage', {
  /** Linear page minus that of member 0, in pages. */
  deltaPages: 'i32',
  physPage: 'u32',
}, 8);
