/**
 * Places where a guest changes code to and fro: switches that are a jump or nothing, breakpoints of its own, functions that a compiler writes again.
 *
 * A TB at such a place is kept when a store retires it, with the bytes that it was made from; when these are there again, it is taken back instead of
 * being made anew, and what was compiled of it alone with it. And it is in no region of others, which would be given up with it each time.
 *
 * Where the code is another each time, nothing is kept any more after a while; but how often it has run says what to expect of the next.
 *
 * Invariant: what is kept is retired (its state is 0, it is in no list), and its memory is good until all TBs go.
 */
import { NO_PAGE, PAGE_SIZE, TB_CPU, TB_HEADER, tbCpuAddress, type MachineMemory, type TbStore } from '@wasm-tcg/runtime';
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
  /** As many as there may be have been kept, and none was taken back: no more are. */
  isNew: boolean;
  /** The last TB here had been interpreted often. */
  isWarm: boolean;
}

export class CodeVersions {
  readonly #machine: MachineMemory;
  readonly #store: TbStore;
  readonly #config: Pick<ExecutionConfig, 'restlessThreshold' | 'restlessWindow' | 'warmThreshold'>;
  readonly #now: () => number;
  readonly #forget: (header: number) => void;
  /** By physical address. */
  readonly #places = new Map<number, Place>();
  /** TBs that were taken back. */
  revived = 0;

  /**
   * @param now instructions retired
   * @param forget what was compiled of a TB that had been kept is not needed
   */
  constructor(
    machine: MachineMemory, store: TbStore, config: Pick<ExecutionConfig, 'restlessThreshold' | 'restlessWindow' | 'warmThreshold'>, now: () => number,
    forget: (header: number) => void,
  ) {
    this.#machine = machine;
    this.#store = store;
    this.#config = config;
    this.#now = now;
    this.#forget = forget;
  }

  /**
   * A store is about to be made into a TB, whose bytes are still what they were.
   * @param rules changes whenever the same bytes would be translated otherwise
   * @returns true: it is kept; who retires it leaves what was compiled of it alone
   */
  keep(header: number, rules: number): boolean {
    const place = this.#noted(this.#store.physicalOf(header));
    place.isWarm = this.#word(tbCpuAddress(header, 0), TB_CPU.offset.count) >= this.#config.warmThreshold;
    if (place.isNew || place.stores < this.#config.restlessThreshold || this.#word(header, AT.physPage2) !== NO_PAGE) return false;
    const { versions } = place;
    if (versions.length >= MOST_VERSIONS) {
      this.#dropVersions(place);
      place.isNew = true;
      return false;
    }
    versions.push({ header, bytes: this.#bytesOf(header).slice(), rules });
    return true;
  }

  /** Is this a TB of a place that a guest keeps changing? */
  isRestless(header: number): boolean {
    const place = this.#places.get(this.#store.physicalOf(header));
    return place !== undefined && place.stores >= this.#config.restlessThreshold && this.#isRecent(place);
  }

  /** Was the code that was here before a store run so often that the next is worth more care? */
  isWarm(physPage: number, pageOffset: number): boolean {
    return this.#places.get(physPage * PAGE_SIZE + pageOffset)?.isWarm ?? false;
  }

  /** Stores into this TB were of a kind that retires no TB any more. */
  settle(header: number): void {
    const physical = this.#store.physicalOf(header);
    const place = this.#places.get(physical);
    if (place === undefined) return;
    this.#dropVersions(place);
    this.#places.delete(physical);
  }

  /** The TB that was made here, for these flags, from the bytes that are here now; it is no longer kept. 0: there is none. */
  take(physPage: number, pageOffset: number, flags: number, csBase: number, rules: number): number {
    const versions = this.#places.get(physPage * PAGE_SIZE + pageOffset)?.versions;
    if (versions === undefined) return 0;
    for (let i = versions.length - 1; i >= 0; i--) {
      const { header, bytes, rules: then } = versions[i]!;
      if (then !== rules || this.#word(header, AT.flags) !== flags >>> 0 || this.#word(header, AT.csBase) !== csBase >>> 0) continue;
      if (!isSame(bytes, this.#bytesOf(header))) continue;
      versions.splice(i, 1);
      this.revived++;
      return header;
    }
    return 0;
  }

  /** All TBs are gone, or pages are mapped otherwise. */
  clear(): void {
    for (const place of this.#places.values()) this.#dropVersions(place);
    this.#places.clear();
  }

  #dropVersions({ versions }: Place): void {
    for (const { header } of versions) this.#forget(header);
    versions.length = 0;
  }

  #noted(physical: number): Place {
    const now = this.#now();
    let place = this.#places.get(physical);
    if (place === undefined) {
      if (this.#places.size >= MOST_PLACES) this.clear();
      place = { stores: 0, last: now, versions: [], isNew: false, isWarm: false };
      this.#places.set(physical, place);
    }
    if (!this.#isRecent(place)) {
      place.stores = 0;
      place.isNew = false;
    }
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

function isSame(a: Uint8Array, b: Uint8Array): boolean {
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}
