/**
 * Vector operations: what the `vop` attribute of `vunary`, `vbinary`, `vshift` and `vtest` selects. One row is one
 * instruction of Wasm SIMD (WebAssembly core specification 2.0, §5.4.8), named as there; a row's position is its code.
 *
 * Not here because other ops cover them: loads and stores, splat, extract_lane, replace_lane, shuffle, bitselect, const.
 * Semantics: `vops-eval.ts`.
 */
/** Which op carries it: `vunary`, `vbinary`, `vshift` or `vtest`. */
export type VopKind = 'unary' | 'binary' | 'shift' | 'test';

/** Shape in which the operation looks at its operands (for a narrowing or widening: shape of the result). */
export type Lane = 'v128' | 'i8x16' | 'i16x8' | 'i32x4' | 'i64x2' | 'f32x4' | 'f64x2';

const un = <const N extends number>(opcode: N) => ({ kind: 'unary', opcode }) as const;
const bin = <const N extends number>(opcode: N) => ({ kind: 'binary', opcode }) as const;
const shift = <const N extends number>(opcode: N) => ({ kind: 'shift', opcode }) as const;
const test = <const N extends number>(opcode: N) => ({ kind: 'test', opcode }) as const;

export const VOPS = {
  'i8x16.swizzle': bin(0x0e),

  // ---- comparisons: lanes of all ones or zero ----------------------------------------------------------------------------
  'i8x16.eq': bin(0x23), 'i8x16.ne': bin(0x24),
  'i8x16.lt_s': bin(0x25), 'i8x16.lt_u': bin(0x26), 'i8x16.gt_s': bin(0x27), 'i8x16.gt_u': bin(0x28),
  'i8x16.le_s': bin(0x29), 'i8x16.le_u': bin(0x2a), 'i8x16.ge_s': bin(0x2b), 'i8x16.ge_u': bin(0x2c),
  'i16x8.eq': bin(0x2d), 'i16x8.ne': bin(0x2e),
  'i16x8.lt_s': bin(0x2f), 'i16x8.lt_u': bin(0x30), 'i16x8.gt_s': bin(0x31), 'i16x8.gt_u': bin(0x32),
  'i16x8.le_s': bin(0x33), 'i16x8.le_u': bin(0x34), 'i16x8.ge_s': bin(0x35), 'i16x8.ge_u': bin(0x36),
  'i32x4.eq': bin(0x37), 'i32x4.ne': bin(0x38),
  'i32x4.lt_s': bin(0x39), 'i32x4.lt_u': bin(0x3a), 'i32x4.gt_s': bin(0x3b), 'i32x4.gt_u': bin(0x3c),
  'i32x4.le_s': bin(0x3d), 'i32x4.le_u': bin(0x3e), 'i32x4.ge_s': bin(0x3f), 'i32x4.ge_u': bin(0x40),
  'i64x2.eq': bin(0xd6), 'i64x2.ne': bin(0xd7),
  'i64x2.lt_s': bin(0xd8), 'i64x2.gt_s': bin(0xd9), 'i64x2.le_s': bin(0xda), 'i64x2.ge_s': bin(0xdb),
  'f32x4.eq': bin(0x41), 'f32x4.ne': bin(0x42), 'f32x4.lt': bin(0x43), 'f32x4.gt': bin(0x44), 'f32x4.le': bin(0x45), 'f32x4.ge': bin(0x46),
  'f64x2.eq': bin(0x47), 'f64x2.ne': bin(0x48), 'f64x2.lt': bin(0x49), 'f64x2.gt': bin(0x4a), 'f64x2.le': bin(0x4b), 'f64x2.ge': bin(0x4c),

  // ---- bitwise -----------------------------------------------------------------------------------------------------------
  'v128.not': un(0x4d), 'v128.and': bin(0x4e), 'v128.andnot': bin(0x4f), 'v128.or': bin(0x50), 'v128.xor': bin(0x51),
  'v128.any_true': test(0x53),

  // ---- i8x16 -------------------------------------------------------------------------------------------------------------
  'i8x16.abs': un(0x60), 'i8x16.neg': un(0x61), 'i8x16.popcnt': un(0x62),
  'i8x16.all_true': test(0x63), 'i8x16.bitmask': test(0x64),
  'i8x16.narrow_i16x8_s': bin(0x65), 'i8x16.narrow_i16x8_u': bin(0x66),
  'i8x16.shl': shift(0x6b), 'i8x16.shr_s': shift(0x6c), 'i8x16.shr_u': shift(0x6d),
  'i8x16.add': bin(0x6e), 'i8x16.add_sat_s': bin(0x6f), 'i8x16.add_sat_u': bin(0x70),
  'i8x16.sub': bin(0x71), 'i8x16.sub_sat_s': bin(0x72), 'i8x16.sub_sat_u': bin(0x73),
  'i8x16.min_s': bin(0x76), 'i8x16.min_u': bin(0x77), 'i8x16.max_s': bin(0x78), 'i8x16.max_u': bin(0x79),
  'i8x16.avgr_u': bin(0x7b),

  // ---- i16x8 -------------------------------------------------------------------------------------------------------------
  'i16x8.extadd_pairwise_i8x16_s': un(0x7c), 'i16x8.extadd_pairwise_i8x16_u': un(0x7d),
  'i16x8.abs': un(0x80), 'i16x8.neg': un(0x81), 'i16x8.q15mulr_sat_s': bin(0x82),
  'i16x8.all_true': test(0x83), 'i16x8.bitmask': test(0x84),
  'i16x8.narrow_i32x4_s': bin(0x85), 'i16x8.narrow_i32x4_u': bin(0x86),
  'i16x8.extend_low_i8x16_s': un(0x87), 'i16x8.extend_high_i8x16_s': un(0x88),
  'i16x8.extend_low_i8x16_u': un(0x89), 'i16x8.extend_high_i8x16_u': un(0x8a),
  'i16x8.shl': shift(0x8b), 'i16x8.shr_s': shift(0x8c), 'i16x8.shr_u': shift(0x8d),
  'i16x8.add': bin(0x8e), 'i16x8.add_sat_s': bin(0x8f), 'i16x8.add_sat_u': bin(0x90),
  'i16x8.sub': bin(0x91), 'i16x8.sub_sat_s': bin(0x92), 'i16x8.sub_sat_u': bin(0x93), 'i16x8.mul': bin(0x95),
  'i16x8.min_s': bin(0x96), 'i16x8.min_u': bin(0x97), 'i16x8.max_s': bin(0x98), 'i16x8.max_u': bin(0x99),
  'i16x8.avgr_u': bin(0x9b),
  'i16x8.extmul_low_i8x16_s': bin(0x9c), 'i16x8.extmul_high_i8x16_s': bin(0x9d),
  'i16x8.extmul_low_i8x16_u': bin(0x9e), 'i16x8.extmul_high_i8x16_u': bin(0x9f),

  // ---- i32x4 -------------------------------------------------------------------------------------------------------------
  'i32x4.extadd_pairwise_i16x8_s': un(0x7e), 'i32x4.extadd_pairwise_i16x8_u': un(0x7f),
  'i32x4.abs': un(0xa0), 'i32x4.neg': un(0xa1), 'i32x4.all_true': test(0xa3), 'i32x4.bitmask': test(0xa4),
  'i32x4.extend_low_i16x8_s': un(0xa7), 'i32x4.extend_high_i16x8_s': un(0xa8),
  'i32x4.extend_low_i16x8_u': un(0xa9), 'i32x4.extend_high_i16x8_u': un(0xaa),
  'i32x4.shl': shift(0xab), 'i32x4.shr_s': shift(0xac), 'i32x4.shr_u': shift(0xad),
  'i32x4.add': bin(0xae), 'i32x4.sub': bin(0xb1), 'i32x4.mul': bin(0xb5),
  'i32x4.min_s': bin(0xb6), 'i32x4.min_u': bin(0xb7), 'i32x4.max_s': bin(0xb8), 'i32x4.max_u': bin(0xb9),
  'i32x4.dot_i16x8_s': bin(0xba),
  'i32x4.extmul_low_i16x8_s': bin(0xbc), 'i32x4.extmul_high_i16x8_s': bin(0xbd),
  'i32x4.extmul_low_i16x8_u': bin(0xbe), 'i32x4.extmul_high_i16x8_u': bin(0xbf),

  // ---- i64x2 -------------------------------------------------------------------------------------------------------------
  'i64x2.abs': un(0xc0), 'i64x2.neg': un(0xc1), 'i64x2.all_true': test(0xc3), 'i64x2.bitmask': test(0xc4),
  'i64x2.extend_low_i32x4_s': un(0xc7), 'i64x2.extend_high_i32x4_s': un(0xc8),
  'i64x2.extend_low_i32x4_u': un(0xc9), 'i64x2.extend_high_i32x4_u': un(0xca),
  'i64x2.shl': shift(0xcb), 'i64x2.shr_s': shift(0xcc), 'i64x2.shr_u': shift(0xcd),
  'i64x2.add': bin(0xce), 'i64x2.sub': bin(0xd1), 'i64x2.mul': bin(0xd5),
  'i64x2.extmul_low_i32x4_s': bin(0xdc), 'i64x2.extmul_high_i32x4_s': bin(0xdd),
  'i64x2.extmul_low_i32x4_u': bin(0xde), 'i64x2.extmul_high_i32x4_u': bin(0xdf),

  // ---- f32x4, f64x2 (a NaN that an operation makes has unspecified sign and payload) --------------------------------------------
  'f32x4.ceil': un(0x67), 'f32x4.floor': un(0x68), 'f32x4.trunc': un(0x69), 'f32x4.nearest': un(0x6a),
  'f32x4.abs': un(0xe0), 'f32x4.neg': un(0xe1), 'f32x4.sqrt': un(0xe3),
  'f32x4.add': bin(0xe4), 'f32x4.sub': bin(0xe5), 'f32x4.mul': bin(0xe6), 'f32x4.div': bin(0xe7),
  'f32x4.min': bin(0xe8), 'f32x4.max': bin(0xe9), 'f32x4.pmin': bin(0xea), 'f32x4.pmax': bin(0xeb),
  'f64x2.ceil': un(0x74), 'f64x2.floor': un(0x75), 'f64x2.trunc': un(0x7a), 'f64x2.nearest': un(0x94),
  'f64x2.abs': un(0xec), 'f64x2.neg': un(0xed), 'f64x2.sqrt': un(0xef),
  'f64x2.add': bin(0xf0), 'f64x2.sub': bin(0xf1), 'f64x2.mul': bin(0xf2), 'f64x2.div': bin(0xf3),
  'f64x2.min': bin(0xf4), 'f64x2.max': bin(0xf5), 'f64x2.pmin': bin(0xf6), 'f64x2.pmax': bin(0xf7),

  // ---- conversions -------------------------------------------------------------------------------------------------------
  'f32x4.demote_f64x2_zero': un(0x5e), 'f64x2.promote_low_f32x4': un(0x5f),
  'i32x4.trunc_sat_f32x4_s': un(0xf8), 'i32x4.trunc_sat_f32x4_u': un(0xf9),
  'f32x4.convert_i32x4_s': un(0xfa), 'f32x4.convert_i32x4_u': un(0xfb),
  'i32x4.trunc_sat_f64x2_s_zero': un(0xfc), 'i32x4.trunc_sat_f64x2_u_zero': un(0xfd),
  'f64x2.convert_low_i32x4_s': un(0xfe), 'f64x2.convert_low_i32x4_u': un(0xff),
} as const;

export type VopName = keyof typeof VOPS;

/** One row, with what its name and position say. */
export interface VopDef {
  readonly name: VopName;
  readonly kind: VopKind;
  /** Number that follows the 0xFD prefix, to be written as unsigned LEB128. */
  readonly opcode: number;
  readonly lane: Lane;
}

/** Names in code order. */
export const VOP_NAMES = Object.keys(VOPS) as readonly VopName[];

/** Definitions in code order. */
export const VOP_DEFS: readonly VopDef[] = VOP_NAMES.map((name) => ({ name, lane: name.slice(0, name.indexOf('.')) as Lane, ...VOPS[name] }));

/** Code of each operation: value of a `vop` attribute. */
export const Vop: { readonly [K in VopName]: number } = Object.fromEntries(VOP_NAMES.map((n, i) => [n, i])) as { [K in VopName]: number };
