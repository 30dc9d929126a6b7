/**
 * The softmmu TLB: one direct-mapped table per MMU index. Invariants:
 * - an entry is in the used list of its MMU index exactly when its physPage is not NO_PAGE;
 * - a tag is INVALID, or a page address with the flags that send the access to the slow path;
 * - the write tag of a RAM page with any code bit set has the code flag (the host calls tlb_protect_code when a page gets its
 *   first TB; the flag may outlive the bits).
 * - mappingGeneration is the one of the MMU index that code is fetched by;
 * - every page that a link, a jump cache entry or a region was verified by under the present generation of an index is in that index' set of fetched
 *   pages, and its bit in verifiedLocal is set if one of them is not global. So a change that concerns none of those pages leaves the generation;
 * - the read tag of an entry that was dropped keeps its page address beside the invalid flag, which is how a miss is known to be a flush's doing.
 */
import {
  ACCESS_READ, ACCESS_WRITE, CTX_GENERATIONS, CTX_LARGE_PAGE_BASE, CTX_LARGE_PAGE_MASK, CTX_LAST_GENERATION, CTX_MAPPING_GENERATION, CTX_RET, CTX_TLB_FETCH_FILLS,
  CTX_TLB_FILLS, CTX_TLB_FLUSHES, CTX_TLB_FLUSHES_BY, CTX_TLB_FLUSH_CAUSE, CTX_TLB_LAST_FLUSH, CTX_TLB_MISSES, CTX_TLB_PAGE_FLUSHES, CTX_TLB_USED,
  CTX_TLB_WRITE_FILLS, CTX_VERIFIED_LOCAL, FETCHED_BITS, FLUSH_LARGE_PAGE, FLUSH_OTHER, JC_ENTRY_BITS, JC_TB, MISS_ACCESS, MISS_COLD, MISS_CONFLICT, MISS_FLUSHED,
  MISS_PAGE_FLUSH, NO_PAGE, PHYS_RAM, PHYS_ROM, PROT_EXEC, PROT_GLOBAL, PROT_READ, PROT_SIZE_SHIFT, PROT_WATCH, PROT_WRITE, TB_HASH_NEXT, TB_JMP_GENERATION, TLB_ADDEND,
  TLB_ENTRY_BITS, TLB_FETCH_TAG, TLB_FLAG_CODE, TLB_FLAG_INVALID, TLB_FLAG_MMIO, TLB_FLAG_ROM, TLB_FLAG_WATCH, TLB_PHYS_PAGE, TLB_READ_TAG, TLB_WRITE_TAG,
} from './generated/offsets';
import {
  PAGE_MASK, count, fetchMmuOffset, fetchedOffset, hashBuckets, hashMask, jumpCacheMask, jumpCacheOffset, mmuIndices, tlbBits, tlbFillHook, tlbGlobalOffset, tlbIndexMask,
  tlbOffset, tlbUsedOffset,
} from './machine';
import { codeBits, physEntry } from './physical';

const INVALID_TAG: u64 = PAGE_MASK | TLB_FLAG_INVALID;
/** What has to agree for an entry to be the page's and valid. Other flags only choose the path. */
const MATCH_MASK: u64 = PAGE_MASK | TLB_FLAG_INVALID;

@inline
export function entryOf(env: usize, addr: u64, mmu: u32): usize {
  return env + tlbOffset + ((<usize>mmu) << (tlbBits + <u32>TLB_ENTRY_BITS)) + (((<usize>(addr >> 12)) & tlbIndexMask) << TLB_ENTRY_BITS);
}

/** The entry that maps addr for an access (read, write, fetch: tags in this order), or 0 when it has to be filled. */
@inline
export function probe(env: usize, addr: u64, access: u32, mmu: u32): usize {
  const entry = entryOf(env, addr, mmu);
  const tag = load<u64>(entry + ((<usize>access) << 3), TLB_READ_TAG);
  return ((tag ^ (addr & PAGE_MASK)) & MATCH_MASK) == 0 ? entry : 0;
}

/** Why the entry of addr did not serve an access: MISS_*. */
function missCause(env: usize, entry: usize, addr: u64): u32 {
  const tag = load<u64>(entry, TLB_READ_TAG);
  const samePage = ((tag ^ addr) & PAGE_MASK) == 0;
  if (load<u32>(entry, TLB_PHYS_PAGE) == NO_PAGE) return samePage ? MISS_FLUSHED + load<u32>(env, CTX_TLB_LAST_FLUSH) : MISS_COLD;
  const dropped = tag & load<u64>(entry, TLB_WRITE_TAG) & load<u64>(entry, TLB_FETCH_TAG) & TLB_FLAG_INVALID;
  return dropped ? MISS_PAGE_FLUSH : samePage ? MISS_ACCESS : MISS_CONFLICT;
}

