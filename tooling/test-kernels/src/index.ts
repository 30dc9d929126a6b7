/** Test kernels and what runs them. */
export type { Bits, TestKernel } from './assembly/kernel.ts';
export { QEMU_DIFFERS } from './differences.ts';
export { TestKernelError, type TestKernelErrorCode } from './error.ts';
export { buildImage } from './image.ts';
export { TEST_KERNELS } from './kernels/index.ts';
export { runOnQemu } from './qemu.ts';
export { DEBUG_EXIT, EXECUTIONS, MEMORY, pcOptions, runKernel, type Outcome, type RunOptions } from './run.ts';
