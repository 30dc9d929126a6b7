/**
 * Integer conditions of `brcond`, `setcond`, `negsetcond` and `movcond`. A condition and its inverse differ in bit 0
 * only, so that `cond ^ 1` inverts.
 */
export const Cond = {
  eq: 0,
  ne: 1,
  lt: 2,
  ge: 3,
  le: 4,
  gt: 5,
  ltu: 6,
  geu: 7,
  leu: 8,
  gtu: 9,
  /** (a & b) == 0 */
  tsteq: 10,
  /** (a & b) != 0 */
  tstne: 11,
} as const;
export type CondName = keyof typeof Cond;
export type Cond = (typeof Cond)[CondName];

/** Names in code order. */
export const COND_NAMES = Object.keys(Cond) as readonly CondName[];

/** The condition that holds exactly when `c` does not. */
export function invertCond(c: Cond): Cond {
  return (c ^ 1) as Cond;
}

/** The condition `c'` with `a c b` ⇔ `b c' a`. */
export function swapCond(c: Cond): Cond {
  switch (c) {
    case Cond.lt: return Cond.gt;
    case Cond.gt: return Cond.lt;
    case Cond.le: return Cond.ge;
    case Cond.ge: return Cond.le;
    case Cond.ltu: return Cond.gtu;
    case Cond.gtu: return Cond.ltu;
    case Cond.leu: return Cond.geu;
    case Cond.geu: return Cond.leu;
    default: return c;
  }
}

/**
 * Floating-point conditions of `fsetcond`. All are false on a NaN operand but `ne` and `uno`, which are true (IEEE 754
 * §5.11, quiet predicates).
 */
export const FCond = { eq: 0, ne: 1, lt: 2, le: 3, gt: 4, ge: 5, ord: 6, uno: 7 } as const;
export type FCondName = keyof typeof FCond;
export type FCond = (typeof FCond)[FCondName];
export const FCOND_NAMES = Object.keys(FCond) as readonly FCondName[];
