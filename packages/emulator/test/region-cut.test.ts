/** What comes together when code is cut into regions, by ways written down by hand; and the counts such ways are made of. */
import { X86_LAYOUT } from '@wasm-tcg/guest-x86';
import { INDIRECT_TARGET, INDIRECT_TARGETS, MAX_REGION_PAGES, NO_PAGE, PAGE_SIZE, TB_HEADER, TbArena, TbStore, createMachineMemory } from '@wasm-tcg/runtime';
import { beforeEach, describe, expect, it } from 'vitest';
import { cutRegions } from '../src/exec/region-cut.ts';
import { MAX_DISTANCE } from '../src/exec/region-select.ts';
import { WayProfile } from '../src/exec/way-profile.ts';
import type { Way } from '../src/exec/ways.ts';

const machine = createMachineMemory({ layout: X86_LAYOUT, ramBytes: 1 << 20, arenaBytes: 1 << 16, hashBits: 8 });
const arena = new TbArena(machine);
const store = new TbStore(machine, arena, { protect: () => {} });
const LIMITS = { tbs: 4, insns: 20 };

beforeEach(() => arena.reset());

interface Place {
  readonly page?: number;
  readonly page2?: number;
  readonly flags?: number;
  readonly csBase?: number;
  readonly insns?: number;
}

function tb({ page = 1, page2, flags = 0, csBase = 0, insns = 1 }: Place = {}): number {
  const crosses = page2 !== undefined;
  return store.create({ physPage: page, physPage2: page2 ?? NO_PAGE, pageOffset: crosses ? PAGE_SIZE - 1 : 0, size: crosses ? 2 : 1, flags, csBase, insns });
}

const tbs = (count: number, place: Place = {}): number[] => Array.from({ length: count }, () => tb(place));
const way = (from: number, to: number, count: number, pages = 0): Way => ({ from, to, count, pages, indirect: false, slot: 0 });

/** Which of the TBs are in one piece: a letter for each, the same one for the same piece; '.' for none. */
function cut(all: readonly number[], ways: readonly Way[], allowed: (tb: number) => boolean = () => true): string {
  const pieces = cutRegions(machine, ways, LIMITS, allowed);
  const seen: unknown[] = [];
  return all.map((header) => {
    const piece = pieces.get(header);
    if (piece === undefined) return '.';
    expect(piece.at.has(header)).toBe(true);
    if (!seen.includes(piece)) seen.push(piece);
    return String.fromCodePoint(97 + seen.indexOf(piece));
  }).join('');
}

describe('what comes together', () => {
  it('is united by the most frequent ways, up to the limit', () => {
    const all = tbs(6);
    const [a, b, c, d, e, f] = all as [number, number, number, number, number, number];
    expect(cut(all, [way(a, b, 90), way(c, d, 80), way(b, c, 70), way(d, e, 60), way(e, f, 50)])).toBe('aaaabb');
    // Another order of counts, other pieces.
    expect(cut(all, [way(e, f, 90), way(d, e, 80), way(c, d, 70), way(b, c, 60), way(a, b, 50)])).toBe('aabbbb');
  });

  it('has no more instructions than a region', () => {
    const all = tbs(3, { insns: 10 });
    expect(cut(all, [way(all[0]!, all[1]!, 9), way(all[1]!, all[2]!, 8)])).toBe('aab');
  });

  it('has been translated alike', () => {
    const all = [tb(), tb({ flags: 1 }), tb({ csBase: 16 }), tb()];
    const [a, b, c, d] = all as [number, number, number, number];
    expect(cut(all, [way(a, b, 9), way(b, c, 8), way(c, d, 7), way(d, a, 6)])).toBe('abca');
  });

  it('is allowed', () => {
    const all = tbs(3);
    const [a, b, c] = all as [number, number, number];
    expect(cut(all, [way(a, b, 9), way(b, c, 8)], (header) => header !== b)).toBe('a.b');
  });

  it('is where the ways lead to, page by page', () => {
    const all = [tb({ page: 1 }), tb({ page: 2 }), tb({ page: 2 }), tb({ page: 3 })];
    const [a, b, c, d] = all as [number, number, number, number];
    expect(cut(all, [way(a, b, 9, 5), way(b, c, 8), way(c, a, 7, -5)])).toBe('aaa.');
    // The page five on is page 2 and cannot be page 3.
    expect(cut(all, [way(a, b, 9, 5), way(a, d, 8, 5)])).toBe('aa.b');
    // A second page is one, too.
    const crossing = tb({ page: 1, page2: 4 });
    expect(cut([crossing, b, c, d], [way(crossing, b, 9, 1)])).toBe('ab..');
    expect(cut([crossing, b, c, d], [way(crossing, b, 9, 2)])).toBe('aa..');
  });

  it('is not too far apart, and on no more pages than a region', () => {
    const all = [tb({ page: 1 }), tb({ page: 2 }), tb({ page: 3 })];
    const [a, b, c] = all as [number, number, number];
    expect(cut(all, [way(a, b, 9, MAX_DISTANCE + 1), way(b, c, 8, MAX_DISTANCE)])).toBe('abb');
    expect(cut(all, [way(a, b, 9, MAX_DISTANCE), way(b, c, 8, MAX_DISTANCE)])).toBe('aab');
    const many = Array.from({ length: MAX_REGION_PAGES + 1 }, (_, n) => tb({ page: 10 + n }));
    const pieces = cutRegions(machine, many.slice(1).map((to, n) => way(many[n]!, to, 100 - n, 1)), { tbs: 1000, insns: 1000 }, () => true);
    expect(pieces.get(many[0]!)!.at.size).toBe(MAX_REGION_PAGES);
    expect(pieces.get(many.at(-1)!)!.at.size).toBe(1);
  });
});

