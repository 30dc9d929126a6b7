/** Sections, bodies and labels: what a builder made, as wasm-tools prints it; every module also passes validation. */
import { describe, expect, test } from 'vitest';
import { CodegenError, FUNCTION_LABEL, ModuleBuilder, Op, ValType, type CodegenErrorCode, type ModuleOptions } from '../src/index.ts';
import { finishValid, wat } from './wasm-tools.ts';

/** Name, what is built, the text. */
const modules: [string, (m: ModuleBuilder) => void, string[], ModuleOptions?][] = [
  ['nothing', () => undefined, []],
  ['types are interned by signature', (m) => {
    m.type('iI>');
    m.type('>fF');
    m.type('iI>');
    m.type('v>ce');
  }, ['(type (func (param i32 i64)))', '(type (func (result f32 f64)))', '(type (func (param v128) (result funcref externref)))']],
  ['imports of every kind', (m) => {
    m.importFunc('e', 'f', 'i>i');
    m.importMemory('e', 'm', { min: 1, max: 65536, shared: true });
    m.importTable('e', 't', ValType.funcref, { min: 10 });
    m.importGlobal('e', 'g', ValType.i64);
    m.importGlobal('e', 'h', ValType.f32, true);
  }, [
    '(type (func (param i32) (result i32)))',
    '(import "e" "f" (func (type 0)))',
    '(import "e" "m" (memory 1 65536 shared))',
    '(import "e" "t" (table 10 funcref))',
    '(import "e" "g" (global i64))',
    '(import "e" "h" (global (mut f32)))',
  ]],
  ['names beyond ASCII', (m) => {
    m.importFunc('é', '→ '.repeat(60), '>');
  }, ['(type (func))', `(import "\\u{e9}" "${'\\u{2192} '.repeat(60)}" (func (type 0)))`]],
  ['branch hints, of functions that have any', (m) => {
    m.body(m.func('>')).finish();
    const f = m.body(m.func('i>'));
    const other = f.local(ValType.i64);
    f.i64Const(0).set(other).get(0).hint(true).if_();
    f.end().get(0).hint(false).brIf(FUNCTION_LABEL).finish();
    m.importFunc('e', 'f', '>');
  }, [
    '(type (func))', '(type (func (param i32)))', '(import "e" "f" (func (type 0)))', '(func (type 0))', '(func (type 1) (param i32)', '(local i64)',
    'i64.const 0', 'local.set 1', 'local.get 0', '(@metadata.code.branch_hint "\\01")', 'if', 'end',
    'local.get 0', '(@metadata.code.branch_hint "\\00")', 'br_if 0',
  ]],
  ['definitions, exports, segments', (m) => {
    m.importGlobal('e', 'base', ValType.i32);
    const f = m.func('>i');
    const table = m.table(ValType.funcref, { min: 1, max: 2 });
    m.memory({ min: 1 });
    const global = m.global(ValType.i64, true, { i64: [5, -1] });
    m.global(ValType.f32, false, { f32: 0.5 });
    m.global(ValType.f64, false, { f64: 1e300 });
    m.global(ValType.v128, false, { v128: [1, 2, 3, 4] });
    m.global(ValType.funcref, false, { func: f });
    m.global(ValType.externref, false, { null: ValType.externref });
    m.exportFunc('f', f);
    m.export('t', 'table', table);
    m.export('g', 'global', global);
    m.export('m', 'memory', 0);
    m.elementsAt(table, { global: 0 }, [f]);
    m.dataAt({ i32: 8 }, new Uint8Array([0x61, 0x62]));
    m.dataPassive(new Uint8Array([0x63]));
    m.body(f).i32Const(7).finish();
  }, [
    '(type (func (result i32)))',
    '(import "e" "base" (global i32))',
    '(table 1 2 funcref)',
    '(memory 1)',
    '(global (mut i64) i64.const -4294967291)',
    '(global f32 f32.const 0x1p-1)',
    '(global f64 f64.const 0x1.7e43c8800759cp+996)',
    '(global v128 v128.const i32x4 0x00000001 0x00000002 0x00000003 0x00000004)',
    '(global funcref ref.func 0)',
    '(global externref ref.null extern)',
    '(export "f" (func 0))',
    '(export "t" (table 0))',
    '(export "g" (global 1))',
    '(export "m" (memory 0))',
    '(elem (global.get 0) func 0)',
    '(func (type 0) (result i32)',
    'i32.const 7',

    '(data (i32.const 8) "ab")',
    '(data "c")',
  ]],
  ['functions imported while bodies are written move the defined ones', (m) => {
    const a = m.func('>');
    const b = m.func('>');
    m.start(b);
    m.exportFunc('a', a);
    m.table(ValType.funcref, { min: 2 });
    m.elementsAt(0, { i32: 0 }, [a, b]);
    const body = m.body(a);
    body.call(b).returnCall(b).finish();
    const late = m.importFunc('e', 'late', '>');
    m.body(b).call(late).call(a).call(m.importFunc('e', 'later', '>')).finish();
  }, [
    '(type (func))',
    '(import "e" "late" (func (type 0)))',
    '(import "e" "later" (func (type 0)))',
    '(table 2 funcref)',
    '(export "a" (func 2))',
    '(start 3)',
    '(elem (i32.const 0) func 2 3)',
    '(func (type 0)', 'call 3', 'return_call 3',
    '(func (type 0)', 'call 0', 'call 2', 'call 1',
  ]],
  ['passive and declarative segments, second table', (m) => {
    const f = m.func('>c');
    m.table(ValType.externref, { min: 0 });
    m.table(ValType.funcref, { min: 1 });
    m.elementsAt(1, { i32: 0 }, [f]);
    m.elementsPassive([f, f]);
    m.declareRefs([f]);
    m.body(f).refFunc(f).finish();
  }, [
    '(type (func (result funcref)))',
    '(table 0 externref)', '(table 1 funcref)',
    '(elem (table 1) (i32.const 0) func 0)', '(elem func 0 0)', '(elem declare func 0)',
    '(func (type 0) (result funcref)', 'ref.func 0',
  ]],
  ['locals by runs of types, reused by type', (m) => {
    const body = m.body(m.func('iI>'));
    const a = body.local(ValType.i32);
    const b = body.local(ValType.i32);
    const c = body.local(ValType.v128);
    body.release(a).release(c);
    expect([a, b, c]).toEqual([2, 3, 4]);
    expect(body.local(ValType.v128)).toBe(c);
    expect(body.local(ValType.i32)).toBe(a);
    expect(body.local(ValType.i32)).toBe(5);
    expect(body.localType(1)).toBe(ValType.i64);
    body.finish();
  }, ['(type (func (param i32 i64)))', '(func (type 0) (param i32 i64)', '(local i32 i32 v128 i32)']],
  ['labels are resolved to depths', (m) => {
    const body = m.body(m.func('i>'));
    const outer = body.block();
    const loop = body.loop();
    body.get(0).brIf(outer).get(0);
    body.if_();
    body.br(loop).else_().br(outer).end();
    body.get(0).brTable([outer, loop, outer], FUNCTION_LABEL, 2).end().br(outer).end().br(FUNCTION_LABEL).finish();
  }, [
    '(type (func (param i32)))', '(func (type 0) (param i32)',
    'block', 'loop', 'local.get 0', 'br_if 1', 'local.get 0', 'if', 'br 1', 'else', 'br 2', 'end',
    'local.get 0', 'br_table 1 0 2', 'end', 'br 0', 'end', 'br 0',
  ]],
  ['multi-value blocks', (m) => {
    const body = m.body(m.func('i>i'));
    body.get(0).i32Const(2);
    body.block(m.type('ii>ii'));
    body.end().op(Op.i32_add).finish();
  }, [
    '(type (func (param i32) (result i32)))', '(type (func (param i32 i32) (result i32 i32)))',
    '(func (type 0) (param i32) (result i32)', 'local.get 0', 'i32.const 2',
    'block (type 1) (param i32 i32) (result i32 i32)', 'end', 'i32.add',
  ]],
  ['names', (m) => {
    m.nameModule('tb');
    const f = m.func('i>i', 'tb_401000');
    const body = m.body(f);
    const local = body.local(ValType.i64);
    m.nameLocal(local, 'rax');
    m.nameLocal(0, 'env');
    m.importFunc('e', 'helper', '>');
    body.get(0).finish();
    m.body(m.func('>')).finish();
  }, [
    '(module $tb', '(type (func (param i32) (result i32)))', '(type (func))', '(import "e" "helper" (func $helper (type 1)))',
    '(func $tb_401000 (type 0) (param $env i32) (result i32)', '(local $rax i64)', 'local.get $env', '(func (type 1))',
  ], { names: true }],
];

