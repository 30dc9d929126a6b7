/**
 * Page tables for the recorded environment, as bytes to be copied into guest RAM: 4-level ones for a 64-bit system, PAE for a
 * 32-bit one (SDM volume 3, sections 4.4 and 4.5). Pages of 4 KiB only. Accessed and dirty bits start clear, so that the walker
 * has to set them.
 */
import type { SystemWidth } from './system.ts';

const PAGE = 4096;
const ENTRIES = 512;

/** Bits of a page-table entry. */
export const PTE = { present: 1n, writable: 2n, user: 4n, noExecute: 1n << 63n } as const;

/** Some linear pages and where they lie. */
export interface Mapping {
  readonly linear: bigint;
  readonly physical: number;
  /** A multiple of 4096. */
  readonly length: number;
  /** `PTE` bits besides `present`. */
  readonly bits: bigint;
}

/** Builds tables; their pages lie one after the other from `base`. */
export class PageTables {
  readonly #base: number;
  readonly #levels: 3 | 4;
  readonly #tables: BigUint64Array[] = [new BigUint64Array(ENTRIES)];

  /** @param base physical address of the first page, the root; below 4 GiB */
  constructor(width: SystemWidth, base: number) {
    this.#base = base;
    this.#levels = width === 64 ? 4 : 3;
  }

  map({ linear, physical, length, bits }: Mapping): void {
    for (let done = 0; done < length; done += PAGE) {
      const address = linear + BigInt(done);
      let table = 0;
      for (let level = this.#levels - 1; level > 0; level--) table = this.#next(table, indexAt(address, level), level);
      this.#tables[table][indexAt(address, 0)] = BigInt(physical + done) | bits | PTE.present;
    }
  }

  /** The four page-directory-pointer entries of PAE paging, which the CPU loads together with CR3. */
  get pdptes(): readonly bigint[] {
    return [...this.#tables[0].subarray(0, 4)];
  }

  bytes(): Uint8Array {
    const bytes = new Uint8Array(this.#tables.length * PAGE);
    this.#tables.forEach((table, i) => bytes.set(new Uint8Array(table.buffer), i * PAGE));
    return bytes;
  }

  /** The table that an entry points to, made when it is not there. */
  #next(table: number, index: number, level: number): number {
    const entries = this.#tables[table];
    if (entries[index] !== 0n) return (Number(entries[index] & 0xffff_f000n) - this.#base) / PAGE;
    const made = this.#tables.push(new BigUint64Array(ENTRIES)) - 1;
    // PAE's top level has no rights: they would be reserved bits.
    const rights = this.#levels === 3 && level === 2 ? 0n : PTE.writable | PTE.user;
    entries[index] = BigInt(this.#base + made * PAGE) | rights | PTE.present;
    return made;
  }
}

function indexAt(address: bigint, level: number): number {
  return Number((address >> BigInt(12 + 9 * level)) & 511n);
}
