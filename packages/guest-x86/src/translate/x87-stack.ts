/**
 * The register stack in generated code. A block reads TOP and the tags once and then knows what it has pushed and popped, so that ST(i) is a cell a constant
 * number of places from there, and often that it is full.
 *
 * An instruction has a direct way, which is good for usual operands in a usual state, and an exact one by its helper. Invariant: behind both of them the
 * status word has no ES, TOP = (`base` + `moved`) mod 8, `tags` = `fpEmpty`, `full` and `empty` hold, and the state structure has it all. The exact way
 * comes to the same end as long as exceptions are masked; one that is not sets ES, and then this block is left.
 */
import { Cond, MO_32, MO_64, MO_16, Op, type Temp, Type } from '@wasm-tcg/ir';
import { FpuStatus } from '../state/fpu.ts';
import type { Ctx } from './context.ts';
import { After, endByPointer, writeNextPc } from './exit.ts';
import { beginKnown, forgetKnown } from './x87-known.ts';
import { stateAt } from './x87-common.ts';

const CELL_SHIFT = 4;
const PLACE_MASK = 7;
const FPR = stateAt('fpr');
const TOP = stateAt('fpTop');
const EMPTY = stateAt('fpEmpty');
const STATUS = stateAt('fpStatus');

const i32 = (c: Ctx, op: number, a: Temp, b: Temp): Temp => c.binary(op, Type.i32, a, b);

/** A register that an instruction names. */
export interface StackRegister {
  /** Its bit in the sets of the known stack. */
  readonly bit: number;
  /** Number of the physical register. */
  readonly place: Temp;
  /** Address of its cell. */
  readonly cell: Temp;
  /** Its bit of `fpEmpty`. */
  readonly tag: Temp;
}

// ---- what the block knows -----------------------------------------------------------------------------------------------------------

/** After an instruction that may have done anything to the unit. */
export function forgetStack(c: Ctx): void {
  forgetKnown(c.fpuStack);
}

function readStack(c: Ctx): void {
  const { b, tb, fpuStack } = c;
  if (fpuStack.read) return;
  beginKnown(fpuStack, tb.newLocal(Type.i32), tb.newLocal(Type.i32));
  b.ld(Type.i32, fpuStack.base, tb.env, TOP, MO_32);
  b.ld(Type.i32, fpuStack.tags, tb.env, EMPTY, MO_32);
}

/** ST(i). What is computed of it lasts to the end of the block: this is a point that all ways reach. */
function stackRegister(c: Ctx, i: number): StackRegister {
  const { fpuStack, tb } = c;
  const { place, cell, tag, base } = fpuStack;
  const n = (fpuStack.moved + i) & PLACE_MASK;
  if (place[n] === -1) {
    place[n] = i32(c, Op.and, n === 0 ? base : i32(c, Op.add, base, c.k32(n)), c.k32(PLACE_MASK));
    cell[n] = i32(c, Op.add, i32(c, Op.shl, place[n]!, c.k32(CELL_SHIFT)), i32(c, Op.add, tb.env, c.k32(FPR)));
    tag[n] = i32(c, Op.shl, c.k32(1), place[n]!);
  }
  return { bit: 1 << n, place: place[n]!, cell: cell[n]!, tag: tag[n]! };
}

/** The registers are full (or empty), whichever way has been taken. */
function learn(c: Ctx, full: number, empty: number): void {
  const { fpuStack } = c;
  fpuStack.full = (fpuStack.full & ~empty) | full;
  fpuStack.empty = (fpuStack.empty & ~full) | empty;
}

// ---- the two ways -----------------------------------------------------------------------------------------------------------------------

/** What the direct way of an instruction has at hand. */
export interface DirectWay {
  /** Branch here where the direct way is none, before anything has changed. */
  readonly exact: number;
  /** The registers that were asked for, in that order. */
  readonly st: readonly StackRegister[];
}

export interface BothWays {
  /** ST numbers of the registers that the direct way touches; −1: the one that is going to be pushed. */
  readonly st: readonly number[];
  /** Emits the direct way; it commits what it does to the stack with `fill`, `push` and `pop`. */
  readonly direct: (way: DirectWay) => void;
  /** Emits the call of the helper that does the whole instruction. */
  readonly exact: () => void;
  /** Emits what both do at last. */
  readonly last: () => void;
  /** The instruction has more to do than that: it never leaves the block, which then knows nothing. */
  readonly goesOn?: boolean;
}

/** Emit both ways of an instruction. */
export function bothWays(c: Ctx, { st, direct, exact, last, goesOn = false }: BothWays): void {
  const { b, tb, fpuStack } = c;
  readStack(c);
  const way = { exact: tb.newLabel(), st: st.map((i) => stackRegister(c, i)) };
  const done = tb.newLabel();
  direct(way);
  b.br(done);
  c.label(way.exact);
  exact();
  // Blocks that end behind each instruction need not be left.
  const stays = goesOn || (c.hflags & After.all) !== 0;
  if (!stays) {
    b.ld(Type.i32, fpuStack.tags, tb.env, EMPTY, MO_32);
    const status = tb.newLocal(Type.i32);
    b.ld(Type.i32, status, tb.env, STATUS, MO_32);
    b.brcond(Type.i32, status, c.k32(FpuStatus.ES), Cond.tsteq, done);
    const { fpuNoted, fpuNotedSeg } = c;
    last();
    c.fpuNoted = fpuNoted;
    c.fpuNotedSeg = fpuNotedSeg;
    writeNextPc(c);
    endByPointer(c);
    c.ended = false;
  }
  c.label(done);
  last();
  if (stays) forgetStack(c);
}

