/**
 * Mnemonics that the tables know and that are not translated: system instructions that CPUID never offers. They are #UD.
 */
import type { MnemonicName } from '../decode/index.ts';
import { Vector } from './context.ts';
import type { Handler, HandlersOf } from './handler.ts';

const BEYOND = [
  'rsm', 'xgetbv', 'xsetbv', 'xsave', 'xsaveopt', 'xsavec', 'xsaves', 'xrstor', 'xrstors',
] as const satisfies readonly MnemonicName[];

const undefinedOpcode: Handler = (c) => c.fault(Vector.UD);

/** One handler for all of them. */
export const BEYOND_INTEGER_ISA: HandlersOf<(typeof BEYOND)[number]> = Object.fromEntries(
  BEYOND.map((name) => [name, undefinedOpcode]),
) as HandlersOf<(typeof BEYOND)[number]>;