test.each(modules)('%s', async (_name, build, expected, options) => {
  const module = new ModuleBuilder(options);
  build(module);
  // wasm-tools prints a lone module as "(module)".
  expect((await wat(finishValid(module))).filter((line) => line !== '(module)')).toEqual(expected);
});

test('a builder is reused without a trace of the module before', () => {
  const reused = new ModuleBuilder();
  for (const [, build, , options] of modules) {
    if (options !== undefined) continue;
    const fresh = new ModuleBuilder();
    build(fresh);
    build(reused.reset());
    expect(reused.finish()).toEqual(fresh.finish());
  }
});

test('reset drops an unfinished body', () => {
  const module = new ModuleBuilder();
  module.body(module.func('>')).block();
  module.reset().body(module.func('>')).finish();
  finishValid(module);
});

test('a body of every size around the growth of the buffers', () => {
  const module = new ModuleBuilder();
  for (let size = 0; size < 300; size++) {
    const body = module.body(module.func('>i'));
    for (let i = 0; i < size; i++) body.i32Const(i << 8).drop();
    expect(body.i32Const(size).depth).toBe(0);
    body.finish();
  }
  for (let k = 0; k < 300; k += 37) module.exportFunc(`f${k}`, ~k as Parameters<ModuleBuilder['exportFunc']>[1]);
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(finishValid(module)));
  for (let k = 0; k < 300; k += 37) expect((exports[`f${k}`] as () => number)()).toBe(k);
});

