/**
 * Every row of the opcode table: a function whose parameters and results are the row's signature and whose body is that
 * one instruction must pass the engine's validation, and wasm-tools must print it under the row's name.
 */
import { describe, expect, test } from 'vitest';
import { BLOCK_VOID, FUNCTION_LABEL, ModuleBuilder, Op, OPCODES, ValType, type FuncBody, type Opcode, type OpcodeName, type OpcodeRow } from '../src/index.ts';
import { RELAXED } from '../src/encoder/opcodes/relaxed.ts';
import { finishValid, hex, wat } from './wasm-tools.ts';

const rows = Object.entries(OPCODES) as [OpcodeName, OpcodeRow][];
const packed = Op as unknown as Record<string, Opcode>;
const opOf = (name: string): Opcode => packed[name.replaceAll('.', '_')];

/** Emits one instruction with harmless immediates. */
function emit(body: FuncBody, name: string, row: OpcodeRow): void {
  const op = opOf(name);
  switch (row[0]) {
    case 'none': body.op(op as Opcode<'none'>); break;
    case 'memarg': body.mem(op as Opcode<'memarg'>, 8); break;
    case 'memarg-lane': body.memLane(op as Opcode<'memarg-lane'>, 1, 8); break;
    case 'lane': body.lane(op as Opcode<'lane'>, 1); break;
    case 'index': body.index(op as Opcode<'index'>, 0); break;
    case 'index2': body.index2(op as Opcode<'index2'>, 0, 0); break;
    case 'i32': body.i32Const(-2); break;
    case 'i64': body.i64Const(-2); break;
    case 'f32': body.f32Const(1.5); break;
    case 'f64': body.f64Const(1.5); break;
    case 'v128': body.v128Const(1, 2, 3, 4); break;
    case 'lanes': body.shuffle(0x03020100, 0x07060504, 0x1b1a1918, 0x1f1e1d1c); break;
    case 'zero': body.fence(); break;
    case 'func': body.refFunc(0 as Parameters<FuncBody['refFunc']>[0]); break;
    default: throw new Error(`no immediates for ${row[0]}`);
  }
}

/** The environment the instructions need: memory, table, segments, one imported function. */
function environment(shared: boolean): ModuleBuilder {
  const module = new ModuleBuilder();
  const imported = module.importFunc('e', 'f', '>');
  module.importMemory('e', 'm', { min: 1, max: 1, shared });
  module.table(ValType.funcref, { min: 1 });
  module.global(ValType.i32, true, { i32: 0 });
  module.elementsPassive([imported]);
  module.dataPassive(new Uint8Array([1]));
  return module;
}

describe('rows with a fixed signature', () => {
  const fixed = rows.filter(([, row]) => row[2] !== '?');
  test.each(fixed)('%s', async (name, row) => {
    const module = environment(name.includes('atomic'));
    const signature = row[2];
    const body = module.body(module.func(signature));
    for (let i = 0; i < signature.indexOf('>'); i++) body.get(i);
    emit(body, name, row);
    body.finish();
    if (!(name in RELAXED)) finishValid(module);
    const text = await wat(module.finish());
    expect(text.some((line) => line === name || line.startsWith(`${name} `))).toBe(true);
  });
});

