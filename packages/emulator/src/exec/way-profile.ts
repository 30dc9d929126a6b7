/**
 * How often ways between compiled TBs are taken now. A region counts nothing, and what its members have counted is from before it was made: when they had just become warm, maybe by another
 * program. So regions are left out for a while, and the interpreter counts; this takes the difference.
 */
import { INDIRECT_TARGET, INDIRECT_TARGETS, TB_HEADER, type MachineMemory, type TbStore } from '@wasm-tcg/runtime';
import type { CompiledTbs } from './compiled-code.ts';
import { readCounts, WAY_SLOTS, waysOf, type Way } from './ways.ts';

const AT = TB_HEADER.offset;

export class WayProfile {
  readonly #machine: MachineMemory;
  readonly #store: TbStore;
  readonly #compiled: Pick<CompiledTbs, 'headers'>;
  /** TBs that are watched, and {@link WAY_SLOTS} counts of each when counting began. */
  #tbs = new Uint32Array(0);
  #before = new Uint32Array(0);

  constructor(parts: { readonly machine: MachineMemory; readonly store: TbStore; readonly compiled: Pick<CompiledTbs, 'headers'> }) {
    this.#machine = parts.machine;
    this.#store = parts.store;
    this.#compiled = parts.compiled;
  }

  /** Begins to count. Full tables of indirect targets are emptied: other targets may have become frequent. */
  begin(): void {
    const { u32 } = this.#machine.views();
    this.#tbs = Uint32Array.from(this.#compiled.headers());
    this.#before = new Uint32Array(this.#tbs.length * WAY_SLOTS);
    this.#tbs.forEach((tb, i) => {
      if (!this.#isLive(tb)) return;
      this.#emptyFullTable(tb);
      readCounts(u32, tb, this.#before, i * WAY_SLOTS);
    });
  }

  /** Ends counting. @returns the ways that have been taken since it began, those taken most often first */
  take(): Way[] {
    const { u32 } = this.#machine.views();
    const ways: Way[] = [];
    const now = new Uint32Array(WAY_SLOTS);
    this.#tbs.forEach((tb, i) => {
      if (!this.#isLive(tb)) return;
      const before = i * WAY_SLOTS;
      readCounts(u32, tb, now, 0);
      // Most TBs have not been run, and their ways need not be looked up.
      if (!this.#differs(now, before)) return;
      for (const way of waysOf(this.#machine, this.#store, tb)) {
        const count = way.count - this.#before[before + way.slot]!;
        if (count > 0 && this.#isLive(way.to)) ways.push({ ...way, count });
      }
    });
    this.clear();
    return ways.sort((a, b) => b.count - a.count);
  }

  clear(): void {
    this.#tbs = this.#before = new Uint32Array(0);
  }

  #differs(now: Uint32Array, before: number): boolean {
    for (let slot = 0; slot < WAY_SLOTS; slot++) if (now[slot] !== this.#before[before + slot]) return true;
    return false;
  }

  #emptyFullTable(tb: number): void {
    const { u32 } = this.#machine.views();
    const misses = (tb + AT.indirectMisses) >>> 2;
    const table = u32[(tb + AT.indirect) >>> 2]! >>> 2;
    if (table === 0 || u32[misses] === 0) return;
    u32.fill(0, table, table + INDIRECT_TARGETS * (INDIRECT_TARGET.size >>> 2));
    u32[misses] = 0;
  }

  #isLive(tb: number): boolean {
    return this.#machine.views().u32[(tb + AT.state) >>> 2] !== 0;
  }
}
