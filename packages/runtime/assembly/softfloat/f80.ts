/**
 * The x87 format on cells of 16 bytes: all its operations. Rounding, precision, masks, flags and C1: state.ts. A destination may be one of
 * the operands. After an unmasked IE, DE or ZE (`sfFlags & ~sfMasks & 7`) a destination holds nothing of use: the x87 keeps its registers.
 * The stores to f32, f64, integers and BCD are not to be made after an unmasked OE or UE either.
 */
export { f80_patan } from './f80-arctangent';
export { f80_add, f80_div, f80_mul, f80_sqrt, f80_sub } from './f80-arithmetic';
export { bcd_to_f80, f80_to_bcd } from './f80-bcd';
export { f80_constant } from './f80-constants';
export {
  f32_to_f80, f64_to_f80, f80_compare, f80_compare_signaling, f80_to_f32, f80_to_f64, f80_to_i16, f80_to_i32, f80_to_i64, i16_to_f80, i32_to_f80,
  i64_to_f80,
} from './f80-convert';
export { f80_f2xm1 } from './f80-exponential';
export { REM_INCOMPLETE, f80_extract, f80_rem, f80_round_int, f80_scale } from './f80-integral';
export { f80_yl2x, f80_yl2xp1 } from './f80-logarithm';
export { f80_cos, f80_sin, f80_sincos, f80_tan } from './f80-trigonometry';
