/**
 * Integer ops on 64-bit constants, as two 32-bit halves: what folds them without BigInts, which cost some microseconds an op.
 */
import { Cond } from '../cond.ts';
import type { OpName } from '../ops.ts';

/** A 64-bit value; each half is a signed 32-bit number. */
export class Halves {
  lo = 0;
  hi = 0;

  set(lo: number, hi: number): void {
    this.lo = lo | 0;
    this.hi = hi | 0;
  }
}

/** An op on halves: writes its value into `d`. */
export type FoldWide = (d: Halves, aLo: number, aHi: number, bLo: number, bHi: number) => void;
/** An op of one input, with its attributes. */
export type FoldWide1 = (d: Halves, lo: number, hi: number, at: number, length: number) => void;

const shiftLeft = (d: Halves, lo: number, hi: number, by: number): void => {
  if (by >= 32) d.set(0, lo << (by - 32));
  // A shift of a half by 32 would be none.
  else d.set(lo << by, (hi << by) | (lo >>> 1 >>> (31 - by)));
};
const shiftRight = (d: Halves, lo: number, hi: number, by: number): void => {
  if (by >= 32) d.set(hi >>> (by - 32), 0);
  else d.set((lo >>> by) | (hi << 1 << (31 - by)), hi >>> by);
};
const shiftRightSigned = (d: Halves, lo: number, hi: number, by: number): void => {
  if (by >= 32) d.set(hi >> (by - 32), hi >> 31);
  else d.set((lo >>> by) | (hi << 1 << (31 - by)), hi >> by);
};
const rotateLeft = (d: Halves, lo: number, hi: number, by: number): void => {
  const [low, high] = by >= 32 ? [hi, lo] : [lo, hi];
  const rest = by & 31;
  d.set((low << rest) | (high >>> 1 >>> (31 - rest)), (high << rest) | (low >>> 1 >>> (31 - rest)));
};

export const FOLD_WIDE: Partial<Record<OpName, FoldWide>> = {
  add: (d, aLo, aHi, bLo, bHi) => {
    const lo = (aLo + bLo) | 0;
    d.set(lo, aHi + bHi + (lo >>> 0 < aLo >>> 0 ? 1 : 0));
  },
  sub: (d, aLo, aHi, bLo, bHi) => d.set(aLo - bLo, aHi - bHi - (aLo >>> 0 < bLo >>> 0 ? 1 : 0)),
  and: (d, aLo, aHi, bLo, bHi) => d.set(aLo & bLo, aHi & bHi),
  or: (d, aLo, aHi, bLo, bHi) => d.set(aLo | bLo, aHi | bHi),
  xor: (d, aLo, aHi, bLo, bHi) => d.set(aLo ^ bLo, aHi ^ bHi),
  andc: (d, aLo, aHi, bLo, bHi) => d.set(aLo & ~bLo, aHi & ~bHi),
  shl: (d, lo, hi, by) => shiftLeft(d, lo, hi, by & 63),
  shr: (d, lo, hi, by) => shiftRight(d, lo, hi, by & 63),
  sar: (d, lo, hi, by) => shiftRightSigned(d, lo, hi, by & 63),
  rotl: (d, lo, hi, by) => rotateLeft(d, lo, hi, by & 63),
  rotr: (d, lo, hi, by) => rotateLeft(d, lo, hi, -by & 63),
};

export const FOLD_WIDE_1: Partial<Record<OpName, FoldWide1>> = {
  neg: (d, lo, hi) => d.set(-lo, ~hi + (lo === 0 ? 1 : 0)),
  not: (d, lo, hi) => d.set(~lo, ~hi),
  extract: (d, lo, hi, at, length) => {
    shiftLeft(d, lo, hi, 64 - at - length);
    shiftRight(d, d.lo, d.hi, 64 - length);
  },
  sextract: (d, lo, hi, at, length) => {
    shiftLeft(d, lo, hi, 64 - at - length);
    shiftRightSigned(d, d.lo, d.hi, 64 - length);
  },
};

/** Does `a cond b` hold? */
export function holdsWide(cond: Cond, aLo: number, aHi: number, bLo: number, bHi: number): boolean {
  const equal = aLo === bLo && aHi === bHi;
  const low = aLo >>> 0 < bLo >>> 0;
  const less = aHi === bHi ? low : aHi < bHi;
  const below = aHi === bHi ? low : aHi >>> 0 < bHi >>> 0;
  switch (cond) {
    case Cond.eq: return equal;
    case Cond.ne: return !equal;
    case Cond.lt: return less;
    case Cond.ge: return !less;
    case Cond.le: return less || equal;
    case Cond.gt: return !less && !equal;
    case Cond.ltu: return below;
    case Cond.geu: return !below;
    case Cond.leu: return below || equal;
    case Cond.gtu: return !below && !equal;
    case Cond.tsteq: return ((aLo & bLo) | (aHi & bHi)) === 0;
    case Cond.tstne: return ((aLo & bLo) | (aHi & bHi)) !== 0;
  }
}
