/** `Machine.listing`: every line of every stage is accounted for, and looking changes nothing. */
import { print } from '@bytecodealliance/jco-transpile/wasm-tools';
import { describe, expect, it } from 'vitest';
import { compileModules, createPc, type CodeListing, type CodeUnit, type Machine, type MachineCounters } from '../../src/index.ts';
import { boot, LOAD_ADDRESS, PROGRAMS, type Program } from './programs.ts';

const modules = compileModules();
const program = (name: string): Program => PROGRAMS.find((p) => p.name === name)!;

/** All but fills of the TLB, which looking at an address may take. */
function counters(vm: Machine): Omit<MachineCounters, 'tlbFills' | 'tlbFetchFills' | 'missCold'> {
  const { tlbFills: _fills, tlbFetchFills: _fetch, missCold: _cold, ...rest } = vm.counters();
  return rest;
}

/** Instructions per function in wasm-tools' text: the lines of a function that do not begin with a parenthesis. */
async function instructionLines(bytes: Uint8Array): Promise<string[][]> {
  const functions: string[][] = [];
  let inside = false;
  for (const line of (await print(bytes.slice())).split('\n').map((text) => text.trim())) {
    if (line.startsWith('(func')) {
      functions.push([]);
      inside = true;
    } else if (line === ')') inside = false;
    else if (inside && !line.startsWith('(')) functions.at(-1)!.push(line);
  }
  return functions;
}

async function check(vm: Machine, pc: bigint, listing: CodeListing): Promise<void> {
  const { blocks, edges, ir, opt, tci, wasm } = listing;
  expect(blocks[0]!.pc).toBe(pc);
  // The module is valid, and its text has a line for each origin.
  expect(() => new WebAssembly.Module(wasm.bytes)).not.toThrow();
  const functions = await instructionLines(wasm.bytes);
  expect(functions.length).toBe(listing.unit === 'region' ? 1 : blocks.length);
  expect(wasm.functions.map((f) => f.length)).toEqual(functions.map((f) => f.length));
  // Every line names a block and an instruction that exist, and every instruction has IR lines.
  const exists = ({ block, insn }: { block: number; insn: number }): boolean =>
    (block === -1 && insn === -1) || (blocks[block] !== undefined && (insn === -1 || blocks[block]!.insns[insn] !== undefined));
  for (const lines of [ir, opt, tci, wasm.origins]) expect(lines.filter((line) => !exists(line))).toEqual([]);
  blocks.forEach((block, b) => block.insns.forEach((_, i) => {
    expect(ir.some((line) => line.block === b && line.insn === i && line.text.startsWith('  insn_start'))).toBe(true);
  }));
  for (const edge of edges) expect(blocks[edge.from] !== undefined && blocks[edge.to] !== undefined).toBe(true);
  for (const { pc: at, insns } of blocks) {
    const bytes = vm.memory.readLinear(at, insns.reduce((n, insn) => n + insn.bytes.length, 0));
    expect(insns.flatMap((insn) => [...insn.bytes])).toEqual([...bytes]);
  }
}

const UNITS: readonly CodeUnit[] = ['tb', 'batch', 'region'];

describe.each(PROGRAMS)('$name', (p) => {
  it.each(UNITS)('%s, before and after it has run', async (unit) => {
    const vm = boot(p, modules);
    const pc = BigInt(LOAD_ADDRESS);
    const before = counters(vm);
    await check(vm, pc, vm.listing(pc, { unit }));
    expect(counters(vm)).toEqual(before);
    vm.step(p.insns);
    const after = counters(vm);
    const listing = vm.listing(pc, { unit });
    await check(vm, pc, listing);
    expect(counters(vm)).toEqual(after);
    expect(vm.listing(pc, { unit })).toEqual(listing);
  });
});

/** The text that `inspect` gives for the same block. */
it('says the same as inspect', () => {
  const vm = boot(program('flags'), modules);
  vm.step(3);
  const stages = vm.inspect(LOAD_ADDRESS, { stages: ['x86', 'ir', 'opt', 'tci'] });
  const { blocks, ir, opt, tci } = vm.listing(LOAD_ADDRESS);
  const text = (lines: readonly { readonly text: string }[]): string => lines.map((line) => line.text).join('\n');
  expect(`${text(ir)}\n`).toBe(stages.ir);
  expect(`${text(opt)}\n`).toBe(stages.opt);
  expect(text(tci)).toBe(stages.tci);
  expect(blocks[0]!.insns.map((insn) => insn.text)).toEqual(stages.x86!.split('\n').map((line) => line.slice(36).trim()));
});

it('lines belong to the instruction they were made for', async () => {
  // With the passes on, nothing is left of the first instruction: what it sets is overwritten.
  const { blocks, ir, tci, wasm } = boot(program('loop'), modules).listing(LOAD_ADDRESS, { optimise: false });
  expect(blocks[0]!.insns.map((insn) => insn.text)).toEqual(['mov ecx, 0x14', 'xor eax, eax', 'add eax, ecx', 'dec ecx', 'jne 0x1007']);
  const of = (lines: readonly { text: string; insn: number }[], insn: number): string => lines.filter((line) => line.insn === insn).map((line) => line.text.trim()).join('; ');
  expect(of(ir, 0)).toMatch(/^insn_start 0, .*mov.i32 rcx, \$20/);
  expect(of(tci, 0)).toMatch(/movi.u32 rcx, 0x14/);
  expect(of(ir, 3)).toMatch(/rcx/);
  const [lines] = await instructionLines(wasm.bytes);
  const wat = (insn: number): string => lines!.filter((_, i) => wasm.origins[wasm.functions[0]![i]!]!.insn === insn).join('; ');
  expect(wat(0)).toMatch(/i32.const 20/);
  expect(wat(2)).not.toMatch(/i32.const 20/);
  expect(wat(4)).toMatch(/if|br_if/);
  // The budget is taken by no instruction.
  expect(wat(-1)).toMatch(/i32.const 5; i32.sub/);
});

