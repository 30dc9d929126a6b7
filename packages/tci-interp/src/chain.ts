/**
 * `tb_chain(env, next) → i32`: how a region goes on to another one without a return to tb_exec, where the engine has tail calls. A region hands it what it would
 * have returned; where that names a TB that is the entry of a region, linked or in the jump cache, this calls the region in its own place, and returns what was
 * handed to it else.
 *
 * It stands between regions, which are instances of their own, because it has the function table: importing that costs each instance up to a millisecond, a function
 * costs nothing.
 *
 * What tb_exec tests before it calls a region holds here: regions are on (else none would run now), a region looks at budget and page mapping itself, and one that
 * wants to leave for the host (TB_RETURN_EXIT) is let go. The stack does not grow.
 */
import { JUMP_CACHE_ENTRY, JUMP_CACHE_ENTRY_BITS, TB_CPU, TB_HEADER, TB_RETURN_LOOKUP, TbKind, WASM_CONTEXT, type EnvLayout } from '@wasm-tcg/runtime';
import { Op as W, ValType, type FuncBody, type ModuleBuilder } from '@wasm-tcg/wasm-codegen';

const CTX = WASM_CONTEXT.offset;
const TB = TB_HEADER.offset;
const JC = JUMP_CACHE_ENTRY.offset;
const ENV = 0;
const NEXT = 1;

/** Adds 1 to an i64 counter of the context. */
export function countOne(f: FuncBody, env: number, offset: number): void {
  f.get(env).get(env).mem(W.i64_load, offset).i64Const(1, 0).op(W.i64_add).mem(W.i64_store, offset);
}

/** Counts a region's return, by the low two bits of what it returned (RegionReturn); `at` is overwritten. */
export function countReturn(f: FuncBody, env: number, returned: number, at: number): void {
  f.get(returned).i32Const(3).op(W.i32_and).i32Const(3).op(W.i32_shl).get(env).op(W.i32_add).tee(at)
    .get(at).mem(W.i64_load, CTX.regionReturns).i64Const(1, 0).op(W.i64_add).mem(W.i64_store, CTX.regionReturns);
}

/**
 * Looks up in the jump cache what the frame names: `entry` becomes the address of its entry there (without the offset of the cache), `tb` the header found, and pushed is whether there
 * is one that is valid.
 */
export function probeJumpCache(f: FuncBody, layout: EnvLayout, env: number, entry: number, tb: number): void {
  const pcOffset = layout.frameOffset + layout.globals[layout.pc]!.slot * 8;
  f.get(env).mem(W.i32_load, pcOffset).tee(tb).get(tb).i32Const(layout.jumpCacheBits).op(W.i32_shr_u).op(W.i32_xor)
    .i32Const((1 << layout.jumpCacheBits) - 1).op(W.i32_and).i32Const(JUMP_CACHE_ENTRY_BITS).op(W.i32_shl).get(env).op(W.i32_add).tee(entry);
  const at = layout.jumpCacheOffset;
  f.mem(W.i64_load, at + JC.pc).get(env).mem(W.i64_load, pcOffset).op(W.i64_eq);
  f.get(entry).mem(W.i32_load, at + JC.csBase).get(env).mem(W.i32_load, layout.csBaseOffset).op(W.i32_eq).op(W.i32_and);
  f.get(entry).mem(W.i32_load, at + JC.flags).get(env).mem(W.i32_load, layout.flagsOffset).op(W.i32_eq).op(W.i32_and);
  f.get(entry).mem(W.i32_load, at + JC.generation).get(env).mem(W.i32_load, CTX.mappingGeneration).op(W.i32_eq).op(W.i32_and);
  f.if_(ValType.i32);
  // A retired TB stays in the cache; its state is 0 then.
  f.get(entry).mem(W.i32_load, at + JC.tb).tee(tb).mem(W.i32_load, TB.state).else_().i32Const(0).end();
}

/** Takes over the page base of a jump cache entry. */
export function takePageBase(f: FuncBody, layout: EnvLayout, env: number, entry: number): void {
  f.get(env).get(entry).mem(W.i64_load, layout.jumpCacheOffset + JC.pageBase).mem(W.i64_store, layout.frameOffset + layout.globals[layout.pageBase]!.slot * 8);
}

/** @param perCpu offset of the vCPU's record in a header */
export function writeChain(f: FuncBody, layout: EnvLayout, perCpu: number, regionType: ReturnType<ModuleBuilder['type']>): void {
  const tb = f.local(ValType.i32);
  const u = f.local(ValType.i32);
  const tag = f.local(ValType.i32);
  const back = f.block();
  f.get(NEXT).i32Const(15).op(W.i32_and).tee(tag).op(W.i32_eqz).if_();
  f.get(NEXT).op(W.i32_eqz).hint(false).brIf(back);
  f.get(NEXT).set(tb);
  f.else_();
  f.get(tag).i32Const(TB_RETURN_LOOKUP).op(W.i32_ne).hint(false).brIf(back);
  probeJumpCache(f, layout, ENV, u, tb);
  f.op(W.i32_eqz).hint(false).brIf(back);
  f.end();
  f.get(tb).mem(W.i32_load, TB.state).i32Const(15).op(W.i32_and).i32Const(TbKind.region).op(W.i32_ne).hint(false).brIf(back);
  f.get(tag).if_();
  takePageBase(f, layout, ENV, u);
  countOne(f, ENV, CTX.lookups);
  f.end();
  countReturn(f, ENV, NEXT, u);
  countOne(f, ENV, CTX.dispatches);
  f.get(ENV).get(tb).mem(W.i32_store, CTX.dispatched);
  f.get(tb).i32Const(1).mem(W.i32_store, perCpu + TB_CPU.offset.used);
  f.get(ENV).get(tb).get(tb).mem(W.i32_load, perCpu + TB_CPU.offset.fn).returnCallIndirect(regionType);
  f.end();
  f.get(NEXT).finish();
}
