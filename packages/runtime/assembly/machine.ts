/**
 * Where things are in the memory of this machine, read once from machineInfo. Wasm globals belong to the instance, so two
 * machines in one page do not meet.
 */
import {
  INFO_CODE_BITMAP, INFO_CODE_HEADS, INFO_CS_BASE_OFFSET, INFO_FETCH_MMU_OFFSET, INFO_FLAGS_OFFSET, INFO_HASH_BUCKETS, INFO_HASH_MASK,
  INFO_JUMP_CACHE_BITS, INFO_JUMP_CACHE_OFFSET, INFO_MMU_INDICES, INFO_PAGE_BASE_OFFSET, INFO_PC_MASK_OFFSET, INFO_PC_OFFSET,
  INFO_PHYS_MAP, INFO_RAM_BASE, INFO_TLB_BITS, INFO_TLB_OFFSET, INFO_TLB_USED_OFFSET, INFO_TLB_GLOBAL_OFFSET, INFO_FETCHED_OFFSET,
} from './generated/offsets';

export const PAGE_MASK: u64 = ~(<u64>0xfff);

export let physMap: usize = 0;
export let codeBitmap: usize = 0;
export let codeHeads: usize = 0;
export let ramBase: usize = 0;
export let hashBuckets: usize = 0;
export let hashMask: u32 = 0;
export let pcOffset: usize = 0;
export let pageBaseOffset: usize = 0;
export let csBaseOffset: usize = 0;
export let flagsOffset: usize = 0;
export let pcMaskOffset: usize = 0;
export let fetchMmuOffset: usize = 0;
export let tlbOffset: usize = 0;
export let tlbBits: u32 = 0;
export let tlbIndexMask: usize = 0;
export let mmuIndices: u32 = 0;
export let tlbUsedOffset: usize = 0;
export let tlbGlobalOffset: usize = 0;
export let fetchedOffset: usize = 0;
export let jumpCacheOffset: usize = 0;
export let jumpCacheBits: u32 = 0;
export let jumpCacheMask: u32 = 0;
/** Index of the guest's tlb_fill in the shared table. */
export let tlbFillHook: u32 = 0;

export function configure(): void {
  physMap = load<u32>(INFO_PHYS_MAP);
  codeBitmap = load<u32>(INFO_CODE_BITMAP);
  codeHeads = load<u32>(INFO_CODE_HEADS);
  ramBase = load<u32>(INFO_RAM_BASE);
  hashBuckets = load<u32>(INFO_HASH_BUCKETS);
  hashMask = load<u32>(INFO_HASH_MASK);
  pcOffset = load<u32>(INFO_PC_OFFSET);
  pageBaseOffset = load<u32>(INFO_PAGE_BASE_OFFSET);
  csBaseOffset = load<u32>(INFO_CS_BASE_OFFSET);
  flagsOffset = load<u32>(INFO_FLAGS_OFFSET);
  pcMaskOffset = load<u32>(INFO_PC_MASK_OFFSET);
  fetchMmuOffset = load<u32>(INFO_FETCH_MMU_OFFSET);
  tlbOffset = load<u32>(INFO_TLB_OFFSET);
  tlbBits = load<u32>(INFO_TLB_BITS);
  tlbIndexMask = ((<usize>1) << tlbBits) - 1;
  mmuIndices = load<u32>(INFO_MMU_INDICES);
  tlbUsedOffset = load<u32>(INFO_TLB_USED_OFFSET);
  tlbGlobalOffset = load<u32>(INFO_TLB_GLOBAL_OFFSET);
  fetchedOffset = load<u32>(INFO_FETCHED_OFFSET);
  jumpCacheOffset = load<u32>(INFO_JUMP_CACHE_OFFSET);
  jumpCacheBits = load<u32>(INFO_JUMP_CACHE_BITS);
  jumpCacheMask = (1 << jumpCacheBits) - 1;
}

export function set_hooks(tlbFill: u32): void {
  tlbFillHook = tlbFill;
}

/** Adds one to a 64-bit counter. */
@inline
export function count(at: usize): void {
  store<u64>(at, load<u64>(at) + 1);
}
