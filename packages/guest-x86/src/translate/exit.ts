/**
 * How a TB is left: directly to a known target, or to whatever the frame names. All paths write cc_op if the frame's is stale, and
 * run what follows an instruction under TF, with breakpoints on, or in an interrupt shadow (such TBs have one instruction).
 */
import { Cond, type Temp, Type } from '@wasm-tcg/ir';
import { MN } from '../decode/index.ts';
import { helperId } from '../helpers/table.ts';
import { DebugTrap, HFlag } from '../state/hflags.ts';
import { G, type Ctx } from './context.ts';

const DEBUG_TRAP = helperId('debug_trap');
const BEGIN_SHADOW = helperId('begin_shadow');
const END_SHADOW = helperId('end_shadow');
const NOTICE_INTERRUPTS = helperId('notice_interrupts');

/** What happens after the instruction besides going on. */
export const After = {
  /** The traps of TF and of breakpoints, and the end of an interrupt shadow that the instruction ran in. */
  all: HFlag.TF | HFlag.DR | HFlag.SHADOW,
  /** STI: starts a shadow of its own. */
  trap: HFlag.TF | HFlag.DR,
  /** INT n, which has cleared TF: data breakpoints only. */
  breakpoints: HFlag.DR,
  /** MOV SS: traps are held off as interrupts are. */
  nothing: 0,
} as const;
export type After = (typeof After)[keyof typeof After];

function afterwards(c: Ctx, what: number, repeats: boolean): void {
  const now = c.hflags & what;
  if ((now & HFlag.SHADOW) !== 0) c.b.call(END_SHADOW, -1, []);
  if ((now & After.trap) === 0) return;
  const endsRf = (c.hflags & HFlag.RF) !== 0 && c.insn.mnemonic !== MN.iret;
  const how = ((now & HFlag.TF) !== 0 ? DebugTrap.singleStep : 0) | (repeats ? DebugTrap.repeats : 0) | (endsRf ? DebugTrap.endsRf : 0);
  c.b.call(DEBUG_TRAP, -1, [c.k32(how), c.toI64(c.nextPc())]);
}

/** Leave to the TB that rip, written already, names. */
export function endByPointer(c: Ctx, after: After = After.all, repeats = false): void {
  c.storeCcOp();
  afterwards(c, after, repeats);
  c.b.goto_ptr();
  c.ended = true;
}

/**
 * Behind an instruction that seldom changes what the next one is looked up by, or lets an interrupt in: leave if `changed` (i32) is not 0, else the TB goes on.
 * So entering and leaving a kernel, which loads segments and restores flags that are what they were, is no chain of look-ups.
 */
export function endIf(c: Ctx, changed: Temp): void {
  if ((c.hflags & After.all) !== 0) {
    writeNextPc(c);
    c.b.call(NOTICE_INTERRUPTS, -1, []);
    endByPointer(c);
    return;
  }
  const stay = c.tb.newLabel();
  c.b.brcond(Type.i32, changed, c.k32(0), Cond.eq, stay);
  writeNextPc(c);
  c.storeCcOp();
  c.b.call(NOTICE_INTERRUPTS, -1, []);
  c.b.goto_ptr();
  c.label(stay);
}

/**
 * Behind STI; `state` (i32) is what its helper said. Inside a TB nothing interrupts, so that the shadow over the next instruction need not be noted if that is in
 * the same TB, and if nothing waits to interrupt behind it: the TB goes on then. {@link endBetween} sees to the rest.
 */
export function endOrCastShadow(c: Ctx, state: Temp): void {
  const goesOn = c.tb.newLabel();
  if ((c.hflags & After.all) !== 0) {
    writeNextPc(c);
    c.b.brcond(Type.i32, state, c.k32(0), Cond.eq, goesOn);
    c.b.call(BEGIN_SHADOW, -1, []);
    c.label(goesOn);
    endByPointer(c, After.trap);
    return;
  }
  c.b.brcond(Type.i32, state, c.k32(2), Cond.ne, goesOn);
  endInShadow(c, c.next);
  c.label(goesOn);
  c.shadow = state;
}

function endInShadow(c: Ctx, delta: number): void {
  c.mov(G.rip, c.pc(delta));
  c.storeCcOp();
  c.b.call(BEGIN_SHADOW, -1, []);
  c.b.goto_ptr();
}

/** Leave to the next instruction, since the TB is to have no more of them. */
export function endBetween(c: Ctx, delta: number): void {
  if (c.shadow >= 0) {
    const none = c.tb.newLabel();
    c.b.brcond(Type.i32, c.shadow, c.k32(0), Cond.eq, none);
    endInShadow(c, delta);
    c.label(none);
  }
  endDirect(c, 0, delta);
}

/** Leave to a computed pc (a word, masked and checked). */
export function endAt(c: Ctx, target: Temp): void {
  c.mov(G.rip, target);
  endByPointer(c);
}

/** Leave to the code at page base + delta through a link slot. */
export function endDirect(c: Ctx, slot: 0 | 1, delta: number): void {
  if ((c.hflags & After.all) !== 0) endAt(c, c.pc(delta));
  else endLinked(c, slot, delta);
}

/** A repeated string instruction goes on with itself. */
export function endIteration(c: Ctx): void {
  if ((c.hflags & After.all) === 0) {
    endLinked(c, 0, c.delta);
    return;
  }
  c.mov(G.rip, c.pc(c.delta));
  endByPointer(c, After.all, true);
}

function endLinked(c: Ctx, slot: 0 | 1, delta: number): void {
  c.storeCcOp();
  c.noteExit(slot);
  c.b.goto_tb(slot, delta);
  c.ended = true;
}

/** Write rip of the next instruction: before helpers that read it, and before `endByPointer`. */
export function writeNextPc(c: Ctx): void {
  c.mov(G.rip, c.nextPc());
}
