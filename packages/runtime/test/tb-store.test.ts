/** TBs as data: hash and tb_find, pages and code bits, links, jump cache, regions, arena. */
import {
  ExitCode, JUMP_CACHE_ENTRY, MAX_REGION_PAGES, NO_DELTA, NO_PAGE, Prot, REGION_DESCRIPTOR, REGION_PAGE, TB_HEADER, TbKind, WASM_CONTEXT, codeWord, incomingLinks, jumpCacheIndex, linkTb,
  tbCpuAddress, unlinkIncoming, unlinkOutgoing, type TbIdentity,
} from '@wasm-tcg/runtime';
import { beforeEach, describe, expect, it } from 'vitest';
import { ROM_AT, TOY_LAYOUT, takeLog, toyMachine, type ToyMachine } from './toy-guest.ts';

const RWX = Prot.read | Prot.write | Prot.exec;
let toy: ToyMachine;
beforeEach(() => {
  toy = toyMachine();
});

const identity = (change: Partial<TbIdentity> = {}): TbIdentity => ({
  ...{ physPage: 1, physPage2: NO_PAGE, pageOffset: 0x100, size: 16, flags: 3, csBase: 0, insns: 4 },
  ...change,
});
const add = (change: Partial<TbIdentity> = {}): number => {
  const tb = toy.store.create(identity(change));
  toy.store.insert(tb);
  return tb;
};
const field = (tb: number, name: keyof typeof TB_HEADER.offset, index = 0): number => toy.machine.views().u32[((tb + TB_HEADER.offset[name]) >>> 2) + index];
const bits = (page: number): bigint => toy.machine.views().data.getBigUint64(codeWord(toy.machine.map, toy.machine.map.ramBase + page * 4096), true);
const find = (pc: number | bigint, flags = 3, csBase = 0n): number => {
  toy.setGlobal('pc', BigInt(pc));
  toy.setGlobal('cs_base', csBase);
  toy.setState('flags', BigInt(flags));
  return toy.runtime.exports.tb_find(toy.env);
};

describe('headers', () => {
  it('start clean, also on used memory', () => {
    const { machine, arena, store } = toy;
    machine.views().u8.fill(0xaa, machine.map.arena, machine.map.arenaEnd);
    const tb = store.create(identity({ cflags: 5 }));
    expect(tb % 16).toBe(0);
    expect([field(tb, 'physPage'), field(tb, 'size'), field(tb, 'insns'), field(tb, 'cflags')]).toEqual([1, 16, 4, 5]);
    expect([field(tb, 'jmpDelta'), field(tb, 'jmpDelta', 1), field(tb, 'jmpTarget'), field(tb, 'incoming')]).toEqual([NO_DELTA, NO_DELTA, 0, 0]);
    expect(machine.views().u32[tbCpuAddress(tb, 1) >>> 2]).toBe(0);
    expect(arena.alloc(1)).toBeGreaterThanOrEqual(tbCpuAddress(tb, 2));
  });

  it.each([
    ['too many instructions', { insns: 513 }], ['no bytes', { size: 0 }], ['a second page for nothing', { physPage2: 2 }],
    ['no second page', { pageOffset: 4090 }], ['three pages', { physPage2: 2, size: 8192 }],
  ])('refuse %s', (_, change) => {
    expect(() => toy.store.create(identity(change))).toThrow(expect.objectContaining({ code: 'bad-tb' }));
  });

  it('change their state word with each kind, and have none twice', () => {
    const tb = toy.store.create(identity());
    const states = [field(tb, 'state'), toy.store.setKind(tb, TbKind.module), toy.store.setKind(tb, TbKind.region), toy.store.setKind(tb, TbKind.tci)];
    expect(states.map((state) => state & 15)).toEqual([1, 2, 3, 1]);
    expect(new Set(states).size).toBe(4);
  });
});