/** To the exact way if any of the registers is empty. */
export function needFull(c: Ctx, way: DirectWay, ...registers: readonly StackRegister[]): void {
  const { full, tags } = c.fpuStack;
  const unknown = registers.filter(({ bit }) => (full & bit) === 0).map(({ tag }) => tag);
  if (unknown.length === 0) return;
  c.b.brcond(Type.i32, tags, unknown.reduce((all, tag) => i32(c, Op.or, all, tag)), Cond.tstne, way.exact);
}

/** To the exact way if the register that is going to be pushed is full. */
export function needRoom(c: Ctx, way: DirectWay, next: StackRegister): void {
  const { empty, tags } = c.fpuStack;
  if ((empty & next.bit) === 0) c.b.brcond(Type.i32, tags, next.tag, Cond.tsteq, way.exact);
}

function setTags(c: Ctx, tags: Temp): void {
  c.b.mov(Type.i32, c.fpuStack.tags, tags);
  c.b.st(Type.i32, c.tb.env, c.fpuStack.tags, EMPTY, MO_32);
}

/** The instruction has written a register that has been there, and so has its exact way. */
export function fill(c: Ctx, register: StackRegister): void {
  if ((c.fpuStack.full & register.bit) === 0) setTags(c, i32(c, Op.andc, c.fpuStack.tags, register.tag));
  learn(c, register.bit, 0);
}

/** The same of a register that is known to be full on the direct way: nothing to do there. */
export function keep(c: Ctx, register: StackRegister): void {
  learn(c, register.bit, 0);
}

/** Make the register that `needRoom` has asked for ST(0). */
export function push(c: Ctx, next: StackRegister): void {
  setTags(c, i32(c, Op.andc, c.fpuStack.tags, next.tag));
  learn(c, next.bit, 0);
  c.b.st(Type.i32, c.tb.env, next.place, TOP, MO_32);
  c.fpuStack.moved = (c.fpuStack.moved - 1) & PLACE_MASK;
}

/** `top` is ST(0). */
export function pop(c: Ctx, top: StackRegister): void {
  setTags(c, i32(c, Op.or, c.fpuStack.tags, top.tag));
  learn(c, 0, top.bit);
  c.b.st(Type.i32, c.tb.env, i32(c, Op.and, i32(c, Op.add, top.place, c.k32(1)), c.k32(PLACE_MASK)), TOP, MO_32);
  c.fpuStack.moved = (c.fpuStack.moved + 1) & PLACE_MASK;
}

// ---- cells -----------------------------------------------------------------------------------------------------------------------------------

/** What is in a register: two i64, for that is how it has been written, and processors forward no two stores to one load. */
export interface Cell {
  readonly head: Temp;
  readonly significand: Temp;
}

export function copyCell(c: Ctx, to: StackRegister, from: StackRegister): void {
  storeCell(c, to, loadCell(c, from));
}

export function loadCell(c: Ctx, register: StackRegister): Cell {
  const head = c.tb.newLocal(Type.i64);
  c.b.ld(Type.i64, head, register.cell, 8, MO_64);
  return { head, significand: loadSignificand(c, register) };
}

export function storeCell(c: Ctx, register: StackRegister, { head, significand }: Cell): void {
  storeParts(c, register, head, significand);
}

/** Sign and exponent, i32. */
export function loadHead(c: Ctx, { cell }: StackRegister): Temp {
  const d = c.tb.newLocal(Type.i32);
  c.b.ld(Type.i32, d, cell, 8, MO_16);
  return d;
}

export function storeHead(c: Ctx, { cell }: StackRegister, head: Temp): void {
  c.b.st(Type.i32, cell, head, 8, MO_16);
}

/** Significand, i64. */
export function loadSignificand(c: Ctx, { cell }: StackRegister): Temp {
  const d = c.tb.newLocal(Type.i64);
  c.b.ld(Type.i64, d, cell, 0, MO_64);
  return d;
}

/** Both as i64. */
export function storeParts(c: Ctx, { cell }: StackRegister, head: Temp, significand: Temp): void {
  c.b.st(Type.i64, cell, significand, 0, MO_64);
  c.b.st(Type.i64, cell, head, 8, MO_64);
}

// ---- status word -----------------------------------------------------------------------------------------------------------------------------

/** Clear C1 and set `more` (i32) if it is given: flags that are masked, condition codes. `cleared`: what else is cleared. */
export function setStatus(c: Ctx, more?: Temp, cleared = 0): void {
  const { b, tb } = c;
  const old = tb.newLocal(Type.i32);
  b.ld(Type.i32, old, tb.env, STATUS, MO_32);
  const kept = i32(c, Op.and, old, c.k32(~(FpuStatus.C1 | cleared)));
  b.st(Type.i32, tb.env, more === undefined ? kept : i32(c, Op.or, kept, more), STATUS, MO_32);
}
