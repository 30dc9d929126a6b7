/**
 * Helpers of the SSE floating-point instructions, exact in value and flags in any state of MXCSR. Implemented in `assembly/sse`; one row each. What
 * they are asked is a number that `state/sse-op.ts` describes.
 */
import type { HelperDef, HelperTable, TypeName } from '@wasm-tcg/ir';

const row = (name: string, args: readonly TypeName[], ret: TypeName | null, doc: string): HelperDef => ({
  name, args, ret, impl: 'wasm', effects: { reads: 'none', writes: 'none', mayFault: true }, doc,
});
const pure = (name: string, args: readonly TypeName[], ret: TypeName, doc: string): HelperDef => ({
  name, env: false, args, ret, impl: 'wasm', effects: { reads: 'none', writes: 'none', pure: true }, doc,
});

/** Rows in the order of their ids. An unmasked exception is #XM, or #UD without CR4.OSXMMEXCPT. */
export const SSE_HELPERS: HelperTable = [
  row('sse_compute', ['i32'], null, '(what): state.sseA = operation on sseA and sseB; lanes that are not computed stay'),
  row('sse_to_integer', ['i32', 'i64'], 'i64', '(what, bits of the operand): integer, zero-extended when it has 32 bits'),
  row('sse_compare', ['i32', 'i64', 'i64'], 'i32', '(what, bits of a, bits of b): ZF PF CF in their EFLAGS positions, all other bits zero'),
  pure('rcp_f32', ['i32'], 'i32', '(bits of an f32): RCPSS'),
  pure('rsqrt_f32', ['i32'], 'i32', '(bits of an f32): RSQRTSS'),
  row('ldmxcsr', ['i32'], null, '(value): LDMXCSR; #GP(0) for bits that do not exist'),
];
