/** One broken TB per rule, each the smallest change of a valid one. */
import { describe, expect, it } from 'vitest';
import { Op, parseTb, TbIr, TOY_HELPERS, TOY_TARGET, Type, verifyTb, type VerifyOptions } from '@wasm-tcg/ir';

const rules = (body: string, options?: VerifyOptions, wide = false): string[] => {
  const tb = parseTb(`tb toy ${wide ? 'wide' : 'narrow'}\nlocal t0:i32 t1:i32 t2:i64 t3:v128\n${body}`, TOY_TARGET, TOY_HELPERS);
  return verifyTb(tb, TOY_HELPERS, options).map((d) => d.rule);
};

describe('valid', () => {
  it.each([
    ['straight', 'insn_start 0, 0\nadd.i32 r0, r0, r1\ngoto_tb 0, 2'],
    ['defined on both paths', 'insn_start 0, 0\nbrcond.i32 r0, r1, eq, L0\nmov.i32 t0, $1\nbr L1\nL0:\nmov.i32 t0, $2\nL1:\nmov.i32 r0, t0\ngoto_tb 0, 1'],
    ['backward loop', 'insn_start 0, 0\nmov.i32 t0, $9\nL0:\nsub.i32 t0, t0, $1\nbrcond.i32 t0, $0, ne, L0\ngoto_tb 0, 1'],
    ['restored before a fault', 'insn_start 0, 0\nmov.i32 cc_op, $1\nguest_ld.i32 r0, r1, u32, 0\ngoto_tb 0, 1'],
    ['fault before write, next instruction', 'insn_start 0, 0\nmov.i32 r0, $1\ninsn_start 1, 0\nguest_ld.i32 r0, r1, u32, 0\ngoto_tb 0, 1'],
    ['an instruction that commits in steps', 'insn_start 0, 0x40000000\nmov.i32 r0, $1\nguest_ld.i32 r0, r1, u32, 0\ngoto_tb 0, 1'],
    ['the same with restored globals in the frame', 'insn_start 0, -0x7fffffff\nmov.i32 r0, $1\nguest_ld.i32 r0, r1, u32, 0\ngoto_tb 0, 1'],
    ['goto_ptr after pc', 'insn_start 0, 0\nmov.i32 pc, r0\ngoto_ptr'],
    ['exit after lookup change', 'insn_start 0, 0\ncall set_mode(r0)\nexit_tb 40, 4'],
    ['read-modify-write', 'insn_start 0, 0\nguest_rmw_ld.i32 t0, t1, r0, u32, 0\nadd.i32 t0, t0, $1\nguest_rmw_st.i32 t1, r0, t0, u32, 0\ngoto_tb 0, 1'],
    ['source op', 'insn_start 0, 0\nguest_atomic.i32 t0, r0, r1, add, u8, 0\ngoto_tb 0, 1', { stage: 'source' } as const],
  ])('%s', (_, body, options?: VerifyOptions) => expect(rules(body, options)).toEqual([]));
});

