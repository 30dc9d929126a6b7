/** Integer conditions: setcond, negsetcond, movcond, and the comparison itself for whoever branches. */
import { Cond, Type } from '@wasm-tcg/ir';
import { Op } from '../encoder/opcodes.ts';
import { emit, INT, pair, pushInt, type Pair } from './common.ts';
import type { LowerCtx, Lowering } from './context.ts';

/** Comparisons by condition code, up to gtu; the test conditions compare a & b with 0. */
const COMPARE: readonly Pair[] = [
  pair(Op.i32_eq, Op.i64_eq),
  pair(Op.i32_ne, Op.i64_ne),
  pair(Op.i32_lt_s, Op.i64_lt_s),
  pair(Op.i32_ge_s, Op.i64_ge_s),
  pair(Op.i32_le_s, Op.i64_le_s),
  pair(Op.i32_gt_s, Op.i64_gt_s),
  pair(Op.i32_lt_u, Op.i64_lt_u),
  pair(Op.i32_ge_u, Op.i64_ge_u),
  pair(Op.i32_le_u, Op.i64_le_u),
  pair(Op.i32_gt_u, Op.i64_gt_u),
];

/**
 * Pushes whether input `a` stands in condition `cond` to input `b`, of type `c.type`: 1 or 0, or with `truthy` any i32 whose
 * being non-zero says it (enough for if, br_if and select).
 */
export function pushCond(c: LowerCtx, cond: Cond, a: number, b: number, truthy: boolean): void {
  const test = cond === Cond.tsteq || cond === Cond.tstne;
  c.in(a);
  if (test) {
    c.in(b);
    emit(c, INT.and);
  } else if (!(cond === Cond.eq || cond === Cond.ne) || !c.isConst(b) || c.constLo(b) !== 0 || c.constHi(b) !== 0) {
    c.in(b);
    emit(c, COMPARE[cond]);
    return;
  }
  // What is left compares with zero.
  if (cond === Cond.eq || cond === Cond.tsteq) {
    c.f.op(c.type === Type.i64 ? Op.i64_eqz : Op.i32_eqz);
  } else if (c.type === Type.i64 || !truthy) {
    pushInt(c, 0);
    emit(c, COMPARE[Cond.ne]);
  }
}

const setcond: Lowering = (c) => {
  c.outBegin(0);
  pushCond(c, c.attr(0) as Cond, 0, 1, false);
  c.outEnd(0);
};

const negsetcond: Lowering = (c) => {
  c.outBegin(0);
  pushInt(c, 0);
  pushCond(c, c.attr(0) as Cond, 0, 1, false);
  if (c.type === Type.i64) c.f.op(Op.i64_extend_i32_u);
  c.f.op(c.type === Type.i64 ? Op.i64_sub : Op.i32_sub);
  c.outEnd(0);
};

const movcond: Lowering = (c) => {
  c.outBegin(0);
  c.in(2);
  c.in(3);
  pushCond(c, c.attr(0) as Cond, 0, 1, true);
  c.f.select();
  c.outEnd(0);
};

export const COND = { setcond, negsetcond, movcond };
COND satisfies Record<string, Lowering>;
