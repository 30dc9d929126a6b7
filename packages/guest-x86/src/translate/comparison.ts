/** A comparison as `brcond`, `setcond` and `movcond` take it. */
import { Cond, type Temp, Type } from '@wasm-tcg/ir';

/** `a cond b` in a type. */
export interface Comparison {
  cond: Cond;
  type: Type;
  a: Temp;
  b: Temp;
}

/** One to be reused. */
export function newComparison(): Comparison {
  return { cond: Cond.eq, type: Type.i32, a: 0, b: 0 };
}
