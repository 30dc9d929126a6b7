/**
 * From what the frame names to a TB: translate the linear pc, look in the physical hash, fill the jump cache. And the check
 * whether pages of a region are where they were when it was made.
 */
import {
  ACCESS_FETCH, CTX_ABSENT_PAGES, CTX_EXIT_CODE, CTX_MAPPING_GENERATION, EXIT_FETCH_FAULT, HASH_CS_BASE, HASH_FLAGS, HASH_OFFSET, HASH_PAGE, JC_CS_BASE,
  JC_ENTRY_BITS, JC_FLAGS, JC_GENERATION, JC_PAGE_BASE, JC_PC, JC_TB, NO_PAGE, REGION_BASE, REGION_PAGES, REGION_PAGE_DELTA_PAGES,
  REGION_PAGE_PHYS_PAGE, REGION_PAGE_SIZEOF, REGION_VERIFIED, TB_CS_BASE, TB_FLAGS, TB_HASH_NEXT, TB_PAGE_OFFSET, TB_PHYS_PAGE, TB_PHYS_PAGE2, TB_STATE, TLB_PHYS_PAGE,
} from './generated/offsets';
import {
  PAGE_MASK, count, csBaseOffset, fetchMmuOffset, flagsOffset, hashBuckets, hashMask, jumpCacheBits, jumpCacheMask, jumpCacheOffset, pageBaseOffset, pcMaskOffset,
  pcOffset,
} from './machine';
import { nextPage } from './slow-path';
import { lookup, noteVerified } from './tlb';

/** Same as tbHash of src/layout/hash.ts. */
@inline
function tbHash(physPage: u32, pageOffset: u32, flags: u32, csBase: u32): u32 {
  const mixed = (physPage * HASH_PAGE) ^ (pageOffset * HASH_OFFSET) ^ (flags * HASH_FLAGS) ^ (csBase * HASH_CS_BASE);
  return mixed ^ (mixed >> 15);
}

/** Whether the page after a TB's first one is mapped, for fetching, to the page the TB was translated from. */
function secondPageIs(env: usize, pageBase: u64, mmu: u32, physPage: u32): bool {
  const linear = nextPage(env, pageBase);
  const entry = lookup(env, linear, ACCESS_FETCH, mmu, 1);
  if (entry == 0 || load<u32>(entry, TLB_PHYS_PAGE) != physPage) return false;
  noteVerified(env, linear, entry, mmu);
  return true;
}

export function tb_find(env: usize): usize {
  const pc = load<u64>(env + pcOffset);
  const csBase = load<u64>(env + csBaseOffset);
  const flags = load<u32>(env + flagsOffset);
  const mmu = load<u32>(env + fetchMmuOffset);
  const linear = (pc + csBase) & load<u64>(env + pcMaskOffset);
  const entry = lookup(env, linear, ACCESS_FETCH, mmu, 0);
  if (entry == 0) {
    store<u32>(env, EXIT_FETCH_FAULT, CTX_EXIT_CODE);
    return 0;
  }
  const physPage = load<u32>(entry, TLB_PHYS_PAGE);
  const pageBase = linear & PAGE_MASK;
  const pageOffset = <u32>(linear & 0xfff);
  store<u64>(env + pageBaseOffset, pageBase);
  noteVerified(env, linear, entry, mmu);
  let tb: usize = load<u32>(hashBuckets + ((tbHash(physPage, pageOffset, flags, <u32>csBase) & hashMask) << 2));
  for (; tb != 0; tb = load<u32>(tb, TB_HASH_NEXT)) {
    if (load<u32>(tb, TB_PHYS_PAGE) != physPage || load<u32>(tb, TB_PAGE_OFFSET) != pageOffset) continue;
    if (load<u32>(tb, TB_FLAGS) != flags || load<u64>(tb, TB_CS_BASE) != csBase || load<u32>(tb, TB_STATE) == 0) continue;
    const physPage2 = load<u32>(tb, TB_PHYS_PAGE2);
    if (physPage2 == NO_PAGE || secondPageIs(env, pageBase, mmu, physPage2)) break;
  }
  if (tb == 0) return 0;
  const slot = ((<u32>pc) ^ ((<u32>pc) >> jumpCacheBits)) & jumpCacheMask;
  const cached = env + jumpCacheOffset + ((<usize>slot) << JC_ENTRY_BITS);
  store<u64>(cached, pc, JC_PC);
  store<u64>(cached, pageBase, JC_PAGE_BASE);
  store<u32>(cached, <u32>csBase, JC_CS_BASE);
  store<u32>(cached, flags, JC_FLAGS);
  store<u32>(cached, <u32>tb, JC_TB);
  store<u32>(cached, load<u32>(env, CTX_MAPPING_GENERATION), JC_GENERATION);
  return tb;
}

export function region_check(env: usize, descriptor: usize, pages: u32): u32 {
  const base = load<u64>(descriptor, REGION_BASE);
  const mask = load<u64>(env + pcMaskOffset);
  const mmu = load<u32>(env + fetchMmuOffset);
  let verified = load<u32>(descriptor, REGION_VERIFIED);
  for (let left = pages & ~verified; left != 0; left &= left - 1) {
    const record = descriptor + REGION_PAGES + <usize>ctz(left) * REGION_PAGE_SIZEOF;
    const linear = (base + <u64>((<i64>load<i32>(record, REGION_PAGE_DELTA_PAGES)) << 12)) & mask;
    const entry = lookup(env, linear, ACCESS_FETCH, mmu, 1);
    if (entry == 0 || load<u32>(entry, TLB_PHYS_PAGE) != load<u32>(record, REGION_PAGE_PHYS_PAGE)) {
      count(env + CTX_ABSENT_PAGES);
      return 0;
    }
    noteVerified(env, linear, entry, mmu);
    verified |= left & (0 - left);
  }
  store<u32>(descriptor, verified, REGION_VERIFIED);
  return 1;
}
