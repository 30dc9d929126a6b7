/** A region does what its members do one after the other, wherever it may be left. */
import { describe, expect, it } from 'vitest';
import {
  evalTb, mergeRegion, Optimizer, parseTb, printTb, randomTb, regionInsnIndex, regionInsnMember, RegionError, Rng, TOY_HELPERS, TOY_STATE_OFFSET,
  TOY_STATE_SIZE, TOY_TARGET, ToyMachine, verifyTb, type EvalResult, type RegionIr, type RegionSource, type TbIr,
} from '@wasm-tcg/ir';

const PAGE = 4096;
const STATE = { offset: TOY_STATE_OFFSET, size: TOY_STATE_SIZE };
const parse = (body: string, locals = ''): TbIr => parseTb(`tb toy narrow\n${locals}\n${body}`, TOY_TARGET, TOY_HELPERS);

const BASE = ((): ToyMachine => {
  const rng = new Rng(1);
  const m = new ToyMachine();
  m.randomise(() => rng.u32());
  return m;
})();

interface Program {
  readonly sources: RegionSource[];
  readonly offsets: number[];
}

/** Random members on a few pages that jump to each other. */
function program(seed: number): Program {
  const rng = new Rng(seed);
  const wide = rng.oneIn(2);
  const csBase = wide || rng.oneIn(2) ? 0 : rng.u32() & ~0xf;
  const count = 1 + rng.below(6);
  const places = Array.from({ length: count }, (_, m) => ({ pageDelta: m === 0 ? 0 : rng.below(3) - 1, delta: 16 + m * 64 }));
  const offsets = places.map((p) => p.pageDelta * PAGE + p.delta);
  const sources = places.map(({ pageDelta, delta }, m) => ({
    tb: randomTb(seed * 64 + m, TOY_TARGET, TOY_HELPERS, {
      wide, csBase, delta, state: STATE, maxInsns: 3, sourceOps: false,
      // Mostly members, sometimes outside.
      targets: [...offsets, ...offsets, ...offsets, 0x900].map((o) => o - pageDelta * PAGE),
    }),
    header: 0x1000 + m * 16,
    pageDelta,
    // Some lie on two.
    pages: (rng.oneIn(4) ? 3 : 1) << (pageDelta + 1),
    indirect: [rng.below(count), rng.below(count)],
  }));
  return { sources, offsets };
}

/** Pages that are in place: those of the entry, and some more, or all. */
function pagesThere({ sources }: Program, seed: number): number {
  const rng = new Rng(seed ^ 0x333);
  return sources[0]!.pages! | (rng.oneIn(2) ? 15 : rng.below(16));
}

function machine(seed: number, wide: boolean): ToyMachine {
  const rng = new Rng(seed ^ 0x777);
  const m = BASE.clone();
  m.randomiseArea(() => rng.u32());
  if (!wide) m.narrow();
  m.setGlobal('page_base', 0x40_0000n);
  return m;
}

/** Run the region until it is left, or at the first entry that may be left once `fuel` members have been entered. */
function runRegion(region: RegionIr, { sources }: Program, m: ToyMachine, fuel: number, there: number): { entered: number; result: EvalResult } {
  let entered = 0;
  Object.assign(m, { pagesThere: (pages: number) => (pages & ~there) === 0 });
  const result = evalTb(region.tb, TOY_HELPERS, m, {
    onLabel: (label) => {
      const member = region.members[label];
      if (!member) return false;
      expect(sources[label]!.pages! & ~there).toBe(0);
      if (member.mayLeave && entered >= fuel) {
        const pc = m.global('page_base') + BigInt(member.entryDelta - region.tb.csBase);
        m.setGlobal('pc', BigInt.asUintN(region.tb.wide ? 64 : 32, pc));
        return true;
      }
      entered++;
      return false;
    },
  });
  return { entered, result };
}

/** Run `count` members one after the other as tb_exec would. */
function runChain({ sources, offsets }: Program, m: ToyMachine, count: number): { member: number; result: EvalResult } {
  let member = 0;
  for (let n = 1; ; n++) {
    const { tb, pageDelta } = sources[member]!;
    const result = evalTb(tb, TOY_HELPERS, m);
    if (result.kind === 'leave' || result.kind === 'exit_tb') return { member, result };
    const bits = tb.wide ? 64 : 32;
    const linear = BigInt.asUintN(bits, m.global('pc') + BigInt(tb.csBase));
    const next = offsets.findIndex((o) => BigInt.asUintN(bits, 0x40_0000n + BigInt(o)) === linear);
    // A lookup sets the page base of what it finds.
    if (next >= 0) m.setGlobal('page_base', BigInt.asUintN(bits, 0x40_0000n + BigInt(sources[next]!.pageDelta * PAGE)));
    if (n === count) return { member, result };
    if (next < 0) throw new Error(`the chain leaves after ${n} of ${count} members, from member ${member} (page ${pageDelta})`);
    member = next;
  }
}

