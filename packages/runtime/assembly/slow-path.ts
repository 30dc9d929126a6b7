/**
 * Slow paths of guest accesses: whatever the inline TLB compare of generated code refuses: misses, page crossings,
 * misalignment, device memory, ROM, pages with translated code.
 *
 * Order of each: count, note the instruction, alignment, translate all pages (the guest may fault), ask for code, then touch bytes. So a
 * fault or RETRY leaves memory as it was.
 */
import {
  ACCESS_CROSSING, ACCESS_MISALIGNED, ACCESS_READ, ACCESS_WATCHED, ACCESS_WRITE, CTX_ARG, CTX_EXIT_CODE, CTX_INSN_INDEX, CTX_RET, CTX_SLOW_PATHS, CTX_SLOW_REASONS, CTX_TB_PTR,
  EXIT_DEVICE, EXIT_RETRY, PHYS_MMIO, SLOW_CODE, SLOW_CROSSING, SLOW_DEVICE, SLOW_MISALIGNED, SLOW_NONE, SLOW_OTHER, TB_CFLAGS, TB_FLAG_DEVICE, TLB_FLAG_CODE, TLB_FLAG_MMIO, TLB_FLAG_WATCH,
  TLB_ADDEND, TLB_READ_TAG,
} from './generated/offsets';
import { PAGE_MASK, count, pcMaskOffset, tlbFillHook } from './machine';
import { codeAllows, loadHost, physEntry, physLoad, physStore, storeHost } from './physical';
import { dropStaleCodeFlag, entryOf, lookup, physicalOf } from './tlb';

/** Fields of an access descriptor, as `makeOi` of the ir package packs them. */
@inline
function sizeOf(oi: u32): u32 {
  return 1 << (oi & 7);
}
const MO_SIGN: u32 = 8;
const MO_BE: u32 = 16;

// Physical addresses of the access that translate() has looked at last, and how many of its bytes are in the first page.
let first: u64 = 0;
let second: u64 = 0;
let inFirst: u32 = 0;
/** The access touches a page whose accesses are announced. */
let watched: bool = false;

/** Address of the page after addr's: wraps at 4 GiB outside 64-bit code, for addresses below it. */
@inline
export function nextPage(env: usize, addr: u64): u64 {
  const mask = load<u64>(env + pcMaskOffset);
  return (addr & ~mask) | (((addr & PAGE_MASK) + 0x1000) & mask);
}

@inline
function tagOf(entry: usize, access: u32): u64 {
  return load<u64>(entry + ((<usize>access) << 3), TLB_READ_TAG);
}

/** Counts a reason for being here other than a miss. */
@inline
function because(env: usize, reason: u32): void {
  count(env + CTX_SLOW_REASONS + (reason << 3));
}

/** Translates all bytes of an access into first, second, inFirst. false: fault, nothing changed. */
function translate(env: usize, addr: u64, size: u32, access: u32, mmu: u32): bool {
  const room = <u32>0x1000 - <u32>(addr & 0xfff);
  const entry = lookup(env, addr, access, mmu, 0, size > room ? ACCESS_CROSSING : 0);
  if (entry == 0) return false;
  const start = physicalOf(entry, addr);
  if (access == ACCESS_WRITE) dropStaleCodeFlag(entry);
  let flags = tagOf(entry, access);
  let rest: u64 = 0;
  if (size > room) {
    const next = nextPage(env, addr);
    const nextEntry = lookup(env, next, access, mmu, 0);
    if (nextEntry == 0) return false;
    rest = physicalOf(nextEntry, next);
    flags |= tagOf(nextEntry, access);
    because(env, SLOW_CROSSING);
  }
  flags &= ~PAGE_MASK;
  if (flags != 0) because(env, flags & TLB_FLAG_MMIO ? SLOW_DEVICE : flags & TLB_FLAG_CODE ? SLOW_CODE : SLOW_OTHER);
  watched = (flags & TLB_FLAG_WATCH) != 0;
  first = start;
  second = rest;
  inFirst = min(size, room);
  return true;
}

/** What every slow path does first. false: fault. */
function begin(env: usize, addr: u64, oi: u32, access: u32): bool {
  if (!reach(env, addr, oi, access)) return false;
  if (watched) call_indirect<i32>(tlbFillHook, env, addr, access | ACCESS_WATCHED | ((oi & 0xff) << 8), (oi >> 8) & 0xf, 0);
  return true;
}

