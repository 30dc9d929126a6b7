/**
 * Guest memory for the Wasm helpers of guests: the inline TLB compare of generated code, then the slow path. Little-endian.
 * A helper calls them with insnIndex already in the context and looks at the exit code after each. Devices may be met in any TB: what calls such
 * helpers is nearly always the last instruction of its TB.
 */
import { CTX_INSN_INDEX, TLB_ADDEND, TLB_READ_TAG, TLB_WRITE_TAG } from './generated/offsets';
import { PAGE_MASK } from './machine';
import { loadAny, storeAny } from './slow-path';
import { entryOf } from './tlb';

@inline
function descriptor(env: usize, sizeBits: u32, mmu: u32): u32 {
  return sizeBits | (mmu << 8) | (load<u32>(env, CTX_INSN_INDEX) << 16);
}

/** Host address for an access that one compare settles, or 0: wrong page, flags, or a page crossing. */
@inline
function hit(env: usize, addr: u64, size: u64, mmu: u32, tagOffset: usize): usize {
  const entry = entryOf(env, addr, mmu);
  if (((addr + size - 1) & PAGE_MASK) != load<u64>(entry + tagOffset)) return 0;
  return <usize>(<u32>addr + load<u32>(entry, TLB_ADDEND));
}

export function guest_ld8(env: usize, addr: u64, mmu: u32): u32 {
  const at = hit(env, addr, 1, mmu, TLB_READ_TAG);
  return at != 0 ? load<u8>(at) : <u32>loadAny(env, addr, descriptor(env, 0, mmu));
}

export function guest_ld16(env: usize, addr: u64, mmu: u32): u32 {
  const at = hit(env, addr, 2, mmu, TLB_READ_TAG);
  return at != 0 ? load<u16>(at) : <u32>loadAny(env, addr, descriptor(env, 1, mmu));
}

export function guest_ld32(env: usize, addr: u64, mmu: u32): u32 {
  const at = hit(env, addr, 4, mmu, TLB_READ_TAG);
  return at != 0 ? load<u32>(at) : <u32>loadAny(env, addr, descriptor(env, 2, mmu));
}

export function guest_ld64(env: usize, addr: u64, mmu: u32): u64 {
  const at = hit(env, addr, 8, mmu, TLB_READ_TAG);
  return at != 0 ? load<u64>(at) : loadAny(env, addr, descriptor(env, 3, mmu));
}

export function guest_st8(env: usize, addr: u64, value: u32, mmu: u32): void {
  const at = hit(env, addr, 1, mmu, TLB_WRITE_TAG);
  if (at != 0) store<u8>(at, <u8>value);
  else storeAny(env, addr, value, descriptor(env, 0, mmu));
}

export function guest_st16(env: usize, addr: u64, value: u32, mmu: u32): void {
  const at = hit(env, addr, 2, mmu, TLB_WRITE_TAG);
  if (at != 0) store<u16>(at, <u16>value);
  else storeAny(env, addr, value, descriptor(env, 1, mmu));
}

export function guest_st32(env: usize, addr: u64, value: u32, mmu: u32): void {
  const at = hit(env, addr, 4, mmu, TLB_WRITE_TAG);
  if (at != 0) store<u32>(at, value);
  else storeAny(env, addr, value, descriptor(env, 2, mmu));
}

export function guest_st64(env: usize, addr: u64, value: u64, mmu: u32): void {
  const at = hit(env, addr, 8, mmu, TLB_WRITE_TAG);
  if (at != 0) store<u64>(at, value);
  else storeAny(env, addr, value, descriptor(env, 3, mmu));
}
