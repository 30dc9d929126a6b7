/** Corner cases of the op docs, as rows: op and type, inputs, attributes, outputs. */
import { describe, expect, it } from 'vitest';
import { Cond, evalOp, FCond, Op, OPS, Type, type OpName, type TypeName } from '@wasm-tcg/ir';

const MIN32 = 0x80000000n;
const MIN64 = 1n << 63n;
const M64 = (1n << 64n) - 1n;
const NAN64 = 0x7ff8000000000000n;

const ROWS: readonly [string, readonly bigint[], readonly number[], readonly bigint[]][] = [
  ['add.i32', [0xffffffffn, 2n], [], [1n]],
  ['sub.i64', [0n, 1n], [], [M64]],
  ['mul.i32', [0x10001n, 0x10001n], [], [0x20001n]],
  ['divs.i32', [MIN32, 0xffffffffn], [], [MIN32]],
  ['divs.i32', [7n, 0n], [], [0xffffffffn]],
  ['divs.i32', [0xfffffff9n, 2n], [], [0xfffffffdn]],
  ['rems.i32', [MIN32, 0xffffffffn], [], [0n]],
  ['rems.i32', [0xfffffff9n, 2n], [], [0xffffffffn]],
  ['divu.i64', [5n, 0n], [], [M64]],
  ['remu.i64', [5n, 0n], [], [5n]],
  ['add2.i32', [0xffffffffn, 0n, 1n, 5n], [], [0n, 6n]],
  ['sub2.i64', [0n, 0n, 1n, 0n], [], [M64, M64]],
  ['mulu2.i64', [M64, M64], [], [1n, M64 - 1n]],
  ['muls2.i64', [M64, M64], [], [1n, 0n]],
  ['divu2.i64', [0n, 1n, 2n], [], [MIN64, 0n]],
  ['divu2.i64', [0n, 2n, 2n], [], [0n, 0n]],
  ['divu2.i32', [1n, 1n, 0n], [], [0n, 0n]],
  ['divs2.i32', [0xffffffffn, 0xffffffffn, 1n], [], [0xffffffffn, 0n]],
  ['divs2.i32', [0n, 1n, 1n], [], [0n, 0n]],
  ['shl.i32', [1n, 33n], [], [2n]],
  ['sar.i64', [MIN64, 63n], [], [M64]],
  ['rotl.i32', [0x80000001n, 1n], [], [3n]],
  ['rotr.i32', [1n, 0n], [], [1n]],
  ['clz.i32', [0n], [], [32n]],
  ['ctz.i64', [0n], [], [64n]],
  ['ctz.i64', [8n], [], [3n]],
  ['bswap.i64', [0x1122334455667788n], [32], [0x88776655n]],
  ['bswap.i32', [0xaabbccddn], [16], [0xddccn]],
  ['extract.i32', [0xabcd1234n], [8, 8], [0x12n]],
  ['sextract.i64', [0x80n], [0, 8], [M64 - 0x7fn]],
  ['deposit.i32', [0xffffffffn, 0x1200n], [8, 8], [0xffff00ffn]],
  ['extract2.i32', [0x11111111n, 0x22222222n], [32], [0x22222222n]],
  ['extract2.i32', [0x11111111n, 0x22222222n], [16], [0x22221111n]],
  ['exts', [MIN32], [], [0xffffffff80000000n]],
  ['concat', [1n, 2n], [], [0x200000001n]],
  ['setcond.i64', [M64, 0n], [Cond.lt], [1n]],
  ['setcond.i64', [M64, 0n], [Cond.ltu], [0n]],
  ['negsetcond.i64', [4n, 6n], [Cond.tstne], [M64]],
  ['movcond.i32', [1n, 2n, 3n, 4n], [Cond.gtu], [4n]],
  ['fadd.f32', [0x3f800000n, 0x33800000n], [], [0x3f800000n]],
  ['fneg.f64', [NAN64], [], [NAN64 | MIN64]],
  ['fnearest.f64', [0x4004000000000000n], [], [0x4000000000000000n]],
  ['fsetcond.f64', [NAN64, 0n], [FCond.ne], [1n]],
  ['fsetcond.f64', [NAN64, 0n], [FCond.le], [0n]],
  // 2^53 + 2^29 + 1 lies just above a tie of f32: two roundings would go down.
  ['fcvt_s.f32', [(1n << 53n) + (1n << 29n) + 1n], [], [0x5a000001n]],
  ['fcvt_u.f64', [M64], [], [0x43f0000000000000n]],
  ['ftoi_s.f64', [0x7ff0000000000000n], [], [MIN64 - 1n]],
  ['ftoi_u.f32', [0xbf800000n], [], [0n]],
  ['ftoi_s.f64', [NAN64], [], [0n]],
  ['vselect', [0xff00n, 0x00ffn, 0xf0f0n], [], [0xf00fn]],
  ['vsplat', [0x1ffn], [1], [0x01ff01ff01ff01ff01ff01ff01ff01ffn]],
  ['vinsert', [0n, 0x1abn], [0, 3], [0xab000000n]],
  ['vextract', [0xab000000n], [0, 3], [0xabn]],
  ['vget0.f64', [(5n << 64n) | NAN64], [], [NAN64]],
  ['vget0.f32', [(5n << 64n) | 0x3f80_0000_7f80_0001n], [], [0x7f80_0001n]],
  ['vset0.f64', [(5n << 64n) | 7n, NAN64], [], [(5n << 64n) | NAN64]],
  ['vset0.f32', [(5n << 64n) | 0x1_0000_0007n, 0x7f80_0001n], [], [(5n << 64n) | 0x1_7f80_0001n]],
];

describe('evalOp', () => {
  it.each(ROWS)('%s %s %s', (text, inputs, attrs, outputs) => {
    const [name, type] = text.split('.') as [OpName, TypeName | undefined];
    expect(OPS[name].in.length).toBe(inputs.length);
    expect(evalOp(Op[name], type ? Type[type] : 0, inputs, attrs)).toEqual(outputs);
  });
});
