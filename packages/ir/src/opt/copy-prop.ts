/**
 * Copy propagation: an input is replaced by the oldest temp that is known to have the same value (a constant, a local, a
 * global that has not been written since), and a move that would write what is there already is dropped.
 */
import { Op } from '../ops.ts';
import type { Walk } from './walk.ts';

/** Replace inputs `first` … `first + count − 1` (operand words) of the op at hand. */
export function propagate(w: Walk, first: number, count: number): void {
  const { code } = w;
  const base = w.p + 1 + first;
  for (let i = base; i < base + count; i++) code[i] = w.resolve(code[i]!);
}

/** Drop the move at hand when its destination has that value already. */
export function dropUseless(w: Walk): void {
  if (w.op !== Op.mov) return;
  const [d, s] = [w.x(0), w.x(1)];
  if (d === s || w.resolve(d) === s) w.drop();
}
