// The SSE floating-point helpers: exact in value and flags in any state of MXCSR. Vectors pass through the state (`sseA`, `sseB`); what is
// asked is one number (src/state/sse-op.ts). `T` is u32 for f32, u64 for f64.
//
// Nothing is lost when a computation ends in a fault: sseA is scratch, and the block that called leaves without reading it.
import {
  SSE_ADDSUB, SSE_ADD, SSE_CMP, SSE_COMPARE, SSE_DOUBLE, SSE_DP, SSE_FROM_I32, SSE_FROM_I64, SSE_HADD, SSE_HSUB, SSE_IMM_SHIFT,
  SSE_LANES_SHIFT, SSE_MUL, SSE_NARROW, SSE_ROUND, SSE_SUB, SSE_TO_I32, SSE_TO_I64, SSE_TRUNCATE, SSE_WIDEN, ST_SSE_A, ST_SSE_B,
} from '../generated/layout';
import { compare, fromInteger, narrow, roundToIntegral, toInteger, widen } from '../../../runtime/assembly/softfloat/binary-convert';
import { TRUNCATE, sfRounding } from '../../../runtime/assembly/softfloat/state';
import { CF, PF, ZF } from '../system/arch';
import { begin, finish } from './control';
import { UNORDERED, arithmetic, related } from './lane';
import { native } from './native';
import { quiet } from './quiet';
import { isFast, isQuiet } from './state';

/** Lane i of sseA. */
@inline function laneA<T>(env: usize, i: u32): T { return load<T>(env + i * sizeof<T>(), ST_SSE_A); }
/** Lane i of sseB. */
@inline function laneB<T>(env: usize, i: u32): T { return load<T>(env + i * sizeof<T>(), ST_SSE_B); }
@inline function setLane<T>(env: usize, i: u32, value: T): void { store<T>(env + i * sizeof<T>(), value, ST_SSE_A); }

/** Immediate of ROUNDPS: bits 0–1 the mode unless bit 2 asks for MXCSR's, bit 3 hides inexactness. */
function rounded<T>(value: T, imm: u32): T {
  return roundToIntegral<T>(value, imm & 4 ? sfRounding : imm & 3, (imm & 8) != 0);
}

/** HADDPS, HSUBPS: pairs of a make the low half, pairs of b the high one. */
function horizontal<T>(env: usize, op: u32): void {
  const half: u32 = 8 / <u32>sizeof<T>();
  for (let i: u32 = 0; i < half; i++) setLane<T>(env, i, arithmetic<T>(op, laneA<T>(env, 2 * i), laneA<T>(env, 2 * i + 1)));
  for (let i: u32 = 0; i < half; i++) setLane<T>(env, half + i, arithmetic<T>(op, laneB<T>(env, 2 * i), laneB<T>(env, 2 * i + 1)));
}

/**
 * Every lane plus the lane whose number differs in the bit `distance`. Only NaNs tell which operand is the first: the lane's own, but in the
 * first step of DPPS the other one (measured, as everything about NaNs here).
 */
function addAcross<T>(env: usize, distance: u32): void {
  const lanes: u32 = 16 / <u32>sizeof<T>();
  const otherFirst = lanes == 4 && distance == 1;
  for (let i: u32 = 0; i < lanes; i++) {
    const j = i ^ distance;
    if (j < i) continue;
    const x = laneA<T>(env, otherFirst ? j : i);
    const y = laneA<T>(env, otherFirst ? i : j);
    setLane<T>(env, i, arithmetic<T>(SSE_ADD, x, y));
    setLane<T>(env, j, arithmetic<T>(SSE_ADD, y, x));
  }
}

/**
 * DPPS, DPPD: products, sums of neighbours, sum of the sums; each is a stage with exceptions of its own. Bits 4–7 of the immediate choose the
 * products, bits 0–3 the lanes of the result; the rest is zero.
 */
function dotProduct<T>(env: usize, imm: u32): bool {
  const lanes: u32 = 16 / <u32>sizeof<T>();
  for (let i: u32 = 0; i < lanes; i++) {
    setLane<T>(env, i, imm >> (4 + i) & 1 ? arithmetic<T>(SSE_MUL, laneA<T>(env, i), laneB<T>(env, i)) : 0);
  }
  if (!finish(env)) return false;
  for (let distance: u32 = 1; distance < lanes; distance <<= 1) {
    addAcross<T>(env, distance);
    if (!finish(env)) return false;
  }
  for (let i: u32 = 0; i < lanes; i++) if (!(imm >> i & 1)) setLane<T>(env, i, 0);
  return true;
}

