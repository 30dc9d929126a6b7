/**
 * Helpers of the SSE floating-point instructions, exact in value and flags. Implemented in `assembly/sse`; one row each. What they are asked
 * is a number that `state/sse-op.ts` describes.
 *
 * A `_masked` row is for blocks with HFlag.SSE_FAST: all exceptions are masked there, so that it cannot fault and needs nothing around it.
 */
import type { HelperDef, HelperEffects, HelperTable, TypeName } from '@wasm-tcg/ir';

const CHECKED: HelperEffects = { reads: 'none', writes: 'none', mayFault: true };
const MASKED: HelperEffects = { reads: 'none', writes: 'none' };

const row = (name: string, args: readonly TypeName[], ret: TypeName | null, effects: HelperEffects, doc: string): HelperDef => ({
  name, args, ret, impl: 'wasm', effects, doc,
});
const pure = (name: string, args: readonly TypeName[], ret: TypeName, doc: string): HelperDef => ({
  name, env: false, args, ret, impl: 'wasm', effects: { reads: 'none', writes: 'none', pure: true }, doc,
});
/** A computation in both forms. */
const computation = (name: string, args: readonly TypeName[], ret: TypeName | null, doc: string): readonly [HelperDef, HelperDef] => [
  row(name, args, ret, CHECKED, `${doc}. An unmasked exception is #XM, or #UD without CR4.OSXMMEXCPT`),
  row(`${name}_masked`, args, ret, MASKED, `${doc}, while all exceptions are masked`),
];

/** Rows in the order of their ids, which follow those of the integer helpers. */
export const SSE_HELPERS: HelperTable = [
  ...computation('sse_compute', ['i32'], null, '(what): state.sseA = operation on sseA and sseB; lanes that are not computed stay'),
  ...computation('sse_to_integer', ['i32', 'i64'], 'i64', '(what, bits of the operand): integer, zero-extended when it has 32 bits'),
  ...computation('sse_compare', ['i32', 'i64', 'i64'], 'i32', '(what, bits of a, bits of b): ZF PF CF in their EFLAGS positions, all other bits zero'),
  pure('rcp_f32', ['i32'], 'i32', '(bits of an f32): RCPSS'),
  pure('rsqrt_f32', ['i32'], 'i32', '(bits of an f32): RSQRTSS'),
  row('ldmxcsr', ['i32'], null, { reads: 'none', writes: 'none', mayFault: true, changesFlags: true }, '(value): LDMXCSR; #GP(0) for bits that do not exist'),
  row('sse_settle', [], null, { reads: 'none', writes: 'none', changesFlags: true }, 'MXCSR has come into the state of HFlag.SSE_FAST: set the bit'),
];
