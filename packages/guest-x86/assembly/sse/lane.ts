// One lane of an SSE computation on bit patterns T = u32 (f32) or u64 (f64): softfloat, and what SSE adds to IEEE 754.
import { SSE_ADD, SSE_DIV, SSE_MAX, SSE_MIN, SSE_MUL, SSE_SQRT, SSE_SUB } from '../generated/layout';
import { add, div, mul, squareRoot } from '../../../runtime/assembly/softfloat/binary-arithmetic';
import { compare } from '../../../runtime/assembly/softfloat/binary-convert';
import { afterDaz } from '../../../runtime/assembly/softfloat/binary-format';

/** Result of `compare` when an operand is a NaN. */
export const UNORDERED: i32 = 2;

/** MINPS, MAXPS: the second operand unless the first one is less (greater): also for two zeros and for NaNs, all of which are invalid. */
function pick<T>(a: T, b: T, wanted: i32): T {
  return compare<T>(a, b, true) == wanted ? afterDaz<T>(a) : afterDaz<T>(b);
}

/** add, sub, mul, div, min, max of two operands, sqrt of the second one. */
export function arithmetic<T>(op: u32, a: T, b: T): T {
  switch (op) {
    case SSE_ADD: return add<T>(a, b, 0);
    case SSE_SUB: return add<T>(a, b, 1);
    case SSE_MUL: return mul<T>(a, b);
    case SSE_DIV: return div<T>(a, b);
    case SSE_MIN: return pick<T>(a, b, -1);
    case SSE_MAX: return pick<T>(a, b, 1);
    case SSE_SQRT: return squareRoot<T>(b);
  }
  return 0;
}

/** Does the relation that bits 0–2 of a predicate name hold? Less and less-or-equal, and their negations, take no NaN. */
export function related<T>(a: T, b: T, predicate: u32): bool {
  const kind = predicate & 3;
  const order = compare<T>(a, b, kind == 1 || kind == 2);
  let holds: bool;
  switch (kind) {
    case 0: holds = order == 0; break;
    case 1: holds = order == -1; break;
    case 2: holds = order <= 0; break;
    default: holds = order == UNORDERED;
  }
  return holds != ((predicate & 4) != 0);
}
