/**
 * Regions against their members run one after the other by the evaluator: random members on three pages that jump to each
 * other, random entries and budgets; then the protocol at the entry.
 */
import { describe, expect, test } from 'vitest';
import {
  evalTb, mergeRegion, Optimizer, parseTb, randomTb, Rng, TOY_HELPERS, TOY_STATE_OFFSET, TOY_STATE_SIZE, TOY_TARGET, ToyMachine, type EvalResult, type HelperTable, type RegionSource, type TbIr,
} from '@wasm-tcg/ir';
import { ExitCode, REGION_DESCRIPTOR, TB_CPU, TB_HEADER, TB_RETURN_EXIT, TB_RETURN_LINK, TB_RETURN_LOOKUP } from '@wasm-tcg/runtime';
import { CodegenError, RegionModuleBuilder } from '../src/index.ts';
import { ENV, HEADERS, ToyHost } from './toy-host.ts';
import { wat } from './wasm-tools.ts';

const PAGE = 4096;
const BASE = 0x40_0000n;
const DESCRIPTOR = HEADERS + 0x800;
const RECORD = TB_HEADER.offset.perCpu;
const { globals } = TOY_TARGET;
const host = new ToyHost();
const builder = new RegionModuleBuilder(TOY_TARGET, TOY_HELPERS);
const builderForOneCpu = new RegionModuleBuilder(TOY_TARGET, TOY_HELPERS, { env: ENV });
const headerOf = (member: number): number => HEADERS + 0x80 * (member + 1);

/** Writes what a region's function reads of the header of an entry. */
function enterAs(member: number, entry: number, pages: number, pageOffset: number): void {
  host.setHeader(headerOf(member), RECORD + TB_CPU.offset.entry, entry);
  host.setHeader(headerOf(member), RECORD + TB_CPU.offset.entryPages, pages);
  host.setHeader(headerOf(member), TB_HEADER.offset.pageOffset, pageOffset);
}

interface Program {
  readonly sources: RegionSource[];
  /** Byte offset of each member's entry from the region's page. */
  readonly offsets: number[];
}

function program(seed: number): Program {
  const rng = new Rng(seed);
  const wide = rng.oneIn(2);
  const csBase = wide || rng.oneIn(2) ? 0 : rng.u32() & ~0xf;
  const count = 1 + rng.below(6);
  const places = Array.from({ length: count }, (_, m) => ({ pageDelta: m === 0 ? 0 : rng.below(3) - 1, delta: 16 + m * 64 }));
  const offsets = places.map((p) => p.pageDelta * PAGE + p.delta);
  const sources = places.map(({ pageDelta, delta }, m) => ({
    tb: randomTb(seed * 64 + m, TOY_TARGET, TOY_HELPERS, {
      wide, csBase, delta, state: { offset: TOY_STATE_OFFSET, size: TOY_STATE_SIZE }, maxInsns: 4, sourceOps: false,
      targets: [...offsets, ...offsets, ...offsets, 0x900].map((o) => o - pageDelta * PAGE),
    }),
    header: headerOf(m),
    pageDelta,
    pages: (rng.oneIn(4) ? 3 : 1) << (pageDelta + 1),
    indirect: [rng.below(count), rng.below(count)],
    entry: m === 0 || rng.oneIn(2),
  }));
  return { sources, offsets };
}

const INSN_START = 'insn_start';
/** insn_start ops in stream order before position `end`. */
function insnsUpTo(tb: TbIr, end: number): number {
  const code = parseTb(`tb toy wide csbase=0x0\n${INSN_START} 0, 0\ngoto_ptr`, TOY_TARGET, TOY_HELPERS).code[0] & 0xff;
  let n = 0;
  for (let at = 0; at < end; at += 1 + (tb.code[at] >>> 16)) if ((tb.code[at] & 0xff) === code) n++;
  return n;
}

/**
 * Runs members as tb_exec would, until `insns` instructions are done: to the entry of a member, to an exit, or to a fault,
 * which may be in the first instruction of the member after.
 */
function runChain(
  { sources, offsets }: Program, m: ToyMachine, start: number, insns: number, until: 'entry' | 'exit' | 'fault',
): { member: number; result: EvalResult | undefined; done: number } {
  let member = start;
  let done = 0;
  let result: EvalResult | undefined;
  for (;;) {
    if (done > insns || (done === insns && until === 'entry')) return { member, result, done };
    const { tb } = sources[member];
    let last = 0;
    result = evalTb(tb, TOY_HELPERS, m, { onOp: (at) => void (last = at) });
    done += result.kind === 'leave' ? result.insn : insnsUpTo(tb, last);
    if (result.kind === 'leave' || result.kind === 'exit_tb' || (done === insns && until === 'exit')) return { member, result, done };
    const bits = tb.wide ? 64 : 32;
    const linear = BigInt.asUintN(bits, m.global('pc') + BigInt(tb.csBase));
    const next = offsets.findIndex((o) => BigInt.asUintN(bits, BASE + BigInt(o)) === linear);
    if (next < 0) return { member, result, done };
    member = next;
    m.setGlobal('page_base', BigInt.asUintN(bits, BASE + BigInt(sources[next].pageDelta * PAGE)));
  }
}

