/** tb_chain: regions that go on to each other in tb_exec's place. */
import { ExitCode, JUMP_CACHE_ENTRY, jumpCacheIndex, RegionReturn, TB_CPU, TB_HEADER, TB_RETURN_EXIT, TB_RETURN_LINK, TB_RETURN_LOOKUP, TbKind, WASM_CONTEXT } from '@wasm-tcg/runtime';
import { ModuleBuilder, Op, type FuncBody, type FuncRef } from '@wasm-tcg/wasm-codegen';
import { beforeEach, describe, expect, it } from 'vitest';
import { generateInterpreter, TciFormats } from '../src/index.ts';
import { ENV, HELPERS, LAYOUT } from './toy.ts';

const CTX = WASM_CONTEXT.offset;
const A = 0x80000;
const B = 0x80400;
const PC = 0x1234;
const NEW_BASE = 0x1000n;

const memory = new WebAssembly.Memory({ initial: 32 });
const view = new DataView(memory.buffer);
const table = new WebAssembly.Table({ element: 'anyfunc', initial: 4 });
const interpreter = new WebAssembly.Module(generateInterpreter(LAYOUT, new TciFormats(LAYOUT, HELPERS), { tailCalls: true }));
const h = Object.fromEntries(WebAssembly.Module.imports(interpreter).filter(({ module }) => module === 'h').map(({ name }) => [name, (): number => 0]));
const { tb_exec: tbExec, tb_chain: chain } = new WebAssembly.Instance(interpreter, { e: { m: memory, t: table }, h } as WebAssembly.Imports)
  .exports as Record<'tb_exec' | 'tb_chain', (env: number, tb: number) => number>;

/** A region of one instruction, in an instance of its own, that goes on to what `next` pushes. */
function region(next: (f: FuncBody) => void): unknown {
  const m = new ModuleBuilder();
  m.importMemory('e', 'm', { min: 1 });
  const goOn: FuncRef = m.importFunc('e', 'tb_chain', 'ii>i');
  const func = m.func('ii>i', 'region');
  m.exportFunc('f0', func);
  const f = m.body(func);
  f.get(0).mem(Op.i32_load, CTX.budget).op(Op.i32_eqz).if_();
  f.get(0).i32Const(ExitCode.budget).mem(Op.i32_store, CTX.exitCode).i32Const(TB_RETURN_EXIT).return_().end();
  f.get(0).get(0).mem(Op.i32_load, CTX.budget).i32Const(1).op(Op.i32_sub).mem(Op.i32_store, CTX.budget);
  f.get(0);
  next(f);
  f.returnCall(goOn).unreachable().finish();
  return new WebAssembly.Instance(new WebAssembly.Module(m.finish()), { e: { m: memory, tb_chain: chain } }).exports['f0'];
}

function install(header: number, slot: number, kind: number = TbKind.region): void {
  view.setInt32(header + TB_HEADER.offset.state, 16 | kind, true);
  view.setInt32(header + TB_HEADER.offset.perCpu + TB_CPU.offset.fn, slot, true);
}

/** The frame names PC, and the jump cache has a TB for it. */
function cache(tb: number): void {
  view.setBigInt64(ENV + LAYOUT.frameOffset + LAYOUT.globals[LAYOUT.pc]!.slot * 8, BigInt(PC), true);
  const entry = ENV + LAYOUT.jumpCacheOffset + jumpCacheIndex(PC) * JUMP_CACHE_ENTRY.size;
  view.setBigInt64(entry + JUMP_CACHE_ENTRY.offset.pc, BigInt(PC), true);
  view.setBigInt64(entry + JUMP_CACHE_ENTRY.offset.pageBase, NEW_BASE, true);
  view.setInt32(entry + JUMP_CACHE_ENTRY.offset.generation, 1, true);
  view.setInt32(entry + JUMP_CACHE_ENTRY.offset.tb, tb, true);
}

const counter = (offset: number): number => Number(view.getBigUint64(ENV + offset, true));
const returned = (kind: number): number => counter(CTX.regionReturns + kind * 8);
const pageBase = (): bigint => view.getBigInt64(ENV + LAYOUT.frameOffset + LAYOUT.globals[LAYOUT.pageBase]!.slot * 8, true);

describe('tb_chain', () => {
  beforeEach(() => {
    new Uint8Array(memory.buffer).fill(0);
    view.setUint32(ENV + CTX.mappingGeneration, 1, true);
    install(A, 1);
    install(B, 2);
  });

  it('goes from region to region over links, and the stack does not grow', () => {
    const hops = 300_001;
    table.set(1, region((f) => f.i32Const(B)));
    table.set(2, region((f) => f.i32Const(A)));
    view.setInt32(ENV + CTX.budget, hops, true);
    expect(tbExec(ENV, A)).toBe(ExitCode.budget);
    expect([counter(CTX.dispatches), returned(RegionReturn.direct), counter(CTX.regionInsns)]).toEqual([hops + 1, hops + 1, hops]);
    expect(view.getInt32(ENV + CTX.dispatched, true)).toBe(B);
    expect([A, B].map((tb) => view.getInt32(tb + TB_HEADER.offset.perCpu + TB_CPU.offset.used, true))).toEqual([1, 1]);
  });

  it('finds the target of an indirect jump in the jump cache, with its page base', () => {
    cache(B);
    table.set(1, region((f) => f.i32Const(TB_RETURN_LOOKUP)));
    table.set(2, region((f) => f.i32Const(A)));
    view.setInt32(ENV + CTX.budget, 3, true);
    expect(tbExec(ENV, A)).toBe(ExitCode.budget);
    expect([returned(RegionReturn.lookup), returned(RegionReturn.direct), counter(CTX.lookups), pageBase()]).toEqual([2, 2, 2, NEW_BASE]);
  });

  it('goes there itself, whoever was left', () => {
    cache(B);
    table.set(2, region((f) => f.i32Const(A)));
    for (const next of [B, TB_RETURN_LOOKUP]) expect(chain(ENV, next)).toBe(TB_RETURN_EXIT);
    expect([counter(CTX.dispatches), view.getInt32(ENV + CTX.exitCode, true)]).toEqual([2, ExitCode.budget]);
  });

  it('hands back what it does not go to, and has changed nothing', () => {
    cache(B);
    install(B, 2, TbKind.module);
    for (const next of [B, TB_RETURN_LOOKUP, A | TB_RETURN_LINK, A | (TB_RETURN_LINK + 1), TB_RETURN_EXIT]) expect(chain(ENV, next)).toBe(next);
    install(B, 2);
    view.setInt32(B + TB_HEADER.offset.state, 0, true);
    expect(chain(ENV, TB_RETURN_LOOKUP)).toBe(TB_RETURN_LOOKUP);
    install(B, 2);
    view.setUint32(ENV + CTX.mappingGeneration, 2, true);
    expect(chain(ENV, TB_RETURN_LOOKUP)).toBe(TB_RETURN_LOOKUP);
    expect([counter(CTX.dispatches), counter(CTX.lookups), pageBase()]).toEqual([0, 0, 0n]);
  });
});
