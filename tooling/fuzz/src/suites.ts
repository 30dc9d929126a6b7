/** The kinds of programs by name. */
import { parseProgram, type IrProgram } from './ir/program.ts';
import { irSuite } from './ir/suite.ts';
import type { Suite } from './suite.ts';
import { parseX86, type X86Program } from './x86/program.ts';
import { x86Suite } from './x86/suite.ts';

export type SuiteName = 'ir' | 'x86';

/** A program of either kind, with what its own suite does with it. */
export interface Loaded {
  check(): string | undefined;
  print(): string;
  /** Lines about where it fails. */
  explain(): readonly string[];
}

/** Do something with the suite of a name, whatever its programs are. */
export function withSuite<T>(name: SuiteName, use: <P>(suite: Suite<P>) => T): T {
  return name === 'x86' ? use<X86Program>(x86Suite()) : use<IrProgram>(irSuite());
}

/** Read a file of a failed program. Its first line says what kind it is. @throws ProgramFormatError */
export function loadProgram(text: string): Loaded {
  return text.startsWith('fuzz x86') ? bind(x86Suite(), parseX86(text)) : bind(irSuite(), parseProgram(text));
}

function bind<P>(suite: Suite<P>, program: P): Loaded {
  return { check: () => (suite.checkAlone ? suite.checkAlone(program) : suite.check(program)), print: () => suite.print(program, []), explain: () => suite.explain?.(program) ?? [] };
}