function stateText(m: ToyMachine, without: (name: string, restored: boolean) => boolean): string {
  const lines = globals.filter((g) => !without(g.name, g.restored)).map((g) => `${g.name} ${m.global(g.name).toString(16)}`);
  for (let at = TOY_STATE_OFFSET; at < TOY_STATE_OFFSET + TOY_STATE_SIZE; at += 8) lines.push(`${at} ${m.readHost(at, 8).toString(16)}`);
  return lines.join('\n');
}

const kinds = new Map<string, number>();

function check(seed: number, optimizer: Optimizer | undefined): void {
  const p = program(seed);
  const region = mergeRegion(p.sources, TOY_HELPERS);
  optimizer?.optimizeRegion(region);
  const run = host.instantiateRegion((seed % 2 === 0 ? builder : builderForOneCpu).build({ region, descriptor: DESCRIPTOR }).bytes);
  const rng = new Rng(seed ^ 0x777);
  const { wide } = region.tb;
  for (let round = 0; round < 2; round++) {
    const budget = 1 + rng.below(round === 0 ? 300 : 30);
    const reference = new ToyMachine();
    host.randomise(() => rng.u32(), reference, wide);
    const enterable = p.sources.flatMap(({ entry }, m) => (entry ? [m] : []));
    const start = enterable[rng.below(enterable.length)];
    const { pageDelta } = p.sources[start];
    const base = BASE + BigInt(pageDelta * PAGE);
    reference.setGlobal('page_base', base);
    host.machine.writeHost(TOY_TARGET.frameOffset + 8 * globals[TOY_TARGET.pageBase].slot, 8, base);
    // All pages are in place, or some; some of those are known to be, and then nobody asks.
    const there = p.sources[start].pages! | (rng.oneIn(2) ? 15 : rng.below(16));
    const verified = there & rng.below(16);
    host.setHeader(DESCRIPTOR, REGION_DESCRIPTOR.offset.generation, 1);
    host.setHeader(DESCRIPTOR, REGION_DESCRIPTOR.offset.verified, verified);
    host.setHeader(DESCRIPTOR, REGION_DESCRIPTOR.offset.base, Number(BASE));
    host.regionCheck = (descriptor, pages) => {
      expect([descriptor, pages & ~verified & 15]).not.toEqual([DESCRIPTOR, 0]);
      return (pages & ~there) === 0 ? 1 : 0;
    };
    enterAs(start, enterable.indexOf(start), pageDelta, p.offsets[start] - pageDelta * PAGE);
    host.setContext('budget', budget);
    const returned = run(headerOf(start));
    const exitCode = host.context('exitCode');
    const isBudget = returned === TB_RETURN_EXIT && exitCode === ExitCode.budget;
    const left = host.context('budget');
    expect(left).toBeGreaterThanOrEqual(0);
    const running = p.sources.findIndex((s) => s.header === host.context('tbPtr'));
    // The host gives back what a fault did not run: instructions insnIndex … insns − 1 of the member.
    const byHelper = returned === TB_RETURN_EXIT && exitCode < 64 && !isBudget;
    const refund = byHelper ? p.sources[running].tb.insns - host.context('insnIndex') : 0;
    const chain = runChain(p, reference, start, budget - left - refund, isBudget ? 'entry' : byHelper ? 'fault' : 'exit');
    const where = `seed ${seed} round ${round} returned ${returned} exit ${exitCode} entry ${start} budget ${budget} left ${left}`;
    expect(chain.done, where).toBe(budget - left - refund);
    const kind = isBudget ? 'budget' : chain.result?.kind;
    kinds.set(kind ?? 'none', (kinds.get(kind ?? 'none') ?? 0) + 1);
    let without = (_name: string, _restored: boolean): boolean => false;
    if (isBudget) {
      expect(running, where).toBe(chain.member);
      // pc is where that member begins.
      const pc = BASE + BigInt(p.offsets[chain.member] - region.tb.csBase);
      expect(host.machine.global('pc'), where).toBe(BigInt.asUintN(wide ? 64 : 32, pc));
      without = (name) => name === 'pc';
    } else if (chain.result?.kind === 'goto_tb') {
      expect(returned, where).toBe(headerOf(chain.member) | (TB_RETURN_LINK + chain.result.slot));
      without = (name) => name === 'page_base';
    } else if (chain.result?.kind === 'goto_ptr') {
      expect(returned, where).toBe(TB_RETURN_LOOKUP);
      without = (name) => name === 'page_base';
    } else if (chain.result?.kind === 'exit_tb') {
      expect([returned, exitCode, running], where).toEqual([TB_RETURN_EXIT, chain.result.exit, chain.member]);
    } else if (chain.result?.kind === 'leave') {
      expect([returned, exitCode, running, host.context('insnIndex')], where).toEqual([TB_RETURN_EXIT, chain.result.exitCode, chain.member, chain.result.insn]);
      const exact = chain.result.data < 0;
      without = (name, restored) => name === 'pc' || (restored && !exact);
    }
    expect(`${where}\n${stateText(host.machine, without)}`).toBe(`${where}\n${stateText(reference, without)}`);
    expect(Buffer.compare(host.machine.ram, reference.ram), where).toBe(0);
  }
}

