/** Vectors: `vop` rows are Wasm SIMD instructions; what remains is lanes, shuffles and selection. */
import { Type, VOP_DEFS, type VopKind } from '@wasm-tcg/ir';
import { Op, simdOpcode, type Opcode } from '../encoder/opcodes.ts';
import { badAttribute } from './common.ts';
import type { LowerCtx, Lowering } from './context.ts';

/** The instruction of a vop, with a check that the op is the one that carries it. */
function vopInstruction(c: LowerCtx, kind: VopKind): Opcode<'none'> {
  const code = c.attr(0);
  const def = VOP_DEFS[code];
  if (def === undefined || def.kind !== kind) throw badAttribute(`vop ${code} is not of kind ${kind}`);
  return simdOpcode(def.opcode);
}

function vop(kind: VopKind, inputs: number): Lowering {
  return (c) => {
    const instruction = vopInstruction(c, kind);
    c.outBegin(0);
    for (let i = 0; i < inputs; i++) c.in(i);
    c.f.op(instruction);
    c.outEnd(0);
  };
}

const vselect: Lowering = (c) => {
  c.outBegin(0);
  for (let i = 0; i < 3; i++) c.in(i);
  c.f.op(Op.v128_bitselect);
  c.outEnd(0);
};

/** By log2 of the lane size in bytes. */
const SPLAT = [Op.i8x16_splat, Op.i16x8_splat, Op.i32x4_splat, Op.i64x2_splat] as const;
const EXTRACT = [Op.i8x16_extract_lane_u, Op.i16x8_extract_lane_u, Op.i32x4_extract_lane, Op.i64x2_extract_lane] as const;
const INSERT = [Op.i8x16_replace_lane, Op.i16x8_replace_lane, Op.i32x4_replace_lane, Op.i64x2_replace_lane] as const;

/** Attribute 0: log2 of the lane size. */
function laneSize(c: LowerCtx): 0 | 1 | 2 | 3 {
  const size = c.attr(0);
  if (size >>> 0 > 3) throw badAttribute(`lanes of 2^${size} bytes`);
  return size as 0 | 1 | 2 | 3;
}

/** Attribute 1: lane number. */
function laneNumber(c: LowerCtx, size: number): number {
  const lane = c.attr(1);
  if (lane >>> 0 >= 16 >> size) throw badAttribute(`lane ${lane} of ${16 >> size}`);
  return lane;
}

const vsplat: Lowering = (c) => {
  const size = laneSize(c);
  c.outBegin(0);
  c.in(0);
  if (size < 3) c.f.op(Op.i32_wrap_i64);
  c.f.op(SPLAT[size]);
  c.outEnd(0);
};

const vextract: Lowering = (c) => {
  const size = laneSize(c);
  c.outBegin(0);
  c.in(0);
  c.f.lane(EXTRACT[size], laneNumber(c, size));
  if (size < 3) c.f.op(Op.i64_extend_i32_u);
  c.outEnd(0);
};

const vinsert: Lowering = (c) => {
  const size = laneSize(c);
  c.outBegin(0);
  c.in(0);
  c.in(1);
  if (size < 3) c.f.op(Op.i32_wrap_i64);
  c.f.lane(INSERT[size], laneNumber(c, size));
  c.outEnd(0);
};

/** The lowest lane as a float: no way through an integer register. */
const vget0: Lowering = (c) => {
  c.outBegin(0);
  c.in(0);
  c.f.lane(c.type === Type.f64 ? Op.f64x2_extract_lane : Op.f32x4_extract_lane, 0);
  c.outEnd(0);
};

const vset0: Lowering = (c) => {
  c.outBegin(0);
  c.in(0);
  c.in(1);
  c.f.lane(c.type === Type.f64 ? Op.f64x2_replace_lane : Op.f32x4_replace_lane, 0);
  c.outEnd(0);
};

/** Four bytes of a vector constant as one word. */
function word(bytes: Uint8Array, at: number): number {
  return bytes[at] | (bytes[at + 1] << 8) | (bytes[at + 2] << 16) | (bytes[at + 3] << 24);
}

const vshuffle: Lowering = (c) => {
  const { f } = c;
  const lanes = c.constVector(2);
  if (lanes !== undefined) {
    c.outBegin(0);
    c.in(0);
    c.in(1);
    f.shuffle(word(lanes, 0), word(lanes, 4), word(lanes, 8), word(lanes, 12));
    c.outEnd(0);
    return;
  }
  // The interpreter has the indices as data. swizzle gives 0 for an index above 15; index − 16 of a low one is above 15 too.
  const indices = c.inLocal(2);
  c.outBegin(0);
  c.in(0);
  f.get(indices).op(Op.i8x16_swizzle);
  c.in(1);
  f.get(indices).v128Const(0x10101010, 0x10101010, 0x10101010, 0x10101010).op(Op.i8x16_sub);
  f.op(Op.i8x16_swizzle).op(Op.v128_or);
  c.outEnd(0);
};

export const VECTOR = {
  vunary: vop('unary', 1),
  vbinary: vop('binary', 2),
  vshift: vop('shift', 2),
  vtest: vop('test', 1),
  vselect,
  vsplat,
  vextract,
  vinsert,
  vget0,
  vset0,
  vshuffle,
};
VECTOR satisfies Record<string, Lowering>;
