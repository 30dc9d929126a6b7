/**
 * x87 instructions that compute, compare, and move values among registers. One helper call each (helpers/table-x87.ts); the operands are ST numbers, which
 * the helper turns into cells.
 */
import { MO_SIGN, type Temp, Type } from '@wasm-tcg/ir';
import { helperId } from '../helpers/table.ts';
import { FpuOperands, FpuSource } from '../state/fpu.ts';
import { memop } from './address.ts';
import { condition } from './cond.ts';
import type { Ctx } from './context.ts';
import { setFlags } from './flags.ts';
import type { Handler, HandlersOf } from './handler.ts';
import { isMem, sizeOf } from './operands.ts';
import { type FpuOperand, fpuOperand, loadAs, noteLast, startFpu } from './x87-common.ts';

const COM = helperId('fpu_com');
const COM_MEMORY = helperId('fpu_com_memory');
const COMI = helperId('fpu_comi');
const CMOV = helperId('fpu_cmov');

/** The bits of a memory operand as i64, integers sign-extended, and what they are. */
function loadSource(c: Ctx, operand: FpuOperand, integer: boolean): { readonly kind: FpuSource; readonly bits: Temp } {
  const size = sizeOf(c, 0);
  const plain = memop(c, size);
  if (integer) return { kind: FpuSource.integer, bits: loadAs(c, Type.i64, operand.address, plain | MO_SIGN) };
  return { kind: size === 4 ? FpuSource.f32 : FpuSource.f64, bits: loadAs(c, Type.i64, operand.address, plain) };
}

/** Call a helper with the ST numbers of the form, or with the memory operand. */
function binary(name: string, integer: boolean, pops: number): Handler {
  const registers = helperId(`fpu_${name}`);
  const memory = helperId(`fpu_${name}_memory`);
  return (c) => {
    if (!startFpu(c)) return;
    const { opRegs } = c.insn;
    if (isMem(c, 0)) {
      const operand = fpuOperand(c, sizeOf(c, 0), false);
      const { kind, bits } = loadSource(c, operand, integer);
      c.b.call(memory, -1, [c.k32(kind), bits]);
      noteLast(c, operand);
    } else {
      c.b.call(registers, -1, [c.k32(opRegs[0]! | (opRegs[1]! << FpuOperands.sourceShift) | (pops << FpuOperands.popShift))]);
      noteLast(c);
    }
  };
}

const real = (name: string): Handler => binary(name, false, 0);
const popping = (name: string): Handler => binary(name, false, 1);
const integer = (name: string): Handler => binary(name, true, 0);

/** FCOM, FUCOM, FICOM. Forms without operands compare with ST(1). */
const compare = (quiet: boolean, pops: number, isInteger = false): Handler => (c) => {
  if (!startFpu(c)) return;
  const { insn } = c;
  if (insn.opCount > 0 && isMem(c, 0)) {
    const operand = fpuOperand(c, sizeOf(c, 0), false);
    const { kind, bits } = loadSource(c, operand, isInteger);
    c.b.call(COM_MEMORY, -1, [c.k32(kind), bits, c.k32(pops)]);
    noteLast(c, operand);
  } else {
    c.b.call(COM, -1, [c.k32(insn.opCount > 0 ? insn.opRegs[1]! : 1), c.k32(quiet ? 1 : 0), c.k32(pops)]);
    noteLast(c);
  }
};

/** FCOMI, FUCOMI: OF, SF and AF become 0. */
const compareFlags = (quiet: boolean, pops: number): Handler => (c) => {
  if (!startFpu(c)) return;
  const flags = c.tb.newLocal(Type.i32);
  c.b.call(COMI, flags, [c.k32(c.insn.opRegs[1]!), c.k32(quiet ? 1 : 0), c.k32(pops)]);
  noteLast(c);
  setFlags(c, c.fromI32(flags));
};

/** FCMOVcc by the condition number of Jcc. */
const conditionalMove = (cc: number): Handler => (c) => {
  if (!startFpu(c)) return;
  const x = condition(c, cc);
  const holds = c.setcond32(x.type, x.cond, x.a, x.b);
  c.b.call(CMOV, -1, [c.k32(c.insn.opRegs[1]!), holds]);
  noteLast(c);
};

/** A helper without operands but constants. */
const plain = (name: string, ...args: readonly number[]): Handler => {
  const helper = helperId(name);
  return (c) => {
    if (!startFpu(c)) return;
    c.b.call(helper, -1, args.map((value) => c.k32(value)));
    noteLast(c);
  };
};

/** A helper that takes the number of one ST register, and constants. */
const onRegister = (name: string, operand: number, ...args: readonly number[]): Handler => {
  const helper = helperId(name);
  return (c) => {
    if (!startFpu(c)) return;
    c.b.call(helper, -1, [c.k32(c.insn.opRegs[operand]!), ...args.map((value) => c.k32(value))]);
    noteLast(c);
  };
};

