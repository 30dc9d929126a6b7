/** Fused opcodes: what they replace, that they change nothing, and that the generated interpreter does what their parts do. */
import { Builder, Cond, makeOi, MO_32, OP_DEFS, TbIr, Type } from '@wasm-tcg/ir';
import { tciCodeAddress } from '@wasm-tcg/runtime';
import { describe, expect, it } from 'vitest';
import { disassemble, TciEncoder, type TciVariant } from '../src/index.ts';
import { immediateOffset, slotOffset } from '../src/formats.ts';
import { sequencesFor } from '../src/fused-table.ts';
import { FRAME, LAYOUT, naiveSlots, ToyMachine } from './toy.ts';

const machine = new ToyMachine();
const { formats } = machine;
const G = FRAME.index;
const fused = formats.variants.slice(formats.fusedBase);

function newTb(wide: boolean): Builder {
  const tb = new TbIr(LAYOUT);
  tb.reset(wide, 0);
  const b = new Builder(tb);
  b.insn_start(0, 0);
  return b;
}

/** Names of the opcodes that the TB is dispatched by. */
function dispatches(tb: TbIr): string[] {
  const encoder = new TciEncoder(formats);
  const count = encoder.encode(tb, naiveSlots(tb), 100);
  const names: string[] = [];
  for (let w = 0; w < count; ) {
    const v = formats.variants[encoder.words[w]! & 0xffff]!;
    names.push(v.name);
    w += v.words;
  }
  return names;
}

describe('the table', () => {
  it('names instructions that exist, for narrow or wide code', () => {
    const exists = new Set(formats.variants.map((v) => v.name));
    const missing = new Set(sequencesFor(2).flat().filter((name) => !exists.has(name)));
    // A helper of the x86 guest.
    expect([...missing]).toEqual(['call.compute_flags']);
  });

  it('has no sequence in which anything follows an exit', () => {
    for (const v of fused) for (const part of v.parts.slice(0, -1)) expect(part.name).not.toMatch(/^(goto|exit|br\b)/);
  });
});

describe('fusing', () => {
  it('takes the longest sequence, and changes nothing but opcodes', () => {
    const b = newTb(false);
    const t = b.tb.newLocal(Type.i32);
    b.add(Type.i32, t, G.a, b.tb.constI32(-4));
    b.guest_st(Type.i32, t, G.b, MO_32, 0);
    b.mov(Type.i32, G.a, t);
    b.goto_tb(1, 8);
    expect(dispatches(b.tb)).toEqual(['add.i32.ri+guest_st.i32.u32.m0+mov.i32+goto_tb.1']);
    const { encoder } = machine;
    const count = encoder.encode(b.tb, naiveSlots(b.tb), 100);
    const text = disassemble(formats, encoder.words, 0, count);
    expect(text.replaceAll(/ +\d+: (\S+).*/g, '$1').split('\n')).toEqual(['add.i32.ri', 'guest_st.i32.u32.m0', 'mov.i32', 'goto_tb.1']);
    const plain = encoder.words.slice(0, count);
    plain[0] = (plain[0]! & -0x10000) | formats.plain(plain[0]! & 0xffff)!.code;
    formats.sequences.fuse(plain, count);
    expect(plain).toEqual(encoder.words.slice(0, count));
  });

  it('lets a branch go into the middle of a sequence', () => {
    for (const a of [1, 2]) {
      const b = newTb(false);
      const { tb } = b;
      const middle = tb.newLabel();
      b.brcond(Type.i32, G.a, tb.constI32(1), Cond.eq, middle);
      b.mov(Type.i32, G.b, G.a);
      b.label(middle);
      b.mov(Type.i32, G.c, G.a);
      b.mov(Type.i32, G.d, G.c);
      b.exit_tb(40, 4);
      expect(dispatches(tb)).toContain('mov.i32+mov.i32+mov.i32');
      expect(machine.run(machine.clear().add(tb, 0x100), (m) => m.view.setUint32(m.slot(G.a), a, true))).toBe(40);
      expect(machine.global(G.b)).toBe(a === 1 ? 0n : 2n);
      expect(machine.global(G.d)).toBe(BigInt(a));
    }
  });

  it('leaves at a part that faults, with what was before it done', () => {
    const b = newTb(false);
    b.mov(Type.i32, G.b, G.a);
    b.mov(Type.i32, G.c, G.a);
    const t = b.tb.newLocal(Type.i32);
    b.guest_ld(Type.i32, t, G.a, MO_32, 1);
    b.add(Type.i32, t, t, b.tb.constI32(1));
    b.mov(Type.i32, G.d, t);
    b.exit_tb(40, 4);
    expect(dispatches(b.tb)[0]).toBe('mov.i32+mov.i32+guest_ld.i32.u32.m1+add.i32.ri+mov.i32');
    expect(machine.run(machine.clear().add(b.tb, 0x100), (m) => m.view.setUint32(m.slot(G.a), 0x2000, true))).toBe(4);
    expect(machine.global(G.c)).toBe(0x2000n);
    expect(machine.global(G.d)).toBe(0n);
  });
});

/** Offset of the TB that exits lead to. */
const THERE = 0x200;

/** Words of a fused opcode and an `exit_tb` behind it: operands in registers, addresses and immediates small, branches to the end. */
function encodeParts(v: TciVariant, random: (below: number) => number): number[] {
  const end = formats.variants.find((x) => x.name === 'exit_tb')!;
  const words: number[] = [];
  for (const part of [...v.parts, end]) {
    const at = words.length;
    const def = OP_DEFS[part.op];
    words.push(at === 0 ? v.code : part.code, ...Array.from({ length: part.words - 1 }, () => 0));
    const setByte = (byte: number, value: number): void => { words[at + (byte >> 2)]! |= value << ((byte & 3) * 8); };
    for (let k = 0; k < part.slots; k++) {
      // The token of a read-modify-write: 0, or what its load has made.
      const isToken = part.name.startsWith(k === 1 ? 'guest_rmw_ld' : k === 0 ? 'guest_rmw_st' : '-');
      setByte(slotOffset(k), LAYOUT.globals[isToken ? G.n : random(4)]!.slot);
    }
    let w = at + immediateOffset(part.slots) / 4;
    if (part.kind === 'const') words[w] = random(0x800);
    if (part.immediate) words[w++] = random(32);
    if (part.oi) words[w++] = makeOi(part.attrs[0]!, part.attrs[1]!, 0);
    def?.attrs.forEach((kind, i) => {
      if (part.attrs[i] !== undefined) return;
      words[w] = kind === 'label' ? (v.words - w) * 4 : kind === 'exit' ? 40 : THERE;
      w++;
    });
  }
  return words;
}

describe('every fused opcode', () => {
  it('does what its parts do one after the other', () => {
    let seed = 1;
    const random = (below: number): number => (seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0) % below;
    const exit = newTb(false);
    exit.exit_tb(41, 4);
    for (const v of fused) {
      machine.clear().add(exit.tb, 0);
      machine.add(exit.tb, THERE);
      // The last one: more code has room behind it.
      const header = machine.add(exit.tb, 0x100);
      new Int32Array(machine.memory.buffer, tciCodeAddress(header, 1)).set(encodeParts(v, random));
      const values = [0, 1, 2, 3].map(() => random(0x1200));
      const code = machine.run(header, (m) => values.forEach((value, g) => m.view.setUint32(m.slot(g), value, true)));
      // The end, a TB that it has gone to, or a fault.
      expect([40, 41, 4], v.name).toContain(code);
    }
  });
});
