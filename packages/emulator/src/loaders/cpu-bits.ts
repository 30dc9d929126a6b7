/** Bits of control registers and descriptors that boot protocols prescribe (SDM vol. 3, sections 2.5, 3.4.5). */

export const CR0_PE = 1n;
export const CR0_ET = 0x10n;
export const CR0_PG = 0x80000000n;
export const CR4_PAE = 0x20n;
export const EFER_LME = 0x100n;
export const EFER_LMA = 0x400n;

/** Hidden access rights: bits 8 … 23 of a descriptor's upper half. Present, level 0, accessed; 4 GiB ones count in pages. */
export const SegmentRights = {
  code16: 0x9b00,
  data16: 0x9300,
  code32: 0x00c09b00,
  code64: 0x00a09b00,
  data32: 0x00c09300,
} as const;
