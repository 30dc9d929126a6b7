/**
 * x87 instructions that compute, compare, and move values among registers. The frequent ones have a direct way: a move is made here, arithmetic on normal
 * numbers by a helper that takes cells (assembly/x87/quick.ts). Everything else, and all of the others, is one helper call whose operands are ST numbers.
 */
import { Cond, MO_SIGN, Op, type Temp, Type } from '@wasm-tcg/ir';
import { helperId } from '../helpers/table.ts';
import { FpuOperands, FpuSource, FpuStatus } from '../state/fpu.ts';
import { memop } from './address.ts';
import { condition } from './cond.ts';
import type { Ctx } from './context.ts';
import { setFlags } from './flags.ts';
import type { Handler, HandlersOf } from './handler.ts';
import { isMem, sizeOf } from './operands.ts';
import { type FpuOperand, fpuOperand, loadAs, noteLast, startFpu } from './x87-common.ts';
import {
  type DirectWay, bothWays, copyCell, fill, forgetStack, keep, loadCell, loadHead, needFull, needRoom, pop, push, setStatus, storeCell, storeHead, storeParts,
} from './x87-stack.ts';

const COM = helperId('fpu_com');
const COM_MEMORY = helperId('fpu_com_memory');
const COMI = helperId('fpu_comi');
const CMOV = helperId('fpu_cmov');
const TST = helperId('fpu_ftst');
const SQRT = helperId('fpu_sqrt');
const FLD_ST = helperId('fpu_fld_st');
const FST_ST = helperId('fpu_fst_st');
const FXCH = helperId('fpu_fxch');
const FCHS = helperId('fpu_fchs');
const FABS = helperId('fpu_fabs');
const FLD_CONSTANT = helperId('fpu_fld_constant');

/** The bits of a memory operand as i64, integers sign-extended, and what they are. */
function loadSource(c: Ctx, operand: FpuOperand, integer: boolean): { readonly kind: FpuSource; readonly bits: Temp } {
  const size = sizeOf(c, 0);
  const plain = memop(c, size);
  if (integer) return { kind: FpuSource.integer, bits: loadAs(c, Type.i64, operand.address, plain | MO_SIGN) };
  return { kind: size === 4 ? FpuSource.f32 : FpuSource.f64, bits: loadAs(c, Type.i64, operand.address, plain) };
}

// ---- arithmetic ---------------------------------------------------------------------------------------------------------------------------

const QUICK = {
  add: helperId('fpu_quick_add'), mul: helperId('fpu_quick_mul'), div: helperId('fpu_quick_div'), sqrt: helperId('fpu_quick_sqrt'),
  addMemory: helperId('fpu_quick_add_memory'), mulMemory: helperId('fpu_quick_mul_memory'), divMemory: helperId('fpu_quick_div_memory'),
  compare: helperId('fpu_quick_compare'), compareMemory: helperId('fpu_quick_compare_memory'),
} as const;
/** Registers of instructions that work on ST(0), and of those that push. */
const TOP = [0] as const;
const NEXT = [-1] as const;
/** What flips a sign in the head of a cell. */
const SIGN = 0x8000;

/** How an operation is asked of the helpers of the usual case. */
interface Operation {
  readonly name: string;
  readonly kind: 'add' | 'mul' | 'div';
  /** The source is negated; the operands change places, or, for sums in memory forms, the destination is negated. */
  readonly negates?: boolean;
  readonly reversed?: boolean;
}
const ADD: Operation = { name: 'add', kind: 'add' };
const SUB: Operation = { name: 'sub', kind: 'add', negates: true };
const SUBR: Operation = { name: 'subr', kind: 'add', negates: true, reversed: true };
const MUL: Operation = { name: 'mul', kind: 'mul' };
const DIV: Operation = { name: 'div', kind: 'div' };
const DIVR: Operation = { name: 'divr', kind: 'div', reversed: true };

