/**
 * One lowering per value op: the single definition, in Wasm, of what an op does in every tier. A missing op is a type
 * error here; control ops are lowered by whoever builds the function (context.ts, CONTROL_OPS).
 */
import { ALU } from './alu.ts';
import { BITS } from './bits.ts';
import { COND } from './cond.ts';
import type { Lowering, ValueOpName } from './context.ts';
import { FLOAT } from './float.ts';
import { GUEST_MEMORY } from './guest-memory.ts';
import { HOST_MEMORY } from './host-memory.ts';
import { VECTOR } from './vector.ts';

export const LOWERINGS: { readonly [K in ValueOpName]: Lowering } = {
  ...ALU,
  ...BITS,
  ...COND,
  ...FLOAT,
  ...VECTOR,
  ...HOST_MEMORY,
  ...GUEST_MEMORY,
};