/** Operations whose operands are of format T. */
function compute<T>(env: usize, what: u32): void {
  const op = what & 0xff;
  const imm = what >> SSE_IMM_SHIFT & 0xff;
  const lanes = what >> SSE_LANES_SHIFT;
  switch (op) {
    case SSE_ADDSUB:
      for (let i: u32 = 0; i < lanes; i++) setLane<T>(env, i, arithmetic<T>(i & 1 ? SSE_ADD : SSE_SUB, laneA<T>(env, i), laneB<T>(env, i)));
      break;
    case SSE_HADD: horizontal<T>(env, SSE_ADD); break;
    case SSE_HSUB: horizontal<T>(env, SSE_SUB); break;
    case SSE_CMP:
      for (let i: u32 = 0; i < lanes; i++) setLane<T>(env, i, related<T>(laneA<T>(env, i), laneB<T>(env, i), imm) ? <T>-1 : 0);
      break;
    case SSE_ROUND:
      for (let i: u32 = 0; i < lanes; i++) setLane<T>(env, i, rounded<T>(laneB<T>(env, i), imm));
      break;
    case SSE_DP:
      dotProduct<T>(env, imm);
      return;
    case SSE_WIDEN:
      for (let i: u32 = 0; i < lanes; i++) setLane<u64>(env, i, widen(laneB<u32>(env, i)));
      break;
    case SSE_NARROW:
      for (let i: u32 = 0; i < lanes; i++) setLane<u32>(env, i, narrow(laneB<u64>(env, i)));
      break;
    case SSE_FROM_I32:
      for (let i: u32 = 0; i < lanes; i++) setLane<T>(env, i, fromInteger<T>(<i64>laneB<i32>(env, i)));
      break;
    case SSE_FROM_I64: setLane<T>(env, 0, fromInteger<T>(laneB<i64>(env, 0))); break;
    case SSE_TO_I32: {
      const rounding = imm == SSE_TRUNCATE ? TRUNCATE : sfRounding;
      for (let i: u32 = 0; i < lanes; i++) setLane<i32>(env, i, <i32>toInteger<T>(laneB<T>(env, i), rounding, 32));
      break;
    }
    default:
      for (let i: u32 = 0; i < lanes; i++) setLane<T>(env, i, arithmetic<T>(op, laneA<T>(env, i), laneB<T>(env, i)));
  }
  finish(env);
}

/** `sse_compute(what)` of the helper table. */
export function sse_compute(env: usize, what: u32): void {
  const double = (what & SSE_DOUBLE) != 0;
  if (isFast(env) ? native(env, what, double) : isQuiet(env) && quiet(env, what)) return;
  begin(env);
  if (double) compute<u64>(env, what);
  else compute<u32>(env, what);
}

/** `sse_to_integer(what, bits)`: 32-bit results are zero-extended. */
export function sse_to_integer(env: usize, what: u32, bits: u64): u64 {
  begin(env);
  const wide = (what & 0xff) == SSE_TO_I64;
  const rounding = (what >> SSE_IMM_SHIFT & 0xff) == SSE_TRUNCATE ? TRUNCATE : sfRounding;
  const result = what & SSE_DOUBLE ? toInteger<u64>(bits, rounding, wide ? 64 : 32) : toInteger<u32>(<u32>bits, rounding, wide ? 64 : 32);
  finish(env);
  return wide ? result : <u64>result & 0xffffffff;
}

/** `sse_compare(what, a, b)`: ZF PF CF as COMISD sets them. */
export function sse_compare(env: usize, what: u32, a: u64, b: u64): u32 {
  begin(env);
  const signaling = (what & 0xff) == SSE_COMPARE;
  const order = what & SSE_DOUBLE ? compare<u64>(a, b, signaling) : compare<u32>(<u32>a, <u32>b, signaling);
  finish(env);
  return order == UNORDERED ? ZF | PF | CF : order < 0 ? CF : order == 0 ? ZF : 0;
}