describe('random regions', () => {
  test('as merged', () => {
    for (let seed = 0; seed < 150; seed++) check(seed, undefined);
  });
  test('optimised', () => {
    const optimizer = new Optimizer(TOY_TARGET, TOY_HELPERS);
    for (let seed = 0; seed < 350; seed++) check(seed, optimizer);
  });
  test('left in every way', () => {
    for (const kind of ['budget', 'goto_tb', 'goto_ptr', 'exit_tb', 'leave']) expect(kinds.get(kind), kind).toBeGreaterThan(10);
  });
});

/** r0 counts down to 0 in two members; then out through slot 1 of the second. */
function countdown(): RegionSource[] {
  const parse = (body: string): TbIr => parseTb(`tb toy wide csbase=0x0\n${body}`, TOY_TARGET, TOY_HELPERS);
  return [
    { tb: parse('insn_start 16, 0\nsub.i64 r0, r0, $1\ninsn_start 18, 0\ngoto_tb 0, 32'), header: headerOf(0), pageDelta: 0 },
    { tb: parse('insn_start 32, 0\nbrcond.i64 r0, $0, ne, L0\ngoto_tb 1, 64\nL0:\ngoto_tb 0, 16'), header: headerOf(1), pageDelta: 0 },
  ];
}

describe('entry', () => {
  const run = host.instantiateRegion(builder.build({ region: mergeRegion(countdown(), TOY_HELPERS), descriptor: DESCRIPTOR }).bytes);
  const r0 = (): bigint => host.machine.global('r0');
  const start = (count: bigint, budget: number): void => {
    host.randomise(() => 0, new ToyMachine(), true);
    host.machine.setGlobal('r0', count);
    host.machine.setGlobal('page_base', BASE);
    host.setHeader(DESCRIPTOR, REGION_DESCRIPTOR.offset.generation, 1);
    host.setHeader(DESCRIPTOR, REGION_DESCRIPTOR.offset.base, Number(BASE));
    enterAs(0, 0, 0, 16);
    host.setContext('budget', budget);
  };

  test('runs to its end', () => {
    start(1000n, 10_000);
    expect(run(headerOf(0))).toBe(headerOf(1) | (TB_RETURN_LINK + 1));
    expect([r0(), host.machine.global('pc'), host.context('budget')]).toEqual([0n, BASE + 64n, 7000]);
  });

  test('takes a link that has been made', () => {
    start(1n, 100);
    host.setHeader(headerOf(1), TB_HEADER.offset.jmpTarget + 4, 0x5550);
    expect(run(headerOf(0))).toBe(0x5550);
  });

  test.each([0, 1, 2])('too little budget at entry: %i', (budget) => {
    start(5n, budget);
    expect(run(headerOf(0))).toBe(TB_RETURN_EXIT);
    expect([host.context('exitCode'), host.context('tbPtr'), host.context('budget'), r0()]).toEqual([ExitCode.budget, headerOf(0), budget, 5n]);
    expect(host.machine.global('pc')).toBe(BASE + 16n);
  });

  test('ends between members when the budget does', () => {
    start(1000n, 100);
    expect(run(headerOf(0))).toBe(TB_RETURN_EXIT);
    expect([host.context('exitCode'), r0(), host.context('budget')]).toEqual([ExitCode.budget, 967n, 1]);
  });

  test('forgets which pages are in place once the mapping has changed or the code is seen elsewhere', () => {
    const { generation, verified, base } = REGION_DESCRIPTOR.offset;
    for (const [now, pages, kept] of [[1, 0, 5], [2, 0, 0], [1, 3, 0], [2, 3, 0]] as const) {
      start(1n, 100);
      enterAs(0, 0, pages, 16);
      host.setHeader(DESCRIPTOR, verified, 5);
      host.setContext('mappingGeneration', now);
      expect(run(headerOf(0))).toBe(headerOf(1) | (TB_RETURN_LINK + 1));
      const word = (offset: number): number => host.header(DESCRIPTOR, offset);
      expect([word(generation), word(verified), word(base)]).toEqual([now, kept, Number(BASE) - pages * PAGE]);
    }
  });

  test.each([['known to be in place', 2, 0, true], ['looked up', 0, 1, true], ['absent', 0, 0, false]] as const)('a way to a page %s', (_, known, answer, isTaken) => {
    const sources = countdown().map((source, m) => ({ ...source, pages: m + 1 }));
    const twoPages = host.instantiateRegion(builder.build({ region: mergeRegion(sources, TOY_HELPERS), descriptor: DESCRIPTOR }).bytes);
    start(1n, 100);
    host.setHeader(DESCRIPTOR, REGION_DESCRIPTOR.offset.verified, known);
    const asked: unknown[] = [];
    host.regionCheck = (...args) => {
      asked.push(args);
      return answer;
    };
    expect(twoPages(headerOf(0))).toBe(isTaken ? headerOf(1) | (TB_RETURN_LINK + 1) : headerOf(0) | TB_RETURN_LINK);
    expect(asked).toEqual(known === 0 ? [[DESCRIPTOR, 2]] : []);
    expect([host.machine.global('pc'), host.context('budget')]).toEqual(isTaken ? [BASE + 64n, 97] : [BASE + 32n, 98]);
  });

  test('without a descriptor no page can be asked for', () => {
    const sources = countdown().map((source, m) => ({ ...source, pages: m + 1 }));
    expect(() => builder.build({ region: mergeRegion(sources, TOY_HELPERS), descriptor: 0 })).toThrow(CodegenError);
  });
});

