// RDRAND and RDSEED (SDM vol. 1, 7.3.17): numbers of the machine's generator.
import { CC_OP_FLAGS, CTX_RET, FR_CC_OP, FR_CC_SRC } from '../generated/layout';
import { CF } from './arch';

/** 64 random bits into context.ret and 1; 0 when the machine has no generator. */
@external('host', 'random') declare function host_random(env: usize): i32;

export function random(env: usize, size: u32): u64 {
  const has = host_random(env) != 0;
  store<u64>(env, has ? CF : 0, FR_CC_SRC);
  store<u64>(env, CC_OP_FLAGS, FR_CC_OP);
  if (!has) return 0;
  const value = load<u64>(env, CTX_RET);
  return size == 8 ? value : value & ((<u64>1 << (size * 8)) - 1);
}
