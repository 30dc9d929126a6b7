/**
 * Every value op, compiled as a TB module, against the evaluator of ir: random operands from memory, corner operands, and
 * constants, in narrow and wide TBs.
 */
import { describe, expect, test } from 'vitest';
import {
  Builder, COND_NAMES, evalTb, FCOND_NAMES, MO_ALIGN_SHIFT, MO_BE, MO_SIGN, Op, OPS, TbIr, TOY_HELPERS, TOY_TARGET, ToyMachine, Type, TYPE_SIZE, VOP_DEFS,
  type OpDef, type TypeName,
} from '@wasm-tcg/ir';
import { CONTROL_OPS, LOWERINGS, TbModuleBuilder } from '../src/index.ts';
import { ENV, HEADERS, ToyHost, visibleState } from './toy-host.ts';
import { hex, Random } from './wasm-tools.ts';

const IN = 3200;
const OUT = 3328;
const HEADER = HEADERS + 0x40;
const memopOf = (type: number): number => [2, 3, 2, 3, 4][type];

type Row = { readonly name: string; readonly op: keyof typeof LOWERINGS; readonly type: Type; readonly attrs: readonly number[]; readonly vector?: string };

/** Attribute values to try for an op of a type. */
function attributes(name: string, def: OpDef, type: Type): number[][] {
  const width = type === Type.i64 ? 64 : 32;
  const fields = [[0, 8], [0, 16], [8, 8], [0, 32], [5, 1], [width - 1, 1], [0, width], [3, width - 3], [width - 8, 8], [7, 20]].filter(([pos, len]) => pos + len <= width);
  switch (name) {
    case 'setcond': case 'negsetcond': case 'movcond': return COND_NAMES.map((_, i) => [i]);
    case 'fsetcond': return FCOND_NAMES.map((_, i) => [i]);
    case 'extract': case 'sextract': case 'deposit': return fields;
    case 'extract2': return [[0], [1], [8], [width - 1], [width]];
    case 'bswap': return type === Type.i64 ? [[16], [32], [64]] : [[16], [32]];
    case 'vsplat': return [[0], [1], [2], [3]];
    case 'vextract': case 'vinsert': return [[0, 0], [0, 15], [1, 0], [1, 7], [2, 3], [3, 1]];
    case 'vunary': case 'vbinary': case 'vshift': case 'vtest':
      return VOP_DEFS.map((row, i) => ({ row, i })).filter(({ row }) => `v${row.kind}` === name).map(({ i }) => [i]);
    default:
      if (def.attrs.length > 0) throw new Error(`no attributes for ${name}`);
      return [[]];
  }
}

const memoryOps = new Set(['ld', 'st', 'guest_ld', 'guest_st', 'guest_rmw_ld', 'guest_rmw_st', 'guest_probe', 'vshuffle']);

const rows: Row[] = [];
for (const [name, def] of Object.entries(OPS) as [keyof typeof OPS, OpDef][]) {
  if (!(name in LOWERINGS) || memoryOps.has(name)) continue;
  const types: readonly TypeName[] = def.types.length > 0 ? def.types : ['i32'];
  for (const typeName of types) {
    for (const attrs of attributes(name, def, Type[typeName])) {
      rows.push({ name: `${name}.${typeName} ${attrs.join(',')}`, op: name as Row['op'], type: Type[typeName], attrs });
    }
  }
}

const operandTypeOf = (operand: string, row: Row): Type => (operand === 'T' ? row.type : operand === 'A' ? Type.i64 : Type[operand as TypeName]);