describe('rows that depend on their context', () => {
  const f = (module: ModuleBuilder): ReturnType<ModuleBuilder['importFunc']> => module.importFunc('e', 'g', 'i>i');
  /** Name, signature, body, instructions as printed. */
  const contextual: [OpcodeName, string, (body: FuncBody, module: ModuleBuilder) => void, string[]][] = [
    ['unreachable', '>i', (b) => b.unreachable(), ['unreachable']],
    ['block', 'i>i', (b) => { const l = b.block(ValType.i32); b.i32Const(1).get(0).brIf(l).end(); }, ['block (result i32)', 'i32.const 1', 'local.get 0', 'br_if 0', 'end']],
    ['loop', 'i>', (b) => { const l = b.loop(); b.get(0).brIf(l).end(); }, ['loop', 'local.get 0', 'br_if 0', 'end']],
    ['if', 'i>', (b) => { b.get(0).if_(BLOCK_VOID); b.end(); }, ['local.get 0', 'if', 'end']],
    ['else', 'i>i', (b) => { b.get(0).if_(ValType.i32); b.i32Const(1).else_().i32Const(2).end(); }, ['local.get 0', 'if (result i32)', 'i32.const 1', 'else', 'i32.const 2', 'end']],
    ['end', '>', () => undefined, []],
    ['br', '>', (b) => b.br(FUNCTION_LABEL), ['br 0']],
    ['br_if', 'i>', (b) => b.get(0).brIf(FUNCTION_LABEL), ['local.get 0', 'br_if 0']],
    ['br_table', 'i>', (b) => { const l = b.block(); b.get(0).brTable([l, FUNCTION_LABEL], l).end(); }, ['block', 'local.get 0', 'br_table 0 1 0', 'end']],
    ['return', '>', (b) => b.return_(), ['return']],
    ['call', 'i>i', (b, m) => b.get(0).call(f(m)), ['local.get 0', 'call 1']],
    ['call_indirect', 'i>i', (b, m) => b.get(0).i32Const(0).callIndirect(m.type('i>i')), ['local.get 0', 'i32.const 0', 'call_indirect (type 1)']],
    ['return_call', 'i>i', (b, m) => b.get(0).returnCall(f(m)), ['local.get 0', 'return_call 1']],
    ['return_call_indirect', 'i>i', (b, m) => b.get(0).i32Const(0).returnCallIndirect(m.type('i>i')), ['local.get 0', 'i32.const 0', 'return_call_indirect (type 1)']],
    ['drop', 'i>', (b) => b.get(0).drop(), ['local.get 0', 'drop']],
    ['select', 'i>i', (b) => b.get(0).get(0).get(0).select(), ['local.get 0', 'local.get 0', 'local.get 0', 'select']],
    ['select_t', 'ei>e', (b) => b.get(0).get(0).get(1).selectTyped(ValType.externref), ['local.get 0', 'local.get 0', 'local.get 1', 'select (result externref)']],
    ['local.get', 'i>i', (b) => b.get(0), ['local.get 0']],
    ['local.set', 'i>', (b) => b.get(0).set(0), ['local.get 0', 'local.set 0']],
    ['local.tee', 'i>i', (b) => b.get(0).tee(0), ['local.get 0', 'local.tee 0']],
    ['global.get', '>i', (b) => b.index(Op.global_get, 0), ['global.get 0']],
    ['global.set', 'i>', (b) => b.get(0).index(Op.global_set, 0), ['local.get 0', 'global.set 0']],
    ['table.get', 'i>c', (b) => b.get(0).index(Op.table_get, 0), ['local.get 0', 'table.get 0']],
    ['table.set', 'ic>', (b) => b.get(0).get(1).index(Op.table_set, 0), ['local.get 0', 'local.get 1', 'table.set 0']],
    ['table.grow', 'ci>i', (b) => b.get(0).get(1).index(Op.table_grow, 0), ['local.get 0', 'local.get 1', 'table.grow 0']],
    ['table.fill', 'ici>', (b) => b.get(0).get(1).get(2).index(Op.table_fill, 0), ['local.get 0', 'local.get 1', 'local.get 2', 'table.fill 0']],
    ['ref.null', '>c', (b) => b.refNull(ValType.funcref), ['ref.null func']],
    ['ref.is_null', 'e>i', (b) => b.get(0).op(Op.ref_is_null), ['local.get 0', 'ref.is_null']],
  ];

  test.each(contextual)('%s', async (_name, signature, write, expected) => {
    const module = environment(false);
    const body = module.body(module.func(signature));
    write(body, module);
    body.finish();
    const text = await wat(finishValid(module));
    const start = text.findIndex((line) => line.startsWith('(func (type')) + 1;
    expect(text.slice(start, start + expected.length)).toEqual(expected);
  });

  test('the list is complete', () => {
    expect(contextual.map(([name]) => name).sort()).toEqual(rows.filter(([, row]) => row[2] === '?').map(([name]) => name).sort());
  });
});

describe('bytes', () => {
  const cases: [string, (body: FuncBody) => unknown, string][] = [
    ['i32.add', (b) => b.op(Op.i32_add), '6a'],
    ['i64.load offset=300', (b) => b.mem(Op.i64_load, 300), '29 03 ac 02'],
    ['i64.load offset=-1', (b) => b.mem(Op.i64_load, -1), '29 03 ff ff ff ff 0f'],
    ['i32.load align=1', (b) => b.mem(Op.i32_load, 0, 0), '28 00 00'],
    ['i32.trunc_sat_f64_u', (b) => b.op(Op.i32_trunc_sat_f64_u), 'fc 03'],
    ['memory.copy', (b) => b.index2(Op.memory_copy, 0, 0), 'fc 0a 00 00'],
    ['v128.load', (b) => b.mem(Op.v128_load, 16), 'fd 00 04 10'],
    ['i8x16.add', (b) => b.op(Op.i8x16_add), 'fd 6e'],
    ['i64x2.mul', (b) => b.op(Op.i64x2_mul), 'fd d5 01'],
    ['f32x4.relaxed_madd', (b) => b.op(Op.f32x4_relaxed_madd), 'fd 85 02'],
    ['v128.load16_lane', (b) => b.memLane(Op.v128_load16_lane, 7, 2), 'fd 55 01 02 07'],
    ['i8x16.extract_lane_u', (b) => b.lane(Op.i8x16_extract_lane_u, 15), 'fd 16 0f'],
    ['v128.const', (b) => b.v128Const(0x03020100, 0, -1, 0x80000000), 'fd 0c 00 01 02 03 00 00 00 00 ff ff ff ff 00 00 00 80'],
    ['i64.atomic.rmw.cmpxchg', (b) => b.mem(Op.i64_atomic_rmw_cmpxchg, 8), 'fe 49 03 08'],
    ['atomic.fence', (b) => b.fence(), 'fe 03 00'],
    ['i64.const from a BigInt', (b) => b.i64ConstBig(-0x8000000000000000n), '42 80 80 80 80 80 80 80 80 80 7f'],
    ['i64.const sign-extended', (b) => b.i64Const(-1), '42 7f'],
    ['f32.const', (b) => b.f32Const(-0), '43 00 00 00 80'],
    ['f64.const', (b) => b.f64Const(1.5), '44 00 00 00 00 00 00 f8 3f'],
    ['f32.const signalling NaN', (b) => b.f32ConstBits(0x7f800001), '43 01 00 80 7f'],
    ['f64.const NaN payload', (b) => b.f64ConstBits(0x12345678, 0x7ff00000), '44 78 56 34 12 00 00 f0 7f'],
    ['select (result externref)', (b) => b.selectTyped(ValType.externref), '1c 01 6f'],
    ['block (result f64)', (b) => b.block(ValType.f64), '02 7c'],
  ];
  test.each(cases)('%s', (_name, write, expected) => {
    const module = new ModuleBuilder();
    const body = module.body(module.func('>'));
    const start = body.out.position;
    write(body);
    expect(hex(body.out.bytes.subarray(start, body.out.position))).toBe(expected);
  });
});
