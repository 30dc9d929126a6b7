/**
 * Relaxed SIMD, also behind prefix 0xFD. Results may differ between processors, so no lowering of guest semantics may use
 * these without a test at start-up of what they do; V8 has them since 11.4 (Node 20 does not).
 */
import type { OpcodeRow } from './row.ts';

export const RELAXED = {
  'i8x16.relaxed_swizzle': ['none', 0x100, 'vv>v'],
  'i32x4.relaxed_trunc_f32x4_s': ['none', 0x101, 'v>v'],
  'i32x4.relaxed_trunc_f32x4_u': ['none', 0x102, 'v>v'],
  'i32x4.relaxed_trunc_f64x2_s_zero': ['none', 0x103, 'v>v'],
  'i32x4.relaxed_trunc_f64x2_u_zero': ['none', 0x104, 'v>v'],
  'f32x4.relaxed_madd': ['none', 0x105, 'vvv>v'],
  'f32x4.relaxed_nmadd': ['none', 0x106, 'vvv>v'],
  'f64x2.relaxed_madd': ['none', 0x107, 'vvv>v'],
  'f64x2.relaxed_nmadd': ['none', 0x108, 'vvv>v'],
  'i8x16.relaxed_laneselect': ['none', 0x109, 'vvv>v'],
  'i16x8.relaxed_laneselect': ['none', 0x10a, 'vvv>v'],
  'i32x4.relaxed_laneselect': ['none', 0x10b, 'vvv>v'],
  'i64x2.relaxed_laneselect': ['none', 0x10c, 'vvv>v'],
  'f32x4.relaxed_min': ['none', 0x10d, 'vv>v'],
  'f32x4.relaxed_max': ['none', 0x10e, 'vv>v'],
  'f64x2.relaxed_min': ['none', 0x10f, 'vv>v'],
  'f64x2.relaxed_max': ['none', 0x110, 'vv>v'],
  'i16x8.relaxed_q15mulr_s': ['none', 0x111, 'vv>v'],
  'i16x8.relaxed_dot_i8x16_i7x16_s': ['none', 0x112, 'vv>v'],
  'i32x4.relaxed_dot_i8x16_i7x16_add_s': ['none', 0x113, 'vvv>v'],
} as const;
RELAXED satisfies Record<string, OpcodeRow>;