/** A TB: inputs from memory (or constants), the op, outputs to memory. */
function build(row: Row, constants: readonly (readonly [number, number] | undefined)[]): TbIr {
  const tb = new TbIr(TOY_TARGET);
  tb.reset(true, 0);
  const b = new Builder(tb);
  const def: OpDef = OPS[row.op];
  b.insn_start(0, 0);
  const ins = def.in.map((operand, i) => {
    const type = operandTypeOf(operand, row);
    const constant = constants[i];
    if (constant !== undefined && type !== Type.v128) return tb.constant(type, constant[0], type === Type.i64 || type === Type.f64 ? constant[1] : 0);
    const t = tb.newLocal(type);
    b.ld(type, t, tb.env, IN + 16 * i, memopOf(type));
    return t;
  });
  const outs = def.out.map((operand) => tb.newLocal(operandTypeOf(operand, row)));
  const words = [...outs, ...ins, ...row.attrs];
  tb.emit(Op[row.op], row.type, words.length, ...(words as [number]));
  outs.forEach((t, i) => b.st(tb.tempType[t] as Type, tb.env, t, OUT + 16 * i, memopOf(tb.tempType[t])));
  b.exit_tb(40, 0);
  return tb;
}

const CORNERS = [0n, 1n, 2n, 0xffn, 0x7fn, 0x80n, 0x7fffffffn, 0x80000000n, 0xffffffffn, 0x100000000n, 0x7fffffffffffffffn, 0x8000000000000000n, 0xffffffffffffffffn, 63n, 31n];
const FLOATS = [0, -0, 1, -1, 1.5, 2.5, -2.5, 0.5, 1e10, -1e19, 1e40, 5e-324, Infinity, -Infinity, NaN, 2 ** 31, -(2 ** 63), 2 ** 64, 1e-40];

function fillInput(view: DataView, at: number, type: Type, random: Random, lane?: string): void {
  const float64 = (offset: number): void => view.setFloat64(offset, random.below(2) === 0 ? FLOATS[random.below(FLOATS.length)] : (random.word() / 65536) * 2 ** (random.below(40) - 20), true);
  const float32 = (offset: number): void => view.setFloat32(offset, random.below(2) === 0 ? FLOATS[random.below(FLOATS.length)] : random.word() / 65536, true);
  for (let i = 0; i < 16; i += 8) view.setBigUint64(at + i, random.below(2) === 0 ? CORNERS[random.below(CORNERS.length)] : BigInt.asUintN(64, (BigInt(random.word()) << 32n) ^ BigInt(random.word())), true);
  if (type === Type.f64 || lane === 'f64x2') for (let i = 0; i < 16; i += 8) float64(at + i);
  if (type === Type.f32 || lane === 'f32x4') for (let i = 0; i < 16; i += 4) float32(at + i);
}

/** Bytes with every NaN replaced by one NaN: payload and sign of a NaN result are unspecified. */
function canonical(bytes: Uint8Array, size: 4 | 8 | undefined): string {
  const copy = bytes.slice();
  const view = new DataView(copy.buffer);
  for (let i = 0; size !== undefined && i < copy.length; i += size) {
    if (size === 4 && Number.isNaN(view.getFloat32(i, true))) view.setUint32(i, 0x7fc00000, true);
    if (size === 8 && Number.isNaN(view.getFloat64(i, true))) view.setBigUint64(i, 0x7ff8000000000000n, true);
  }
  return copy.toString();
}


const host = new ToyHost();
const random = new Random(77);
const builder = new TbModuleBuilder(TOY_TARGET, TOY_HELPERS);

function check(row: Row, constants: readonly (readonly [number, number] | undefined)[], rounds: number): void {
  const def: OpDef = OPS[row.op];
  const tb = build(row, constants);
  builder.begin().add({ tb, header: HEADER });
  const run = host.instantiate(builder.finish().bytes);
  const lane = row.op.startsWith('v') && def.attrs[0] === 'vop' ? VOP_DEFS[row.attrs[0]].lane : undefined;
  const reference = new ToyMachine();
  host.randomise(() => random.word(), reference, true);
  for (let round = 0; round < rounds; round++) {
    host.setContext('exitCode', 0);
    const view = new DataView(reference.area.buffer);
    def.in.forEach((operand, i) => fillInput(view, IN + 16 * i, operandTypeOf(operand, row), random, lane));
    host.bytes.set(reference.area.subarray(IN, IN + 128), ENV + IN);
    expect(run(0)).toBe(0);
    expect(evalTb(tb, TOY_HELPERS, reference)).toEqual({ kind: 'exit_tb', exit: 40 });
    def.out.forEach((operand, i) => {
      const type = operandTypeOf(operand, row);
      const nan = type === Type.f32 || lane === 'f32x4' ? 4 : type === Type.f64 || lane === 'f64x2' ? 8 : undefined;
      const at = OUT + 16 * i;
      const got = canonical(host.bytes.slice(ENV + at, ENV + at + TYPE_SIZE[type]), nan);
      const wanted = canonical(reference.area.slice(at, at + TYPE_SIZE[type]), nan);
      if (got === wanted) return;
      const inputs = def.in.map((_, k) => hex(reference.area.subarray(IN + 16 * k, IN + 16 * k + 16)));
      expect({ inputs, output: got }).toEqual({ inputs, output: wanted });
    });
  }
}