describe('the physical hash', () => {
  it('finds by everything that names a TB', () => {
    const tb = add();
    const others = [add({ physPage: 2 }), add({ pageOffset: 0x101 }), add({ flags: 4 }), add({ csBase: 0x1000 })];
    expect(find(0x1100)).toBe(tb);
    expect(toy.getGlobal('page_base')).toBe(0x1000n);
    expect([find(0x2100), find(0x1101), find(0x1100, 4), find(0x100, 3, 0x1000n)]).toEqual(others);
    expect([find(0x1102), find(0x1100, 5)]).toEqual([0, 0]);
    expect(toy.context('exitCode')).toBe(ExitCode.none);
    expect(toy.store.lookup(1, 0x101, 3, 0)).toBe(others[1]);
    expect([...toy.store.all()].sort()).toEqual([tb, ...others].sort());
  });

  it('holds more TBs than buckets, before and after half of them are retired', () => {
    const tbs = Array.from({ length: 300 }, (_, i) => add({ pageOffset: (i * 13) % 4000, flags: i }));
    tbs.forEach((tb, i) => expect(find(0x1000 + ((i * 13) % 4000), i)).toBe(tb));
    tbs.forEach((tb, i) => i % 2 === 0 && toy.store.retire(tb));
    tbs.forEach((tb, i) => expect(find(0x1000 + ((i * 13) % 4000), i)).toBe(i % 2 === 0 ? 0 : tb));
    expect(toy.store.count).toBe(150);
  });

  it('tells code segment bases apart, also in one bucket', () => {
    const bases = Array.from({ length: 600 }, (_, i) => i * 16);
    const tbs = bases.map((csBase) => add({ csBase, size: 1 }));
    bases.forEach((base, i) => expect(find(BigInt.asUintN(32, BigInt(0x1100 - base)), 3, BigInt(base))).toBe(tbs[i]));
    expect(find(BigInt.asUintN(32, BigInt(0x1100 - 9600)), 3, 9600n)).toBe(0);
  });

  it('is physical: one TB serves every address its page is mapped at', () => {
    const tb = add();
    toy.pages = new Map([[0x40n, { physPage: 1, prot: RWX }], [0x80n, { physPage: 1, prot: RWX }]]);
    expect([find(0x40100), find(0x80100)]).toEqual([tb, tb]);
    expect(toy.getGlobal('page_base')).toBe(0x80000n);
  });

  it('reports a fetch fault', () => {
    toy.pages = new Map([[1n, { physPage: 1, prot: Prot.read }]]);
    expect(find(0x1100)).toBe(0);
    expect([toy.context('exitCode'), toy.context('faultError')]).toEqual([ExitCode.fetchFault, 2]);
  });

  it('wants the second page where it was, and takes no fault for it', () => {
    const tb = add({ pageOffset: 0xff8, physPage2: 5 });
    toy.pages = new Map([[1n, { physPage: 1, prot: RWX }]]);
    expect([find(0x1ff8), toy.context('exitCode')]).toEqual([0, ExitCode.none]);
    toy.pages.set(2n, { physPage: 6, prot: RWX });
    expect(find(0x1ff8)).toBe(0);
    toy.pages.set(2n, { physPage: 5, prot: RWX });
    toy.runtime.exports.tlb_flush(toy.env);
    expect(find(0x1ff8)).toBe(tb);
    const other = add({ pageOffset: 0xff8, physPage2: 6 });
    expect(find(0x1ff8)).toBe(tb);
    toy.pages.set(2n, { physPage: 6, prot: RWX });
    toy.runtime.exports.tlb_flush(toy.env);
    expect(find(0x1ff8)).toBe(other);
  });

  it('applies the code segment base with the wrap of narrow code', () => {
    const tb = add({ pageOffset: 0x010, physPage: 0, csBase: 0xffff_f000 });
    expect(find(0x1010, 3, 0xffff_f000n)).toBe(tb);
    expect(toy.getGlobal('page_base')).toBe(0n);
  });
});