/** Call a helper of the usual case; to the exact way if it was none. */
function quickly(c: Ctx, way: DirectWay, helper: number, args: readonly Temp[]): void {
  const done = c.tb.newLocal(Type.i32);
  c.b.call(helper, done, args);
  c.b.brcond(Type.i32, done, c.k32(0), Cond.eq, way.exact);
}

function quickRegisters(c: Ctx, way: DirectWay, { kind, negates = false, reversed = false }: Operation, result: Temp, source: Temp): void {
  const [a, b] = reversed ? [source, result] : [result, source];
  quickly(c, way, QUICK[kind], kind === 'add' ? [result, a, b, c.k32(negates ? SIGN : 0)] : [result, a, b]);
}

function quickMemory(c: Ctx, way: DirectWay, { kind, negates = false, reversed = false }: Operation, cell: Temp, source: readonly Temp[]): void {
  if (kind === 'add') quickly(c, way, QUICK.addMemory, [cell, c.k32(!negates ? 0 : reversed ? SIGN << 16 : SIGN), ...source]);
  else if (kind === 'mul') quickly(c, way, QUICK.mulMemory, [cell, ...source]);
  else quickly(c, way, QUICK.divMemory, [cell, c.k32(reversed ? 1 : 0), ...source]);
}

/** Call a helper with the ST numbers of the form, or with the memory operand. */
function binary(op: Operation, integer: boolean, pops: number): Handler {
  const registers = helperId(`fpu_${op.name}`);
  const memory = helperId(`fpu_${op.name}_memory`);
  return (c) => {
    if (!startFpu(c)) return;
    const { opRegs } = c.insn;
    if (isMem(c, 0)) {
      const operand = fpuOperand(c, sizeOf(c, 0), false);
      const { kind, bits } = loadSource(c, operand, integer);
      const source = [c.k32(kind), bits];
      bothWays(c, {
        st: TOP,
        direct: (way) => {
          const top = way.st[0]!;
          needFull(c, way, top);
          quickMemory(c, way, op, top.cell, source);
          keep(c, top);
        },
        exact: () => c.b.call(memory, -1, source),
        last: () => noteLast(c, operand),
      });
    } else {
      const [destination, source] = [opRegs[0]!, opRegs[1]!];
      bothWays(c, {
        st: [destination, source],
        direct: (way) => {
          const [to, from] = [way.st[0]!, way.st[1]!];
          needFull(c, way, to, from);
          quickRegisters(c, way, op, to.cell, from.cell);
          keep(c, to);
          // The source of what pops is ST(0).
          if (pops > 0) pop(c, from);
        },
        exact: () => c.b.call(registers, -1, [c.k32(destination | (source << FpuOperands.sourceShift) | (pops << FpuOperands.popShift))]),
        last: () => noteLast(c),
      });
    }
  };
}

const real = (op: Operation): Handler => binary(op, false, 0);
const popping = (op: Operation): Handler => binary(op, false, 1);
const integer = (op: Operation): Handler => binary(op, true, 0);

function squareRoot(c: Ctx): void {
  if (!startFpu(c)) return;
  bothWays(c, {
    st: TOP,
    direct: (way) => {
      const top = way.st[0]!;
      needFull(c, way, top);
      quickly(c, way, QUICK.sqrt, [top.cell]);
      keep(c, top);
    },
    exact: () => c.b.call(SQRT, -1, []),
    last: () => noteLast(c),
  });
}

// ---- comparisons --------------------------------------------------------------------------------------------------------------------------

/** ZF and CF of a comparison as a helper finds them (i32); to the exact way if it finds none. */
function order(c: Ctx, way: DirectWay, helper: number, args: readonly Temp[]): Temp {
  const flags = c.tb.newLocal(Type.i32);
  c.b.call(helper, flags, args);
  c.b.brcond(Type.i32, flags, c.k32(0), Cond.lt, way.exact);
  return flags;
}

/** C0 and C3 stand in the status word as CF and ZF in EFLAGS, a byte higher. */
const CONDITION_SHIFT = 8;

