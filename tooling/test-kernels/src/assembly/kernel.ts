/** What a test kernel is made of. */
import type { Macros } from './macros.ts';

export type Bits = 32 | 64;

export interface KernelTest {
  readonly name: string;
  /** A routine without its RET. It may use all registers; it leaves mappings and devices as the kernel's other tests want them. */
  readonly text: string;
}

export interface TestKernel {
  readonly name: string;
  readonly about: string;
  readonly bits: Bits;
  /** Times that all tests run before they are reported. Default 3: with thresholds of 1, first interpreted, then in modules, then in regions. */
  readonly rounds?: number;
  readonly build: (m: Macros) => KernelBody;
}

export interface KernelBody {
  /** Runs once, before the tests. */
  readonly setup?: string;
  /** Runs after each test, also after one that failed in the middle. */
  readonly cleanup?: string;
  readonly tests: readonly KernelTest[];
  /** Subroutines and data. */
  readonly library?: string;
}
