// What follows from MXCSR.
import { MXCSR_FAST_MASK, MXCSR_FAST_VALUE, ST_MXCSR, ST_SSE_FAST } from '../generated/layout';

// @ts-ignore: decorator
@inline export function isFast(env: usize): bool { return (load<u32>(env, ST_MXCSR) & MXCSR_FAST_MASK) == MXCSR_FAST_VALUE; }

/** Keep `sseFast`. */
export function mxcsr_changed(env: usize): void {
  v128.store(env, i32x4.splat(isFast(env) ? -1 : 0), ST_SSE_FAST);
}