/** As a far transfer of 32-bit code into a 64-bit kernel: what it has written must not be cut to the width of the code that called it. */
test.each(['at once', 'by an exit'])('a helper that has moved control leaves the frame as it wrote it, %s', (how) => {
  const wideValue = 0x1234_5678_9abc_def0n;
  const helpers = [{
    name: 'transfer', args: [], ret: null, impl: 'wasm', doc: 'goes over to 64-bit code',
    effects: { reads: ['r0', 'pc'], writes: ['r0', 'pc'], changesFlags: true, mayFault: true, mayExit: true },
  }] as const satisfies HelperTable;
  const call = `insn_start 16, 0\nadd.i32 r0, r0, $1\nadd.i32 r1, r1, $1\nmov.i32 pc, $18\ncall transfer()\ngoto_ptr`;
  const region = mergeRegion([{ tb: parseTb(`tb toy narrow csbase=0x0\n${call}`, TOY_TARGET, helpers), header: headerOf(0), pageDelta: 0 }], helpers);
  const { bytes } = new RegionModuleBuilder(TOY_TARGET, helpers).build({ region, descriptor: DESCRIPTOR });
  const { machine } = host;
  host.randomise(() => 0, new ToyMachine(), false);
  machine.setGlobal('r1', 6n);
  enterAs(0, 0, 0, 16);
  const seen: bigint[] = [];
  const transfer = (): void => {
    seen.push(machine.global('r0'), machine.global('r1'), machine.global('pc'));
    for (const name of ['r0', 'pc']) machine.writeHost(TOY_TARGET.frameOffset + 8 * globals.find((g) => g.name === name)!.slot, 8, wideValue);
    if (how === 'by an exit') host.setContext('exitCode', 8);
  };
  const instance = new WebAssembly.Instance(new WebAssembly.Module(bytes), { ...host.imports, h: { ...host.imports['h'], transfer } });
  const returned = (instance.exports['f0'] as (env: number, tb: number) => number)(ENV, headerOf(0));
  expect(returned).toBe(how === 'by an exit' ? TB_RETURN_EXIT : TB_RETURN_LOOKUP);
  expect(seen).toEqual([1n, 7n, 18n]);
  const slot = (name: string): bigint => machine.readHost(TOY_TARGET.frameOffset + 8 * globals.find((g) => g.name === name)!.slot, 8);
  expect([slot('r0'), slot('r1'), slot('pc')]).toEqual([wideValue, 7n, wideValue]);
});

test('a cycle at which the region can never be left is refused', () => {
  const region = mergeRegion(countdown(), TOY_HELPERS);
  const stuck = { ...region, members: region.members.map((member) => ({ ...member, mayLeave: false })) };
  expect(() => builder.build({ region: stuck, descriptor: DESCRIPTOR })).toThrow(CodegenError);
});

test('text of a small region', async () => {
  const region = mergeRegion(countdown(), TOY_HELPERS);
  new Optimizer(TOY_TARGET, TOY_HELPERS).optimizeRegion(region);
  const text = await wat(new RegionModuleBuilder(TOY_TARGET, TOY_HELPERS, { names: true }).build({ region, descriptor: 0x1800 }).bytes);
  expect(text.join('\n')).toMatchSnapshot();
});

