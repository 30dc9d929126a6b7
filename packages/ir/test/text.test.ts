import { describe, expect, it } from 'vitest';
import { IrParseError, parseTb, printTb, TOY_HELPERS, TOY_TARGET } from '@wasm-tcg/ir';

const parse = (text: string): ReturnType<typeof parseTb> => parseTb(text, TOY_TARGET, TOY_HELPERS);
const print = (text: string): string => printTb(parse(text), TOY_HELPERS);

const SAMPLE = `tb toy narrow csbase=0x10
local t0:i32 t1:i64 t2:f32 t3:v128 t4:f64
  insn_start 0x10, -1
  add.i32 t0, r0, $0x1000
  exts t1, t0
  guest_ld.i32 t0, t0, s16be.a1, 1
  brcond.i32 t0, $-1, tstne, L1
  mov.f32 t2, $bits:0x7fc00001
  mov.f64 t4, $-0
  mov.f64 t4, $1e+300
  fsetcond.f32 t0, t2, $0.5, uno
  vbinary t3, v0, $0x0f0e0d0c0b0a09080706050403020100, i8x16.swizzle
  ld.i32 t0, env, 0xc20, u8
  call t0 = mix(t0, $7)
  call settle(r1)
L0:
  movcond.i64 acc, t1, $0x8000000000000000, acc, $64, ltu
L1:
  goto_tb 1, -0x20
`;

describe('text form', () => {
  it('prints what it parsed', () => expect(print(SAMPLE)).toBe(SAMPLE));

  it('skips comments and blank lines', () => {
    expect(print('; a\n\ntb toy wide ; b\n  insn_start 0, 0 ; c\n  goto_ptr\n')).toBe('tb toy wide csbase=0x0\n  insn_start 0, 0\n  goto_ptr\n');
  });

  const head = 'tb toy narrow\nlocal t0:i32 t1:f32\n';
  it.each([
    ['', 1, 1, 'no TB'],
    ['tb other narrow', 1, 4, 'target other'],
    ['tb toy sideways', 1, 1, 'not a TB header'],
    [`${head}local t9:i32`, 3, 7, 'expected t2'],
    [`${head}  frob t0`, 3, 3, 'no op frob'],
    [`${head}  add t0, r0, r1`, 3, 3, 'needs a type'],
    [`${head}  extu.i32 acc, r1`, 3, 7, 'has no type'],
    [`${head}  add.i32 t0, r0`, 3, 3, 'takes 3 operands, not 2'],
    [`${head}  add.i32 t0, r0, r99`, 3, 19, 'no temp r99'],
    [`${head}  add.i32 t0, r0, $0x100000000`, 3, 19, 'no constant'],
    [`${head}  brcond.i32 t0, r0, maybe, L0`, 3, 22, 'no condition maybe'],
    [`${head}  guest_ld.i32 t0, r0, u24, 0`, 3, 24, 'no MemOp'],
    [`${head}  br 7`, 3, 6, 'no label'],
    [`${head}  insn_start x, 0`, 3, 14, 'no number'],
    [`${head}  call nobody(r0)`, 3, 8, 'no helper nobody'],
    [`${head}  call mix(r0)`, 3, 8, 'takes 2 arguments'],
    [`${head}  call mix(r0, r1)`, 3, 8, 'has a result'],
  ])('%j fails at %d:%d', (text, line, column, message) => {
    let error: unknown;
    try { parse(text); } catch (e) { error = e; }
    expect(error).toBeInstanceOf(IrParseError);
    expect(error).toMatchObject({ code: 'IR_PARSE', line, column });
    expect((error as Error).message).toContain(message);
    expect((error as IrParseError).hint).not.toBe('');
  });
});
