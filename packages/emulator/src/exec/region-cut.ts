/**
 * Cuts what a guest runs now into regions: TBs that lead to each other most often come together, the most frequent way first, as long as they fit into one. Each TB is in one piece.
 */
import { MAX_REGION_PAGES, NO_PAGE, TB_HEADER, type MachineMemory } from '@wasm-tcg/runtime';
import { MAX_DISTANCE, type RegionLimits } from './region-select.ts';
import type { Way } from './ways.ts';

const AT = TB_HEADER.offset;

/** TBs that are to be one region. */
export class Piece {
  /** Linear page of each TB, from an origin of the piece's own. */
  readonly at = new Map<number, number>();
  /** Physical page of each page that they lie on. */
  readonly #pages = new Map<number, number>();
  #insns: number;
  /** Modes and code segment that all of them were translated for. */
  readonly #flags: number;
  readonly #csBase: number;

  constructor(machine: MachineMemory, tb: number) {
    const { u32 } = machine.views();
    const word = (field: number): number => u32[(tb + field) >>> 2]!;
    this.at.set(tb, 0);
    this.#pages.set(0, word(AT.physPage));
    if (word(AT.physPage2) !== NO_PAGE) this.#pages.set(1, word(AT.physPage2));
    this.#insns = word(AT.insns);
    this.#flags = word(AT.flags);
    this.#csBase = word(AT.csBase);
  }

  /** Is it a way between two TBs of the piece, that leads to where the second one is? */
  has({ from, to, pages }: Way): boolean {
    const start = this.at.get(from);
    return start !== undefined && this.at.get(to) === start + pages;
  }

  /** Takes over the TBs of another piece to which a way leads from this one. @returns false, and nothing has changed: they do not fit together */
  join(other: Piece, { from, to, pages }: Way, limits: RegionLimits): boolean {
    const shift = this.at.get(from)! + pages - other.at.get(to)!;
    if (this.at.size + other.at.size > limits.tbs || this.#insns + other.#insns > limits.insns || this.#flags !== other.#flags || this.#csBase !== other.#csBase) return false;
    if (!this.#pagesAgree(other, shift)) return false;
    for (const [tb, page] of other.at) this.at.set(tb, page + shift);
    for (const [page, physical] of other.#pages) this.#pages.set(page + shift, physical);
    this.#insns += other.#insns;
    return true;
  }

  /** Are pages that both lie on the same ones, and are they not too many, and not too far apart, together? */
  #pagesAgree(other: Piece, shift: number): boolean {
    let fresh = 0;
    let low = 0;
    let high = 0;
    for (const page of this.#pages.keys()) {
      low = Math.min(low, page);
      high = Math.max(high, page);
    }
    for (const [page, physical] of other.#pages) {
      const known = this.#pages.get(page + shift);
      if (known === undefined) fresh++;
      else if (known !== physical) return false;
      low = Math.min(low, page + shift);
      high = Math.max(high, page + shift);
    }
    return this.#pages.size + fresh <= MAX_REGION_PAGES && high - low <= MAX_DISTANCE;
  }
}

/**
 * @param ways the most frequent first
 * @param allowed may a TB be in a region with others?
 * @returns the piece of each TB that may be in one and that ways lead from or to
 */
export function cutRegions(machine: MachineMemory, ways: readonly Way[], limits: RegionLimits, allowed: (tb: number) => boolean): ReadonlyMap<number, Piece> {
  const pieces = new Map<number, Piece>();
  const pieceOf = (tb: number): Piece | undefined => {
    let piece = pieces.get(tb);
    if (piece === undefined && allowed(tb)) pieces.set(tb, (piece = new Piece(machine, tb)));
    return piece;
  };
  for (const way of ways) {
    const piece = pieceOf(way.from);
    const other = pieceOf(way.to);
    if (piece === undefined || other === undefined || piece === other || !piece.join(other, way, limits)) continue;
    for (const tb of other.at.keys()) pieces.set(tb, piece);
  }
  return pieces;
}
