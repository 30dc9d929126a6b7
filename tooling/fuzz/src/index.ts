/** The fuzzers as a library, for tests of the tool itself. */
export { generateProgram } from './ir/generate.ts';
export { parseProgram, printProgram, type IrProgram } from './ir/program.ts';
export { irSuite } from './ir/suite.ts';
export { minimise } from './minimise.ts';
export { runSuite, type RunOptions, type RunResult, type Suite } from './suite.ts';
