/**
 * Algebra on vectors: what an operation on two equal operands gives. Guests clear a register by exclusive-or with itself and set it by
 * comparing it with itself; as a constant it no longer depends on what it was.
 */
import { VOP_DEFS, type VopDef } from '../vops.ts';
import type { Walk } from './walk.ts';

const Equal = { unknown: 0, zeros: 1, ones: 2, operand: 3 } as const;

/** Integer and bitwise operations only: a NaN does not equal itself, and ∞ − ∞ is none. */
function onEqual({ name, lane, kind }: VopDef): number {
  if (kind !== 'binary' || lane.startsWith('f')) return Equal.unknown;
  const op = name.slice(lane.length + 1);
  if (/^(xor|andnot|sub(_sat_[su])?|ne|[lg]t_[su])$/.test(op)) return Equal.zeros;
  if (/^(eq|[lg]e_[su])$/.test(op)) return Equal.ones;
  return /^(and|or|(min|max|avgr)_[su])$/.test(op) ? Equal.operand : Equal.unknown;
}

const ON_EQUAL: Uint8Array = Uint8Array.from(VOP_DEFS, onEqual);

/** d = vop(a, b). */
export function vbinary(w: Walk): void {
  const a = w.x(1);
  if (a !== w.x(2)) return;
  const result = ON_EQUAL[w.x(3)]!;
  if (result === Equal.operand) w.toMov(a);
  else if (result !== Equal.unknown) w.toMov(w.vector(result === Equal.ones ? 0xff : 0));
}
