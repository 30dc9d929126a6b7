/** Ways from a TB to others, as its header counts them: links of its goto_tb (or, where one is missing, the TB at its target in the same page), and targets of its goto_ptr. */
import { INDIRECT_TARGET, INDIRECT_TARGETS, NO_DELTA, NO_PAGE, PAGE_SIZE, TB_HEADER, type MachineMemory, type TbStore } from '@wasm-tcg/runtime';

const AT = TB_HEADER.offset;
const TARGET = INDIRECT_TARGET.offset;
const LINKS = 2;
/** Places in which a TB counts ways: {@link Way.slot} is below. */
export const WAY_SLOTS: number = LINKS + INDIRECT_TARGETS;

export interface Way {
  /** Headers. */
  readonly from: number;
  readonly to: number;
  /** Linear pages from one to the other. */
  readonly pages: number;
  /** Times that it was taken. */
  readonly count: number;
  /** Through a goto_ptr. */
  readonly indirect: boolean;
  /** Where the TB counts it. */
  readonly slot: number;
}

/** Writes what a TB has counted in each of its {@link WAY_SLOTS} places, wherever that leads, to `counts` from `at` on. */
export function readCounts(u32: Uint32Array, tb: number, counts: Uint32Array, at: number): void {
  for (let slot = 0; slot < LINKS; slot++) counts[at + slot] = u32[(tb + AT.jmpCount + slot * 4) >>> 2]!;
  const table = u32[(tb + AT.indirect) >>> 2]!;
  for (let i = 0; i < INDIRECT_TARGETS; i++) counts[at + LINKS + i] = table === 0 ? 0 : u32[(table + i * INDIRECT_TARGET.size + TARGET.count) >>> 2]!;
}

/** The ways out of a TB that lead somewhere. */
export function waysOf(machine: MachineMemory, store: TbStore, from: number): Way[] {
  const { u32, i32 } = machine.views();
  const word = (field: number): number => u32[(from + field) >>> 2]!;
  const lookup = (physPage: number, offset: number): number => store.lookup(physPage, offset, word(AT.flags), word(AT.csBase));
  const ways: Way[] = [];
  for (let slot = 0; slot < LINKS; slot++) {
    const delta = i32[(from + AT.jmpDelta + slot * 4) >>> 2]!;
    if (delta === NO_DELTA) continue;
    const pages = delta >> 12;
    let to = word(AT.jmpTarget + slot * 4);
    if (to === 0 && pages === 0) to = lookup(word(AT.physPage), delta);
    else if (to === 0 && pages === 1 && word(AT.physPage2) !== NO_PAGE) to = lookup(word(AT.physPage2), delta - PAGE_SIZE);
    if (to !== 0) ways.push({ from, to, pages, count: word(AT.jmpCount + slot * 4), indirect: false, slot });
  }
  const table = word(AT.indirect);
  for (let i = 0; table !== 0 && i < INDIRECT_TARGETS; i++) {
    const entry = table + i * INDIRECT_TARGET.size;
    const to = u32[(entry + TARGET.tb) >>> 2]!;
    if (to === 0) break;
    ways.push({ from, to, pages: i32[(entry + TARGET.pages) >>> 2]!, count: u32[(entry + TARGET.count) >>> 2]!, indirect: true, slot: LINKS + i });
  }
  return ways;
}
