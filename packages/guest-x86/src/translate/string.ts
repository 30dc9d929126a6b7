/**
 * String instructions. With a repeat prefix each iteration is one guest instruction that goes back to itself through a link: it is
 * precise, ends when the budget does, and takes interrupts between iterations, as the manual says. After the last iteration rip
 * moves on at once.
 */
import { Cond, type Temp, Type } from '@wasm-tcg/ir';
import { OperandKind, Seg } from '../decode/index.ts';
import { linear, load, probeStore, store } from './address.ts';
import { condition } from './cond.ts';
import { G, type Ctx } from './context.ts';
import type { Size } from './emit.ts';
import { endDirect } from './exit.ts';
import { setSub } from './flags.ts';
import type { Handler, HandlersOf } from './handler.ts';
import { checkPort, portIn, portOut } from './io.ts';

const RSI = 6;
const RDI = 7;

/** The element's size: that of the memory operand. */
function elementSize(c: Ctx): Size {
  const first = c.insn.opKinds[0];
  return c.insn.opSizes[first === OperandKind.SrcIndex || first === OperandKind.DstIndex ? 0 : 1] as Size;
}

/** Linear address of seg:[rSI] or ES:[rDI]. */
function elementAddress(c: Ctx, reg: number, size: Size, write: boolean): Temp {
  return linear(c, reg === RSI ? c.insn.seg : Seg.ES, c.zext(reg, c.insn.addrSize), size, write);
}

/** ± size, by DF. */
function stride(c: Ctx, size: Size): Temp {
  let step: Temp = G.df;
  if (c.wide) {
    step = c.tb.newLocal(Type.i64);
    c.b.exts(step, G.df);
  }
  return c.shlI(step, Math.log2(size));
}

function advance(c: Ctx, reg: number, step: Temp): void {
  c.writeGpr(reg, c.insn.addrSize, c.add(reg, step));
}

function movs(c: Ctx): void {
  const size = elementSize(c);
  const value = load(c, elementAddress(c, RSI, size, false), size);
  store(c, elementAddress(c, RDI, size, true), value, size);
  const step = stride(c, size);
  advance(c, RSI, step);
  advance(c, RDI, step);
}

function stos(c: Ctx): void {
  const size = elementSize(c);
  store(c, elementAddress(c, RDI, size, true), G.rax, size);
  advance(c, RDI, stride(c, size));
}

function lods(c: Ctx): void {
  const size = elementSize(c);
  const value = load(c, elementAddress(c, RSI, size, false), size);
  c.writeGpr(G.rax, size, value);
  advance(c, RSI, stride(c, size));
}

function scas(c: Ctx): void {
  const size = elementSize(c);
  const value = load(c, elementAddress(c, RDI, size, false), size);
  setSub(c, size, c.sub(G.rax, value), G.rax, value);
  advance(c, RDI, stride(c, size));
}

function cmps(c: Ctx): void {
  const size = elementSize(c);
  const a = load(c, elementAddress(c, RSI, size, false), size);
  const b = load(c, elementAddress(c, RDI, size, false), size);
  setSub(c, size, c.sub(a, b), a, b);
  const step = stride(c, size);
  advance(c, RSI, step);
  advance(c, RDI, step);
}

/** INS: the destination is known to be writable before the port is read. */
function ins(c: Ctx): void {
  const size = elementSize(c);
  const port = c.toI32(c.zext(G.rdx, 2));
  checkPort(c, port, size);
  const address = elementAddress(c, RDI, size, true);
  probeStore(c, address, size);
  store(c, address, portIn(c, port, size), size);
  advance(c, RDI, stride(c, size));
  c.last = true;
}

function outs(c: Ctx): void {
  const size = elementSize(c);
  const port = c.toI32(c.zext(G.rdx, 2));
  checkPort(c, port, size);
  const value = load(c, elementAddress(c, RSI, size, false), size);
  portOut(c, port, value, size);
  advance(c, RSI, stride(c, size));
  c.last = true;
}

/** One instruction, or one iteration of a repeated one. `compares`: REPE and REPNE look at ZF. */
const repeatable = (body: Handler, compares = false): Handler => (c) => {
  const { insn } = c;
  if (!insn.rep && !insn.repne) {
    body(c);
    return;
  }
  const width = insn.addrSize;
  const count = c.copy(c.zext(G.rcx, width));
  const { ccOp, ccDirty } = c;
  const none = c.tb.newLabel();
  const done = c.tb.newLabel();
  c.b.brcond(c.W, count, c.k(0), Cond.eq, none);
  body(c);
  const left = c.addI(count, -1);
  c.writeGpr(G.rcx, width, left);
  c.b.brcond(c.W, left, c.k(0), Cond.eq, done);
  if (compares) {
    const x = condition(c, insn.rep ? 5 : 4);
    c.b.brcond(x.type, x.a, x.b, x.cond, done);
  }
  endDirect(c, 0, c.delta);
  c.label(done);
  endDirect(c, 1, c.next);
  // Nothing to do: the flags are those from before.
  c.label(none);
  c.ccOp = ccOp;
  c.ccDirty = ccDirty;
  endDirect(c, 1, c.next);
};

export const STRING = {
  movs: repeatable(movs), stos: repeatable(stos), lods: repeatable(lods), scas: repeatable(scas, true), cmps: repeatable(cmps, true),
  ins: repeatable(ins), outs: repeatable(outs),
} satisfies HandlersOf<'movs' | 'stos' | 'lods' | 'scas' | 'cmps' | 'ins' | 'outs'>;