describe('the jump cache', () => {
  const entry = (pc: number): number => (toy.env + TOY_LAYOUT.jumpCacheOffset + jumpCacheIndex(pc) * JUMP_CACHE_ENTRY.size) >>> 2;

  it('gets what tb_find found, for tb_exec to probe', () => {
    const tb = add({ csBase: 0x1000, physPage: 0x23 });
    expect(find(0x22100, 3, 0x1000n)).toBe(tb);
    const { u32 } = toy.machine.views();
    expect([...u32.subarray(entry(0x22100), entry(0x22100) + 8)]).toEqual([0x22100, 0, 0x23000, 0, 0x1000, 3, tb, toy.context('mappingGeneration')]);
  });

  it('and links outlive a change of mapping, but not the end of the count of generations', () => {
    const [tb, other] = [add(), add({ pageOffset: 0x200 })];
    const { u32 } = toy.machine.views();
    const named = (): number => u32[entry(0x1100) + (JUMP_CACHE_ENTRY.offset.tb >>> 2)];
    find(0x1100);
    linkTb(toy.machine, tb, 1, other, 7, 0n);
    toy.runtime.exports.tlb_bump_generation(toy.env);
    expect([named(), field(tb, 'jmpGeneration', 1), toy.context('mappingGeneration')]).toEqual([tb, 7, 2]);
    toy.setContext('lastGeneration', 0xffff_ffff);
    toy.runtime.exports.tlb_bump_generation(toy.env);
    expect([named(), field(tb, 'jmpGeneration', 1), toy.context('mappingGeneration')]).toEqual([0, 0, 1]);
    expect(incomingLinks(toy.machine, other)).toEqual([tb | 1]);
  });

  describe('and its mapping generation', () => {
    const global = RWX | Prot.global;
    const after = (change: () => void): number => {
      const before = toy.context('mappingGeneration');
      change();
      return toy.context('mappingGeneration') - before;
    };
    const flush = (page: number) => () => toy.runtime.exports.tlb_flush_page_host(toy.env, page * 4096, 0);
    const newSpace = (): void => toy.runtime.exports.tlb_flush_local(toy.env);
    beforeEach(() => {
      toy.pages = new Map([[1n, { physPage: 1, prot: RWX }], [2n, { physPage: 5, prot: RWX }], [3n, { physPage: 3, prot: RWX }], [9n, { physPage: 1, prot: global }]]);
    });

    it('is renewed when a page is flushed that code was looked up in, and by no other', () => {
      add();
      find(0x1100);
      expect([after(flush(3)), after(flush(2)), after(flush(1)), after(flush(1))]).toEqual([0, 0, 1, 0]);
    });

    it('is not renewed with pages at usual distances from code', () => {
      add();
      find(0x1100);
      const distances = Array.from({ length: 20 - 3 }, (_, i) => 2 ** (i + 3));
      expect(distances.map((pages) => after(flush(1 + pages)))).toEqual(distances.map(() => 0));
      expect(after(flush(1))).toBe(1);
    });

    it('is renewed with the second page of a TB, and with a page that was looked up for a region', () => {
      add({ pageOffset: 0xff8, physPage2: 5 });
      find(0x1ff8);
      expect(after(flush(2))).toBe(1);
      const at = toy.arena.alloc(REGION_DESCRIPTOR.size + 2 * REGION_PAGE.size, 8);
      toy.machine.views().u32.set([0, 0, 0x1000, 0, 0, 1, 2, 3], at >>> 2);
      expect(toy.runtime.exports.region_check(toy.env, at, 2)).toBe(1);
      expect([after(flush(2)), after(flush(3))]).toEqual([0, 1]);
    });

    it('outlives a change of the address space if all code was in global pages', () => {
      const tb = add();
      expect(find(0x9100)).toBe(tb);
      expect([after(newSpace), after(newSpace)]).toEqual([0, 0]);
      expect(find(0x1100)).toBe(tb);
      expect([after(newSpace), after(newSpace)]).toEqual([1, 0]);
    });

    it('is one for each MMU index, and the one in force is that of the index that code is fetched by', () => {
      const generations = (): number[] => [0, 1].map((mmu) => toy.machine.views().u32[((toy.env + WASM_CONTEXT.offset.generations) >>> 2) + mmu]);
      add();
      find(0x9100);
      toy.setState('fetchMmu', 1n);
      find(0x1100);
      const [first, second] = generations();
      newSpace();
      expect(generations()).toEqual([first, second + 1]);
      expect(toy.context('mappingGeneration')).toBe(second + 1);
      toy.setState('fetchMmu', 0n);
      toy.runtime.exports.tlb_flush_page_host(toy.env, 0x9000, 0);
      expect(generations()).toEqual([second + 2, second + 1]);
      expect(toy.context('mappingGeneration')).toBe(second + 2);
      toy.runtime.exports.tlb_flush(toy.env);
      expect(generations()).toEqual([second + 3, second + 3]);
    });
  });

  it('still names a retired TB, whose state tells', () => {
    const tb = add();
    find(0x1100);
    toy.store.retire(tb);
    expect([toy.machine.views().u32[entry(0x1100) + (JUMP_CACHE_ENTRY.offset.tb >>> 2)], field(tb, 'state')]).toEqual([tb, 0]);
    expect(find(0x1100)).toBe(0);
  });
});