describe('value ops', () => {
  test.each(rows)('$name', (row) => {
    check(row, [], 40);
    const def: OpDef = OPS[row.op];
    // Each input as a constant: what lowerings make of constants.
    for (let i = 0; i < def.in.length; i++) {
      for (const constant of [[0, 0], [-1, -1], [5, 0], [random.word(), random.word()]] as const) {
        check(row, def.in.map((_, k) => (k === i ? constant : undefined)), 4);
      }
    }
  });

  test('every op with a lowering is here or among the memory tests', () => {
    const seen = new Set<string>([...rows.map((row) => row.op), ...memoryOps, ...CONTROL_OPS]);
    const core = Object.entries(OPS).filter(([, def]) => def.stage === 'core').map(([name]) => name);
    expect(core.filter((name) => !seen.has(name))).toEqual([]);
  });

  test('vshuffle by a constant', () => {
    const tb = new TbIr(TOY_TARGET);
    tb.reset(true, 0);
    const b = new Builder(tb);
    b.insn_start(0, 0);
    const [x, y, d] = [tb.newLocal(Type.v128), tb.newLocal(Type.v128), tb.newLocal(Type.v128)];
    b.ld(Type.v128, x, tb.env, IN, 4);
    b.ld(Type.v128, y, tb.env, IN + 16, 4);
    b.vshuffle(d, x, y, tb.constV128(Uint8Array.from([31, 0, 16, 1, 17, 15, 30, 2, 3, 4, 5, 6, 7, 8, 9, 10])));
    b.st(Type.v128, tb.env, d, OUT, 4);
    b.exit_tb(40, 0);
    builder.begin().add({ tb, header: HEADER });
    const run = host.instantiate(builder.finish().bytes);
    const reference = new ToyMachine();
    host.randomise(() => random.word(), reference, true);
    run(0);
    evalTb(tb, TOY_HELPERS, reference);
    expect(visibleState(host.machine.area).subarray(0, 3000)).toEqual(visibleState(reference.area).subarray(0, 3000));
  });
});

