/** System-mode test programs: recorded on QEMU and Bochs, run on our emulator. */
export { SystemTestError, type SystemTestErrorCode } from './error.ts';
export { CPU_MODES, type CpuMode } from './modes.ts';
export { DIFFERENCES, type Difference, type DifferenceKey, type Oracle } from './differences.ts';
export { parsePrograms, type ProgramCase, type ProgramFile } from './programs.ts';
export { decodeRecords, isComplete, type DecodeOptions, type FlagName } from './records.ts';
export { readHarness, readVectors, type SystemVector, type VectorSet } from './vectors.ts';
export { Target, type TargetOptions } from './target.ts';
export { EXECUTION_MODES, runSuite, type SuiteOptions, type SuiteResult } from './suite.ts';
