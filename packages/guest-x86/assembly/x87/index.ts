// The x87 helpers: rows of src/helpers/table-x87.ts.
export {
  fpu_add, fpu_add_memory, fpu_div, fpu_div_memory, fpu_divr, fpu_divr_memory, fpu_mul, fpu_mul_memory, fpu_sub, fpu_sub_memory, fpu_subr, fpu_subr_memory,
} from './arithmetic';
export { fpu_com, fpu_com_memory, fpu_comi, fpu_ftst } from './compare';
export { fpu_error, fpu_fldcw, fpu_fnclex, fpu_fninit } from './control';
export { fpu_fldenv, fpu_fnsave, fpu_fnstenv, fpu_frstor } from './environment';
export { fpu_prem, fpu_rndint, fpu_scale, fpu_sqrt, fpu_xtract } from './functions';
export { fxrstor, fxsave } from './fxsave';
export { fpu_fbld, fpu_fild, fpu_fld_f32, fpu_fld_f64, fpu_fld_f80 } from './load';
export {
  fpu_quick_add, fpu_quick_add_memory, fpu_quick_compare, fpu_quick_compare_memory, fpu_quick_div, fpu_quick_div_memory, fpu_quick_integer, fpu_quick_mul,
  fpu_quick_mul_memory, fpu_quick_sqrt,
} from './quick';
export {
  fpu_cmov, fpu_fabs, fpu_fchs, fpu_ffree, fpu_ffreep, fpu_fld_constant, fpu_fld_st, fpu_fst_st, fpu_fstpnce, fpu_fxam, fpu_fxch, fpu_turn,
} from './stack';
export { fpu_2xm1, fpu_cos, fpu_patan, fpu_ptan, fpu_sin, fpu_sincos, fpu_yl2x, fpu_yl2xp1 } from './transcendental';
export { fpu_fbstp, fpu_fist, fpu_fst_f32, fpu_fst_f64, fpu_fstp_f80 } from './store';