/** What pops are the first registers of the way. */
function concludeComparison(c: Ctx, way: DirectWay, flags: Temp, pops: number): void {
  setStatus(c, c.binary(Op.shl, Type.i32, flags, c.k32(CONDITION_SHIFT)), FpuStatus.C0 | FpuStatus.C2 | FpuStatus.C3);
  for (let i = 0; i < pops; i++) pop(c, way.st[i]!);
}

/** FCOM, FUCOM, FICOM. Forms without operands compare with ST(1). */
const compare = (quiet: boolean, pops: number, isInteger = false): Handler => (c) => {
  if (!startFpu(c)) return;
  const { insn } = c;
  if (insn.opCount > 0 && isMem(c, 0)) {
    const operand = fpuOperand(c, sizeOf(c, 0), false);
    const { kind, bits } = loadSource(c, operand, isInteger);
    bothWays(c, {
      st: TOP,
      direct: (way) => concludeComparison(c, way, orderOfMemory(c, way, kind, bits), pops),
      exact: () => c.b.call(COM_MEMORY, -1, [c.k32(kind), bits, c.k32(pops)]),
      last: () => noteLast(c, operand),
    });
  } else {
    const other = insn.opCount > 0 ? insn.opRegs[1]! : 1;
    bothWays(c, {
      // Two pops: those of FCOMPP, whose other operand is ST(1).
      st: [0, other],
      direct: (way) => concludeComparison(c, way, orderOfRegisters(c, way), pops),
      exact: () => c.b.call(COM, -1, [c.k32(other), c.k32(quiet ? 1 : 0), c.k32(pops)]),
      last: () => noteLast(c),
    });
  }
};

/** Of the two registers of the way. */
function orderOfRegisters(c: Ctx, way: DirectWay): Temp {
  const [a, b] = [way.st[0]!, way.st[1]!];
  needFull(c, way, a, b);
  return order(c, way, QUICK.compare, [a.cell, b.cell]);
}

function orderOfMemory(c: Ctx, way: DirectWay, kind: FpuSource, bits: Temp): Temp {
  const top = way.st[0]!;
  needFull(c, way, top);
  return order(c, way, QUICK.compareMemory, [top.cell, c.k32(kind), bits]);
}

/** FCOMI, FUCOMI: OF, SF and AF become 0. C1 stays. */
const compareFlags = (quiet: boolean, pops: number): Handler => (c) => {
  if (!startFpu(c)) return;
  const flags = c.tb.newLocal(Type.i32);
  const other = c.insn.opRegs[1]!;
  bothWays(c, {
    st: [0, other],
    direct: (way) => {
      c.b.mov(Type.i32, flags, orderOfRegisters(c, way));
      if (pops > 0) pop(c, way.st[0]!);
    },
    exact: () => c.b.call(COMI, flags, [c.k32(other), c.k32(quiet ? 1 : 0), c.k32(pops)]),
    last: () => noteLast(c),
    goesOn: true,
  });
  setFlags(c, c.fromI32(flags));
};

/** FTST: with +0. */
function test(c: Ctx): void {
  if (!startFpu(c)) return;
  bothWays(c, {
    st: TOP,
    direct: (way) => concludeComparison(c, way, orderOfMemory(c, way, FpuSource.f64, c.tb.constI64(0)), 0),
    exact: () => c.b.call(TST, -1, []),
    last: () => noteLast(c),
  });
}

/** FCMOVcc by the condition number of Jcc. */
const conditionalMove = (cc: number): Handler => (c) => {
  if (!startFpu(c)) return;
  const x = condition(c, cc);
  const holds = c.setcond32(x.type, x.cond, x.a, x.b);
  c.b.call(CMOV, -1, [c.k32(c.insn.opRegs[1]!), holds]);
  forgetStack(c);
  noteLast(c);
};

/** A helper without operands but constants. */
const plain = (name: string, ...args: readonly number[]): Handler => {
  const helper = helperId(name);
  return (c) => {
    if (!startFpu(c)) return;
    c.b.call(helper, -1, args.map((value) => c.k32(value)));
    forgetStack(c);
    noteLast(c);
  };
};

