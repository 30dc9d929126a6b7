/** Regions: some of a program's TBs as one function, the others interpreted. */
import { mergeRegion, Optimizer, type RegionSource, type TbIr } from '@wasm-tcg/ir';
import { REGION_DESCRIPTOR, REGION_PAGE, TB_CPU, TB_HEADER, TbKind } from '@wasm-tcg/runtime';
import { RegionModuleBuilder } from '@wasm-tcg/wasm-codegen';
import { DATA_PAGES, FUZZ_LAYOUT, HELPERS } from './guest.ts';
import type { IrProgram } from './program.ts';
import { addFunction, loadTci, runCompiled, type Tier } from './tiers.ts';
import type { World } from './world.ts';

/** A physical page that no linear one is mapped to. */
const NOT_MAPPED = 0xf_fff0;

export interface RegionShape {
  readonly name: string;
  readonly optimise: boolean;
  /** Leave every n-th TB (but the entry) out, so that control goes in and out. 0: none. */
  readonly leaveOut: number;
  /** Say of every other page but the first that it is elsewhere, so that ways to it are left at run time. Default: all are in place. */
  readonly isTorn?: boolean;
}

/** One region entered at the first TB and every other one after it, and one at the last. */
export function regionTier(shape: RegionShape): Tier {
  const builder = new RegionModuleBuilder(FUZZ_LAYOUT, HELPERS);
  const optimizer = new Optimizer(FUZZ_LAYOUT, HELPERS);
  let functions: number[] = [];
  const compile = (world: World, program: IrProgram, lowered: readonly TbIr[], members: readonly number[], entries: readonly number[]): number => {
    const pages = pagesOf(program, members);
    const sources = members.map((i): RegionSource => ({
      tb: lowered[i], header: world.headers[i], pageDelta: program.tbs[i].page - program.tbs[members[0]].page,
      // Members that computed jumps go to, in any order: what is not listed leaves the region.
      entry: entries.includes(i),
      pages: 1 << pages.indexOf(program.tbs[i].page),
      indirect: members.length > 1 ? [members.length - 1, 0].slice(0, 1 + (i % 2)) : [],
    }));
    const region = mergeRegion(sources, HELPERS);
    if (shape.optimise) optimizer.optimizeRegion(region, { verify: true });
    const { bytes } = builder.build({ region, descriptor: writeDescriptor(world, program, members, shape.isTorn === true) });
    region.members.filter(({ entry }) => entry).forEach(({ header, pageDelta }, entry) => {
      const record = header + TB_HEADER.offset.perCpu;
      world.view.setUint32(record + TB_CPU.offset.entry, entry, true);
      world.view.setInt32(record + TB_CPU.offset.entryPages, pageDelta, true);
    });
    const instance = new WebAssembly.Instance(new WebAssembly.Module(bytes), { e: { m: world.machine.memory }, h: world.registry.imports() });
    return addFunction(world, instance.exports['f0']);
  };
  return {
    name: `regions (${shape.name})`,
    prepare: (world, program, lowered) => {
      loadTci(world, program, lowered);
      functions = lowered.map(() => 0);
      const all = lowered.map((_, i) => i);
      const last = all.length - 1;
      const present = all.filter((i) => i === 0 || i === last || shape.leaveOut === 0 || i % shape.leaveOut !== 1);
      const install = (members: readonly number[], entries: readonly number[]): void => {
        const fn = compile(world, program, lowered, members, entries);
        for (const i of entries) {
          world.store.setKind(world.headers[i], TbKind.region);
          functions[i] = fn;
        }
      };
      install(present, present.filter((i, k) => k % 2 === 0 && (i !== last || i === 0)));
      if (last !== 0) install([...present].reverse(), [last]);
    },
    run: (world) => runCompiled(world, functions),
  };
}

/** Pages of the members: the n-th is bit n of sets of them. */
function pagesOf(program: IrProgram, members: readonly number[]): number[] {
  return [...new Set(members.map((i) => program.tbs[i].page))];
}

/** Region descriptor: where the pages of the members are. */
function writeDescriptor(world: World, program: IrProgram, members: readonly number[], isTorn: boolean): number {
  const first = program.tbs[members[0]].page;
  const pages = pagesOf(program, members);
  const at = world.arena.alloc(REGION_DESCRIPTOR.offset.pages + pages.length * REGION_PAGE.size, 8);
  if (at === 0) throw new RangeError('The arena of the fuzzer is too small for this program.');
  world.view.setUint32(at + REGION_DESCRIPTOR.offset.generation, 0, true);
  world.view.setUint32(at + REGION_DESCRIPTOR.offset.verified, 0, true);
  world.view.setBigUint64(at + REGION_DESCRIPTOR.offset.base, 0n, true);
  pages.forEach((page, i) => {
    const record = at + REGION_DESCRIPTOR.offset.pages + i * REGION_PAGE.size;
    world.view.setInt32(record + REGION_PAGE.offset.deltaPages, page - first, true);
    world.view.setUint32(record + REGION_PAGE.offset.physPage, isTorn && i % 2 === 1 ? NOT_MAPPED : DATA_PAGES + page, true);
  });
  return at;
}
