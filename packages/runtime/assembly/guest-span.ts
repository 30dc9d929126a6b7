/**
 * Guest memory for helpers that work on many bytes at once: where they are in linear memory, if they may be touched without any of what a
 * slow path does. Whoever is refused accesses them one by one, which fills the TLB, faults, and tells devices and code.
 */
import { TLB_ADDEND, TLB_FLAG_CODE, TLB_READ_TAG, TLB_WRITE_TAG } from './generated/offsets';
import { PAGE_MASK } from './machine';
import { meetsCode, physEntry } from './physical';
import { entryOf, physicalOf } from './tlb';

export function guest_span(env: usize, addr: u64, bytes: u32, write: u32, mmu: u32): usize {
  const entry = entryOf(env, addr, mmu);
  const difference = (addr & PAGE_MASK) ^ (write != 0 ? load<u64>(entry, TLB_WRITE_TAG) : load<u64>(entry, TLB_READ_TAG));
  if (difference != 0) {
    // A page that holds code as well: what is no code is plain memory.
    if (write == 0 || difference != TLB_FLAG_CODE) return 0;
    const phys = physicalOf(entry, addr);
    if (meetsCode(physEntry(phys), phys, bytes)) return 0;
  }
  return <usize>(<u32>addr + load<u32>(entry, TLB_ADDEND));
}
