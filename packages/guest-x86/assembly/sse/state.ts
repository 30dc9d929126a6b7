// What follows from MXCSR: the operands of the questions that direct code asks (src/translate/sse-fast.ts).
import {
  MXCSR_FAST_MASK, MXCSR_FAST_VALUE, MXCSR_PE, ST_MXCSR, ST_SSE_BOUND32, ST_SSE_BOUND64, ST_SSE_FAST, ST_SSE_LEAST32, ST_SSE_LEAST64,
} from '../generated/layout';

@inline export function isFast(env: usize): bool { return (load<u32>(env, ST_MXCSR) & MXCSR_FAST_MASK) == MXCSR_FAST_VALUE; }
@inline export function isQuiet(env: usize): bool { return (load<u32>(env, ST_MXCSR) & MXCSR_FAST_MASK) == (MXCSR_FAST_VALUE & ~MXCSR_PE); }

/** Keep what depends on whether the state is fast or quiet. The least normal number may have been tiny before it was rounded, hence its successor. */
export function mxcsr_changed(env: usize): void {
  const fast: i32 = isFast(env) ? -1 : 0;
  const bounded: i32 = isQuiet(env) ? -1 : fast;
  if (load<i32>(env, ST_SSE_FAST) == fast && (load<i32>(env, ST_SSE_LEAST32) != 0) == (bounded != 0)) return;
  v128.store(env, i32x4.splat(fast), ST_SSE_FAST);
  const mask = i32x4.splat(bounded);
  v128.store(env, v128.and(mask, i32x4.splat(0x00800001)), ST_SSE_LEAST32);
  v128.store(env, v128.and(mask, i32x4.splat(0x7f800000)), ST_SSE_BOUND32);
  v128.store(env, v128.and(mask, i64x2.splat(0x0010000000000001)), ST_SSE_LEAST64);
  v128.store(env, v128.and(mask, i64x2.splat(0x7ff0000000000000)), ST_SSE_BOUND64);
}
