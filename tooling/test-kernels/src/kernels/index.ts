/** All test kernels. */
import type { TestKernel } from '../assembly/kernel.ts';
import { exceptions } from './exceptions.ts';

export const TEST_KERNELS: readonly TestKernel[] = [exceptions];
