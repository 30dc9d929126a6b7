/**
 * How often ways between compiled TBs are taken now. A region counts nothing, and what its members have counted is from before it was made: when they had just become warm, maybe by another
 * program. So regions are left out for a while, and the interpreter counts; this takes the difference.
 */
import { INDIRECT_TARGET, INDIRECT_TARGETS, TB_HEADER, type MachineMemory, type TbStore } from '@wasm-tcg/runtime';
import type { CompiledTbs } from './compiled-code.ts';
import { WAY_SLOTS, waysOf, type Way } from './ways.ts';

const AT = TB_HEADER.offset;

export class WayProfile {
  readonly #machine: MachineMemory;
  readonly #store: TbStore;
  readonly #compiled: Pick<CompiledTbs, 'headers'>;
  /** Counts of each TB by slot, when counting began. */
  readonly #before = new Map<number, Uint32Array>();

  constructor(parts: { readonly machine: MachineMemory; readonly store: TbStore; readonly compiled: Pick<CompiledTbs, 'headers'> }) {
    this.#machine = parts.machine;
    this.#store = parts.store;
    this.#compiled = parts.compiled;
  }

  /** Begins to count. Full tables of indirect targets are emptied: other targets may have become frequent. */
  begin(): void {
    this.clear();
    for (const tb of this.#compiled.headers()) {
      if (!this.#isLive(tb)) continue;
      this.#emptyFullTable(tb);
      const counts = new Uint32Array(WAY_SLOTS);
      for (const { slot, count } of waysOf(this.#machine, this.#store, tb)) counts[slot] = count;
      this.#before.set(tb, counts);
    }
  }

  /** Ends counting. @returns the ways that have been taken since it began, those taken most often first */
  take(): Way[] {
    const ways: Way[] = [];
    for (const [tb, before] of this.#before) {
      if (!this.#isLive(tb)) continue;
      for (const way of waysOf(this.#machine, this.#store, tb)) {
        const count = way.count - before[way.slot]!;
        if (count > 0 && this.#isLive(way.to)) ways.push({ ...way, count });
      }
    }
    this.clear();
    return ways.sort((a, b) => b.count - a.count);
  }

  clear(): void {
    this.#before.clear();
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