describe('counts', () => {
  const AT = TB_HEADER.offset;
  const set = (at: number, value: number): void => void (machine.views().u32[at >>> 2] = value);
  const get = (at: number): number => machine.views().u32[at >>> 2]!;
  const profile = (headers: readonly number[]): WayProfile => new WayProfile({ machine, store, compiled: { headers: () => headers } });

  function link(from: number, slot: number, to: number, count: number): void {
    set(from + AT.jmpDelta + 4 * slot, 0);
    set(from + AT.jmpTarget + 4 * slot, to);
    set(from + AT.jmpCount + 4 * slot, count);
  }

  /** The table of a TB's indirect targets. */
  function table(from: number): number {
    const at = arena.alloc(INDIRECT_TARGETS * INDIRECT_TARGET.size, 4);
    machine.views().u32.fill(0, at >>> 2, (at + INDIRECT_TARGETS * INDIRECT_TARGET.size) >>> 2);
    set(from + AT.indirect, at);
    return at;
  }

  function target(entries: number, i: number, to: number, count: number): void {
    const at = entries + i * INDIRECT_TARGET.size;
    set(at + INDIRECT_TARGET.offset.tb, to);
    set(at + INDIRECT_TARGET.offset.pages, 0);
    set(at + INDIRECT_TARGET.offset.count, count);
  }

  it('are those since it began, the most frequent first', () => {
    const [a, b, c] = tbs(3) as [number, number, number];
    const entries = table(b);
    link(a, 0, b, 1000);
    link(a, 1, c, 5);
    target(entries, 0, a, 70);
    const ways = profile([a, b, c]);
    ways.begin();
    link(a, 0, b, 1001);
    link(a, 1, c, 10);
    target(entries, 0, a, 79);
    target(entries, 1, c, 3);
    expect(ways.take().map(({ from, to, count, indirect }) => [from, to, count, indirect])).toEqual([[b, a, 9, true], [a, c, 5, false], [b, c, 3, true], [a, b, 1, false]]);
    // It has been taken.
    expect(ways.take()).toEqual([]);
  });

  it('are of TBs that live', () => {
    const [a, b, c] = tbs(3) as [number, number, number];
    for (const [from, to] of [[a, b], [b, c], [c, a]] as const) link(from, 0, to, 0);
    const ways = profile([a, b, c]);
    ways.begin();
    for (const [from, to] of [[a, b], [b, c], [c, a]] as const) link(from, 0, to, 9);
    set(b + AT.state, 0);
    expect(ways.take().map(({ from, to }) => [from, to])).toEqual([[c, a]]);
  });

  it('find room for targets that come later', () => {
    const [a, b] = tbs(2) as [number, number];
    const full = table(a);
    for (let i = 0; i < INDIRECT_TARGETS; i++) target(full, i, a, 5);
    set(a + AT.indirectMisses, 100);
    const entries = table(b);
    target(entries, 0, a, 5);
    const ways = profile([a, b]);
    ways.begin();
    expect(get(full + INDIRECT_TARGET.offset.tb)).toBe(0);
    expect(get(a + AT.indirectMisses)).toBe(0);
    // One that has room stays.
    expect(get(entries + INDIRECT_TARGET.offset.tb)).toBe(a);
    target(full, 0, b, 2);
    expect(ways.take().map(({ to, count }) => [to, count])).toEqual([[b, 2]]);
  });
});