test('many locals of alternating types and many labels', () => {
  const module = new ModuleBuilder();
  const body = module.body(module.func('>'));
  for (let i = 0; i < 1000; i++) body.local(i % 2 === 0 ? ValType.i32 : ValType.f64);
  for (let i = 0; i < 500; i++) body.br(body.block());
  for (let i = 0; i < 500; i++) body.end();
  for (let i = 0; i < 500; i++) {
    body.block();
    body.end();
  }
  body.finish();
  finishValid(module);
});

describe('wrong use is reported at the call', () => {
  const wrong: [string, CodegenErrorCode, (m: ModuleBuilder) => unknown][] = [
    ['unknown letter', 'bad-signature', (m) => m.type('ix>')],
    ['no arrow', 'bad-signature', (m) => m.type('ii')],
    ['shared memory without maximum', 'bad-index', (m) => m.importMemory('e', 'm', { min: 1, shared: true })],
    ['second body while one is open', 'body-order', (m) => {
      const [a, b] = [m.func('>'), m.func('>')];
      m.body(a);
      m.body(b);
    }],
    ['bodies out of order', 'body-order', (m) => {
      m.func('>');
      m.body(m.func('>'));
    }],
    ['body of an import', 'body-order', (m) => m.body(m.importFunc('e', 'f', '>'))],
    ['finish with a missing body', 'body-order', (m) => {
      m.func('>');
      m.finish();
    }],
    ['finish with an open body', 'body-order', (m) => {
      m.body(m.func('>'));
      m.finish();
    }],
    ['open block at the end', 'unbalanced', (m) => {
      const body = m.body(m.func('>'));
      body.block();
      body.finish();
    }],
    ['end without block', 'unbalanced', (m) => m.body(m.func('>')).end()],
    ['branch to a closed block', 'bad-label', (m) => {
      const body = m.body(m.func('>'));
      const label = body.block();
      body.end();
      body.block();
      body.br(label);
    }],
    ['branch to a label that never was', 'bad-label', (m) => m.body(m.func('>')).br(7 as never)],
    ['double release', 'bad-index', (m) => {
      const body = m.body(m.func('i>'));
      body.release(0).release(0);
    }],
    ['release of nothing', 'bad-index', (m) => m.body(m.func('i>')).release(1)],
    ['memory import after definition', 'import-order', (m) => {
      m.memory({ min: 1 });
      m.importMemory('e', 'm', { min: 1 });
    }],
    ['too many locals', 'too-large', (m) => {
      const body = m.body(m.func('>'));
      for (let i = 0; i <= 50_000; i++) body.local(ValType.i32);
    }],
  ];
  test.each(wrong)('%s: %s', (_name, code, act) => {
    let caught: unknown;
    try {
      act(new ModuleBuilder());
    } catch (error) {
      caught = error;
    }
    expect(caught).toBeInstanceOf(CodegenError);
    expect((caught as CodegenError).code).toBe(code);
    expect((caught as CodegenError).hint).not.toBe('');
  });
});