function check(seed: number, optimizer: Optimizer | undefined): void {
  const p = program(seed);
  const region = mergeRegion(p.sources, TOY_HELPERS);
  const before = mergeRegion(p.sources, TOY_HELPERS).tb;
  expect(verifyTb(region.tb, TOY_HELPERS, { region: region.members.length })).toEqual([]);
  optimizer?.optimizeRegion(region, { verify: true });
  const { wide } = region.tb;
  const a = machine(seed, wide);
  const { entered, result } = runRegion(region, p, a, 12, pagesThere(p, seed));
  const b = machine(seed, wide);
  const fail = (what: string): never => expect.fail(`${what}, seed ${seed}\n${printTb(before, TOY_HELPERS)}\n=>\n${printTb(region.tb, TOY_HELPERS)}`);
  const chain = runChain(p, b, entered);
  let isRestored: (global: number) => boolean = () => false;
  switch (result.kind) {
    case 'leave':
      if (chain.result.kind !== 'leave') return fail(`the chain ended with ${chain.result.kind}`);
      expect([regionInsnMember(result.data), regionInsnIndex(result.data), result.exitCode]).toEqual([chain.member, chain.result.insn, chain.result.exitCode]);
      isRestored = (g) => g === TOY_TARGET.pc || (TOY_TARGET.globals[g]!.restored && result.data >= 0);
      break;
    case 'stopped': break;
    // The page base after a jump to nowhere is for the lookup to set.
    case 'goto_ptr': isRestored = (g) => g === TOY_TARGET.pageBase; break;
    default: if (JSON.stringify(result) !== JSON.stringify(chain.result)) fail(`${JSON.stringify(result)} instead of ${JSON.stringify(chain.result)}`);
  }
  for (const [i, g] of TOY_TARGET.globals.entries()) if (!isRestored(i) && a.global(g.name) !== b.global(g.name)) fail(`${g.name} ${a.global(g.name)} instead of ${b.global(g.name)}`);
  if (Buffer.compare(a.ram, b.ram) !== 0) fail('memory');
  return undefined;
}