/**
 * The entry that maps addr, filled when needed; 0: the guest raised a fault, or, with `quiet`, would have raised one.
 * `hint`: ACCESS_CROSSING or 0, for the hook.
 * A hook that says 1 without having entered the page is a defect of the guest package, and traps.
 */
export function lookup(env: usize, addr: u64, access: u32, mmu: u32, quiet: u32, hint: u32 = 0): usize {
  let entry = probe(env, addr, access, mmu);
  if (entry != 0) return entry;
  count(env + CTX_TLB_FILLS);
  if (access != ACCESS_READ) count(env + (access == ACCESS_WRITE ? CTX_TLB_WRITE_FILLS : CTX_TLB_FETCH_FILLS));
  count(env + CTX_TLB_MISSES + (missCause(env, entryOf(env, addr, mmu), addr) << 3));
  if (call_indirect<i32>(tlbFillHook, env, addr, access | hint, mmu, quiet) == 0) return 0;
  entry = probe(env, addr, access, mmu);
  if (entry == 0) unreachable();
  return entry;
}

/** Physical address of addr in an entry that maps it. */
@inline
export function physicalOf(entry: usize, addr: u64): u64 {
  return ((<u64>load<u32>(entry, TLB_PHYS_PAGE)) << 12) | (addr & ~PAGE_MASK);
}

@inline
function invalidateTags(entry: usize): void {
  store<u64>(entry, load<u64>(entry, TLB_READ_TAG) | TLB_FLAG_INVALID, TLB_READ_TAG);
  store<u64>(entry, INVALID_TAG, TLB_WRITE_TAG);
  store<u64>(entry, INVALID_TAG, TLB_FETCH_TAG);
}

/** Bytes of a set of fetched pages. */
const FETCHED_SIZE: u32 = 1 << (FETCHED_BITS - 3);

/**
 * Bit of the page of addr in such a set. Spread by the golden ratio: by number alone, data of user programs meets the text of a kernel, and each of its page flushes would cost all that is
 * verified of that.
 */
@inline
function fetchedBit(addr: u64): u32 {
  return (<u32>(addr >> 12) * 0x9e3779b1) >> (32 - FETCHED_BITS);
}

@inline
function fetchedSet(env: usize, mmu: u32): usize {
  return env + fetchedOffset + ((<usize>mmu) << (FETCHED_BITS - 3));
}

/** The byte that says whether the page in an entry is global. */
@inline
function globalMark(env: usize, entry: usize): usize {
  return env + tlbGlobalOffset + ((entry - env - tlbOffset) >> TLB_ENTRY_BITS);
}

/** Something is verified, under the present generation of an MMU index, by the page of linear address addr, which is in an entry. */
export function noteVerified(env: usize, addr: u64, entry: usize, mmu: u32): void {
  const bit = fetchedBit(addr);
  const word = fetchedSet(env, mmu) + ((<usize>(bit >> 5)) << 2);
  store<u32>(word, load<u32>(word) | (1 << (bit & 31)));
  if (load<u8>(globalMark(env, entry)) == 0) store<u32>(env, load<u32>(env, CTX_VERIFIED_LOCAL) | (1 << mmu), CTX_VERIFIED_LOCAL);
}

/**
 * Gives new mapping generations, never 0, to the MMU indices of a mask. When the counter has gone round, everything that remembers an old one forgets it;
 * only region descriptors, which nobody lists here, could then be taken for verified, after exactly 2^32 changes without one run.
 */
function renewGenerations(env: usize, which: u32): void {
  if (which == 0) return;
  let next = load<u32>(env, CTX_LAST_GENERATION) + 1;
  if (next == 0) {
    forgetGenerations(env);
    next = 1;
    which = (1 << mmuIndices) - 1;
  }
  store<u32>(env, next, CTX_LAST_GENERATION);
  for (let mmu: u32 = 0; mmu < mmuIndices; mmu++) {
    if (!((which >> mmu) & 1)) continue;
    store<u32>(env + (mmu << 2), next, CTX_GENERATIONS);
    memory.fill(fetchedSet(env, mmu), 0, FETCHED_SIZE);
  }
  store<u32>(env, load<u32>(env, CTX_VERIFIED_LOCAL) & ~which, CTX_VERIFIED_LOCAL);
  store<u32>(env, load<u32>(env + (load<u32>(env + fetchMmuOffset) << 2), CTX_GENERATIONS), CTX_MAPPING_GENERATION);
}

