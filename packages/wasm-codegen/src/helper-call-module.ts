/**
 * A module that calls one helper with arguments from memory, for hosts: JavaScript can pass no vector, and loses the payload of a NaN.
 *
 * Its export `f0(env, cells)` takes argument i from the first bytes of the cell at `cells + 16·i`, and leaves the result in the first one.
 */
import type { HelperTable } from '@wasm-tcg/ir';
import { HelperImports, IMPORT_ENV, IMPORT_MEMORY } from './compile/imports.ts';
import type { FuncBody } from './encoder/func-body.ts';
import { ModuleBuilder } from './encoder/module.ts';
import { Op } from './encoder/opcodes.ts';
import type { Limits } from './encoder/types.ts';
import { ANY_MEMORY } from './tb-module.ts';

/** Bytes from one argument to the next. */
export const HELPER_CELL = 16;

const LOADS = { i32: Op.i32_load, i64: Op.i64_load, f32: Op.f32_load, f64: Op.f64_load, v128: Op.v128_load } as const;
const STORES = { i32: Op.i32_store, i64: Op.i64_store, f32: Op.f32_store, f64: Op.f64_store, v128: Op.v128_store } as const;
const ENV = 0;
const CELLS = 1;

/**
 * @param id position of the helper in the table
 * @param memory how the memory is imported; default: any, not shared
 * @throws CodegenError `bad-ir` when the table has no such helper
 */
export function buildHelperCall(helpers: HelperTable, id: number, memory: Limits = ANY_MEMORY): Uint8Array<ArrayBuffer> {
  const module = new ModuleBuilder();
  module.importMemory(IMPORT_ENV, IMPORT_MEMORY, memory);
  const helper = new HelperImports(module, helpers).guest(id);
  const func = module.func('ii>');
  module.exportFunc('f0', func);
  const f: FuncBody = module.body(func);
  const { args, ret, env } = helpers[id];
  if (ret !== null) f.get(CELLS);
  if (env !== false) f.get(ENV);
  args.forEach((type, i) => f.get(CELLS).mem(LOADS[type], i * HELPER_CELL));
  f.call(helper);
  if (ret !== null) f.mem(STORES[ret]);
  f.finish();
  return module.finish();
}