describe('regions', () => {
  it('as merged', () => { for (let seed = 0; seed < 80; seed++) check(seed, undefined); });
  it('optimised', () => {
    const optimizer = new Optimizer(TOY_TARGET, TOY_HELPERS);
    for (let seed = 0; seed < 220; seed++) check(seed, optimizer);
  });

  it('turn edges into branches and keep the rest', () => {
    const a = parse('insn_start 16, 3\nadd.i32 r0, r0, $1\nbrcond.i32 r0, r1, ne, L0\ngoto_tb 0, 32\nL0:\ngoto_tb 1, 0x1040');
    const b = parse('insn_start 32, -1\nmov.i32 r2, $7\ngoto_tb 0, 16');
    const c = parse('insn_start 0x40, 9\nmov.i32 t0, r3\nmov.i32 pc, t0\ngoto_ptr', 'local t0:i32');
    const region = mergeRegion([{ tb: a, header: 1, pageDelta: 0 }, { tb: b, header: 2, pageDelta: 0 }, { tb: c, header: 3, pageDelta: 1, indirect: [2, 1] }], TOY_HELPERS);
    expect(region.members.map((m) => [m.insns, m.entryDelta, m.mayLeave])).toEqual([[1, 16, true], [1, 32, false], [1, 0x40, true]]);
    expect(printTb(region.tb, TOY_HELPERS)).toBe(`tb toy narrow csbase=0x0
local t0:i32 t1:i32
L0:
  insn_start 0x10, 0
  add.i32 r0, r0, $1
  brcond.i32 r0, r1, ne, L3
  br L1
L3:
  add.i32 page_base, page_base, $0x1000
  br L2
L1:
  insn_start 0x20, -0x3fff0000
  mov.i32 r2, $7
  br L0
L2:
  insn_start 0x40, 0x20000
  mov.i32 t0, r3
  mov.i32 pc, t0
  sub.i32 t1, pc, page_base
  brcond.i32 t1, $64, eq, L2
  brcond.i32 t1, $0xfffff020, eq, L4
  goto_ptr
L4:
  add.i32 page_base, page_base, $0xfffff000
  br L1
`);
  });

  it('drop flags that nobody sees between members, but keep them at loop entries', () => {
    const flags = 'mov.i32 cc_dst, r0\nmov.i32 cc_src, r1\nmov.i32 cc_op, $5';
    const a = parse(`insn_start 16, 0\nadd.i32 r0, r0, $1\n${flags}\ngoto_tb 0, 32`);
    const b = parse(`insn_start 32, 0\nadd.i32 r0, r0, $2\n${flags}\nbrcond.i32 r0, r1, ne, L0\ngoto_tb 0, 99\nL0:\ngoto_tb 1, 16`);
    const region = mergeRegion([{ tb: a, header: 1, pageDelta: 0 }, { tb: b, header: 2, pageDelta: 0 }], TOY_HELPERS);
    new Optimizer(TOY_TARGET, TOY_HELPERS).optimizeRegion(region, { verify: true });
    expect(region.members.map((m) => m.mayLeave)).toEqual([true, false]);
    expect(printTb(region.tb, TOY_HELPERS)).toBe(`tb toy narrow csbase=0x0
L0:
  insn_start 0x10, 0
  add.i32 r0, r0, $1
  mov.i32 cc_src, r1
  mov.i32 cc_op, $5
L1:
  insn_start 0x20, 0x10000
  add.i32 r0, r0, $2
  mov.i32 cc_dst, r0
  brcond.i32 r0, r1, ne, L2
  goto_tb 0, 0x63
L2:
  br L0
`);
  });

  it('ask for pages that not every way to a member has passed, and leave as the member does when they are not there', () => {
    const a = parse('insn_start 16, 0\ngoto_tb 0, 0x1040');
    const b = parse('insn_start 0x40, 0\nbrcond.i32 r0, r1, ne, L0\ngoto_tb 0, 0x80\nL0:\nmov.i32 pc, r2\ngoto_ptr');
    const c = parse('insn_start 0x80, 0\ngoto_tb 1, -0xff0');
    const sources = [{ tb: a, header: 1, pageDelta: 0, pages: 1 }, { tb: b, header: 2, pageDelta: 1, pages: 2, indirect: [0, 2] }, { tb: c, header: 3, pageDelta: 1, pages: 6 }];
    const region = mergeRegion(sources, TOY_HELPERS);
    expect(verifyTb(region.tb, TOY_HELPERS, { region: 3 })).toEqual([]);
    expect(verifyTb(region.tb, TOY_HELPERS).map(({ rule }) => rule)).toContain('stage');
    const text = printTb(region.tb, TOY_HELPERS);
    expect(text).toMatchInlineSnapshot(`
      "tb toy narrow csbase=0x0
      local t0:i32 t1:i32 t2:i32 t3:i32
      L0:
        insn_start 0x10, 0
        pages_there t0, 2
        brcond.i32 t0, $0, eq, L3
        add.i32 page_base, page_base, $0x1000
        br L1
      L3:
        goto_tb 0, 0x1040
      L1:
        insn_start 0x40, 0x10000
        brcond.i32 r0, r1, ne, L4
        pages_there t1, 4
        brcond.i32 t1, $0, eq, L5
        br L2
      L5:
        goto_tb 0, 0x80
      L4:
        mov.i32 pc, r2
        sub.i32 t2, pc, page_base
        brcond.i32 t2, $0xfffff010, eq, L6
        brcond.i32 t2, $0x80, eq, L7
        goto_ptr
      L6:
        add.i32 page_base, page_base, $0xfffff000
        br L0
      L7:
        pages_there t3, 4
        brcond.i32 t3, $0, eq, L8
        br L2
      L8:
        goto_ptr
      L2:
        insn_start 0x80, 0x20000
        add.i32 page_base, page_base, $0xfffff000
        br L0
      "
    `);
    expect(printTb(parseTb(text, TOY_TARGET, TOY_HELPERS), TOY_HELPERS)).toBe(text);
  });

  it('leave where a member is left before its last instruction: the budget gets back what is not run', () => {
    const early = parse(`insn_start 0x10, 0
      brcond.i32 r0, $0, eq, L0
      goto_tb 0, 0x10
      L0:
      insn_start 0x12, 0
      goto_tb 1, 0x10`);
    const region = mergeRegion([{ tb: early, header: 0x1000, pageDelta: 0 }], TOY_HELPERS);
    const text = printTb(region.tb, TOY_HELPERS);
    expect(text).toContain('goto_tb 0, 0x10');
    expect(text).not.toContain('goto_tb 1, 0x10');
  });

  it('refuse members that do not fit', () => {
    const narrow = parse('insn_start 0, 0\ngoto_tb 0, 4');
    const other = parseTb('tb toy narrow csbase=0x10\ninsn_start 0, 0\ngoto_tb 0, 4', TOY_TARGET, TOY_HELPERS);
    expect(() => mergeRegion([], TOY_HELPERS)).toThrow(RegionError);
    expect(() => mergeRegion([{ tb: narrow, header: 1, pageDelta: 0 }, { tb: other, header: 2, pageDelta: 0 }], TOY_HELPERS)).toThrow(/Member 1/);
  });
});
