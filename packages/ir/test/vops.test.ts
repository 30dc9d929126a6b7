/** Every vector operation against the engine's own SIMD: proves opcodes and evaluator at once. */
import { describe, expect, it } from 'vitest';
import { evalVbinary, evalVshift, evalVtest, evalVunary, toFloat, toLanes, vectorFromBytes, VOP_DEFS, type FloatBits, type VopDef } from '@wasm-tcg/ir';

const leb = (n: number): number[] => (n < 128 ? [n] : [(n & 127) | 128, ...leb(n >> 7)]);
const section = (id: number, items: number[][]): number[] => {
  const body = [...leb(items.length), ...items.flat()];
  return [id, ...leb(body.length), ...body];
};
const name = (s: string): number[] => [s.length, ...Buffer.from(s)];

/** One function `f` that applies the operation to the operands at 0 and 16 and stores the result at 32. */
function build(def: VopDef): WebAssembly.Module {
  const load = (offset: number): number[] => [0x41, 0, 0xfd, 0, 4, offset];
  const operands = { unary: load(0), binary: [...load(0), ...load(16)], shift: [...load(0), 0x41, 0, 0x28, 2, 16], test: load(0) }[def.kind];
  const store = def.kind === 'test' ? [0x36, 2, 32] : [0xfd, 11, 4, 32];
  const body = [0, 0x41, 0, ...operands, 0xfd, ...leb(def.opcode), ...store, 0x0b];
  return new WebAssembly.Module(Uint8Array.from([
    0, 0x61, 0x73, 0x6d, 1, 0, 0, 0,
    ...section(1, [[0x60, 0, 0]]), ...section(3, [[0]]), ...section(5, [[0, 1]]),
    ...section(7, [[...name('f'), 0, 0], [...name('m'), 2, 0]]), ...section(10, [[...leb(body.length), ...body]]),
  ]));
}

const CORNERS = [0, 1, 0x7f, 0x80, 0xff, 15, 16, 17];
const FLOATS = [0, -0, 1, -1.5, 0.5, 2.5, -2.5, 1e10, -1e10, 2 ** 31, -(2 ** 31), 2 ** 32, 1e-40, Infinity, -Infinity, NaN, 4294967295.5, 16777217];

function* operands(def: VopDef): Generator<Uint8Array> {
  let seed = 12345;
  const next = (): number => (seed = (Math.imul(seed, 1103515245) + 12345) >>> 0) >>> 16;
  for (let i = 0; i < 40; i++) {
    const bytes = new Uint8Array(32);
    const view = new DataView(bytes.buffer);
    if (i % 2 === 0) for (let j = 0; j < 32; j++) bytes[j] = i % 4 === 0 ? next() : CORNERS[next() % CORNERS.length]!;
    else if (def.name.includes('f64')) for (let j = 0; j < 4; j++) view.setFloat64(8 * j, FLOATS[next() % FLOATS.length]!, true);
    else for (let j = 0; j < 8; j++) view.setFloat32(4 * j, FLOATS[next() % FLOATS.length]!, true);
    yield bytes;
  }
}

function evaluate(def: VopDef, code: number, bytes: Uint8Array): bigint {
  const [a, b] = [vectorFromBytes(bytes.subarray(0, 16)), vectorFromBytes(bytes.subarray(16))];
  switch (def.kind) {
    case 'unary': return evalVunary(code, a);
    case 'binary': return evalVbinary(code, a, b);
    case 'shift': return evalVshift(code, a, b & 0xffffffffn);
    case 'test': return evalVtest(code, a);
  }
}

/** NaN results may differ in sign and payload. */
function comparable(def: VopDef, value: bigint): string {
  if (!def.lane.startsWith('f')) return value.toString(16);
  const bits = Number(def.lane.slice(1, 3)) as FloatBits;
  return toLanes(value, bits).map((x) => (Number.isNaN(toFloat(bits, x)) ? 'nan' : x.toString(16))).join(' ');
}

describe('vector operations', () => {
  it.each(VOP_DEFS.map((def, code) => [def.name, def, code] as const))('%s', (_, def, code) => {
    const { f, m } = new WebAssembly.Instance(build(def)).exports as { f: () => void; m: WebAssembly.Memory };
    const memory = new Uint8Array(m.buffer);
    for (const bytes of operands(def)) {
      memory.set(bytes);
      memory.fill(0, 32, 48);
      f();
      const expected = comparable(def, vectorFromBytes(memory.subarray(32, 48)));
      expect(comparable(def, evaluate(def, code, bytes)), `${def.name} of ${Buffer.from(bytes).toString('hex')}`).toBe(expected);
    }
  });
});
