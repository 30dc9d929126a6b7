/**
 * Helpers of the x87, FXSAVE and FXRSTOR. Implemented in `assembly/x87`; one row each.
 *
 * Rules for the translator: #NM and the pending error of a waiting instruction come before (translate/x87-common.ts). A memory operand that is read has
 * been loaded by generated code, with a helper taking the bits; a store is made by the helper, before it changes anything. All work on the state structure
 * and on no global, unless the row says so.
 */
import type { HelperDef, HelperEffects, HelperTable, TypeName } from '@wasm-tcg/ir';

const XMM = Array.from({ length: 16 }, (_, i) => `xmm${i}`);

/** Works on registers and cannot fault. */
const row = (name: string, args: readonly TypeName[], doc: string, ret: TypeName | null = null): HelperDef => ({
  name, args, ret, impl: 'wasm', effects: { reads: 'none', writes: 'none' }, doc,
});
/** Accesses memory at (linear address, MMU index, …). */
const access = (name: string, more: readonly TypeName[], doc: string, effects: Partial<HelperEffects> = {}): HelperDef => ({
  name, args: ['i64', 'i32', ...more], ret: null, impl: 'wasm', effects: { reads: 'none', writes: 'none', mayFault: true, ...effects }, doc,
});

const arithmetic = (name: string, what: string): HelperTable => [
  row(`fpu_${name}`, ['i32'], `(FpuOperands): ST(d) = ${what} with d = ST(destination), s = ST(source), then pops`),
  row(`fpu_${name}_memory`, ['i32', 'i64'], `(FpuSource, bits): ST(0) = ${what} with d = ST(0), s = memory`),
];

/** The usual case of an operation on cells, which are given by their addresses: 1, or 0 and nothing has happened. */
const quick = (name: string, args: readonly TypeName[], doc: string): HelperDef => row(`fpu_quick_${name}`, args, doc, 'i32');

