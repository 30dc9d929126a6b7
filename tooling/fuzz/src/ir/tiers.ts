/**
 * The ways to run a program: one adapter each. `prepare` loads it (and compiles what the tier compiles), `run` runs it from the
 * state the world is in until it stops for good.
 */
import { HelperFacts, SlotAnalysis, type TbIr } from '@wasm-tcg/ir';
import { ExitCode, TB_CPU, TB_HEADER, TbKind } from '@wasm-tcg/runtime';
import { ReferenceInterpreter } from '@wasm-tcg/tci-interp';
import { TbModuleBuilder, type TbLink, type TbModuleOptions } from '@wasm-tcg/wasm-codegen';
import { evaluate } from './evaluate.ts';
import { FUZZ_LAYOUT, HELPERS, runHelper } from './guest.ts';
import type { IrProgram } from './program.ts';
import { gotoTargets } from './restore.ts';
import type { World } from './world.ts';

export interface Tier {
  readonly name: string;
  /** @param lowered core ops of each of the program's TBs */
  prepare(world: World, program: IrProgram, lowered: readonly TbIr[]): void;
  run(world: World): void;
}

const FACTS = new HelperFacts(FUZZ_LAYOUT, HELPERS);

/** The program as TCI: what runs where nothing is compiled. */
export function loadTci(world: World, program: IrProgram, lowered: readonly TbIr[]): void {
  const analysis = new SlotAnalysis(FACTS);
  world.load(program, (i) => {
    analysis.run(lowered[i]);
    return { tb: lowered[i], slots: analysis.slots, top: analysis.top };
  });
}

export const EVALUATOR: Tier = { name: 'evaluator', prepare: loadTci, run: evaluate };

export const REFERENCE: Tier = {
  name: 'reference interpreter',
  prepare: loadTci,
  run: (world) => {
    const helpers = HELPERS.map((def) => (...args: (number | bigint)[]) => {
      const values = (def.env === false ? args : args.slice(1)).map((v, i) => BigInt.asUintN(def.args[i] === 'i32' ? 32 : 64, BigInt(v)));
      const { value, exit } = runHelper(def, values, world.globals);
      if (exit !== 0) world.setContext('exitCode', exit);
      return value;
    });
    const { machine, formats, core, env } = world;
    new ReferenceInterpreter({ memory: machine.memory, layout: FUZZ_LAYOUT, formats, core, helpers }).tbExec(env, 0);
  },
};

export const INTERPRETER: Tier = { name: 'interpreter', prepare: loadTci, run: (world) => void world.tbExec(world.env, 0) };

/** Set the functions of the TBs (0: interpret). */
export function setFunctions(world: World, functions: readonly number[]): void {
  const at = TB_HEADER.offset.perCpu + TB_CPU.offset.fn;
  world.headers.forEach((header, i) => world.view.setUint32(header + at, functions[i] ?? 0, true));
}

/** Compiled code may leave before the last instructions of the budget; the interpreter runs those. */
export function runCompiled(world: World, functions: readonly number[]): void {
  setFunctions(world, functions);
  const code = world.tbExec(world.env, 0);
  setFunctions(world, []);
  if (code === ExitCode.budget) world.tbExec(world.env, 0);
}

/** Put a function into the world's table. */
export function addFunction(world: World, f: unknown): number {
  const index = world.table.grow(1);
  world.table.set(index, f);
  return index;
}

export interface ModuleShape extends TbModuleOptions {
  readonly name: string;
  /** Bind goto_tb inside the module. */
  readonly links?: boolean;
  /** TBs per module. */
  readonly batch: number;
}

/** TBs in modules. Of three or more, the last stays interpreted, so that both kinds meet. */
export function moduleTier(shape: ModuleShape): Tier {
  const builder = new TbModuleBuilder(FUZZ_LAYOUT, HELPERS, shape);
  let functions: number[] = [];
  return {
    name: `TB modules (${shape.name})`,
    prepare: (world, program, lowered) => {
      loadTci(world, program, lowered);
      functions = [];
      const compiled = lowered.length > 2 ? lowered.length - 1 : lowered.length;
      for (const header of world.headers.slice(0, compiled)) world.store.setKind(header, TbKind.module);
      for (let from = 0; from < compiled; from += shape.batch) {
        const to = Math.min(from + shape.batch, compiled);
        builder.begin();
        for (let i = from; i < to; i++) {
          const links = shape.links === true ? { links: linksOf(world, program, i, from, to) } : {};
          builder.add({ tb: lowered[i], header: world.headers[i], ...links });
        }
        const module = new WebAssembly.Module(builder.finish().bytes);
        const instance = new WebAssembly.Instance(module, { e: { m: world.machine.memory }, h: world.registry.imports() });
        for (let i = from; i < to; i++) functions.push(addFunction(world, instance.exports[`f${i - from}`]));
      }
    },
    run: (world) => runCompiled(world, functions),
  };
}

/** Links of TB `i` to those of its module (`from` … `to−1`), by slot. Their headers must have the state word of their functions. */
function linksOf(world: World, program: IrProgram, i: number, from: number, to: number): [TbLink | undefined, TbLink | undefined] {
  const { page, tb } = program.tbs[i];
  const link = (slot: number): TbLink | undefined => {
    const delta = gotoTargets(tb).find((t) => t.slot === slot)?.delta;
    const target = program.tbs.findIndex((t) => (t.page - page) * 4096 + t.offset === delta);
    if (target < from || target >= to) return undefined;
    const header = world.headers[target];
    return { index: target - from, header, state: world.view.getUint32(header + TB_HEADER.offset.state, true) };
  };
  return [link(0), link(1)];
}