/** A helper that takes the number of one ST register, and constants. */
const onRegister = (name: string, operand: number, ...args: readonly number[]): Handler => {
  const helper = helperId(name);
  return (c) => {
    if (!startFpu(c)) return;
    c.b.call(helper, -1, [c.k32(c.insn.opRegs[operand]!), ...args.map((value) => c.k32(value))]);
    forgetStack(c);
    noteLast(c);
  };
};

// ---- moves -----------------------------------------------------------------------------------------------------------------------------------

/** FLD ST(i); loads from and stores to memory are in x87-memory.ts. */
export function fldRegister(c: Ctx): void {
  if (!startFpu(c)) return;
  const from = c.insn.opRegs[0]!;
  bothWays(c, {
    st: [-1, from],
    direct: (way) => {
      const [next, source] = [way.st[0]!, way.st[1]!];
      needRoom(c, way, next);
      needFull(c, way, source);
      copyCell(c, next, source);
      setStatus(c);
      push(c, next);
    },
    exact: () => c.b.call(FLD_ST, -1, [c.k32(from)]),
    last: () => noteLast(c),
  });
}

const storeRegister = (pops: 0 | 1): Handler => (c) => {
  if (!startFpu(c)) return;
  const to = c.insn.opRegs[0]!;
  bothWays(c, {
    st: [0, to],
    direct: (way) => {
      const [top, target] = [way.st[0]!, way.st[1]!];
      needFull(c, way, top);
      if (to !== 0) {
        copyCell(c, target, top);
        fill(c, target);
      }
      setStatus(c);
      if (pops === 1) pop(c, top);
    },
    exact: () => c.b.call(FST_ST, -1, [c.k32(to), c.k32(pops)]),
    last: () => noteLast(c),
  });
};
export const fstRegister: Handler = storeRegister(0);
export const fstpRegister: Handler = storeRegister(1);

function exchange(c: Ctx): void {
  if (!startFpu(c)) return;
  const other = c.insn.opRegs[1]!;
  bothWays(c, {
    st: [0, other],
    direct: (way) => {
      const [a, b] = [way.st[0]!, way.st[1]!];
      needFull(c, way, a, b);
      const [first, second] = [loadCell(c, a), loadCell(c, b)];
      storeCell(c, a, second);
      storeCell(c, b, first);
      setStatus(c);
      keep(c, a);
      keep(c, b);
    },
    exact: () => c.b.call(FXCH, -1, [c.k32(other)]),
    last: () => noteLast(c),
  });
}

/** FCHS, FABS: of any value, NaN too. */
const changeSign = (helper: number, op: number, bits: number): Handler => (c) => {
  if (!startFpu(c)) return;
  bothWays(c, {
    st: TOP,
    direct: (way) => {
      const top = way.st[0]!;
      needFull(c, way, top);
      storeHead(c, top, c.binary(op, Type.i32, loadHead(c, top), c.k32(bits)));
      setStatus(c);
      keep(c, top);
    },
    exact: () => c.b.call(helper, -1, []),
    last: () => noteLast(c),
  });
};

/** FLD1, FLDZ: exact in any state. `which`: low bits of the opcode. */
const pushConstant = (which: number, head: number, significandHigh: number): Handler => (c) => {
  if (!startFpu(c)) return;
  bothWays(c, {
    st: NEXT,
    direct: (way) => {
      const next = way.st[0]!;
      needRoom(c, way, next);
      storeParts(c, next, c.tb.constI64(head), c.tb.constant(Type.i64, 0, significandHigh));
      setStatus(c);
      push(c, next);
    },
    exact: () => c.b.call(FLD_CONSTANT, -1, [c.k32(which)]),
    last: () => noteLast(c),
  });
};

