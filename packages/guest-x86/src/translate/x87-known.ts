/**
 * What a block under construction knows of the x87 register stack at the present point of its stream; x87-stack.ts says what it is good for. Registers are
 * counted from the one that was ST(0) when the block read TOP; bit n of a set stands for the n-th.
 */
import type { Temp } from '@wasm-tcg/ir';

const REGISTERS = 8;

export interface KnownStack {
  /** No exception waits: status word without ES. */
  quiet: boolean;
  /** Everything below means something. */
  read: boolean;
  /** TOP as it was read, and what has been added to it since, 0–7. */
  base: Temp;
  moved: number;
  /** `fpEmpty` as it is now: a local that is written again and again. */
  tags: Temp;
  /** Registers that are full, and registers that are empty, whichever way the block has taken. */
  full: number;
  empty: number;
  /** Physical number, address in the state structure, and tag bit of each register; −1 = not computed yet. */
  readonly place: Int32Array;
  readonly cell: Int32Array;
  readonly tag: Int32Array;
}

export function newKnownStack(): KnownStack {
  return {
    quiet: false, read: false, base: -1, moved: 0, tags: -1, full: 0, empty: 0,
    place: new Int32Array(REGISTERS), cell: new Int32Array(REGISTERS), tag: new Int32Array(REGISTERS),
  };
}

/** Nothing is known. */
export function forgetKnown(stack: KnownStack): void {
  stack.quiet = false;
  stack.read = false;
}

/** The stack has just been read into `base` and `tags`. */
export function beginKnown(stack: KnownStack, base: Temp, tags: Temp): void {
  stack.read = true;
  stack.base = base;
  stack.tags = tags;
  stack.moved = 0;
  stack.full = 0;
  stack.empty = 0;
  stack.place.fill(-1);
  stack.cell.fill(-1);
  stack.tag.fill(-1);
}