function forgetGenerations(env: usize): void {
  for (let i: u32 = 0; i <= jumpCacheMask; i++) store<u32>(env + jumpCacheOffset + (i << JC_ENTRY_BITS), 0, JC_TB);
  for (let i: u32 = 0; i <= hashMask; i++) {
    for (let tb: usize = load<u32>(hashBuckets + (i << 2)); tb != 0; tb = load<u32>(tb, TB_HASH_NEXT)) {
      store<u32>(tb, 0, TB_JMP_GENERATION);
      store<u32>(tb, 0, TB_JMP_GENERATION + 4);
    }
  }
}

export function tlb_bump_generation(env: usize): void {
  renewGenerations(env, (1 << mmuIndices) - 1);
}

/** Drops the entries of all MMU indices, `local`: but those of global pages. */
function dropEntries(env: usize, local: bool): void {
  store<u32>(env, load<u32>(env, CTX_TLB_FLUSHES) + 1, CTX_TLB_FLUSHES);
  const cause = load<u32>(env, CTX_TLB_FLUSH_CAUSE);
  store<u32>(env, FLUSH_OTHER, CTX_TLB_FLUSH_CAUSE);
  store<u32>(env, cause, CTX_TLB_LAST_FLUSH);
  count(env + CTX_TLB_FLUSHES_BY + (cause << 3));
  for (let mmu: u32 = 0; mmu < mmuIndices; mmu++) {
    const counter = env + CTX_TLB_USED + (mmu << 2);
    const table = env + tlbOffset + ((<usize>mmu) << (tlbBits + <u32>TLB_ENTRY_BITS));
    const list = env + tlbUsedOffset + ((<usize>mmu) << (tlbBits + 1));
    const used = load<u32>(counter);
    let kept: u32 = 0;
    for (let i: u32 = 0; i < used; i++) {
      const index = load<u16>(list + (i << 1));
      const entry = table + ((<usize>index) << TLB_ENTRY_BITS);
      if (local && load<u8>(globalMark(env, entry)) != 0) {
        store<u16>(list + (kept++ << 1), index);
        continue;
      }
      invalidateTags(entry);
      store<u32>(entry, NO_PAGE, TLB_PHYS_PAGE);
    }
    store<u32>(counter, kept);
  }
}

export function tlb_flush(env: usize): void {
  dropEntries(env, false);
  store<u64>(env, ~(<u64>0), CTX_LARGE_PAGE_BASE);
  store<u64>(env, ~(<u64>0), CTX_LARGE_PAGE_MASK);
  tlb_bump_generation(env);
}

export function tlb_flush_local(env: usize): void {
  dropEntries(env, true);
  renewGenerations(env, load<u32>(env, CTX_VERIFIED_LOCAL));
}

export function tlb_flush_page(env: usize, addr: u64): void {
  if ((addr & load<u64>(env, CTX_LARGE_PAGE_MASK)) == load<u64>(env, CTX_LARGE_PAGE_BASE)) {
    store<u32>(env, FLUSH_LARGE_PAGE, CTX_TLB_FLUSH_CAUSE);
    tlb_flush(env);
    return;
  }
  store<u32>(env, load<u32>(env, CTX_TLB_PAGE_FLUSHES) + 1, CTX_TLB_PAGE_FLUSHES);
  let fetched: u32 = 0;
  for (let mmu: u32 = 0; mmu < mmuIndices; mmu++) {
    const entry = entryOf(env, addr, mmu);
    // Another page in the same entry goes too: it costs one fill, and telling them apart costs three compares here.
    invalidateTags(entry);
    const bit = fetchedBit(addr);
    if ((load<u32>(fetchedSet(env, mmu) + ((<usize>(bit >> 5)) << 2)) >> (bit & 31)) & 1) fetched |= 1 << mmu;
  }
  renewGenerations(env, fetched);
}

export function tlb_flush_page_host(env: usize, addrLo: u32, addrHi: u32): void {
  tlb_flush_page(env, (<u64>addrHi << 32) | addrLo);
}

/** Widens the one range that covers all large pages so that it covers this page too. */
function noteLargePage(env: usize, addr: u64, sizeBits: u32): void {
  let mask = ~((<u64>1 << sizeBits) - 1);
  let base = addr & mask;
  const oldBase = load<u64>(env, CTX_LARGE_PAGE_BASE);
  const oldMask = load<u64>(env, CTX_LARGE_PAGE_MASK);
  if (oldMask != ~(<u64>0)) {
    mask &= oldMask;
    while (((base ^ oldBase) & mask) != 0) mask <<= 1;
    base &= mask;
  }
  store<u64>(env, base, CTX_LARGE_PAGE_BASE);
  store<u64>(env, mask, CTX_LARGE_PAGE_MASK);
}

