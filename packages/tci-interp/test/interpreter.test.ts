/** The generated interpreter against the reference: every op, its attribute values, and the protocol of tb_exec. */
import { Builder, Cond, FCond, isPure, MO_128, MO_16, MO_32, MO_64, MO_8, MO_SIGN, Op, OP_DEFS, OP_NAMES, OPS, TbIr, Type, VOP_DEFS, type OpDef } from '@wasm-tcg/ir';
import { ExitCode, WASM_CONTEXT } from '@wasm-tcg/runtime';
import { describe, expect, it } from 'vitest';
import { BUDGET, ENV, FRAME, LAYOUT, SCRATCH, ToyMachine } from './toy.ts';

const machine = new ToyMachine();
const G = FRAME.index;

function random(seed: number): () => number {
  let s = seed >>> 0;
  return () => {
    s = (s + 0x6d2b79f5) >>> 0;
    let t = Math.imul(s ^ (s >>> 15), s | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return (t ^ (t >>> 14)) >>> 0;
  };
}
const CORNERS = [0, 1, -1, 0x7fffffff, -0x80000000, 0x80, 0xff, 0x7f, 31, 32, 33, 0x8000];

/** Constant temp of a type with corner or random bits. */
function operand(tb: TbIr, type: Type, rnd: () => number): number {
  const word = (): number => (rnd() & 1 ? CORNERS[rnd() % CORNERS.length]! : rnd() | 0);
  if (type === Type.v128) return tb.constV128(Uint8Array.from({ length: 16 }, () => rnd() & 0xff));
  if (type === Type.i64 || type === Type.f64) return tb.constant(type, word(), word());
  return tb.constant(type, word());
}

function attrsOf(name: string, def: OpDef, type: Type, rnd: () => number): number[] {
  const width = type === Type.i64 ? 64 : 32;
  const pos = rnd() % width;
  if (name === 'bswap') return [[16, 32, 64][rnd() % (width === 64 ? 3 : 2)]!];
  if (name === 'extract2') return [rnd() % (width + 1)];
  if (name === 'vextract' || name === 'vinsert') {
    const size = rnd() % 4;
    return [size, rnd() % (16 >> size)];
  }
  const vops = VOP_DEFS.map((v, i) => ({ v, i })).filter(({ v }) => `v${v.kind}` === name);
  return def.attrs.map((kind) => {
    switch (kind) {
      case 'cond': return rnd() % 12;
      case 'fcond': return rnd() % 8;
      case 'vop': return vops[rnd() % vops.length]!.i;
      case 'pos': return pos;
      case 'len': return 1 + (rnd() % (width - pos));
      case 'imm': return rnd() % 4;
      default: throw new Error(`no values for ${kind}`);
    }
  });
}

/** Stores output temps to globals so that they are compared; a NaN, whose bits are unspecified, as 0. */
function keep(b: Builder, t: number, floatLanes: '' | 'f32x4' | 'f64x2'): void {
  const { tb } = b;
  const type = tb.tempType[t] as Type;
  if (type === Type.v128) {
    if (floatLanes !== '') {
      const ordered = tb.newLocal(Type.v128);
      b.vbinary(ordered, t, t, vop(`${floatLanes}.eq`));
      b.vbinary(t, t, ordered, vop('v128.and'));
    }
    b.mov(Type.v128, G.v0, t);
  } else if (type === Type.i32) b.extu(G.a, t);
  else if (type === Type.i64) b.mov(Type.i64, G.b, t);
  else {
    const bits = tb.newLocal(Type.i64);
    const nan = tb.newLocal(Type.i32);
    const wide = tb.newLocal(Type.i64);
    b.ibits(type, bits, t);
    b.fsetcond(type, nan, t, t, FCond.uno);
    b.extu(wide, nan);
    b.movcond(Type.i64, G.c, wide, tb.constI64(0), bits, tb.constI64(0), Cond.eq);
  }
}

const vop = (name: string): number => VOP_DEFS.findIndex((v) => v.name === name);

/** Shape whose NaN lanes an op's result may have. */
function floatResult(name: string, attrs: readonly number[]): '' | 'f32x4' | 'f64x2' {
  if (name !== 'vunary' && name !== 'vbinary') return '';
  const { name: full } = VOP_DEFS[attrs[0]!]!;
  if (/\.(abs|neg|eq|ne|lt|gt|le|ge)$/.test(full)) return '';
  return full.startsWith('f32x4') ? 'f32x4' : full.startsWith('f64x2') ? 'f64x2' : '';
}

describe('every pure op', () => {
  for (const name of OP_NAMES) {
    if (!isPure(Op[name]) || name === 'mov') continue;
    it(name, () => {
      const rnd = random(Op[name] + 1);
      const def: OpDef = OPS[name];
      for (let i = 0; i < 60; i++) {
        const tb = new TbIr(LAYOUT);
        tb.reset(true, 0);
        const b = new Builder(tb);
        b.insn_start(0, 0);
        const type = def.types.length > 0 ? Type[def.types[i % def.types.length]!] : Type.i32;
        const typeOf = (t: string): Type => (t === 'T' ? type : Type[t as 'i32']);
        // Through locals half of the time, so that both operand forms occur.
        const ins = def.in.map((t, k) => {
          let value = operand(tb, typeOf(t), rnd);
          if (name === 'vshuffle' && k === 2) value = tb.constV128(Uint8Array.from({ length: 16 }, () => rnd() & 31));
          if (rnd() & 1) return value;
          const local = tb.newLocal(typeOf(t));
          b.mov(typeOf(t), local, value);
          return local;
        });
        const outs = def.out.map((t) => tb.newLocal(typeOf(t)));
        const attrs = attrsOf(name, def, type, rnd);
        const words = [...outs, ...ins, ...attrs];
        tb.emit(Op[name], type, words.length, words[0], words[1], words[2], words[3], words[4], words[5], words[6]);
        outs.forEach((t) => keep(b, t, floatResult(name, attrs)));
        b.exit_tb(40, 4);
        expect(machine.run(machine.clear().add(tb, 0x100)), name).toBe(40);
      }
    });
  }
});

describe('memory', () => {
  it('guest loads and stores of every size, sign and width, fast form and any', () => {
    const rnd = random(7);
    for (const wide of [false, true]) {
      for (const type of [Type.i32, Type.i64]) {
        for (const memop of [MO_8, MO_8 | MO_SIGN, MO_16, MO_16 | MO_SIGN, MO_32, MO_32 | MO_SIGN, MO_64, MO_32 | (2 << 5)]) {
          if (type === Type.i32 && (memop & 7) > MO_32) continue;
          const tb = new TbIr(LAYOUT);
          tb.reset(wide, 0);
          const b = new Builder(tb);
          b.insn_start(0, 0);
          const address = tb.constInt(tb.wordType, rnd() % 0x800);
          b.guest_st(type, address, operand(tb, type, rnd), memop & ~MO_SIGN, 0);
          const t = tb.newLocal(type);
          b.guest_ld(type, t, address, memop, 1);
          const u = tb.newLocal(type);
          const token = tb.newLocal(Type.i32);
          b.guest_rmw_ld(type, u, token, address, memop & ~MO_SIGN, 0);
          b.add(type, u, u, tb.constInt(type, 5));
          b.guest_rmw_st(type, token, address, u, memop & ~MO_SIGN, 0);
          b.st(type, tb.env, t, SCRATCH + 8, type === Type.i64 ? MO_64 : MO_32);
          b.exit_tb(40, 4);
          expect(machine.run(machine.clear().add(tb, 0x100))).toBe(40);
        }
      }
    }
  });

  it('ld and st of every type in the area of the vCPU, also with a sign that means nothing', () => {
    for (const [type, memop] of [[Type.i32, MO_32 | MO_SIGN], [Type.i64, MO_64 | MO_SIGN], [Type.f32, MO_32], [Type.f64, MO_64], [Type.v128, MO_128]] as const) {
      const tb = new TbIr(LAYOUT);
      tb.reset(true, 0);
      const b = new Builder(tb);
      b.insn_start(0, 0);
      b.st(type, tb.env, operand(tb, type, random(3)), SCRATCH, memop);
      const t = tb.newLocal(type);
      b.ld(type, t, tb.env, SCRATCH, memop);
      b.st(type, tb.env, t, SCRATCH + 32, memop);
      b.exit_tb(40, 4);
      expect(machine.run(machine.clear().add(tb, 0x100))).toBe(40);
    }
  });

  it('a fault leaves with the instruction index and the globals as they were', () => {
    const tb = new TbIr(LAYOUT);
    tb.reset(true, 0);
    const b = new Builder(tb);
    b.insn_start(0, 0);
    b.mov(Type.i64, G.a, tb.constI64(1));
    b.insn_start(4, 0);
    const t = tb.newLocal(Type.i64);
    b.guest_ld(Type.i64, t, tb.constI64(0xffe), MO_64, 0);
    b.mov(Type.i64, G.a, t);
    b.exit_tb(40, 8);
    expect(machine.run(machine.clear().add(tb, 0x100))).toBe(ExitCode.fault);
    expect(machine.global(G.a)).toBe(1n);
    expect(machine.budgetUsed).toBe(2);
  });
});

describe('control', () => {
  const loop = (slot: 0 | 1, delta: number): TbIr => {
    const tb = new TbIr(LAYOUT);
    tb.reset(true, 0);
    const b = new Builder(tb);
    b.insn_start(0, 0);
    b.add(Type.i64, G.a, G.a, tb.constI64(1));
    b.insn_start(1, 0);
    const out = tb.newLabel();
    b.brcond(Type.i64, G.a, tb.constI64(100), 6, out);
    b.exit_tb(41, 2);
    b.label(out);
    b.goto_tb(slot, delta);
    return tb;
  };

  it('goto_tb to itself links and counts every instruction', () => {
    const header = machine.clear().add(loop(0, 0x200), 0x200);
    expect(machine.run(header)).toBe(41);
    expect(machine.global(G.a)).toBe(100n);
    expect(machine.budgetUsed).toBe(200);
  });

  it('goto_tb to another page moves the page base', () => {
    const other = machine.clear().add(loop(1, -0x1000 + 0x200), 0x1300);
    const header = machine.add(loop(1, 0x1300), 0x200);
    expect(machine.run(header)).toBe(41);
    expect(machine.global(G.a)).toBe(100n);
    machine.found.delete(0x1300);
    expect(other).not.toBe(header);
  });

  it('a budget that is too small leaves before the TB, with nothing taken', () => {
    const header = machine.clear().add(loop(0, 0x200), 0x200);
    const code = machine.run(header, (m) => m.view.setInt32(ENV + WASM_CONTEXT.offset.budget, 31, true));
    expect(code).toBe(ExitCode.budget);
    expect(machine.budgetUsed).toBe(BUDGET - 1);
    expect(machine.global(G.a)).toBe(15n);
    expect(machine.global(LAYOUT.pc)).toBe(0x200n);
  });

  it('goto_ptr to what is not translated asks for a translation', () => {
    const tb = new TbIr(LAYOUT);
    tb.reset(true, 0);
    const b = new Builder(tb);
    b.insn_start(0, 0);
    b.mov(Type.i64, LAYOUT.pc, tb.constI64(0x7777));
    b.goto_ptr();
    expect(machine.run(machine.clear().add(tb, 0x300))).toBe(ExitCode.translate);
    expect(machine.global(LAYOUT.pc)).toBe(0x7777n);
  });

  it('helpers: arguments, results, effects on globals, exits', () => {
    const tb = new TbIr(LAYOUT);
    tb.reset(true, 0);
    const b = new Builder(tb);
    b.insn_start(0, 0);
    const t = tb.newLocal(Type.i64);
    b.call(0, t, [tb.constI32(-7), tb.constant(Type.i64, 5, 1)]);
    b.mov(Type.i64, G.a, t);
    b.call(1, -1, []);
    b.insn_start(1, 0);
    b.call(2, -1, [tb.constI32(99)]);
    b.mov(Type.i64, G.a, tb.constI64(0));
    b.exit_tb(41, 2);
    expect(machine.run(machine.clear().add(tb, 0x300))).toBe(99);
    expect(machine.global(G.a)).toBe(3n * 0x1_0000_0005n - 7n);
    expect(machine.global(G.n)).toBe(1n);
  });
});

it('every core op has a TCI form or is rewritten', () => {
  const names = new Set(machine.formats.variants.filter((v) => v.op >= 0).map((v) => OP_NAMES[v.op]!));
  const missing = OP_NAMES.filter((n) => OP_DEFS[Op[n]]!.stage === 'core' && !names.has(n));
  expect(missing).toEqual(['extract2', 'insn_start', 'label']);
});