describe('pages', () => {
  it('have code bits for the bytes of their TBs, and say when they get the first', () => {
    const first = add({ pageOffset: 0x3c, size: 8 });
    expect([bits(1), takeLog(toy)]).toEqual([0b11n, ['protect 1']]);
    const second = add({ pageOffset: 0x40, size: 1 });
    const last = add({ pageOffset: 0xff0, size: 32, physPage2: 2 });
    expect([bits(1), bits(2), takeLog(toy)]).toEqual([(1n << 63n) | 0b11n, 1n, ['protect 2']]);
    toy.store.retire(first);
    expect(bits(1)).toBe((1n << 63n) | 0b10n);
    toy.store.retire(last);
    expect([bits(1), bits(2)]).toEqual([0b10n, 0n]);
    toy.store.retire(second);
    expect(bits(1)).toBe(0n);
    add();
    expect(takeLog(toy)).toEqual(['protect 1']);
  });

  it('tell which TBs a store hits, byte by byte', () => {
    const a = add({ pageOffset: 0x100, size: 16 });
    const b = add({ pageOffset: 0x108, size: 16 });
    const c = add({ pageOffset: 0xff8, size: 16, physPage2: 1, flags: 9 });
    const hits = (from: number, to: number): number[] => {
      const out: number[] = [];
      toy.store.collectHits(1, from, to, out);
      return out.sort((x, y) => x - y);
    };
    expect([hits(0xff, 0x100), hits(0x100, 0x101), hits(0x10f, 0x110), hits(0x110, 0x118), hits(0x118, 0x200)]).toEqual([[], [a], [a, b], [b], []]);
    expect([hits(7, 8), hits(8, 9), hits(0xff7, 0xff8), hits(0xfff, 0x1000), hits(0, 4096)]).toEqual([[c], [], [], [c], [a, b, c]]);
    toy.store.retire(c);
    expect([hits(0, 4096), bits(1)]).toEqual([[a, b], 0b10000n]);
  });

  it('of ROM hold TBs without code bits, devices none', () => {
    const tb = add({ physPage: ROM_AT / 4096 });
    expect(takeLog(toy)).toEqual([]);
    expect(find(ROM_AT + 0x100)).toBe(tb);
    expect(() => add({ physPage: 0x80000 })).toThrow(expect.objectContaining({ code: 'bad-tb' }));
    expect(() => add({ physPage: 0x50000 })).toThrow(expect.objectContaining({ code: 'bad-tb' }));
    expect(() => add({ cflags: 1 })).toThrow(expect.objectContaining({ code: 'bad-tb' }));
  });
});

describe('links', () => {
  it('are listed at their target and undone from both ends', () => {
    const [a, b, c] = [add(), add({ pageOffset: 0x200 }), add({ pageOffset: 0x300 })];
    const { machine } = toy;
    linkTb(machine, a, 0, c, 1, 0n);
    linkTb(machine, a, 1, c, 1, 0n);
    linkTb(machine, b, 0, c, 2, 0n);
    linkTb(machine, c, 1, c, 2, 0n);
    expect(incomingLinks(machine, c)).toEqual([c | 1, b, a | 1, a]);
    expect([field(b, 'jmpTarget'), field(b, 'jmpGeneration')]).toEqual([c, 2]);
    unlinkOutgoing(machine, a, 1);
    expect(incomingLinks(machine, c)).toEqual([c | 1, b, a]);
    linkTb(machine, b, 0, a, 3, 0n);
    expect([incomingLinks(machine, c), incomingLinks(machine, a)]).toEqual([[c | 1, a], [b]]);
    unlinkIncoming(machine, c);
    expect([incomingLinks(machine, c), field(a, 'jmpTarget'), field(c, 'jmpTarget', 1), field(b, 'jmpTarget')]).toEqual([[], 0, 0, a]);
  });

  it('go with a retired TB', () => {
    const [a, b] = [add(), add({ pageOffset: 0x200 })];
    linkTb(toy.machine, a, 0, b, 1, 0n);
    linkTb(toy.machine, b, 0, a, 1, 0n);
    toy.store.retire(b);
    expect([field(a, 'jmpTarget'), incomingLinks(toy.machine, a), field(b, 'state')]).toEqual([0, [], 0]);
  });

  it('stay consistent under random work', () => {
    const tbs = Array.from({ length: 12 }, (_, i) => add({ pageOffset: i * 0x40 }));
    const model = new Map<string, number>();
    let seed = 12345;
    const random = (n: number): number => (seed = (Math.imul(seed, 1103515245) + 12345) >>> 0) % 65536 % n;
    for (let step = 0; step < 2000; step++) {
      const from = tbs[random(12)];
      const slot = random(2) as 0 | 1;
      const to = tbs[random(12)];
      const choice = random(8);
      if (choice < 5) {
        linkTb(toy.machine, from, slot, to, 1, 0n);
        model.set(`${from}.${slot}`, to);
      } else if (choice < 7) {
        unlinkOutgoing(toy.machine, from, slot);
        model.delete(`${from}.${slot}`);
      } else {
        unlinkIncoming(toy.machine, to);
        for (const [key, target] of model) if (target === to) model.delete(key);
      }
    }
    for (const tb of tbs) {
      for (const slot of [0, 1]) expect(field(tb, 'jmpTarget', slot)).toBe(model.get(`${tb}.${slot}`) ?? 0);
      const expected = [...model].filter(([, target]) => target === tb).map(([key]) => Number(key.split('.')[0]) | Number(key.split('.')[1]));
      expect(incomingLinks(toy.machine, tb).sort()).toEqual(expected.sort());
    }
  });
});