/** As begin, for a probe, which touches no byte. */
function reach(env: usize, addr: u64, oi: u32, access: u32): bool {
  count(env + CTX_SLOW_PATHS);
  store<u32>(env, oi >> 16, CTX_INSN_INDEX);
  const mmu = (oi >> 8) & 0xf;
  const alignBits = (oi >> 5) & 7;
  if ((addr & ((1 << alignBits) - 1)) != 0) {
    because(env, SLOW_MISALIGNED);
    const misaligned = access | ACCESS_MISALIGNED | ((oi & 0xff) << 8);
    if (call_indirect<i32>(tlbFillHook, env, addr, misaligned, mmu, 0) == 0) return false;
  }
  return translate(env, addr, sizeOf(oi), access, mmu);
}

/**
 * Whether the translated access may be made by the running TB: to memory by any, to a device by a TB that is made for it only. Else leaves with
 * EXIT_DEVICE.
 */
function allowed(env: usize, size: u32): bool {
  const device = (physEntry(first) | (size > inFirst ? physEntry(second) : 0)) & PHYS_MMIO;
  if (device == 0 || (load<u32>(load<u32>(env, CTX_TB_PTR) + TB_CFLAGS) & TB_FLAG_DEVICE) != 0) return true;
  store<u32>(env, EXIT_DEVICE, CTX_EXIT_CODE);
  return false;
}

/** What a load does first. false: leave. */
function beginLoad(env: usize, addr: u64, oi: u32, access: u32): bool {
  return begin(env, addr, oi, access) && allowed(env, sizeOf(oi));
}

/** Whether the translated bytes may be given this value as far as translated code goes; else asks for a retry. */
function codeStorable(env: usize, size: u32, value: u64): bool {
  if (codeAllows(env, first, inFirst, value) && (size == inFirst || codeAllows(env, second, size - inFirst, value >> (inFirst << 3)))) return true;
  store<u32>(env, EXIT_RETRY, CTX_EXIT_CODE);
  return false;
}

/** Bytes at … at+part−1 of the translated access, little-endian. Parts that cross the page go byte by byte. */
function loadPart(env: usize, at: u32, part: u32): u64 {
  if (at + part <= inFirst) return physLoad(env, first + at, part);
  if (at >= inFirst) return physLoad(env, second + (at - inFirst), part);
  let value: u64 = 0;
  for (let i: u32 = 0; i < part; i++) value |= loadPart(env, at + i, 1) << (i << 3);
  return value;
}

function storePart(env: usize, at: u32, part: u32, value: u64): void {
  if (at + part <= inFirst) {
    physStore(env, first + at, value, part);
  } else if (at >= inFirst) {
    physStore(env, second + (at - inFirst), value, part);
  } else {
    for (let i: u32 = 0; i < part; i++) storePart(env, at + i, 1, value >> (i << 3));
  }
}

@inline
function reverse(value: u64, size: u32): u64 {
  return bswap<u64>(value) >> (64 - (size << 3));
}

function loadValue(env: usize, oi: u32): u64 {
  return extended(loadPart(env, 0, sizeOf(oi)), oi);
}

/** Bytes as loaded, in the order and with the sign that the memop asks for. */
function extended(bytes: u64, oi: u32): u64 {
  const size = sizeOf(oi);
  let value = bytes;
  if (oi & MO_BE) value = reverse(value, size);
  if (oi & MO_SIGN) {
    const unused = 64 - (size << 3);
    value = <u64>((<i64>(value << unused)) >> unused);
  }
  return value;
}

/**
 * Host address of an access that has no difficulty after all, or 0: one of several of which another had one (spans of generated code), or whose page the
 * access before it has brought into the TLB.
 */
@inline
function easy(env: usize, addr: u64, oi: u32, access: u32): usize {
  if ((oi & 0xe0) != 0) return 0;
  const entry = entryOf(env, addr, (oi >> 8) & 0xf);
  if (((addr + sizeOf(oi) - 1) & PAGE_MASK) != tagOf(entry, access)) return 0;
  count(env + CTX_SLOW_PATHS);
  because(env, SLOW_NONE);
  return <usize>(<u32>addr + load<u32>(entry, TLB_ADDEND));
}

