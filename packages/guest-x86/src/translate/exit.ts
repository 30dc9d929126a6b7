/**
 * How a TB is left: directly to a known target, or to whatever the frame names. All paths write cc_op if the frame's is stale, and
 * run what follows an instruction under TF or in an interrupt shadow (such TBs have one instruction).
 */
import type { Temp } from '@wasm-tcg/ir';
import { helperId } from '../helpers/table.ts';
import { HFlag } from '../state/hflags.ts';
import { G, type Ctx } from './context.ts';

const SINGLE_STEP = helperId('single_step');
const END_SHADOW = helperId('end_shadow');

/** What happens after the instruction besides going on. */
export const After = {
  /** The trap of TF, and the end of an interrupt shadow that the instruction ran in. */
  all: HFlag.TF | HFlag.SHADOW,
  /** STI: starts a shadow of its own. */
  trap: HFlag.TF,
  /** INT n (TF is cleared), MOV SS (the trap is held off as interrupts are). */
  nothing: 0,
} as const;
export type After = (typeof After)[keyof typeof After];

function afterwards(c: Ctx, what: number): void {
  if ((c.hflags & what & HFlag.SHADOW) !== 0) c.b.call(END_SHADOW, -1, []);
  if ((c.hflags & what & HFlag.TF) !== 0) c.b.call(SINGLE_STEP, -1, []);
}

/** Leave to the TB that rip, written already, names. */
export function endByPointer(c: Ctx, after: After = After.all): void {
  c.storeCcOp();
  afterwards(c, after);
  c.b.goto_ptr();
  c.ended = true;
}

/** Leave to a computed pc (a word, masked and checked). */
export function endAt(c: Ctx, target: Temp): void {
  c.mov(G.rip, target);
  endByPointer(c);
}

/** Leave to the code at page base + delta through a link slot. */
export function endDirect(c: Ctx, slot: 0 | 1, delta: number): void {
  if ((c.hflags & After.all) !== 0) {
    endAt(c, c.pc(delta));
    return;
  }
  c.storeCcOp();
  c.noteExit(slot);
  c.b.goto_tb(slot, delta);
  c.ended = true;
}

/** Write rip of the next instruction: before helpers that read it, and before `endByPointer`. */
export function writeNextPc(c: Ctx): void {
  c.mov(G.rip, c.nextPc());
}
