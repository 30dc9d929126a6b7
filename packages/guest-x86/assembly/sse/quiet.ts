// The frequent operations in the quiet state of MXCSR (src/state/sse-op.ts), for operands of which direct code cannot tell whether the result is exact. If
// it is not, PE is set, and with that the fast state begins.
//
// A product is exact if its significand needs no more bits than there are. Both factors have P bits, of which the last n₁ and n₂ are zeros; the product of
// the odd numbers that remain is odd, so it needs all of its 2P − n₁ − n₂ bits, or one fewer if the leading bits did not carry.
import {
  MXCSR_PE, SSE_ADD, SSE_DIV, SSE_DOUBLE, SSE_LANES_SHIFT, SSE_MUL, SSE_SQRT, SSE_SUB, ST_MXCSR, ST_SCRATCH, ST_SSE_A, ST_SSE_B,
} from '../generated/layout';
import { exponentBias, fractionBits, isNormal, specialExponent } from '../../../runtime/assembly/softfloat/binary-format';
import { setMxcsr } from './control';
import { least } from './native';

/** What a function below says of a lane. */
const EXACT: u32 = 0;
const ROUNDED: u32 = 1;
/** It is not for here: an operand or the result is denormal, infinite, NaN or tiny, or a zero that is not exact. */
const NEITHER: u32 = 2;

/** Bits of a significand. */
@inline function precision<T>(): u64 { return <u64>fractionBits<T>() + 1; }
@inline function bitsOf<T>(x: T): u64 { return sizeof<T>() == 4 ? <u64>reinterpret<u32>(<f32>x) : reinterpret<u64>(<f64>x); }
/** Biased. */
@inline function exponent<T>(x: T): u64 { return (bitsOf<T>(x) >> fractionBits<T>()) & specialExponent<T>(); }

@inline function isOrdinary<T>(x: T): bool { return isNormal<T>(<i32>exponent<T>(x)); }
@inline function isTame<T>(x: T): bool { return isOrdinary<T>(x) || x == 0; }
/** Zeros at the end of the significand of a normal number. */
@inline function trailing<T>(x: T): u64 { return ctz<u64>(bitsOf<T>(x) | (<u64>1 << fractionBits<T>())); }

/** Is r = a × b without rounding? All are normal. */
@inline function isProduct<T>(r: T, a: T, b: T): bool {
  const zeros = trailing<T>(a) + trailing<T>(b);
  return zeros >= precision<T>() || (zeros == precision<T>() - 1 && exponent<T>(r) == exponent<T>(a) + exponent<T>(b) - exponentBias<T>());
}

/** The sum's rounding error (Knuth, TAOCP vol. 2, 4.2.2, theorem B); not a number where an intermediate overflows. */
@inline function sumError<T>(sum: T, a: T, b: T): T {
  const part = sum - a;
  return <T>((a - <T>(sum - part)) + <T>(b - part));
}

/** The result r of a lane: what is it? */
@inline function ofSum<T>(r: T, a: T, b: T): u32 {
  if (!isTame<T>(a) || !isTame<T>(b)) return NEITHER;
  if (r == 0) return EXACT;
  if (!isOrdinary<T>(r) || abs<T>(r) == least<T>()) return NEITHER;
  const error = sumError<T>(r, a, b);
  return error == 0 ? EXACT : error == error ? ROUNDED : NEITHER;
}

@inline function ofProduct<T>(r: T, a: T, b: T): u32 {
  if (!isTame<T>(a) || !isTame<T>(b)) return NEITHER;
  if (a == 0 || b == 0) return EXACT;
  if (!isOrdinary<T>(r) || abs<T>(r) == least<T>()) return NEITHER;
  return isProduct<T>(r, a, b) ? EXACT : ROUNDED;
}

@inline function ofQuotient<T>(r: T, a: T, b: T): u32 {
  if (!isTame<T>(a) || !isOrdinary<T>(b)) return NEITHER;
  if (a == 0) return EXACT;
  if (!isOrdinary<T>(r) || abs<T>(r) == least<T>()) return NEITHER;
  return r * b == a && isProduct<T>(a, r, b) ? EXACT : ROUNDED;
}

@inline function ofRoot<T>(r: T, b: T): u32 {
  if (b == 0) return EXACT;
  if (!isOrdinary<T>(b) || b < 0) return NEITHER;
  return r * r == b && isProduct<T>(b, r, r) ? EXACT : ROUNDED;
}

/** Lane at `at` (env plus the lane's place) into the scratch area. */
@inline function lane<T>(at: usize, op: u32): u32 {
  const a = load<T>(at, ST_SSE_A);
  const b = load<T>(at, ST_SSE_B);
  let r: T;
  let kind: u32;
  switch (op) {
    case SSE_ADD:
      r = <T>(a + b);
      kind = ofSum<T>(r, a, b);
      break;
    case SSE_SUB:
      r = <T>(a - b);
      kind = ofSum<T>(r, a, <T>-b);
      break;
    case SSE_MUL:
      r = <T>(a * b);
      kind = ofProduct<T>(r, a, b);
      break;
    case SSE_DIV:
      r = <T>(a / b);
      kind = ofQuotient<T>(r, a, b);
      break;
    default:
      r = sqrt<T>(b);
      kind = ofRoot<T>(r, b);
  }
  store<T>(at, r, ST_SCRATCH);
  return kind;
}

function lanes<T>(env: usize, what: u32): bool {
  const count = what >> SSE_LANES_SHIFT;
  const op = what & 0xff;
  let kinds = lane<T>(env, op);
  // Written as a whole: the reader loads all of it.
  if (count == 1) {
    if (kinds & NEITHER) return false;
    const before = v128.load(env, ST_SSE_A);
    if (sizeof<T>() == 4) v128.store(env, f32x4.replace_lane(before, 0, load<f32>(env, ST_SCRATCH)), ST_SSE_A);
    else v128.store(env, f64x2.replace_lane(before, 0, load<f64>(env, ST_SCRATCH)), ST_SSE_A);
  } else {
    for (let i: u32 = 1; i < count; i++) kinds |= lane<T>(env + i * sizeof<T>(), op);
    if (kinds & NEITHER) return false;
    v128.store(env, v128.load(env, ST_SCRATCH), ST_SSE_A);
  }
  if (kinds & ROUNDED) setMxcsr(env, load<u32>(env, ST_MXCSR) | MXCSR_PE);
  return true;
}

/** Sums, products, quotients and roots in the quiet state: false if some lane needs the exact way; then nothing has changed. */
export function quiet(env: usize, what: u32): bool {
  const op = what & 0xff;
  if (op > SSE_DIV && op != SSE_SQRT) return false;
  return what & SSE_DOUBLE ? lanes<f64>(env, what) : lanes<f32>(env, what);
}
