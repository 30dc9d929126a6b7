/**
 * What is where in physical memory, page by page: writes physMap, knows the device regions.
 *
 * A RAM page is at most at one physical address: TBs are named by physical page, so a store through a second address would
 * miss them. ROM may appear several times (the top of the BIOS below 1 MiB and below 4 GiB): nobody stores to it.
 */
import { RuntimeError } from './errors.ts';
import { PAGE_BITS, PAGE_SIZE, PHYS_PAGES, PhysKind } from './layout/phys-map.ts';
import type { MachineMemory } from './memory.ts';

/**
 * Device memory. `offset` counts bytes from the start of the region; size is 1, 2 or 4, and 8-byte accesses arrive as two of 4, the lower first.
 * Accesses may be misaligned as the guest makes them. Values are unsigned.
 */
export interface MmioHandler {
  read(offset: number, size: 1 | 2 | 4): number;
  write(offset: number, size: 1 | 2 | 4, value: number): void;
}

/** Addresses and sizes in bytes, multiples of 4096, physical below 4 GiB. */
export type RegionSpec = { readonly physical: number; readonly size: number } & (
  | {
      readonly kind: 'ram' | 'rom';
      /** Where in the machine's RAM bytes it is stored. */
      readonly offset: number;
    }
  | { readonly kind: 'mmio'; readonly handler: MmioHandler }
);

interface MmioRegion {
  readonly physical: number;
  readonly size: number;
  readonly handler: MmioHandler;
}

const isPageMultiple = (n: number): boolean => Number.isInteger(n) && n >= 0 && n % PAGE_SIZE === 0;

export class PhysRegions {
  readonly #machine: MachineMemory;
  /** Physical page + 1 of each RAM page mapped as RAM, 0 where it is not. */
  readonly #owner: Uint32Array;
  /** Index = id in physMap; 0 is no region. */
  readonly #mmio: (MmioRegion | undefined)[] = [undefined];

  constructor(machine: MachineMemory) {
    this.#machine = machine;
    this.#owner = new Uint32Array(machine.map.ramSize / PAGE_SIZE);
  }

  /** physMap entry of a physical page number. */
  entry(page: number): number {
    return page < PHYS_PAGES ? this.#machine.views().u32[(this.#machine.map.physMap >>> 2) + page] : 0;
  }

  /** Every physical page with this physMap entry. Looks at all of physMap (about 0.5 ms). */
  pagesOf(entry: number): number[] {
    const first = this.#machine.map.physMap >>> 2;
    const map = this.#machine.views().u32.subarray(first, first + PHYS_PAGES);
    const pages: number[] = [];
    for (let page = map.indexOf(entry); page >= 0; page = map.indexOf(entry, page + 1)) pages.push(page);
    return pages;
  }

  /** @throws RuntimeError `bad-region` when it cannot be mapped so; a range alone is checked as one to unmap */
  check(spec: RegionSpec | { readonly physical: number; readonly size: number }): void {
    const { physical, size } = spec;
    if (!isPageMultiple(physical) || !isPageMultiple(size) || size === 0 || physical + size > PHYS_PAGES * PAGE_SIZE) {
      const message = `a region of ${size} bytes at physical address ${physical}`;
      throw new RuntimeError('bad-region', message, `use whole pages of ${PAGE_SIZE} bytes below 4 GiB`);
    }
    if (!('offset' in spec)) return;
    const { ramSize } = this.#machine.map;
    if (!isPageMultiple(spec.offset) || spec.offset + size > ramSize) {
      const message = `RAM bytes ${spec.offset} … ${spec.offset + size - 1} for a region`;
      throw new RuntimeError('bad-region', message, `the machine has ${ramSize} bytes; use whole pages of them`);
    }
    if (spec.kind === 'ram') this.#checkUnshared(physical, size, spec.offset);
  }

  /** Replaces whatever was there, after {@link check}. */
  map(spec: RegionSpec): void {
    if (spec.kind === 'mmio') {
      const id = this.#freeId();
      this.#mmio[id] = { physical: spec.physical, size: spec.size, handler: spec.handler };
      this.#fill(spec, (id << PAGE_BITS) | PhysKind.mmio, 0);
      return;
    }
    const { ramBase } = this.#machine.map;
    this.#fill(spec, (ramBase + spec.offset) | PhysKind[spec.kind], PAGE_SIZE);
    if (spec.kind === 'ram') {
      for (let i = 0; i < spec.size >>> PAGE_BITS; i++) {
        this.#owner[(spec.offset >>> PAGE_BITS) + i] = (spec.physical >>> PAGE_BITS) + i + 1;
      }
    }
  }

  /** Leaves nothing there, after {@link check}. */
  unmap(physical: number, size: number): void {
    this.#fill({ physical, size }, 0, 0);
  }

  /** The device region behind a physMap entry of kind mmio. */
  device(entry: number): MmioRegion {
    const region = this.#mmio[entry >>> PAGE_BITS];
    if (!region) throw new RuntimeError('bad-region', `no device region ${entry >>> PAGE_BITS}`, 'physMap was written by somebody else than `ram`');
    return region;
  }

  #checkUnshared(physical: number, size: number, offset: number): void {
    for (let i = 0; i < size >>> PAGE_BITS; i++) {
      const owner = this.#owner[(offset >>> PAGE_BITS) + i];
      // A page that the new region itself replaces is no second address.
      if (owner === 0 || (owner - 1 >= physical >>> PAGE_BITS && owner - 1 < (physical + size) / PAGE_SIZE)) continue;
      const message = `RAM byte ${offset + i * PAGE_SIZE} is mapped at physical address ${(owner - 1) * PAGE_SIZE} already`;
      throw new RuntimeError('bad-region', message, 'unmap it there first: RAM has one physical address');
    }
  }

  #fill(range: { readonly physical: number; readonly size: number }, entry: number, step: number): void {
    const { u32 } = this.#machine.views();
    const { physMap, ramBase } = this.#machine.map;
    const first = range.physical >>> PAGE_BITS;
    const before = new Set<number>();
    for (let i = 0; i < range.size / PAGE_SIZE; i++) {
      const at = (physMap >>> 2) + first + i;
      const old = u32[at];
      if (old & PhysKind.ram) this.#owner[((old & -PAGE_SIZE) - ramBase) >>> PAGE_BITS] = 0;
      if (old & PhysKind.mmio) before.add(old);
      u32[at] = entry + i * step;
    }
    for (const old of before) this.#forgetIfGone(old);
  }

  /** Frees the id of a device region when its last page is gone. */
  #forgetIfGone(entry: number): void {
    const { physical, size } = this.device(entry);
    const first = physical >>> PAGE_BITS;
    for (let page = first; page < first + size / PAGE_SIZE; page++) if (this.entry(page) === entry) return;
    this.#mmio[entry >>> PAGE_BITS] = undefined;
  }

  #freeId(): number {
    const free = this.#mmio.indexOf(undefined, 1);
    return free < 0 ? this.#mmio.length : free;
  }
}