describe('memory ops', () => {
  const sizes: [Type, number[]][] = [[Type.i32, [0, 1, 2]], [Type.i64, [0, 1, 2, 3]], [Type.v128, [4]]];
  const cases: { name: string; type: Type; memop: number; wide: boolean }[] = [];
  for (const [type, logs] of sizes) {
    for (const log of logs) {
      for (const flags of [0, MO_SIGN, MO_BE, MO_SIGN | MO_BE, log << MO_ALIGN_SHIFT, 1 << MO_ALIGN_SHIFT]) {
        if (type === Type.v128 && (flags & MO_SIGN) !== 0) continue;
        for (const wide of [false, true]) cases.push({ name: `type ${type} memop ${log | flags} ${wide ? 'wide' : 'narrow'}`, type, memop: log | flags, wide });
      }
    }
  }

  /** Addresses around what matters: page ends, pages without entry, unmapped and read-only ones, far above RAM. */
  const address = (wide: boolean): bigint => {
    const page = [0n, 1n, 4n, 5n, 8n, 12n, 13n, 14n, 7n][random.below(9)];
    const offset = [0n, 1n, 4n, 16n, 4095n, 4094n, 4089n, 4081n, 0x7ffn, 0xff0n][random.below(10)];
    const high = wide && random.below(4) === 0 ? 0xffff_8000_0000_0000n : 0n;
    return high + page * 4096n + offset;
  };

  test.each(cases)('$name', ({ type, memop, wide }) => {
    const reference = new ToyMachine();
    for (let round = 0; round < 60; round++) {
      const tb = new TbIr(TOY_TARGET);
      tb.reset(wide, 0);
      const b = new Builder(tb);
      const addr = address(wide);
      const [lo, hi] = [Number(BigInt.asIntN(32, addr)), Number(BigInt.asIntN(32, addr >> 32n))];
      const constant = random.below(3) === 0;
      const a = constant ? tb.constant(tb.wordType, lo, wide ? hi : 0) : tb.newLocal(tb.wordType);
      const [v, d, token] = [tb.newLocal(type), tb.newLocal(type), tb.newLocal(Type.i32)];
      b.insn_start(0, 0);
      if (!constant) b.ld(tb.wordType, a, tb.env, IN, memopOf(tb.wordType));
      b.ld(type, v, tb.env, IN + 16, memopOf(type));
      b.insn_start(3, 0);
      const mmu = random.below(2);
      switch (random.below(type === Type.v128 ? 3 : 4)) {
        case 0: b.guest_ld(type, d, a, memop, mmu); break;
        case 1: b.guest_st(type, a, v, memop, mmu); b.mov(type, d, v); break;
        case 2: b.guest_probe(a, random.below(2), memop, mmu); b.mov(type, d, v); break;
        default:
          b.guest_rmw_ld(type, d, token, a, memop, mmu);
          b.guest_rmw_st(type, token, a, v, memop, mmu);
      }
      b.st(type, tb.env, d, OUT, memopOf(type));
      b.exit_tb(40, 0);
      builder.begin().add({ tb, header: HEADER });
      const run = host.instantiate(builder.finish().bytes);
      // RAM is set up once per case: both sides have changed it alike since.
      if (round === 0) host.randomise(() => random.word(), reference, wide);
      host.setContext('exitCode', 0);
      for (const at of [reference.area, host.machine.area]) new DataView(at.buffer, at.byteOffset).setBigUint64(IN, BigInt.asUintN(64, addr), true);
      run(0);
      const result = evalTb(tb, TOY_HELPERS, reference);
      if (result.kind === 'leave') {
        expect(host.context('exitCode')).toBe(result.exitCode);
        expect(host.context('insnIndex')).toBe(result.insn);
        expect(host.context('tbPtr')).toBe(HEADER);
      } else {
        expect(host.context('exitCode')).toBe(40);
      }
      expect(Buffer.compare(visibleState(host.machine.area), visibleState(reference.area))).toBe(0);
      expect(Buffer.compare(host.machine.ram, reference.ram)).toBe(0);
    }
  });

  test('both paths were taken', () => {
    expect(host.slowPaths).toBeGreaterThan(500);
  });

  test.each([[Type.i32, 0], [Type.i32, MO_SIGN], [Type.i64, 1 | MO_SIGN], [Type.i64, 2 | MO_BE], [Type.i32, 1 | MO_BE | MO_SIGN]] as const)('ld and st of type %i memop %i', (type, memop) => {
    const tb = new TbIr(TOY_TARGET);
    tb.reset(true, 0);
    const b = new Builder(tb);
    const [x, base] = [tb.newLocal(type), tb.newLocal(Type.i32)];
    b.insn_start(0, 0);
    b.add(Type.i32, base, tb.env, tb.constI32(IN + 8));
    b.ld(type, x, base, -8, memop);
    b.st(type, tb.env, x, OUT, memopOf(type));
    b.st(type, base, x, OUT - IN + 8, memop);
    b.exit_tb(40, 0);
    builder.begin().add({ tb, header: HEADER });
    const run = host.instantiate(builder.finish().bytes);
    for (let i = 0; i < 20; i++) {
      const reference = new ToyMachine();
      host.randomise(() => random.word(), reference, true);
      run(0);
      evalTb(tb, TOY_HELPERS, reference);
      expect(visibleState(host.machine.area)).toEqual(visibleState(reference.area));
    }
  });
});
