/** All kernels, built. */
import { buildKernel, type Bits, type Kernel } from './kernel.ts';
import { KERNELS } from './sources.ts';
import { straightKernel } from './straight.ts';

export const ALL_BITS = [64, 32] as const satisfies readonly Bits[];

/** @param filter keeps the kernels whose name contains it */
export function buildKernels(filter = ''): Kernel[] {
  return ALL_BITS.flatMap((bits) => [
    ...KERNELS.filter(({ name }) => name.includes(filter)).map((source) => buildKernel(source, bits)),
    ...('10,000 TBs'.includes(filter) ? [straightKernel(bits)] : []),
  ]);
}
