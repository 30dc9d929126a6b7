/** Limits of memories and tables: flags (bit 0: has a maximum, bit 1: shared), minimum, maximum. */
import { CodegenError } from '../../errors.ts';
import type { ByteSink } from '../sink.ts';
import type { Limits } from '../types.ts';

export function writeLimits(out: ByteSink, { min, max, shared }: Limits): void {
  if (shared === true && max === undefined) {
    throw new CodegenError('bad-index', 'a shared memory has no maximum', 'give max: the pages it may grow to');
  }
  out.u8((max === undefined ? 0 : 1) | (shared === true ? 2 : 0));
  out.u32(min);
  if (max !== undefined) out.u32(max);
}
