/**
 * Mnemonics that the tables know and that are not translated: x87, floating point of SSE, and system instructions
 * that CPUID never offers. They are #UD.
 */
import type { MnemonicName } from '../decode/index.ts';
import { Vector } from './context.ts';
import type { Handler, HandlersOf } from './handler.ts';

const BEYOND = [
  'invpcid', 'rsm', 'monitor', 'mwait', 'rdrand', 'rdseed', 'xgetbv', 'xsetbv', 'xsave', 'xsaveopt', 'xsavec', 'xsaves', 'xrstor',
  'xrstors', 'fxsave', 'fxrstor', 'f2xm1', 'fabs', 'fadd', 'faddp', 'fbld', 'fbstp', 'fchs', 'fcmovb', 'fcmovbe', 'fcmove', 'fcmovnb',
  'fcmovnbe', 'fcmovne', 'fcmovnu', 'fcmovu', 'fcom', 'fcomi', 'fcomip', 'fcomp', 'fcompp', 'fcos', 'fdecstp', 'fdiv', 'fdivp', 'fdivr',
  'fdivrp', 'ffree', 'ffreep', 'fiadd', 'ficom', 'ficomp', 'fidiv', 'fidivr', 'fild', 'fimul', 'fincstp', 'fist', 'fistp', 'fisttp',
  'fisub', 'fisubr', 'fld', 'fld1', 'fldcw', 'fldenv', 'fldl2e', 'fldl2t', 'fldlg2', 'fldln2', 'fldpi', 'fldz', 'fmul', 'fmulp', 'fnclex',
  'fndisi', 'fneni', 'fninit', 'fnop', 'fnsave', 'fnsetpm', 'fnstcw', 'fnstenv', 'fnstsw', 'fpatan', 'fprem', 'fprem1', 'fptan', 'frndint',
  'frstor', 'fscale', 'fsin', 'fsincos', 'fsqrt', 'fst', 'fstp', 'fstpnce', 'fsub', 'fsubp', 'fsubr', 'fsubrp', 'ftst', 'fucom', 'fucomi',
  'fucomip', 'fucomp', 'fucompp', 'fxam', 'fxch', 'fxtract', 'fyl2x', 'fyl2xp1',
] as const satisfies readonly MnemonicName[];

const undefinedOpcode: Handler = (c) => c.fault(Vector.UD);

/** One handler for all of them. */
export const BEYOND_INTEGER_ISA: HandlersOf<(typeof BEYOND)[number]> = Object.fromEntries(
  BEYOND.map((name) => [name, undefinedOpcode]),
) as HandlersOf<(typeof BEYOND)[number]>;
