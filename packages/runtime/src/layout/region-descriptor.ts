/**
 * Region descriptor: the pages a region or a link covers, checked by `region_check` when the mapping generation has moved on.
 */
import { defStruct } from './struct.ts';

export const REGION_DESCRIPTOR = defStruct('regionDescriptor', {
  /** Mapping generation under which all pages were last found in place; 0 = never. */
  generation: 'u32',
  count: 'u32',
  /** Page base of member 0 with which that was. */
  base: 'u64',
  /** `count` records of {@link REGION_PAGE} follow. */
  pages: ['u64', 0],
}, 8);

export const REGION_PAGE = defStruct('regionPage', {
  /** Linear page minus that of member 0, in pages. */
  deltaPages: 'i32',
  physPage: 'u32',
}, 8);