describe('invalid', () => {
  it.each([
    ['stage', 'insn_start 0, 0\nguest_atomic.i32 t0, r0, r1, add, u8, 0\ngoto_tb 0, 1'],
    ['operand', 'insn_start 0, 0\nadd.i32 t0, acc, r1\ngoto_tb 0, 1'],
    ['operand', 'insn_start 0, 0\nadd.v128 t3, v0, v1\ngoto_tb 0, 1'],
    ['output', 'insn_start 0, 0\nadd.i32 $1, r0, r1\ngoto_tb 0, 1'],
    ['output', 'insn_start 0, 0\nmov.i32 env, r1\ngoto_tb 0, 1'],
    ['output', 'insn_start 0, 0\nadd.i32 page_base, page_base, $0x1000\ngoto_tb 0, 1'],
    ['output', 'insn_start 0, 0\nadd2.i32 t0, t0, r0, r0, r1, r1\ngoto_tb 0, 1'],
    ['attr', 'insn_start 0, 0\nextract.i32 t0, r0, 24, 9\ngoto_tb 0, 1'],
    ['attr', 'insn_start 0, 0\nbswap.i32 t0, r0, 64\ngoto_tb 0, 1'],
    ['attr', 'insn_start 0, 0\nguest_ld.i32 t0, r0, u64, 0\ngoto_tb 0, 1'],
    ['attr', 'insn_start 0, 0\nguest_ld.i32 t0, r0, u32, 2\ngoto_tb 0, 1'],
    ['attr', 'insn_start 0, 0\nvunary t3, v0, i8x16.add\ngoto_tb 0, 1'],
    ['attr', 'insn_start 0, 0\nvextract t2, v0, 3, 2\ngoto_tb 0, 1'],
    ['attr', 'insn_start 0, 0\nvshuffle t3, v0, v1, v0\ngoto_tb 0, 1'],
    ['attr', 'insn_start 0, 0\nexit_tb 0, 1'],
    ['attr', 'insn_start 0, 0\nbrcond.i32 r0, r1, eq, L0\ngoto_tb 0, 1\nL0:\ngoto_tb 0, 2'],
    ['slot', 'insn_start 0, 0\nst.i64 env, acc, 1020, u64\ngoto_tb 0, 1'],
    ['label', 'insn_start 0, 0\nbrcond.i32 r0, r1, eq, L0\ngoto_tb 0, 1'],
    ['label', 'insn_start 0, 0\nL0:\nL0:\ngoto_tb 0, 1'],
    ['end', 'insn_start 0, 0\nmov.i32 r0, r1'],
    ['end', 'insn_start 0, 0\ngoto_tb 0, 1\nmov.i32 r0, r1\ngoto_tb 0, 1'],
    ['insn', 'mov.i32 r0, r1\ngoto_tb 0, 1'],
    ['undefined', 'insn_start 0, 0\nmov.i32 r0, t0\ngoto_tb 0, 1'],
    ['undefined', 'insn_start 0, 0\nbrcond.i32 r0, r1, eq, L0\nmov.i32 t0, $1\nL0:\nmov.i32 r0, t0\ngoto_tb 0, 1'],
    ['fault', 'insn_start 0, 0\nmov.i32 r0, $1\nguest_ld.i32 r1, r2, u32, 0\ngoto_tb 0, 1'],
    ['fault', 'insn_start 0, 0\ncall settle(r0)\ncall check(r1)\ngoto_tb 0, 1'],
    ['fault', 'insn_start 0, -1\nmov.i32 cc_op, $1\nguest_ld.i32 r1, r2, u32, 0\ngoto_tb 0, 1'],
    ['fault', 'insn_start 0, 0\nL0:\nguest_ld.i32 t0, r2, u32, 0\nmov.i32 r0, t0\nbrcond.i32 r0, $0, ne, L0\ngoto_tb 0, 1'],
    ['lookup', 'insn_start 0, 0\ncall set_mode(r0)\ngoto_tb 0, 1'],
    ['lookup', 'insn_start 0, 0\ncall set_mode(r0)\ninsn_start 1, 0\nexit_tb 40, 1'],
    ['pc', 'insn_start 0, 0\nmov.i32 r0, pc\ngoto_tb 0, 1'],
    ['pc', 'insn_start 0, 0\nmov.i32 pc, r0\ninsn_start 1, 0\ngoto_tb 0, 1'],
    ['token', 'insn_start 0, 0\nmov.i32 t1, $0\nguest_rmw_st.i32 t1, r0, r1, u32, 0\ngoto_tb 0, 1'],
    ['token', 'insn_start 0, 0\nguest_rmw_ld.i32 t0, t1, r0, u32, 0\ninsn_start 1, 0\nguest_rmw_st.i32 t1, r0, t0, u32, 0\ngoto_tb 0, 1'],
  ])('[%s] %j', (rule, body) => expect(rules(body)).toEqual([rule]));

  it.each([
    ['a length that is not the op\'s', (tb: TbIr) => { tb.code[0] = Op.insn_start | (3 << 16); }],
    ['an op that is none', (tb: TbIr) => { tb.code[0] = 0xff; }],
    ['a wrong op count', (tb: TbIr) => { tb.ops++; }],
    ['a wrong instruction count', (tb: TbIr) => { tb.insns++; }],
  ])('[stream] %s', (_, damage) => {
    const tb = new TbIr(TOY_TARGET);
    tb.emit(Op.insn_start, 0, 2, 0, 0);
    tb.emit(Op.mov, Type.i32, 2, 0, 1);
    tb.emit(Op.goto_tb, 0, 2, 0, 1);
    expect(verifyTb(tb, TOY_HELPERS)).toEqual([]);
    damage(tb);
    expect(verifyTb(tb, TOY_HELPERS).map((d) => d.rule)).toEqual(['stream']);
  });

  it('[label] asks for every member entry of a region', () => {
    expect(rules('L0:\ninsn_start 0, 0\ngoto_tb 0, 1', { region: 1 })).toEqual([]);
    expect(rules('L0:\ninsn_start 0, 0\nbr L1\nL1:\ninsn_start 0, 0\ngoto_tb 0, 1', { region: 2 })).toEqual([]);
    expect(rules('insn_start 0, 0\nL0:\ngoto_tb 0, 1', { region: 1 })).toEqual(['insn']);
    expect(rules('L0:\ninsn_start 0, 0\nbrcond.i32 r0, r1, eq, L2\nL2:\ngoto_tb 0, 1', { region: 2 })).toEqual(['label']);
  });
});
