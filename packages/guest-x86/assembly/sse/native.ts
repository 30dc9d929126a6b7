// The four operations in the fast state of MXCSR (src/state/sse-op.ts), on what direct code leaves aside though it is exact as Wasm computes it:
// zeros, and vectors in which some lane is zero. Rounding is to nearest, PE is set, all is masked; so nothing is left to do for lanes that are neither
// denormal nor NaN before and after, do not overflow, and are not tiny.
import { SSE_ADD, SSE_DIV, SSE_LANES_SHIFT, SSE_MUL, SSE_SUB, ST_SSE_A, ST_SSE_B } from '../generated/layout';

/** Least normal number. */
@inline export function least<T extends number>(): T { return sizeof<T>() == 4 ? <T>reinterpret<f32>(0x00800000) : <T>reinterpret<f64>(0x0010000000000000); }

/** Zero, normal or infinite. */
@inline function tame<T extends number>(x: v128): v128 {
  return v128.or(v128.ge<T>(v128.abs<T>(x), v128.splat<T>(least<T>())), v128.eq<T>(x, v128.splat<T>(0)));
}

/** Does the operation if that is all: false if some lane needs the exact way. T is f32 or f64. */
function four<T extends number>(env: usize, what: u32): bool {
  const a = v128.load(env, ST_SSE_A);
  const b = v128.load(env, ST_SSE_B);
  const zero = v128.splat<T>(0);
  let r: v128;
  // Lanes in which a zero as result is exact.
  let vanishes: v128;
  switch (what & 0xff) {
    case SSE_ADD:
      r = v128.add<T>(a, b);
      vanishes = i32x4.splat(-1);
      break;
    case SSE_SUB:
      r = v128.sub<T>(a, b);
      vanishes = i32x4.splat(-1);
      break;
    case SSE_MUL:
      r = v128.mul<T>(a, b);
      vanishes = v128.or(v128.eq<T>(a, zero), v128.eq<T>(b, zero));
      break;
    default:
      r = v128.div<T>(a, b);
      vanishes = v128.eq<T>(a, zero);
  }
  const size = v128.abs<T>(r);
  const result = v128.or(
    v128.and(v128.gt<T>(size, v128.splat<T>(least<T>())), v128.lt<T>(size, v128.splat<T>(<T>Infinity))),
    v128.and(v128.eq<T>(r, zero), vanishes),
  );
  const good = v128.and(v128.and(tame<T>(a), tame<T>(b)), result);
  const lanes = what >> SSE_LANES_SHIFT;
  const all: i32 = (1 << lanes) - 1;
  const bits = sizeof<T>() == 4 ? i32x4.bitmask(good) : i64x2.bitmask(good);
  if ((bits & all) != all) return false;
  // A single lane comes with the rest of a: the reader loads all of it, which is slow behind a store of a part.
  if (lanes == 1) r = sizeof<T>() == 4 ? v128.shuffle<u32>(r, a, 0, 5, 6, 7) : v128.shuffle<u64>(r, a, 0, 3);
  v128.store(env, r, ST_SSE_A);
  return true;
}

/** The computation that `what` asks for, if it is one of the four and can be done here. */
export function native(env: usize, what: u32, double: bool): bool {
  const op = what & 0xff;
  if (op != SSE_ADD && op != SSE_SUB && op != SSE_MUL && op != SSE_DIV) return false;
  return double ? four<f64>(env, what) : four<f32>(env, what);
}