export function tlb_set_page(env: usize, linear: u64, physPage: u32, prot: u32, mmu: u32): void {
  const entry = entryOf(env, linear, mmu);
  if (load<u32>(entry, TLB_PHYS_PAGE) == NO_PAGE) {
    const counter = env + CTX_TLB_USED + (mmu << 2);
    const used = load<u32>(counter);
    store<u16>(env + tlbUsedOffset + ((<usize>mmu) << (tlbBits + 1)) + (used << 1), <u16>((<usize>(linear >> 12)) & tlbIndexMask));
    store<u32>(counter, used + 1);
  }
  const sizeBits = (prot >> PROT_SIZE_SHIFT) & 0xff;
  if (sizeBits > 12) noteLargePage(env, linear, sizeBits);

  const mapped = physEntry((<u64>physPage) << 12);
  let readFlags: u64 = 0;
  let writeFlags: u64 = 0;
  if (mapped & PHYS_RAM) {
    if (codeBits(mapped) != 0) writeFlags = TLB_FLAG_CODE;
  } else if (mapped & PHYS_ROM) {
    writeFlags = TLB_FLAG_ROM;
  } else {
    readFlags = TLB_FLAG_MMIO;
    writeFlags = TLB_FLAG_MMIO;
  }
  const fetchFlags = readFlags;
  if (prot & PROT_WATCH) {
    readFlags |= TLB_FLAG_WATCH;
    writeFlags |= TLB_FLAG_WATCH;
  }
  const page = linear & PAGE_MASK;
  store<u64>(entry, prot & PROT_READ ? page | readFlags : INVALID_TAG, TLB_READ_TAG);
  store<u64>(entry, prot & PROT_WRITE ? page | writeFlags : INVALID_TAG, TLB_WRITE_TAG);
  store<u64>(entry, prot & PROT_EXEC ? page | fetchFlags : INVALID_TAG, TLB_FETCH_TAG);
  store<u32>(entry, (mapped & ~0xfff) - <u32>page, TLB_ADDEND);
  // NO_PAGE marks an unused entry. Nothing is mapped that high, so the page before it behaves the same.
  store<u32>(entry, physPage == NO_PAGE ? NO_PAGE - 1 : physPage, TLB_PHYS_PAGE);
  store<u8>(globalMark(env, entry), prot & PROT_GLOBAL ? 1 : 0);
}

export function tlb_protect_code(env: usize, physPage: u32): void {
  for (let mmu: u32 = 0; mmu < mmuIndices; mmu++) {
    const used = load<u32>(env + CTX_TLB_USED + (mmu << 2));
    const table = env + tlbOffset + ((<usize>mmu) << (tlbBits + <u32>TLB_ENTRY_BITS));
    const list = env + tlbUsedOffset + ((<usize>mmu) << (tlbBits + 1));
    for (let i: u32 = 0; i < used; i++) {
      const entry = table + ((<usize>load<u16>(list + (i << 1))) << TLB_ENTRY_BITS);
      if (load<u32>(entry, TLB_PHYS_PAGE) != physPage) continue;
      const tag = load<u64>(entry, TLB_WRITE_TAG);
      if (!(tag & TLB_FLAG_INVALID)) store<u64>(entry, tag | TLB_FLAG_CODE, TLB_WRITE_TAG);
    }
  }
}

/** Takes the code flag off an entry whose page holds no translated code any more: its stores are inline again. */
export function dropStaleCodeFlag(entry: usize): void {
  const tag = load<u64>(entry, TLB_WRITE_TAG);
  if (!(tag & TLB_FLAG_CODE)) return;
  const mapped = physEntry((<u64>load<u32>(entry, TLB_PHYS_PAGE)) << 12);
  if (mapped & PHYS_RAM && codeBits(mapped) == 0) store<u64>(entry, tag & ~TLB_FLAG_CODE, TLB_WRITE_TAG);
}

export function guest_translate(env: usize, addr: u64, access: u32, mmu: u32): i64 {
  const entry = lookup(env, addr, access, mmu, 1);
  return entry == 0 ? -1 : <i64>physicalOf(entry, addr);
}

export function guest_translate_host(env: usize, addrLo: u32, addrHi: u32, access: u32, mmu: u32): u32 {
  const phys = guest_translate(env, (<u64>addrHi << 32) | addrLo, access, mmu);
  if (phys < 0) return 0;
  store<i64>(env, phys, CTX_RET);
  return 1;
}
