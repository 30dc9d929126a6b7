/**
 * String instructions. With a repeat prefix each iteration is one guest instruction that goes back to itself through a link: it is
 * precise, ends when the budget does, and takes interrupts between iterations, as the manual says. After the last iteration rip
 * moves on at once.
 *
 * Behind an iteration a helper makes as many of those that follow as it can without a fault, a device or a look at code (assembly/integer/string.ts),
 * within the budget. What it leaves, single iterations do; so a TB that is given one instruction makes one iteration.
 */
import { Cond, type Temp, Type } from '@wasm-tcg/ir';
import { OperandKind, Seg } from '../decode/index.ts';
import { helperId } from '../helpers/table.ts';
import { linear, load, probeStore, store, uncheckedSegment } from './address.ts';
import { G, type Compared, type Ctx } from './context.ts';
import type { Size } from './emit.ts';
import { After, endDirect, endIteration } from './exit.ts';
import { setSub } from './flags.ts';
import type { Handler, HandlersOf } from './handler.ts';
import { checkPort, portIn, portOut } from './io.ts';

const RSI = 6;
const RDI = 7;

const STRING_MOVE = helperId('string_move');
const STRING_FILL = helperId('string_fill');
const STRING_SCAN = helperId('string_scan');
const STRING_COMPARE = helperId('string_compare');

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

/** SCAS and CMPS give what they compare; the pointers have moved on. */
function scas(c: Ctx, out: Compared): void {
  out.size = elementSize(c);
  out.a = G.rax;
  out.b = load(c, elementAddress(c, RDI, out.size, false), out.size);
  advance(c, RDI, stride(c, out.size));
}

function cmps(c: Ctx, out: Compared): void {
  out.size = elementSize(c);
  out.a = load(c, elementAddress(c, RSI, out.size, false), out.size);
  out.b = load(c, elementAddress(c, RDI, out.size, false), out.size);
  const step = stride(c, out.size);
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

/** A helper that makes further iterations, and what it is told. */
interface Further {
  readonly helper: number;
  /** Registers of the addresses that it takes, in its order, and that move on. */
  readonly pointers: readonly number[];
  /** It takes an element behind them: that of rAX. */
  readonly element: boolean;
}

const MOVE: Further = { helper: STRING_MOVE, pointers: [RSI, RDI], element: false };
const FILL: Further = { helper: STRING_FILL, pointers: [RDI], element: true };
const SCAN: Further = { helper: STRING_SCAN, pointers: [RDI], element: true };
const COMPARE: Further = { helper: STRING_COMPARE, pointers: [RSI, RDI], element: false };

/**
 * Iterations by a helper, between one and the next. Not where each has to be looked at (traps, alignment), or where addresses need a check or
 * wrap at less than a word.
 */
function iterateFurther(c: Ctx, { helper, pointers, element }: Further, stop = 0): void {
  const { insn } = c;
  if ((c.hflags & After.all) !== 0 || c.aligned || insn.addrSize !== c.wordSize) return;
  if (!uncheckedSegment(c, Seg.ES) || (pointers.includes(RSI) && !uncheckedSegment(c, insn.seg))) return;
  const size = elementSize(c);
  const args = pointers.map((reg) => c.toI64(elementAddress(c, reg, size, false)));
  if (element) args.push(c.toI64(G.rax));
  const made = c.tb.newLocal(Type.i32);
  c.b.call(helper, made, [...args, c.toI64(G.rcx), G.df, c.k32(Math.log2(size) | (c.mmu << 8) | (stop << 16))]);
  const count = c.fromI32(made);
  const by = c.mul(count, stride(c, size));
  for (const reg of pointers) advance(c, reg, by);
  c.writeGpr(G.rcx, insn.addrSize, c.sub(G.rcx, count));
}

/** Count an iteration; the last one goes to `done`. */
function countDown(c: Ctx, done: number): void {
  const width = c.insn.addrSize;
  const left = c.addI(c.zext(G.rcx, width), -1);
  c.writeGpr(G.rcx, width, left);
  c.b.brcond(c.W, c.zext(left, width), c.k(0), Cond.eq, done);
}

/**
 * 32-bit addresses in 64-bit code: a repeated instruction begins by zero-extending RCX, so that it is when the count is zero from the start or
 * the first access faults. As recorded, MOVS and STOS do the same to their pointers, and the others do not.
 */
function extendRegisters(c: Ctx, pointers: readonly number[]): void {
  if (!c.wide || c.insn.addrSize !== 4) return;
  for (const reg of pointers) c.writeGpr(reg, 4, reg);
  c.writeGpr(G.rcx, 4, G.rcx);
}

/** One instruction, or one iteration of a repeated one. */
const repeatable = (body: Handler, pointers: readonly number[] = [], further?: Further): Handler => (c) => {
  if (!c.insn.rep && !c.insn.repne) {
    body(c);
    return;
  }
  const done = c.tb.newLabel();
  extendRegisters(c, pointers);
  c.b.brcond(c.W, c.zext(G.rcx, c.insn.addrSize), c.k(0), Cond.eq, done);
  body(c);
  countDown(c, done);
  if (further !== undefined) {
    iterateFurther(c, further);
    c.b.brcond(c.W, G.rcx, c.k(0), Cond.eq, done);
  }
  endIteration(c);
  c.label(done);
  endDirect(c, 1, c.next);
};

/**
 * SCAS and CMPS; REPE goes on while the elements are equal, REPNE while they differ. The flags are those of the last comparison: processors write
 * them when the instruction is done, and an interrupt between iterations sees the old ones.
 */
const comparing = (body: (c: Ctx, out: Compared) => void, further: Further): Handler => (c) => {
  const { insn } = c;
  const { compared } = c;
  if (!insn.rep && !insn.repne) {
    body(c, compared);
    setSub(c, compared.size, c.sub(compared.a, compared.b), compared.a, compared.b);
    return;
  }
  const none = c.tb.newLabel();
  const done = c.tb.newLabel();
  extendRegisters(c, []);
  c.b.brcond(c.W, c.zext(G.rcx, insn.addrSize), c.k(0), Cond.eq, none);
  body(c, compared);
  const { size, a, b } = compared;
  const difference = c.sub(a, b);
  countDown(c, done);
  c.b.brcond(c.W, difference, c.mask(size), insn.rep ? Cond.tstne : Cond.tsteq, done);
  iterateFurther(c, further, insn.rep ? 1 : 0);
  endIteration(c);
  c.label(none);
  endDirect(c, 1, c.next);
  c.label(done);
  setSub(c, size, difference, a, b);
  endDirect(c, 1, c.next);
};

export const STRING = {
  movs: repeatable(movs, [RSI, RDI], MOVE), stos: repeatable(stos, [RDI], FILL), lods: repeatable(lods), scas: comparing(scas, SCAN),
  cmps: comparing(cmps, COMPARE),
  ins: repeatable(ins), outs: repeatable(outs),
} satisfies HandlersOf<'movs' | 'stos' | 'lods' | 'scas' | 'cmps' | 'ins' | 'outs'>;
