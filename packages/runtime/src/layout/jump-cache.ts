/**
 * Jump cache: direct-mapped front of the physical TB hash, keyed by what the frame says (pc, code segment base, flags),
 * probed by tb_exec. An entry is good while its generation equals the context's mapping generation and its TB's state is not
 * 0: retiring a TB leaves it here.
 */
import { defStruct } from './struct.ts';

export const JUMP_CACHE_ENTRY = defStruct('jumpCacheEntry', {
  /** pc as in its frame slot (relative to the code segment base). */
  pc: 'u64',
  /** Linear address of the page the TB starts on: becomes the page base. */
  pageBase: 'u64',
  /** Low 32 bits of the code segment base (it has no more outside 64-bit code, and is 0 in it). */
  csBase: 'u32',
  flags: 'u32',
  /** 0 = empty. */
  tb: 'ptr',
  generation: 'u32',
}, 32);
export const JUMP_CACHE_ENTRY_BITS = 5;
/**
 * log2 of entries, of 32 bytes each. A kernel with its programs has some thousand targets of returns alone: of the look-ups of a loop of system calls 7 % missed
 * with 12 bits, 2.7 % with 14.
 */
export const JUMP_CACHE_BITS = 14;

/**
 * Index of the entry for a pc: `(pc ^ pc >> JUMP_CACHE_BITS) & mask`, of the low 32 bits. With the page offset alone, TBs at equal offsets
 * of hot pages would evict each other.
 *
 * @param pc low 32 bits of the pc as in its frame slot
 */
export function jumpCacheIndex(pc: number): number {
  return (pc ^ (pc >>> JUMP_CACHE_BITS)) & ((1 << JUMP_CACHE_BITS) - 1);
}
