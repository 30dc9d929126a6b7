/**
 * Page tables for a kernel: 4 KiB pages, two levels (32-bit) or four (64-bit). Neighbouring linear pages are never
 * neighbours in physical memory, as in a machine that has run for a while.
 */
import { CODE, CODE_BYTES, DATA, DATA_BYTES, PHYSICAL, STACK, STACK_BYTES, STUB, TABLES } from './layout.ts';

const PAGE = 4096;
/** Present, writable, accessed, dirty: what a running system has set. */
const FLAGS = 0x63;

/** [linear, pages] */
const RANGES = [
  [STUB, 1],
  [CODE, CODE_BYTES / PAGE],
  [DATA, DATA_BYTES / PAGE],
  [STACK, STACK_BYTES / PAGE],
] as const;

const TOTAL = RANGES.reduce((sum, [, pages]) => sum + pages, 0);
/** Odd and no divisor of the number of pages: a permutation without neighbours. */
const STRIDE = 101;

/** Physical address of a linear one of the kernel's memory. */
export function physicalOf(linear: number): number {
  let before = 0;
  for (const [start, pages] of RANGES) {
    const index = Math.floor((linear - start) / PAGE);
    if (linear >= start && index < pages) return PHYSICAL + (((before + index) * STRIDE) % TOTAL) * PAGE + (linear % PAGE);
    before += pages;
  }
  throw new RangeError(`linear address 0x${linear.toString(16)} is not the kernel's`);
}

/** Writes the tables and returns what CR3 has to be. */
export function writePageTables(bits: 32 | 64, write: (physical: number, bytes: Uint8Array) => void): number {
  const entryBytes = bits === 32 ? 4 : 8;
  const entries = PAGE / entryBytes;
  const levels = bits === 32 ? 2 : 4;
  const tables: Uint8Array[] = [];
  const allocate = (): number => tables.push(new Uint8Array(PAGE)) - 1;
  const address = (table: number): number => TABLES + table * PAGE;
  const root = allocate();
  for (const [start, pages] of RANGES) {
    for (let linear = start; linear < start + pages * PAGE; linear += PAGE) {
      let table = root;
      for (let level = levels - 1; level >= 0; level--) {
        const index = Math.floor(linear / (PAGE * entries ** level)) % entries;
        const view = new DataView(tables[table].buffer);
        if (level === 0) {
          view.setUint32(index * entryBytes, physicalOf(linear) | FLAGS, true);
          continue;
        }
        let next = view.getUint32(index * entryBytes, true);
        if (next === 0) {
          next = address(allocate()) | FLAGS;
          view.setUint32(index * entryBytes, next, true);
        }
        table = ((next & ~0xfff) - TABLES) / PAGE;
      }
    }
  }
  for (const [table, bytes] of tables.entries()) write(address(table), bytes);
  return address(root);
}
