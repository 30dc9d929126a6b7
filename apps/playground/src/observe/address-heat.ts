/**
 * Physical memory as pages: which tier's code lies there, and where instructions are executed: now (a sum that fades) and over the last minutes (a column per
 * second). Only pages with something are kept, so that 3 GiB cost no more than the code in them.
 */
import type { ProfileEntry, TranslatedPage } from '@wasm-tcg/emulator';
import { TIERS, type TierHits } from './tiers.ts';

export const PAGE_SIZE = 4096;
/** After this many ms an execution counts half. */
const HALF_LIFE = 5000;
/** ms per column of the picture over time, and how many are kept: ten minutes. */
export const COLUMN = 1000;
const MAX_COLUMNS = 600;
/** Of the weight of one new hit; less is forgotten. */
const FADED = 1 / 1024;
/** The unit grows by this much at most before all values are brought down: they stay far from what a double cannot hold. */
const MAX_HALVINGS = 20;

/** One second of executions. */
interface Column {
  /** Number of the second, from the machine's start. */
  readonly index: number;
  /** Page → hits by tier, three numbers each. */
  readonly pages: Map<number, Float64Array>;
  total: number;
}

/** Pages in a row. */
export interface PageRange {
  readonly first: number;
  readonly count: number;
}

/** What lies in each of a row of equal cells: three numbers per cell, in the order of {@link TIERS}. */
export interface CellData {
  /** Bytes of guest code that is translated. */
  readonly code: Float64Array;
  /** Share of executed instructions, 0 … 1 over all of memory. */
  readonly heat: Float64Array;
}

/** Seconds, oldest first. */
export interface ColumnData {
  /** Shares of each second's executions, three numbers for each row of each column, in the order of {@link TIERS}. */
  readonly shares: Float64Array;
  /** 1: the machine was observed in that second. */
  readonly known: Uint8Array;
}

export class AddressHeat {
  #code: readonly TranslatedPage[] = [];
  /** Page → faded hits by tier, as of `#at`, in units that grow instead of all the values shrinking. */
  readonly #heat = new Map<number, Float64Array>();
  readonly #columns: Column[] = [];
  #unit = 1;
  #at = 0;
  #pages: number;

  /** @param pages of the machine's RAM */
  constructor(pages: number) {
    this.#pages = pages;
  }

  /** Pages of the whole picture: of RAM, and up to the last one where code was met. */
  get pages(): number {
    return this.#pages;
  }

  /** @param at ms, never less than before */
  add(at: number, profile: readonly ProfileEntry[], code: readonly TranslatedPage[]): void {
    this.#code = code;
    this.#fade(at);
    const column = this.#column(Math.floor(at / COLUMN));
    for (const { physical, tier, hits } of profile) {
      const page = Math.floor(physical / PAGE_SIZE);
      const place = TIERS.indexOf(tier);
      addTo(this.#heat, page, place, hits * this.#unit);
      addTo(column.pages, page, place, hits);
      column.total += hits;
      this.#pages = Math.max(this.#pages, page + 1);
    }
    for (const { page } of code) this.#pages = Math.max(this.#pages, page + 1);
  }

  /** Cells of `perCell` pages each. */
  cells({ first, count }: PageRange, perCell: number): CellData {
    const cells = Math.ceil(count / perCell);
    const code = new Float64Array(cells * 3);
    const heat = new Float64Array(cells * 3);
    for (const { page, tci, module, region } of this.#code) {
      if (page < first || page >= first + count) continue;
      const at = Math.floor((page - first) / perCell) * 3;
      code[at]! += tci;
      code[at + 1]! += module;
      code[at + 2]! += region;
    }
    let total = 0;
    for (const [page, values] of this.#heat) {
      const inside = page >= first && page < first + count;
      const at = Math.floor((page - first) / perCell) * 3;
      for (let tier = 0; tier < 3; tier++) {
        total += values[tier]!;
        if (inside) heat[at + tier]! += values[tier]!;
      }
    }
    if (total > 0) for (let index = 0; index < heat.length; index++) heat[index]! /= total;
    return { code, heat };
  }

  /**
   * The picture over time, in rows of `perRow` pages.
   * @param from first second, as a number of seconds since the machine's start
   */
  columns({ first, count }: PageRange, perRow: number, from: number, columns: number): ColumnData {
    const rows = Math.ceil(count / perRow);
    const shares = new Float64Array(columns * rows * 3);
    const known = new Uint8Array(columns);
    for (const { index, pages, total } of this.#columns) {
      const x = index - from;
      if (x < 0 || x >= columns) continue;
      known[x] = 1;
      if (total === 0) continue;
      for (const [page, values] of pages) {
        if (page < first || page >= first + count) continue;
        const row = Math.floor((page - first) / perRow);
        const at = (x * rows + row) * 3;
        for (let tier = 0; tier < 3; tier++) shares[at + tier]! += values[tier]! / total;
      }
    }
    return { shares, known };
  }

  /** Seconds that are known, oldest first: the first one, and one past the last. */
  get seconds(): { readonly from: number; readonly to: number } {
    const last = this.#columns.at(-1);
    return last === undefined ? { from: 0, to: 0 } : { from: this.#columns[0]!.index, to: last.index + 1 };
  }

  #column(index: number): Column {
    const last = this.#columns.at(-1);
    if (last?.index === index) return last;
    const column: Column = { index, pages: new Map(), total: 0 };
    this.#columns.push(column);
    while (this.#columns[0]!.index <= index - MAX_COLUMNS) this.#columns.shift();
    return column;
  }

  /** Make what came before weigh less than what comes at a time. */
  #fade(at: number): void {
    const halvings = (at - this.#at) / HALF_LIFE;
    this.#at = at;
    this.#unit *= 2 ** Math.min(halvings, MAX_HALVINGS);
    if (this.#unit < 2 ** MAX_HALVINGS) return;
    for (const [page, values] of this.#heat) {
      for (let tier = 0; tier < 3; tier++) values[tier]! /= this.#unit;
      if (sum(values) < FADED) this.#heat.delete(page);
    }
    this.#unit = 1;
  }
}

const sum = (values: Float64Array): number => values[0]! + values[1]! + values[2]!;

function addTo(map: Map<number, Float64Array>, page: number, tier: number, amount: number): void {
  let values = map.get(page);
  if (values === undefined) {
    values = new Float64Array(3);
    map.set(page, values);
  }
  values[tier]! += amount;
}

/** The three numbers of a cell, by name. */
export function tiersAt(values: Float64Array, cell: number): TierHits {
  const at = cell * 3;
  return { tci: values[at] ?? 0, module: values[at + 1] ?? 0, region: values[at + 2] ?? 0 };
}
