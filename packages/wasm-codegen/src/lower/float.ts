/** Scalar floating point: Wasm's own operations, which round to nearest even and leave NaN payloads open, as the ops do. */
import { FCond, Type } from '@wasm-tcg/ir';
import { Op, type Opcode } from '../encoder/opcodes.ts';
import { direct, pair, type Pair } from './common.ts';
import type { LowerCtx, Lowering } from './context.ts';

const COMPARE: { readonly [K in FCond]?: Pair } = {
  [FCond.eq]: pair(Op.f32_eq, Op.f64_eq),
  [FCond.ne]: pair(Op.f32_ne, Op.f64_ne),
  [FCond.lt]: pair(Op.f32_lt, Op.f64_lt),
  [FCond.le]: pair(Op.f32_le, Op.f64_le),
  [FCond.gt]: pair(Op.f32_gt, Op.f64_gt),
  [FCond.ge]: pair(Op.f32_ge, Op.f64_ge),
};

const choose = (c: LowerCtx, op: Pair): Opcode<'none'> => (c.type === Type.f64 ? op.wide : op.narrow);

const fsetcond: Lowering = (c) => {
  const cond = c.attr(0) as FCond;
  const compare = COMPARE[cond];
  c.outBegin(0);
  if (compare !== undefined) {
    c.in(0);
    c.in(1);
    c.f.op(choose(c, compare));
  } else {
    // A number equals itself, a NaN does not.
    const self = choose(c, cond === FCond.ord ? pair(Op.f32_eq, Op.f64_eq) : pair(Op.f32_ne, Op.f64_ne));
    c.in(0);
    c.in(0);
    c.f.op(self);
    c.in(1);
    c.in(1);
    c.f.op(self).op(cond === FCond.ord ? Op.i32_and : Op.i32_or);
  }
  c.outEnd(0);
};

const fbits: Lowering = (c) => {
  c.outBegin(0);
  c.in(0);
  if (c.type === Type.f64) c.f.op(Op.f64_reinterpret_i64);
  else c.f.op(Op.i32_wrap_i64).op(Op.f32_reinterpret_i32);
  c.outEnd(0);
};

const ibits: Lowering = (c) => {
  c.outBegin(0);
  c.in(0);
  if (c.type === Type.f64) c.f.op(Op.i64_reinterpret_f64);
  else c.f.op(Op.i32_reinterpret_f32).op(Op.i64_extend_i32_u);
  c.outEnd(0);
};

export const FLOAT = {
  fadd: direct(2, Op.f32_add, Op.f64_add),
  fsub: direct(2, Op.f32_sub, Op.f64_sub),
  fmul: direct(2, Op.f32_mul, Op.f64_mul),
  fdiv: direct(2, Op.f32_div, Op.f64_div),
  fsqrt: direct(1, Op.f32_sqrt, Op.f64_sqrt),
  fneg: direct(1, Op.f32_neg, Op.f64_neg),
  fabs: direct(1, Op.f32_abs, Op.f64_abs),
  ffloor: direct(1, Op.f32_floor, Op.f64_floor),
  fceil: direct(1, Op.f32_ceil, Op.f64_ceil),
  ftrunc: direct(1, Op.f32_trunc, Op.f64_trunc),
  fnearest: direct(1, Op.f32_nearest, Op.f64_nearest),
  fsetcond,
  fpromote: direct(1, Op.f64_promote_f32),
  fdemote: direct(1, Op.f32_demote_f64),
  fcvt_s: direct(1, Op.f32_convert_i64_s, Op.f64_convert_i64_s),
  fcvt_u: direct(1, Op.f32_convert_i64_u, Op.f64_convert_i64_u),
  ftoi_s: direct(1, Op.i64_trunc_sat_f32_s, Op.i64_trunc_sat_f64_s),
  ftoi_u: direct(1, Op.i64_trunc_sat_f32_u, Op.i64_trunc_sat_f64_u),
  fbits,
  ibits,
};
FLOAT satisfies Record<string, Lowering>;
