/**
 * Places where a guest changes code to and fro: switches that are a jump or nothing, breakpoints of its own, functions that a compiler writes again.
 *
 * A TB at such a place is kept when a store retires it, with the bytes that it was made from; when these are there again, it is taken back instead of
 * being made anew, and what was compiled of it alone with it. And it is in no region of others, which would be given up with it each time.
 *
 * Invariant: what is kept is retired (its state is 0, it is in no list), and its memory is good until all TBs go.
 */
import { NO_PAGE, PAGE_SIZE, TB_HEADER, type MachineMemory, type TbStore } from '@wasm-tcg/runtime';
import type { ExecutionConfig } from './thresholds.ts';

const AT = TB_HEADER.offset;
/** Places that are remembered; one that is forgotten has to become restless anew. */
const MOST_PLACES = 4096;
/** Versions of one place: a switch has two, a debugger's breakpoint makes it three. */
const MOST_VERSIONS = 4;

interface Version {
  readonly header: number;
  readonly bytes: Uint8Array;
  /** What {@link CodeVersions.keep} was told. */
  readonly rules: number;
}

interface Place {
  /** Stores that retired a TB here, and when the last one was: instructions retired. */
  stores: number;
  last: number;
  /** The newest last. */
  readonly versions: Version[];
}

export class CodeVersions {
  readonly #machine: MachineMemory;
  readonly #store: TbStore;
  readonly #config: Pick<ExecutionConfig, 'restlessThreshold' | 'restlessWindow'>;
  readonly #now: () => number;
  /** By physical address. */
  readonly #places = new Map<number, Place>();
  /** TBs that were taken back. */
  revived = 0;

  /** @param now instructions retired */
  constructor(machine: MachineMemory, store: TbStore, config: Pick<ExecutionConfig, 'restlessThreshold' | 'restlessWindow'>, now: () => number) {
    this.#machine = machine;
    this.#store = store;
    this.#config = config;
    this.#now = now;
  }

  /**
   * A store is about to be made into a TB, whose bytes are still what they were.
   * @param rules changes whenever the same bytes would be translated otherwise
   * @returns true: it is kept; who retires it leaves what was compiled of it alone
   */
  keep(header: number, rules: number): boolean {
    const place = this.#noted(this.#store.physicalOf(header));
    if (place.stores < this.#config.restlessThreshold || this.#word(header, AT.physPage2) !== NO_PAGE) return false;
    const { versions } = place;
    if (versions.length >= MOST_VERSIONS) versions.shift();
    versions.push({ header, bytes: this.#bytesOf(header).slice(), rules });
    return true;
  }

  /** Is this a TB of a place that a guest keeps changing? */
  isRestless(header: number): boolean {
    const place = this.#places.get(this.#store.physicalOf(header));
    return place !== undefined && place.stores >= this.#config.restlessThreshold && this.#isRecent(place);
  }

  /** Stores into this TB were of a kind that retires no TB any more. */
  settle(header: number): void {
    this.#places.delete(this.#store.physicalOf(header));
  }

  /** The TB that was made here, for these flags, from the bytes that are here now; it is no longer kept. 0: there is none. */
  take(physPage: number, pageOffset: number, flags: number, csBase: number, rules: number): number {
    const versions = this.#places.get(physPage * PAGE_SIZE + pageOffset)?.versions;
    if (versions === undefined) return 0;
    for (let i = versions.length - 1; i >= 0; i--) {
      const { header, bytes, rules: then } = versions[i]!;
      if (then !== rules || this.#word(header, AT.flags) !== flags >>> 0 || this.#word(header, AT.csBase) !== csBase >>> 0) continue;
      const now = this.#bytesOf(header);
      if (!bytes.every((byte, k) => byte === now[k])) continue;
      versions.splice(i, 1);
      this.revived++;
      return header;
    }
    return 0;
  }

  /** All TBs are gone. */
  clear(): void {
    this.#places.clear();
  }

  #noted(physical: number): Place {
    const now = this.#now();
    let place = this.#places.get(physical);
    if (place === undefined) {
      if (this.#places.size >= MOST_PLACES) this.#places.clear();
      place = { stores: 0, last: now, versions: [] };
      this.#places.set(physical, place);
    }
    if (!this.#isRecent(place)) place.stores = 0;
    place.stores++;
    place.last = now;
    return place;
  }

  #isRecent(place: Place): boolean {
    return this.#now() - place.last <= this.#config.restlessWindow;
  }

  /** The guest's bytes where a TB lies, all on one page of RAM. */
  #bytesOf(header: number): Uint8Array {
    const { u8, u32 } = this.#machine.views();
    const page = u32[(this.#machine.map.physMap >>> 2) + this.#word(header, AT.physPage)]! & -PAGE_SIZE;
    const from = (page >>> 0) + this.#word(header, AT.pageOffset);
    return u8.subarray(from, from + this.#word(header, AT.size));
  }

  #word(header: number, field: number): number {
    return this.#machine.views().u32[(header + field) >>> 2]!;
  }
}
