/**
 * Helpers with vectors among their arguments, called from JavaScript, which has no such values: a Wasm module that passes them on from a memory
 * of its own.
 */
import type { HelperDef, TypeName } from '@wasm-tcg/ir';

const VALUE_TYPE: Readonly<Record<TypeName, number>> = { i32: 0x7f, i64: 0x7e, f32: 0x7d, f64: 0x7c, v128: 0x7b };
/** `local.get 0` and a load (store) at a static offset; alignment 1. */
const LOAD: Readonly<Record<TypeName, readonly number[]>> = { i32: [0x28], i64: [0x29], f32: [0x2a], f64: [0x2b], v128: [0xfd, 0x00] };
const STORE: Readonly<Record<TypeName, readonly number[]>> = { i32: [0x36], i64: [0x37], f32: [0x38], f64: [0x39], v128: [0xfd, 0x0b] };
const CELL = 16;

const text = (name: string): readonly number[] => [name.length, ...new TextEncoder().encode(name)];
const section = (id: number, ...bytes: readonly number[]): readonly number[] => [id, bytes.length, ...bytes];

/** A module with `call(): void`: arguments from cells 0 … of memory "m", the result into cell 0. Lengths stay below 128. */
function bridge(params: readonly TypeName[], result: TypeName | null): Uint8Array<ArrayBuffer> {
  const zero = [0x41, 0];
  const code = [
    0, ...(result === null ? [] : zero),
    ...params.flatMap((type, i) => [...zero, ...LOAD[type], 0, i * CELL]),
    0x10, 0, ...(result === null ? [] : [...STORE[result], 0, 0]), 0x0b,
  ];
  return Uint8Array.from([
    0, 0x61, 0x73, 0x6d, 1, 0, 0, 0,
    ...section(1, 2, 0x60, params.length, ...params.map((type) => VALUE_TYPE[type]), result === null ? 0 : 1, ...(result === null ? [] : [VALUE_TYPE[result]]), 0x60, 0, 0),
    ...section(2, 1, ...text('h'), ...text('f'), 0, 0),
    ...section(3, 1, 1),
    ...section(5, 1, 0, 1),
    ...section(7, 2, ...text('call'), 0, 1, ...text('m'), 2, 0),
    ...section(10, 1, code.length, ...code),
  ]);
}

export const hasVectors = (def: HelperDef): boolean => def.ret === 'v128' || def.args.includes('v128');

/** Bits in, bits out; `env` is passed first where the helper takes it. */
export class VectorHelpers {
  readonly #bridges = new Map<string, { readonly call: () => void; readonly data: DataView }>();

  call(def: HelperDef, implementation: unknown, env: number, args: readonly bigint[]): bigint {
    const params: TypeName[] = def.env === false ? [...def.args] : ['i32', ...def.args];
    let made = this.#bridges.get(def.name);
    if (made === undefined) {
      const module = new WebAssembly.Module(bridge(params, def.ret));
      const { exports } = new WebAssembly.Instance(module, { h: { f: implementation as WebAssembly.ImportValue } });
      made = { call: exports['call'] as () => void, data: new DataView((exports['m'] as WebAssembly.Memory).buffer) };
      this.#bridges.set(def.name, made);
    }
    const { data } = made;
    (def.env === false ? args : [BigInt(env), ...args]).forEach((value, i) => {
      data.setBigUint64(i * CELL, BigInt.asUintN(64, value), true);
      data.setBigUint64(i * CELL + 8, BigInt.asUintN(64, value >> 64n), true);
    });
    made.call();
    const low = data.getBigUint64(0, true);
    if (def.ret === 'v128') return low | (data.getBigUint64(8, true) << 64n);
    return def.ret === 'i64' ? low : BigInt.asUintN(32, low);
  }
}