describe('region_check', () => {
  const descriptor = (base: number, verified: number, pages: readonly (readonly [number, number])[]): number => {
    const at = toy.arena.alloc(REGION_DESCRIPTOR.size + pages.length * REGION_PAGE.size, 8);
    const { u32 } = toy.machine.views();
    u32.set([0, verified, base, 0, ...pages.flat()], at >>> 2);
    return at;
  };
  const check = (at: number, pages: number): number => toy.runtime.exports.region_check(toy.env, at, pages);
  const verified = (at: number): number => toy.machine.views().u32[(at + REGION_DESCRIPTOR.offset.verified) >>> 2]!;

  it('looks up the pages that are wanted and not known to be in place, and notes them', () => {
    const at = descriptor(0x40000, 1, [[0, 77], [1, 7], [-1, 9], [2, 5]]);
    toy.pages = new Map([[0x41n, { physPage: 7, prot: RWX }], [0x3fn, { physPage: 9, prot: RWX }]]);
    expect([check(at, 0b101), verified(at), check(at, 0b11), verified(at)]).toEqual([1, 0b101, 1, 0b111]);
    expect([check(at, 0b1010), verified(at), check(at, 0b111)]).toEqual([0, 0b111, 1]);
  });

  it('knows 32 pages', () => {
    const at = descriptor(0x40000, 0, Array.from({ length: MAX_REGION_PAGES }, (_, i) => [i, 100 + i] as const));
    toy.pages = new Map([[0x5fn, { physPage: 131, prot: RWX }]]);
    expect([check(at, -0x8000_0000), verified(at)]).toEqual([1, 0x8000_0000]);
  });

  it.each([['mapped elsewhere', { physPage: 8, prot: RWX }], ['not to be fetched', { physPage: 7, prot: Prot.read }], ['gone', undefined]])(
    'does not find a page %s, without a fault, until it is there', (_, mapping) => {
      const at = descriptor(0x40000, 0, [[0, 1], [1, 7]]);
      toy.pages = new Map([[0x40n, { physPage: 1, prot: RWX }]]);
      if (mapping) toy.pages.set(0x41n, mapping);
      expect(check(at, 3)).toBe(0);
      expect([toy.context('exitCode'), verified(at) & 2]).toEqual([ExitCode.none, 0]);
      toy.pages.set(0x41n, { physPage: 7, prot: RWX });
      toy.runtime.exports.tlb_flush_page_host(toy.env, 0x41000, 0);
      expect([check(at, 3), verified(at)]).toEqual([1, 3]);
    });

  it('wraps at 4 GiB in narrow code', () => {
    const at = descriptor(0xffff_f000, 0, [[1, 3]]);
    toy.pages = new Map([[0n, { physPage: 3, prot: RWX }]]);
    expect(check(at, 1)).toBe(1);
  });
});

describe('the arena', () => {
  it('is handed out aligned until it is full, and anew after a reset', () => {
    const { arena, store, machine } = toy;
    expect([arena.alloc(3, 4), arena.alloc(1) % 16]).toEqual([machine.map.arena, 0]);
    const tail = arena.alloc(100);
    arena.trim(tail + 10);
    expect(arena.alloc(1, 2)).toBe(tail + 10);
    expect(() => arena.trim(tail + 100)).toThrow(expect.objectContaining({ code: 'bad-tb' }));
    expect(() => arena.alloc(0)).toThrow(expect.objectContaining({ code: 'bad-tb' }));
    let made = 0;
    for (let tb = -1; tb !== 0; made++) {
      tb = store.create(identity({ flags: made }));
      if (tb !== 0) store.insert(tb);
    }
    expect(made).toBeGreaterThan(300);
    expect([find(0x1100, 5) !== 0, store.count]).toEqual([true, made - 1]);
    store.reset();
    expect([store.count, arena.epoch, arena.used, bits(1), find(0x1100, 5)]).toEqual([0, 2, 0, 0n, 0]);
    const { u32 } = machine.views();
    expect(u32[(toy.env + TOY_LAYOUT.jumpCacheOffset + jumpCacheIndex(0x1100) * 32 + JUMP_CACHE_ENTRY.offset.tb) >>> 2]).toBe(0);
    const tb = add();
    expect(find(0x1100)).toBe(tb);
  });
});
