/**
 * The register stack in generated code. A block keeps TOP and the tags in two locals, beside the state structure: what it has pushed and popped since it
 * read them is known, so that ST(i) is a cell a constant number of places from there.
 *
 * Invariant: at each point that all ways reach, TOP = (`fpuBase` + `fpuMoved`) mod 8, `fpuTags` = `fpEmpty`, and the state structure holds both.
 * An instruction has a direct way, and an exact one by its helper; the helper may leave the stack anyhow (an unmasked exception does not pop), so its way
 * ends by reading it again.
 */
import { Cond, MO_128, MO_32, MO_64, MO_16, Op, type Temp, Type } from '@wasm-tcg/ir';
import { FpuStatus } from '../state/fpu.ts';
import type { Ctx } from './context.ts';
import { stateAt } from './x87-common.ts';

const CELL_SHIFT = 4;
const PLACE_MASK = 7;
const FPR = stateAt('fpr');
const TOP = stateAt('fpTop');
const EMPTY = stateAt('fpEmpty');
const STATUS = stateAt('fpStatus');

const i32 = (c: Ctx, op: number, a: Temp, b: Temp): Temp => c.binary(op, Type.i32, a, b);

/** What a register is, and what its tag is. */
export interface StackRegister {
  /** Number of the physical register. */
  readonly place: Temp;
  /** Address of its cell; the state structure's offset is yet to be added. */
  readonly cell: Temp;
  /** Its bit of `fpEmpty`. */
  readonly tag: Temp;
}

// ---- what the block knows -----------------------------------------------------------------------------------------------------------

function readStack(c: Ctx): void {
  const { b, tb } = c;
  b.ld(Type.i32, c.fpuBase, tb.env, TOP, MO_32);
  b.ld(Type.i32, c.fpuTags, tb.env, EMPTY, MO_32);
}

/** Before an instruction that has a direct way: TOP and tags are in locals. */
function knowStack(c: Ctx): void {
  if (c.fpuKnown) return;
  c.fpuBase = c.tb.newLocal(Type.i32);
  c.fpuTags = c.tb.newLocal(Type.i32);
  c.fpuMoved = 0;
  c.fpuKnown = true;
  readStack(c);
}

/** After an instruction that may have done anything to the stack. */
export function forgetStack(c: Ctx): void {
  c.fpuKnown = false;
}

/** ST(i). */
export function stackRegister(c: Ctx, i: number): StackRegister {
  const { tb } = c;
  const moved = (c.fpuMoved + i) & PLACE_MASK;
  const sum = moved === 0 ? c.fpuBase : i32(c, Op.add, c.fpuBase, c.k32(moved));
  const place = i32(c, Op.and, sum, c.k32(PLACE_MASK));
  const cell = i32(c, Op.add, i32(c, Op.shl, place, c.k32(CELL_SHIFT)), tb.env);
  return { place, cell, tag: i32(c, Op.shl, c.k32(1), place) };
}

/** Address of a register's cell as helpers take it. */
export function cellAddress(c: Ctx, { cell }: StackRegister): Temp {
  return i32(c, Op.add, cell, c.k32(FPR));
}

// ---- the two ways -----------------------------------------------------------------------------------------------------------------------

/** An instruction on its direct way: where the others go. */
export interface DirectWay {
  /** Branch here before anything has changed. */
  readonly exact: number;
}

/**
 * Emit both ways of an instruction.
 *
 * @param direct emits the direct way, and branches to `exact` where it is none; it commits what it does to the stack with `push` and `pop`
 * @param exact emits the call of the helper that does the whole instruction
 */
export function bothWays(c: Ctx, direct: (way: DirectWay) => void, exact: () => void): void {
  knowStack(c);
  const way = { exact: c.tb.newLabel() };
  const done = c.tb.newLabel();
  direct(way);
  c.b.br(done);
  c.label(way.exact);
  exact();
  readStack(c);
  if (c.fpuMoved !== 0) c.b.mov(Type.i32, c.fpuBase, i32(c, Op.sub, c.fpuBase, c.k32(c.fpuMoved)));
  c.label(done);
}

/** To the exact way if any of the registers is empty. */
export function needFull(c: Ctx, way: DirectWay, ...registers: readonly StackRegister[]): void {
  const tags = registers.map(({ tag }) => tag).reduce((all, tag) => i32(c, Op.or, all, tag));
  c.b.brcond(Type.i32, c.fpuTags, tags, Cond.tstne, way.exact);
}

/** The register that is going to be pushed; to the exact way if it is full. */
export function needRoom(c: Ctx, way: DirectWay): StackRegister {
  const next = stackRegister(c, -1);
  c.b.brcond(Type.i32, c.fpuTags, next.tag, Cond.tsteq, way.exact);
  return next;
}

function setTags(c: Ctx, tags: Temp): void {
  c.b.mov(Type.i32, c.fpuTags, tags);
  c.b.st(Type.i32, c.tb.env, c.fpuTags, EMPTY, MO_32);
}

/** A register has been written. */
export function markFull(c: Ctx, { tag }: StackRegister): void {
  setTags(c, i32(c, Op.andc, c.fpuTags, tag));
}

/** Make the register that `needRoom` has given ST(0). */
export function push(c: Ctx, next: StackRegister): void {
  markFull(c, next);
  c.b.st(Type.i32, c.tb.env, next.place, TOP, MO_32);
  c.fpuMoved = (c.fpuMoved - 1) & PLACE_MASK;
}

/** `top` is ST(0). */
export function pop(c: Ctx, top: StackRegister): void {
  setTags(c, i32(c, Op.or, c.fpuTags, top.tag));
  c.b.st(Type.i32, c.tb.env, i32(c, Op.and, i32(c, Op.add, top.place, c.k32(1)), c.k32(PLACE_MASK)), TOP, MO_32);
  c.fpuMoved = (c.fpuMoved + 1) & PLACE_MASK;
}

// ---- cells -----------------------------------------------------------------------------------------------------------------------------------

export function copyCell(c: Ctx, to: StackRegister, from: StackRegister): void {
  storeCell(c, to, loadCell(c, from));
}

export function loadCell(c: Ctx, { cell }: StackRegister): Temp {
  const d = c.tb.newLocal(Type.v128);
  c.b.ld(Type.v128, d, cell, FPR, MO_128);
  return d;
}

export function storeCell(c: Ctx, { cell }: StackRegister, value: Temp): void {
  c.b.st(Type.v128, cell, value, FPR, MO_128);
}

/** Sign and exponent, i32. */
export function loadHead(c: Ctx, { cell }: StackRegister): Temp {
  const d = c.tb.newLocal(Type.i32);
  c.b.ld(Type.i32, d, cell, FPR + 8, MO_16);
  return d;
}

export function storeHead(c: Ctx, { cell }: StackRegister, head: Temp): void {
  c.b.st(Type.i32, cell, head, FPR + 8, MO_16);
}

/** Significand, i64. */
export function loadSignificand(c: Ctx, { cell }: StackRegister): Temp {
  const d = c.tb.newLocal(Type.i64);
  c.b.ld(Type.i64, d, cell, FPR, MO_64);
  return d;
}

/** Both as i64. */
export function storeParts(c: Ctx, { cell }: StackRegister, head: Temp, significand: Temp): void {
  c.b.st(Type.i64, cell, significand, FPR, MO_64);
  c.b.st(Type.i64, cell, head, FPR + 8, MO_64);
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
