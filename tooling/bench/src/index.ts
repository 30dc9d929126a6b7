/** What tests and the build of guests use. */
export { assemble, AssemblyError, type Assembled } from './asm/assemble.ts';
export { assemblePages } from './asm/pages.ts';
export { BenchError } from './errors.ts';
export { CODE, CODE_BYTES, DATA, DATA_BYTES, PHYSICAL, STACK, STACK_BYTES, STUB, TABLES } from './guest/layout.ts';
export { physicalOf, writePageTables } from './guest/page-tables.ts';
export { formatResult, hashWords, resultRegisters } from './guest/result.ts';
export { GuestRunner, type Run } from './guest/runner.ts';
export { buildKernels } from './kernels/index.ts';
export type { Bits, Kernel } from './kernels/kernel.ts';
export { STRAIGHT_BLOCKS, straightKernel } from './kernels/straight.ts';
export { measureKernel, type KernelRow, type Speed } from './measure/kernels.ts';
export { ALTERNATIVE_NAMES, ALTERNATIVES, type Alternative } from './measure/modes.ts';
export { geometricMean, median, spread } from './measure/stats.ts';
export { NativeRunner } from './native/native.ts';
export { expectations } from './report/expectations.ts';
export { formatTable } from './report/table.ts';
export { formatReport, type Report } from './report/text.ts';