export function ld_slow(env: usize, addr: u64, oi: u32): u64 {
  const at = easy(env, addr, oi, ACCESS_READ);
  if (at != 0) return extended(loadHost(at, sizeOf(oi)), oi);
  return beginLoad(env, addr, oi, ACCESS_READ) ? loadValue(env, oi) : 0;
}

/** ld_slow for helpers, in any TB. */
export function loadAny(env: usize, addr: u64, oi: u32): u64 {
  return begin(env, addr, oi, ACCESS_READ) ? loadValue(env, oi) : 0;
}

/** st_slow for helpers, in any TB. */
export function storeAny(env: usize, addr: u64, value: u64, oi: u32): void {
  if (!begin(env, addr, oi, ACCESS_WRITE)) return;
  const size = sizeOf(oi);
  const stored = oi & MO_BE ? reverse(value, size) : value;
  if (codeStorable(env, size, stored)) storePart(env, 0, size, stored);
}

export function rmw_ld_slow(env: usize, addr: u64, oi: u32): u64 {
  return beginLoad(env, addr, oi, ACCESS_WRITE) ? loadValue(env, oi) : 0;
}

export function st_slow(env: usize, addr: u64, value: u64, oi: u32): void {
  const at = easy(env, addr, oi, ACCESS_WRITE);
  if (at != 0) {
    storeHost(at, oi & MO_BE ? reverse(value, sizeOf(oi)) : value, sizeOf(oi));
    return;
  }
  if (!begin(env, addr, oi, ACCESS_WRITE)) return;
  const size = sizeOf(oi);
  const stored = oi & MO_BE ? reverse(value, size) : value;
  if (allowed(env, size) && codeStorable(env, size, stored)) storePart(env, 0, size, stored);
}

export function rmw_st_slow(env: usize, addr: u64, value: u64, oi: u32): void {
  st_slow(env, addr, value, oi);
}

export function ld_slow128(env: usize, addr: u64, oi: u32): void {
  if (!beginLoad(env, addr, oi, ACCESS_READ)) return;
  const low = loadPart(env, 0, 8);
  const high = loadPart(env, 8, 8);
  const swap = (oi & MO_BE) != 0;
  store<u64>(env, swap ? bswap<u64>(high) : low, CTX_RET);
  store<u64>(env, swap ? bswap<u64>(low) : high, CTX_RET + 8);
}

/** codeStorable for 16 bytes. */
function codeStorable128(env: usize, low: u64, high: u64): bool {
  let may = true;
  if (inFirst == 16) {
    may = codeAllows(env, first, 8, low) && codeAllows(env, first + 8, 8, high);
  } else {
    for (let i: u32 = 0; i < 16 && may; i++) {
      may = codeAllows(env, i < inFirst ? first + i : second + (i - inFirst), 1, (i < 8 ? low : high) >> ((i & 7) << 3));
    }
  }
  if (!may) store<u32>(env, EXIT_RETRY, CTX_EXIT_CODE);
  return may;
}

export function st_slow128(env: usize, addr: u64, oi: u32): void {
  // Read first: what begin() calls may use the buffer, and so does the store of one half to a device.
  const swap = (oi & MO_BE) != 0;
  const low = swap ? bswap<u64>(load<u64>(env, CTX_ARG + 8)) : load<u64>(env, CTX_ARG);
  const high = swap ? bswap<u64>(load<u64>(env, CTX_ARG)) : load<u64>(env, CTX_ARG + 8);
  if (!begin(env, addr, oi, ACCESS_WRITE) || !allowed(env, 16) || !codeStorable128(env, low, high)) return;
  storePart(env, 0, 8, low);
  storePart(env, 8, 8, high);
}

export function probe_slow(env: usize, addr: u64, oi: u32, write: u32): void {
  reach(env, addr, oi, write != 0 ? ACCESS_WRITE : ACCESS_READ);
}

export function guest_probe(env: usize, addr: u64, bytes: u32, write: u32, mmu: u32): u32 {
  return translate(env, addr, bytes, write != 0 ? ACCESS_WRITE : ACCESS_READ, mmu) ? 1 : 0;
}