export const X87 = {
  fadd: real(ADD), fmul: real(MUL), fsub: real(SUB), fsubr: real(SUBR), fdiv: real(DIV), fdivr: real(DIVR),
  faddp: popping(ADD), fmulp: popping(MUL), fsubp: popping(SUB), fsubrp: popping(SUBR), fdivp: popping(DIV), fdivrp: popping(DIVR),
  fiadd: integer(ADD), fimul: integer(MUL), fisub: integer(SUB), fisubr: integer(SUBR), fidiv: integer(DIV), fidivr: integer(DIVR),
  fcom: compare(false, 0), fcomp: compare(false, 1), fcompp: compare(false, 2), ficom: compare(false, 0, true), ficomp: compare(false, 1, true),
  fucom: compare(true, 0), fucomp: compare(true, 1), fucompp: compare(true, 2),
  fcomi: compareFlags(false, 0), fcomip: compareFlags(false, 1), fucomi: compareFlags(true, 0), fucomip: compareFlags(true, 1),
  ftst: test, fxam: plain('fpu_fxam'),
  fcmovb: conditionalMove(2), fcmove: conditionalMove(4), fcmovbe: conditionalMove(6), fcmovu: conditionalMove(10),
  fcmovnb: conditionalMove(3), fcmovne: conditionalMove(5), fcmovnbe: conditionalMove(7), fcmovnu: conditionalMove(11),
  fsqrt: squareRoot, frndint: plain('fpu_rndint'), fscale: plain('fpu_scale'), fxtract: plain('fpu_xtract'),
  fprem: plain('fpu_prem', 0), fprem1: plain('fpu_prem', 1),
  f2xm1: plain('fpu_2xm1'), fyl2x: plain('fpu_yl2x'), fyl2xp1: plain('fpu_yl2xp1'), fpatan: plain('fpu_patan'),
  fsin: plain('fpu_sin'), fcos: plain('fpu_cos'), fsincos: plain('fpu_sincos'), fptan: plain('fpu_ptan'),
  fchs: changeSign(FCHS, Op.xor, SIGN), fabs: changeSign(FABS, Op.and, SIGN - 1), fxch: exchange, fstpnce: onRegister('fpu_fstpnce', 0),
  fld1: pushConstant(0, 0x3fff, 0x8000_0000 | 0), fldl2t: plain('fpu_fld_constant', 1), fldl2e: plain('fpu_fld_constant', 2), fldpi: plain('fpu_fld_constant', 3),
  fldlg2: plain('fpu_fld_constant', 4), fldln2: plain('fpu_fld_constant', 5), fldz: pushConstant(6, 0, 0),
  ffree: onRegister('fpu_ffree', 0), ffreep: onRegister('fpu_ffreep', 0), fincstp: plain('fpu_turn', 1), fdecstp: plain('fpu_turn', -1),
} satisfies HandlersOf<
  | 'fadd' | 'fmul' | 'fsub' | 'fsubr' | 'fdiv' | 'fdivr' | 'faddp' | 'fmulp' | 'fsubp' | 'fsubrp' | 'fdivp' | 'fdivrp' | 'fiadd' | 'fimul' | 'fisub' | 'fisubr'
  | 'fidiv' | 'fidivr' | 'fcom' | 'fcomp' | 'fcompp' | 'ficom' | 'ficomp' | 'fucom' | 'fucomp' | 'fucompp' | 'fcomi' | 'fcomip' | 'fucomi' | 'fucomip' | 'ftst'
  | 'fxam' | 'fcmovb' | 'fcmove' | 'fcmovbe' | 'fcmovu' | 'fcmovnb' | 'fcmovne' | 'fcmovnbe' | 'fcmovnu' | 'fsqrt' | 'frndint' | 'fscale' | 'fxtract' | 'fprem'
  | 'fprem1' | 'fchs' | 'fabs' | 'fxch' | 'fstpnce' | 'fld1' | 'fldl2t' | 'fldl2e' | 'fldpi' | 'fldlg2' | 'fldln2' | 'fldz' | 'ffree' | 'ffreep' | 'fincstp'
  | 'fdecstp' | 'f2xm1' | 'fyl2x' | 'fyl2xp1' | 'fpatan' | 'fsin' | 'fcos' | 'fsincos' | 'fptan'
>;
