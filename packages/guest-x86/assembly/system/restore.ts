// State of the instruction that faulted: rip and cc_op come from the restore table of the TB that ran (ARCHITECTURE.md, Faults).
import {
  CTX_INSN_INDEX, CTX_TB_PTR, FR_CC_OP, FR_PAGE_BASE, FR_RIP, RESTORE_CC_OP_DYNAMIC, RESTORE_CC_OP_MASK, RESTORE_STACK_LOADS, RESTORE_STACK_STORES,
  ST_PC_MASK, TB_CS_BASE, TB_RESTORE, ACCESS_READ, ACCESS_WRITE, CTX_EXIT_DATA, CTX_FAULT_ACCESS, CTX_FAULT_ADDRESS, HF_CS64,
} from '../generated/layout';
import { VEC_GP, VEC_SS } from './arch';
import { hflags, isCanonical } from './state';

/** Address of the running instruction's entry {delta i32, data i32}, 0 when no TB is known. */
function entry(env: usize): usize {
  const tb = <usize>load<u32>(env, CTX_TB_PTR);
  if (tb == 0) return 0;
  return <usize>load<u32>(tb, TB_RESTORE) + (<usize>load<u32>(env, CTX_INSN_INDEX) << 3);
}

/** Make rip and cc_op in the frame those of the start of instruction `insnIndex` of TB `tbPtr`. */
export function restore_state(env: usize): void {
  const at = entry(env);
  if (at == 0) return;
  const pc = load<u64>(env, FR_PAGE_BASE) + load<i32>(at) - load<u64>(<usize>load<u32>(env, CTX_TB_PTR), TB_CS_BASE);
  store<u64>(env, pc & load<u64>(env, ST_PC_MASK), FR_RIP);
  const op = load<u32>(at, 4) & RESTORE_CC_OP_MASK;
  if (op != RESTORE_CC_OP_DYNAMIC) store<u64>(env, op, FR_CC_OP);
}

/** Vector of the fault in the record: a non-canonical address of a stack access is #SS, which the page walk could not know. */
export function faultVector(env: usize): u32 {
  const vector = load<u32>(env, CTX_EXIT_DATA);
  const access = load<u32>(env, CTX_FAULT_ACCESS);
  const at = entry(env);
  if (vector != VEC_GP || access > <u32>ACCESS_WRITE || at == 0 || !(hflags(env) & HF_CS64) || isCanonical(load<u64>(env, CTX_FAULT_ADDRESS))) return vector;
  const data = load<i32>(at, 4);
  const isStack = data != -1 && (data & (access == <u32>ACCESS_READ ? RESTORE_STACK_LOADS : RESTORE_STACK_STORES)) != 0;
  return isStack ? VEC_SS : vector;
}
