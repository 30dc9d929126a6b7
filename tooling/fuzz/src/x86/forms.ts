/**
 * Which instruction forms random programs contain: every form of the decoder's tables that works on general registers, but for those
 * that this list names.
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
  ...(['fxsave', 'fxrstor', 'xsave', 'xsaveopt', 'xsavec', 'xsaves', 'xrstor', 'xrstors', 'ldmxcsr', 'stmxcsr', 'xgetbv', 'xsetbv', 'wait'] as const)
    .map((name) => [name, 'x87 and SSE state'] as const),
  ...(['invpcid', 'rsm'] as const).map((name) => [name, 'outside the machine that is built so far'] as const),
]);

/** Features whose forms are x87, MMX or SSE, and not general-register forms. */
const VECTOR_FEATURES: ReadonlySet<Feature> = new Set<Feature>([
  'FPU', 'FPU287', 'FPU387', 'FCMOV', 'FXSR', 'MMX', 'SSE', 'SSE2', 'SSE3', 'SSSE3', 'SSE4_1', 'SSE4_2', 'AES', 'PCLMULQDQ', 'SHA',
  'XSAVE', 'XSAVEOPT', 'XSAVEC', 'XSAVES',
]);
/** General-register forms that came with those features. */
const GENERAL: ReadonlySet<MnemonicName> = new Set<MnemonicName>([
  'movnti', 'pause', 'lfence', 'mfence', 'sfence', 'prefetchnta', 'prefetcht0', 'prefetcht1', 'prefetcht2', 'crc32',
]);

/** Whether random programs contain a form. */
export function isIncluded(form: Form): boolean {
  if (EXCLUDED.has(form.mnemonic)) return false;
  // Writes to control and debug registers belong to the mapping changes of the program generator; reads stay.
  if (form.operands.startsWith('Cn') || form.operands.startsWith('Dn')) return false;
  if (VECTOR_FEATURES.has(form.feature)) return GENERAL.has(form.mnemonic);
  return true;
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
