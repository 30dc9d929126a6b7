/**
 * Which instruction forms random programs contain: every form of the decoder's tables but for those that this list names.
 */
import { FORMS, type Feature, type Form, type MnemonicName } from '@wasm-tcg/guest-x86';
import { bitsOf, type Mode } from './layout.ts';

/** Forms that random programs do not contain, or not by themselves. */
export const EXCLUDED: ReadonlyMap<MnemonicName, string> = new Map<MnemonicName, string>([
  ...(['jcc', 'jmp', 'call', 'ret', 'loop', 'loope', 'loopne', 'jcxz'] as const).map((name) => [name, 'made by the program generator, which gives them targets'] as const),
  ...(['jmpf', 'callf', 'retf', 'iret'] as const).map((name) => [name, 'made by the program generator: a random target leaves the program'] as const),
  ...(['rdrand', 'rdseed'] as const).map((name) => [name, 'the result is random'] as const),
  ...(['lgdt', 'lidt', 'lldt', 'ltr', 'wrmsr', 'lmsw'] as const).map((name) => [name, 'a random operand leaves no handlers to run'] as const),
  ...(['syscall', 'sysret', 'sysenter', 'sysexit'] as const).map((name) => [name, 'leaves the program: needs a kernel behind it'] as const),
  ...(['monitor', 'mwait', 'hlt'] as const).map((name) => [name, 'ends the program, which ends with HLT'] as const),
  ...(['ldmxcsr', 'fxrstor'] as const).map((name) => [name, 'a random operand unmasks exceptions, or is refused'] as const),
  ...(['invpcid', 'rsm', 'xsave', 'xsaveopt', 'xsavec', 'xsaves', 'xrstor', 'xrstors', 'xgetbv', 'xsetbv'] as const).map((name) => [name, 'outside the machine that is built so far'] as const),
]);

/** What registers a form works on: a program has forms of some classes only, as each class but the first has more forms than all others use. */
export type FormClass = 'general' | 'vector' | 'x87';

const X87_FEATURES: ReadonlySet<Feature> = new Set<Feature>(['FPU', 'FPU287', 'FPU387', 'FCMOV', 'FXSR']);

export function classOf(form: Form): FormClass {
  if (X87_FEATURES.has(form.feature) || form.mnemonic === 'fisttp') return 'x87';
  return form.mnemonic === 'emms' || form.operands.split(',').some((operand) => /^[PQNVWU]/.test(operand)) ? 'vector' : 'general';
}

/** Whether random programs contain a form. */
export function isIncluded(form: Form): boolean {
  if (EXCLUDED.has(form.mnemonic)) return false;
  // Writes to control and debug registers belong to the mapping changes of the program generator; reads stay.
  return !form.operands.startsWith('Cn') && !form.operands.startsWith('Dn');
}

/** The forms of a mode. */
export function formsOf(mode: Mode): readonly Form[] {
  const long = bitsOf(mode) === 64;
  return FORMS.filter((form) => {
    if (!isIncluded(form) || form.attributes.includes(long ? 'i64' : 'o64')) return false;
    // REX.W or REX.B selects them.
    if (!long && /\b[WB]1 /.test(form.encoding)) return false;
    return mode !== 'real16' || (!form.attributes.includes('pm') && !form.encoding.startsWith('VEX'));
  });
}
