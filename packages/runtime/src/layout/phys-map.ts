/**
 * Entry of physMap, one u32 per physical page: page-aligned part and kind in one word, so that the slow path needs one
 * load. 0 = nothing there: reads are all ones, stores vanish.
 */
export const PAGE_BITS = 12;
export const PAGE_SIZE = 4096;

export const PhysKind = {
  /** The page-aligned part is the host address of the page. */
  ram: 1,
  /** As ram; stores are ignored. */
  rom: 2,
  /** Device memory: `entry >>> 12` is the region's id, from 1. */
  mmio: 4,
} as const;

/** Physical pages that physMap describes: 4 GiB. Nothing is mapped above. */
export const PHYS_PAGES = 1 << 20;

/** Bytes per bit of the code bitmap: 64 bits for a page. */
export const CODE_GRANULE_BITS = 6;