it('finds the blocks of a program that has not run, and counts the edges of one that has', () => {
  const vm = boot(program('loop'), modules);
  const fresh = vm.listing(LOAD_ADDRESS, { unit: 'batch' });
  expect(fresh.blocks.map((block) => [block.pc, block.tier, block.executions])).toEqual([[0x1000n, 'tci', 0], [0x100cn, 'tci', 0], [0x1007n, 'tci', 0]]);
  const edges = [
    { from: 0, to: 1, kind: 'slot0', count: 0 }, { from: 0, to: 2, kind: 'slot1', count: 0 },
    { from: 2, to: 1, kind: 'slot0', count: 0 }, { from: 2, to: 2, kind: 'slot1', count: 0 },
  ];
  expect(fresh.edges).toEqual(edges);
  expect(fresh.wasm.functions.length).toBe(3);
  vm.step(1000);
  const run = vm.listing(LOAD_ADDRESS, { unit: 'batch' });
  expect(run.edges.map((edge) => edge.count)).toEqual([0, 1, 1, 18]);
  expect(run.blocks.map((block) => block.executions)).toEqual([1, 1, 19]);
});

it('the callers of a function are reached over the profile of its return', () => {
  const vm = boot(program('call'), modules);
  const pcs = (): bigint[] => vm.listing(LOAD_ADDRESS, { unit: 'batch' }).blocks.map((block) => block.pc);
  expect(pcs()).toEqual([0x1000n, 0x1008n]);
  vm.step(7);
  // The first time, there was nothing yet that it could have gone to.
  vm.cpu(0).registers.set('rip', BigInt(LOAD_ADDRESS));
  vm.step(7);
  expect(pcs()).toEqual([0x1000n, 0x1008n, 0x1005n]);
  expect(vm.listing(LOAD_ADDRESS, { unit: 'batch' }).edges).toContainEqual({ from: 1, to: 2, kind: 'indirect', count: 1 });
});

it('a loop becomes a region, with the second copy of its head inside', () => {
  const vm = boot(program('carry loop'), modules);
  vm.step(61);
  const { blocks, edges, opt, tci } = vm.listing(0x1005, { unit: 'region' });
  expect(blocks.map((block) => block.pc)).toEqual([0x1005n, 0x100an, 0x1005n]);
  expect(edges.filter((edge) => edge.to === 2)).toEqual([{ from: 0, to: 2, kind: 'slot1', count: 0 }, { from: 2, to: 2, kind: 'slot1', count: 18 }]);
  expect(tci).toEqual([]);
  for (const block of [0, 1, 2]) expect(opt.some((line) => line.block === block && line.insn === 0)).toBe(true);
});

it('tiers, in code that is hot', async () => {
  const p = { ...program('loop'), code: [0xb9, 0, 0, 1, 0, ...program('loop').code.slice(5)] };
  const vm = boot(p, modules, { batch: 1 });
  vm.step(30_000);
  const before = counters(vm);
  const listing = vm.listing(0x1007, { unit: 'batch' });
  expect(listing.blocks[0]!.tier).toBe('region');
  for (const unit of UNITS) await check(vm, 0x1007n, vm.listing(0x1007, { unit }));
  expect(counters(vm)).toEqual(before);
  vm.step(100_000);
  expect(vm.counters().compiledRegions).toBe(before.compiledRegions);
});

it.each(['tci', 'tb-per-module'] as const)('in mode %s', async (mode) => {
  const vm = boot(program('string'), modules, { mode });
  vm.step(4);
  for (const unit of UNITS) await check(vm, BigInt(LOAD_ADDRESS), vm.listing(LOAD_ADDRESS, { unit }));
});

it('with the passes off, code is longer', () => {
  const vm = boot(program('flags'), modules);
  const [on, off] = [true, false].map((optimise) => vm.listing(LOAD_ADDRESS, { optimise })) as [CodeListing, CodeListing];
  expect(on.ir).toEqual(off.ir);
  expect(on.opt.length).toBeLessThan(off.opt.length);
  expect(on.tci.length).toBeLessThan(off.tci.length);
  expect(on.wasm.bytes.length).toBeLessThan(off.wasm.bytes.length);
});

it('a stop at a breakpoint does not keep its block from being listed as a region', () => {
  const vm = boot(program('loop'), modules);
  expect(vm.runUntil({ pc: 0x1007, instructions: 100 })).toEqual({ kind: 'pc', pc: 0x1007n });
  expect(vm.listing(0x1007, { unit: 'region' }).blocks[0]!.pc).toBe(0x1007n);
});

it('what is not there cannot be listed', () => {
  const vm = boot(program('shutdown'), modules);
  expect(() => vm.listing(0x1_0000_0000n)).toThrow(expect.objectContaining({ code: 'unmapped' }));
});

it('lists a PC’s code', async () => {
  const { code } = program('loop');
  const vm = await createPc({ modules, memory: '4M', clock: { icount: 3 }, boot: { image: Uint8Array.from(code), loadAddress: LOAD_ADDRESS, mode: 'protected32' } });
  vm.step(40);
  for (const unit of UNITS) await check(vm, 0x1007n, vm.listing(0x1007, { unit }));
});
