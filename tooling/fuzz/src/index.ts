/** The fuzzers as a library, for tests of the tool itself. */
export { parseProgram, printProgram, type IrProgram } from './ir/program.ts';
export { irSuite } from './ir/suite.ts';
export { minimise } from './minimise.ts';
export { parseOptions } from './options.ts';
export { runSuite, type RunOptions, type RunResult, type Suite } from './suite.ts';
export { parseX86, printX86, type X86Program } from './x86/program.ts';
export { x86Suite } from './x86/suite.ts';
