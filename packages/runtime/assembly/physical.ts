/** Physical memory: RAM, ROM, devices, nothing. No function here looks at the TLB. Sizes: 1, 2, 4, 8; never across a page. */
import { CODE_GRANULE_BITS, CTX_ARG, CTX_RET, PHYS_MMIO, PHYS_PAGES, PHYS_RAM, TB_LIVE_RANGES, TB_PAGE_NEXT, TB_PAGE_OFFSET, TB_SIZE } from './generated/offsets';
import { code_write, mmio_read, mmio_write } from './host';
import { codeBitmap, codeHeads, physMap, ramBase } from './machine';

const KIND_MASK: u32 = 0xfff;

/** physMap entry of a physical address; 0 where nothing is. */
@inline
export function physEntry(phys: u64): u32 {
  const page = phys >> 12;
  return page < PHYS_PAGES ? load<u32>(physMap + ((<usize>page) << 2)) : 0;
}

@inline
function hostAddress(entry: u32, phys: u64): usize {
  return (entry & ~KIND_MASK) | ((<u32>phys) & KIND_MASK);
}

@inline
function codeWordAddress(entry: u32): usize {
  return codeBitmap + ((((entry & ~KIND_MASK) - <u32>ramBase) >> 12) << 3);
}

/** The 64 code bits of the RAM page that a physMap entry names. */
@inline
export function codeBits(entry: u32): u64 {
  return load<u64>(codeWordAddress(entry));
}

export function loadHost(at: usize, size: u32): u64 {
  if (size == 8) return load<u64>(at);
  if (size == 4) return load<u32>(at);
  if (size == 2) return load<u16>(at);
  return load<u8>(at);
}

export function storeHost(at: usize, value: u64, size: u32): void {
  if (size == 8) store<u64>(at, value);
  else if (size == 4) store<u32>(at, <u32>value);
  else if (size == 2) store<u16>(at, <u16>value);
  else store<u8>(at, <u8>value);
}

/** Zero-extended value at a physical address. */
export function physLoad(env: usize, phys: u64, size: u32): u64 {
  const entry = physEntry(phys);
  if (entry & PHYS_MMIO) {
    mmio_read(env, <u32>phys, <u32>(phys >> 32), size);
    return loadHost(env + CTX_RET, size);
  }
  if (entry == 0) return (~(<u64>0)) >> (64 - (size << 3));
  return loadHost(hostAddress(entry, phys), size);
}

/** Stores without a look at the code bitmap: see {@link codeAllows}. */
export function physStore(env: usize, phys: u64, value: u64, size: u32): void {
  const entry = physEntry(phys);
  if (entry & PHYS_RAM) {
    storeHost(hostAddress(entry, phys), value, size);
  } else if (entry & PHYS_MMIO) {
    store<u64>(env + CTX_ARG, value);
    mmio_write(env, <u32>phys, <u32>(phys >> 32), size);
  }
}

/** Is each of the bytes from … to−1 of its first page one that a TB reads when it runs? */
function isLive(tb: usize, from: u32, to: u32): bool {
  const list = <usize>load<u32>(tb, TB_LIVE_RANGES);
  if (list == 0) return false;
  const end = list + ((<usize>load<u32>(list)) << 2);
  for (let at = list + 4; at <= end; at += 4) {
    const range = load<u32>(at);
    if ((range & 0xffff) <= from && from < range >> 16) from = range >> 16;
  }
  return from >= to;
}

/**
 * Was a TB made from one of the bytes from … to−1 of a physical page? The code bits are too coarse to say: data and code share granules, and bytes
 * that TBs read when they run are no matter of theirs. (TbStore.collectHits says which TBs.)
 */
function hitsCode(page: u32, from: u32, to: u32): bool {
  for (let link = load<u32>(codeHeads + ((<usize>page) << 2)); link != 0; ) {
    const tb = <usize>(link & ~1);
    const which = link & 1;
    const offset = load<u32>(tb, TB_PAGE_OFFSET);
    const size = load<u32>(tb, TB_SIZE);
    const start: u32 = which ? 0 : offset;
    const end: u32 = which ? offset + size - 0x1000 : min<u32>(offset + size, 0x1000);
    if (start < to && from < end && (which != 0 || !isLive(tb, max(from, start), min(to, end)))) return true;
    link = load<u32>(tb + ((<usize>which) << 2), TB_PAGE_NEXT);
  }
  return false;
}

/** Whether translated code was made from any of `bytes` bytes at phys (in one page); `entry`: the physMap entry of phys, which is RAM. */
export function meetsCode(entry: u32, phys: u64, bytes: u32): bool {
  const word = codeBits(entry);
  if (word == 0) return false;
  const offset = (<u32>phys) & KIND_MASK;
  const first = offset >> CODE_GRANULE_BITS;
  const last = (offset + bytes - 1) >> CODE_GRANULE_BITS;
  const touched = ((~(<u64>0)) << first) & ((~(<u64>0)) >> (63 - last));
  return (word & touched) != 0 && hitsCode(<u32>(phys >> 12), offset, offset + bytes);
}

/** Do the bytes at phys (in one page, RAM) have this value already? Little-endian. */
function holds(entry: u32, phys: u64, bytes: u32, value: u64): bool {
  const at = hostAddress(entry, phys);
  for (let i: u32 = 0; i < bytes; i++) if (load<u8>(at + i) != <u8>(value >> (i << 3))) return false;
  return true;
}

/**
 * Whether the low `bytes` bytes (1 … 8) of a value may be stored at phys (in one page) now; asks the host when they are some TB's. A store that changes nothing
 * may always be made: who writes code anew often writes the same opcodes with other operands.
 */
export function codeAllows(env: usize, phys: u64, bytes: u32, value: u64): bool {
  const entry = physEntry(phys);
  if (!(entry & PHYS_RAM)) return true;
  return !meetsCode(entry, phys, bytes) || holds(entry, phys, bytes, value) || code_write(env, <u32>phys, bytes) == 0;
}

export function phys_ld8(env: usize, phys: u64): u32 {
  return <u32>physLoad(env, phys, 1);
}

export function phys_ld32(env: usize, phys: u64): u32 {
  return <u32>physLoad(env, phys, 4);
}

export function phys_ld64(env: usize, phys: u64): u64 {
  return physLoad(env, phys, 8);
}

function cas(env: usize, phys: u64, expected: u64, replacement: u64, size: u32): u32 {
  const entry = physEntry(phys);
  if (!(entry & PHYS_RAM)) return 1;
  const at = hostAddress(entry, phys);
  if (loadHost(at, size) != expected) return 0;
  // The running TB may hold these bytes too: it is gone then, and runs on to its end as a processor's prefetched code would.
  codeAllows(env, phys, size, replacement);
  storeHost(at, replacement, size);
  return 1;
}

export function phys_cas32(env: usize, phys: u64, expected: u32, replacement: u32): u32 {
  return cas(env, phys, expected, replacement, 4);
}

export function phys_cas64(env: usize, phys: u64, expected: u64, replacement: u64): u32 {
  return cas(env, phys, expected, replacement, 8);
}
