// MASKMOVQ, MASKMOVDQU: bytes whose mask byte is negative go to memory, the others are not touched.
import { ST_PC_MASK } from '../generated/layout';
import { exited } from '../system/fault';
import { guest_probe, guest_st8 } from '../system/memory';

/** `mask_store(address, data, mask, bytes 8 or 16, MMU index)` of the helper table. */
export function mask_store(env: usize, address: u64, data: v128, mask: v128, bytes: i32, mmu: i32): void {
  const selected = i8x16.bitmask(mask) & ((1 << bytes) - 1);
  if (selected == 0) return;
  const wrap = load<u64>(env, ST_PC_MASK);
  const first = ctz(selected);
  const last = 31 - clz(selected);
  // A page between the first and the last byte does not exist: both ends are selected.
  if (!guest_probe(env, address + first & wrap, last - first + 1, 1, mmu)) return;
  for (let i = first; i <= last; i++) {
    if (!(selected >> i & 1)) continue;
    const half = i < 8 ? i64x2.extract_lane(data, 0) : i64x2.extract_lane(data, 1);
    guest_st8(env, address + i & wrap, <u32>(half >> ((i & 7) << 3)) & 0xff, mmu);
    // Into running code: the instruction is repeated, and stores the same bytes.
    if (exited(env)) return;
  }
}