/** Register forms; loads from and stores to memory are in x87-memory.ts. */
export const fldRegister: Handler = onRegister('fpu_fld_st', 0);
export const fstRegister: Handler = onRegister('fpu_fst_st', 0, 0);
export const fstpRegister: Handler = onRegister('fpu_fst_st', 0, 1);

export const X87 = {
  fadd: real('add'), fmul: real('mul'), fsub: real('sub'), fsubr: real('subr'), fdiv: real('div'), fdivr: real('divr'),
  faddp: popping('add'), fmulp: popping('mul'), fsubp: popping('sub'), fsubrp: popping('subr'), fdivp: popping('div'), fdivrp: popping('divr'),
  fiadd: integer('add'), fimul: integer('mul'), fisub: integer('sub'), fisubr: integer('subr'), fidiv: integer('div'), fidivr: integer('divr'),
  fcom: compare(false, 0), fcomp: compare(false, 1), fcompp: compare(false, 2), ficom: compare(false, 0, true), ficomp: compare(false, 1, true),
  fucom: compare(true, 0), fucomp: compare(true, 1), fucompp: compare(true, 2),
  fcomi: compareFlags(false, 0), fcomip: compareFlags(false, 1), fucomi: compareFlags(true, 0), fucomip: compareFlags(true, 1),
  ftst: plain('fpu_ftst'), fxam: plain('fpu_fxam'),
  fcmovb: conditionalMove(2), fcmove: conditionalMove(4), fcmovbe: conditionalMove(6), fcmovu: conditionalMove(10),
  fcmovnb: conditionalMove(3), fcmovne: conditionalMove(5), fcmovnbe: conditionalMove(7), fcmovnu: conditionalMove(11),
  fsqrt: plain('fpu_sqrt'), frndint: plain('fpu_rndint'), fscale: plain('fpu_scale'), fxtract: plain('fpu_xtract'),
  fprem: plain('fpu_prem', 0), fprem1: plain('fpu_prem', 1),
  f2xm1: plain('fpu_2xm1'), fyl2x: plain('fpu_yl2x'), fyl2xp1: plain('fpu_yl2xp1'), fpatan: plain('fpu_patan'),
  fsin: plain('fpu_sin'), fcos: plain('fpu_cos'), fsincos: plain('fpu_sincos'), fptan: plain('fpu_ptan'),
  fchs: plain('fpu_fchs'), fabs: plain('fpu_fabs'), fxch: onRegister('fpu_fxch', 1), fstpnce: onRegister('fpu_fstpnce', 0),
  fld1: plain('fpu_fld_constant', 0), fldl2t: plain('fpu_fld_constant', 1), fldl2e: plain('fpu_fld_constant', 2), fldpi: plain('fpu_fld_constant', 3),
  fldlg2: plain('fpu_fld_constant', 4), fldln2: plain('fpu_fld_constant', 5), fldz: plain('fpu_fld_constant', 6),
  ffree: onRegister('fpu_ffree', 0), ffreep: onRegister('fpu_ffreep', 0), fincstp: plain('fpu_turn', 1), fdecstp: plain('fpu_turn', -1),
} satisfies HandlersOf<
  | 'fadd' | 'fmul' | 'fsub' | 'fsubr' | 'fdiv' | 'fdivr' | 'faddp' | 'fmulp' | 'fsubp' | 'fsubrp' | 'fdivp' | 'fdivrp' | 'fiadd' | 'fimul' | 'fisub' | 'fisubr'
  | 'fidiv' | 'fidivr' | 'fcom' | 'fcomp' | 'fcompp' | 'ficom' | 'ficomp' | 'fucom' | 'fucomp' | 'fucompp' | 'fcomi' | 'fcomip' | 'fucomi' | 'fucomip' | 'ftst'
  | 'fxam' | 'fcmovb' | 'fcmove' | 'fcmovbe' | 'fcmovu' | 'fcmovnb' | 'fcmovne' | 'fcmovnbe' | 'fcmovnu' | 'fsqrt' | 'frndint' | 'fscale' | 'fxtract' | 'fprem'
  | 'fprem1' | 'fchs' | 'fabs' | 'fxch' | 'fstpnce' | 'fld1' | 'fldl2t' | 'fldl2e' | 'fldpi' | 'fldlg2' | 'fldln2' | 'fldz' | 'ffree' | 'ffreep' | 'fincstp'
  | 'fdecstp' | 'f2xm1' | 'fyl2x' | 'fyl2xp1' | 'fpatan' | 'fsin' | 'fcos' | 'fsincos' | 'fptan'
>;
