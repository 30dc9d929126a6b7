// Raising faults: the record in the context that `fault_deliver` reads later. A function that may fault returns (false, or anything) as soon
// as `exited` says so, and has committed nothing by then.
import {
  CTX_BUDGET, CTX_BUDGET_HELD, CTX_EXIT_CODE, CTX_EXIT_DATA, CTX_FAULT_ACCESS, CTX_FAULT_ADDRESS, CTX_FAULT_ERROR, EXIT_FAULT,
} from '../generated/layout';
import { VEC_GP, VEC_UD } from './arch';

/** `faultAccess` of a fault that belongs to no memory access. */
export const NO_ACCESS: u32 = 0xff;

@inline export function exited(env: usize): bool { return load<u32>(env, CTX_EXIT_CODE) != 0; }

/** Raise a fault; `error` is ignored for vectors that push none. Returns false, for `return raise(…)`. */
export function raise(env: usize, vector: u32, error: u32): bool {
  return raiseAccess(env, vector, error, 0, NO_ACCESS);
}

/** Raise a fault of a memory access (ACCESS_*) at a linear address. */
export function raiseAccess(env: usize, vector: u32, error: u32, address: u64, access: u32): bool {
  store<u32>(env, EXIT_FAULT, CTX_EXIT_CODE);
  store<u32>(env, vector, CTX_EXIT_DATA);
  store<u32>(env, error, CTX_FAULT_ERROR);
  store<u32>(env, access, CTX_FAULT_ACCESS);
  store<u64>(env, address, CTX_FAULT_ADDRESS);
  return false;
}

export function raiseGp(env: usize, error: u32): bool { return raise(env, VEC_GP, error); }
export function raiseUd(env: usize): bool { return raise(env, VEC_UD, 0); }

/** Does the exception push an error code in protected mode? (SDM vol. 3, table 6-1) */
export function hasErrorCode(vector: u32): bool {
  return vector < 32 && ((0x27d00 >> vector) & 1) != 0;
}

/** Take the whole budget, so that the host gets control at the next instruction boundary. Only in helpers declared `io`. */
export function takeBudget(env: usize): void {
  store<i32>(env, load<i32>(env, CTX_BUDGET_HELD) + load<i32>(env, CTX_BUDGET), CTX_BUDGET_HELD);
  store<i32>(env, 0, CTX_BUDGET);
}

/** `raise_exception(vector, error or −1)` of the helper table. */
export function raise_exception(env: usize, vector: u32, error: i32): void {
  raise(env, vector, error == -1 ? 0 : error);
}