/** Rows in the order of their ids, which follow those of the integer helpers. */
export const X87_HELPERS: HelperTable = [
  {
    name: 'fpu_error', args: [], ret: null, impl: 'wasm', effects: { reads: 'none', writes: 'none', mayFault: true, io: true },
    doc: 'a waiting instruction meets an unmasked exception: #MF, or FERR# without CR0.NE; returns if IGNNE# lets the instruction go on',
  },
  ...arithmetic('add', 'd + s'), ...arithmetic('mul', 'd · s'), ...arithmetic('sub', 'd − s'), ...arithmetic('subr', 's − d'),
  ...arithmetic('div', 'd ÷ s'), ...arithmetic('divr', 's ÷ d'),
  row('fpu_com', ['i32', 'i32', 'i32'], '(i, quiet, pops 0–2): FCOM, FUCOM ST(i)'),
  row('fpu_com_memory', ['i32', 'i64', 'i32'], '(FpuSource, bits, pops): FCOM, FICOM'),
  row('fpu_comi', ['i32', 'i32', 'i32'], '(i, quiet, pops 0–1): FCOMI, FUCOMI: ZF, PF, CF in their EFLAGS positions', 'i32'),
  row('fpu_ftst', [], 'FTST'),
  row('fpu_fxam', [], 'FXAM'),
  row('fpu_sqrt', [], 'FSQRT'), row('fpu_rndint', [], 'FRNDINT'), row('fpu_scale', [], 'FSCALE'), row('fpu_xtract', [], 'FXTRACT'),
  row('fpu_prem', ['i32'], '(1 for FPREM1): FPREM'),
  row('fpu_2xm1', [], 'F2XM1'), row('fpu_yl2x', [], 'FYL2X'), row('fpu_yl2xp1', [], 'FYL2XP1'), row('fpu_patan', [], 'FPATAN'),
  row('fpu_sin', [], 'FSIN'), row('fpu_cos', [], 'FCOS'), row('fpu_sincos', [], 'FSINCOS'), row('fpu_ptan', [], 'FPTAN'),

  quick('add', ['i32', 'i32', 'i32', 'i32'], '(cell, a, b, 8000h for a − b): cell = a ± b'),
  quick('mul', ['i32', 'i32', 'i32'], '(cell, a, b): cell = a · b'), quick('div', ['i32', 'i32', 'i32'], '(cell, a, b): cell = a ÷ b'),
  quick('sqrt', ['i32'], '(cell): cell = √cell'),
  quick('add_memory', ['i32', 'i32', 'i32', 'i64'], '(cell, flips, FpuSource, bits): cell = ± cell ± memory; 8000h in the lower half of `flips` negates memory'),
  quick('mul_memory', ['i32', 'i32', 'i64'], '(cell, FpuSource, bits): cell = cell · memory'),
  quick('div_memory', ['i32', 'i32', 'i32', 'i64'], '(cell, reversed, FpuSource, bits): cell = cell ÷ memory, or the reverse'),
  row('fpu_quick_compare', ['i32', 'i32'], '(a, b): ZF and CF in their EFLAGS positions; −1: not a usual case', 'i32'),
  row('fpu_quick_compare_memory', ['i32', 'i32', 'i64'], '(cell, FpuSource, bits): as fpu_quick_compare', 'i32'),
  row('fpu_quick_integer', ['i32', 'i32', 'i32'],
    '(cell, bytes 2, 4, 8, truncates): its value as an integer, with PE and C1 in `scratch`; −2^63: not a usual case', 'i64'),

  row('fpu_fld_f32', ['i32'], 'FLD m32'), row('fpu_fld_f64', ['i64'], 'FLD m64'),
  row('fpu_fld_f80', ['i64', 'i32'], '(significand, sign and exponent): FLD m80'),
  row('fpu_fild', ['i64'], '(value, sign-extended): FILD'),
  row('fpu_fbld', ['i64', 'i32'], '(bytes 0–7, bytes 8–9): FBLD'),
  row('fpu_fld_st', ['i32'], 'FLD ST(i)'),
  row('fpu_fld_constant', ['i32'], '(low bits of the opcode): FLD1 … FLDZ'),
  row('fpu_fst_st', ['i32', 'i32'], '(i, pops): FST ST(i)'),
  row('fpu_fstpnce', ['i32'], 'FSTPNCE ST(i)'),
  row('fpu_fxch', ['i32'], 'FXCH ST(i)'),
  row('fpu_cmov', ['i32', 'i32'], '(i, condition holds): FCMOVcc'),
  row('fpu_fchs', [], 'FCHS'), row('fpu_fabs', [], 'FABS'),
  row('fpu_ffree', ['i32'], 'FFREE ST(i)'), row('fpu_ffreep', ['i32'], 'FFREEP ST(i)'),
  row('fpu_turn', ['i32'], '(1 or −1): FINCSTP, FDECSTP'),

  access('fpu_fst_f32', ['i32'], '(address, mmu, pops): FST m32'), access('fpu_fst_f64', ['i32'], '(address, mmu, pops): FST m64'),
  access('fpu_fstp_f80', [], '(address, mmu): FSTP m80'),
  access('fpu_fist', ['i32', 'i32', 'i32'], '(address, mmu, bytes 2, 4, 8, truncates, pops): FIST, FISTP, FISTTP'),
  access('fpu_fbstp', [], '(address, mmu): FBSTP'),

  row('fpu_fldcw', ['i32'], '(control word): FLDCW'),
  row('fpu_fnclex', [], 'FNCLEX'),
  row('fpu_fninit', [], 'FNINIT'),
  access('fpu_fnstenv', ['i32'], '(address, mmu, FpuImage): FNSTENV'), access('fpu_fldenv', ['i32'], '(address, mmu, FpuImage): FLDENV'),
  access('fpu_fnsave', ['i32'], '(address, mmu, FpuImage): FNSAVE'), access('fpu_frstor', ['i32'], '(address, mmu, FpuImage): FRSTOR'),
  access('fxsave', ['i32'], '(address, mmu, FxImage): FXSAVE', { reads: XMM }),
  access('fxrstor', ['i32'], '(address, mmu, FxImage): FXRSTOR', { writes: XMM }),
];
