/**
 * TLB entry of the softmmu. Tags are i64 also for 32-bit code, which zero-extends its addresses: an entry for an address
 * above 4 GiB can never match one below.
 *
 * A tag is the page's linear address with flag bits of {@link TlbFlag} in the low 12 bits; the inline compare is
 * `((addr + size − 1) & ~0xfff | addr & alignMask) == tag`, so that any flag, another page, an access that crosses the page,
 * or a misaligned one goes to the slow path. On a hit the host address is `low 32 bits of addr + addend`.
 */
import { defStruct } from './struct.ts';

export const TLB_ENTRY = defStruct('tlbEntry', {
  readTag: 'u64',
  writeTag: 'u64',
  fetchTag: 'u64',
  /** Host address − linear address, mod 2^32. Valid when the page is RAM. */
  addend: 'u32',
  /** Physical page number. */
  physPage: 'u32',
}, 32);
/** log2 of TLB_ENTRY.size. */
export const TLB_ENTRY_BITS = 5;

/** Reasons for the slow path, in the low bits of a tag. */
export const TlbFlag = {
  /** The entry is not valid for this kind of access. An invalid tag is this bit alone with all page bits set. */
  invalid: 0x800,
  /** Not RAM: device memory, or nothing. */
  mmio: 0x400,
  /** The page holds translated code: a store must check the code bitmap. */
  code: 0x200,
  /** A watchpoint is on the page. */
  watch: 0x100,
  /** ROM: stores are ignored. */
  rom: 0x080,
} as const;
