/**
 * Helpers of MMX and SSE instructions for which Wasm SIMD has no equivalent. Implemented in `assembly/simd`; one row each. They take vectors as
 * values, so that registers need not go to their slots.
 */
import type { HelperDef, HelperTable, TypeName } from '@wasm-tcg/ir';

const pure = (name: string, args: readonly TypeName[], ret: TypeName, doc: string): HelperDef => ({
  name, env: false, args, ret, impl: 'wasm', effects: { reads: 'none', writes: 'none', pure: true }, doc,
});

/** Rows in the order of their ids. */
export const SIMD_HELPERS: HelperTable = [
  {
    name: 'mask_store', args: ['i64', 'v128', 'v128', 'i32', 'i32'], ret: null, impl: 'wasm', effects: { reads: 'none', writes: 'none', mayFault: true },
    doc: '(linear address, data, mask, bytes 8 or 16, MMU index): store the bytes whose mask byte is negative; faults of no other byte are seen',
  },
  pure('pcmpistr', ['v128', 'v128', 'i32'], 'i32',
    '(a, b, immediate): comparison of strings that end with zero (SDM vol. 2, 4.1). IntRes2 in bits 15–0, CF ZF SF OF in their EFLAGS positions << 16'),
  pure('pcmpestr', ['v128', 'v128', 'i32', 'i64', 'i64'], 'i32', '(a, b, immediate, length of a, length of b): as pcmpistr, with signed lengths'),
  pure('aesenc', ['v128', 'v128'], 'v128', '(state, round key): one round of AES encryption'),
  pure('aesenclast', ['v128', 'v128'], 'v128', '(state, round key): the last round of AES encryption'),
  pure('aesdec', ['v128', 'v128'], 'v128', '(state, round key): one round of the equivalent inverse cipher'),
  pure('aesdeclast', ['v128', 'v128'], 'v128', '(state, round key): its last round'),
  pure('aesimc', ['v128'], 'v128', '(round key): InvMixColumns'),
  pure('aeskeygenassist', ['v128', 'i32'], 'v128', '(key, round constant): SubWord and RotWord of words 1 and 3'),
  pure('clmul', ['i64', 'i64'], 'v128', '(a, b): their carry-less product'),
  pure('sha1msg1', ['v128', 'v128'], 'v128', '(destination, source)'),
  pure('sha1msg2', ['v128', 'v128'], 'v128', '(destination, source)'),
  pure('sha1nexte', ['v128', 'v128'], 'v128', '(destination, source)'),
  pure('sha1rnds4', ['v128', 'v128', 'i32'], 'v128', '(destination, source, group of rounds 0–3)'),
  pure('sha256msg1', ['v128', 'v128'], 'v128', '(destination, source)'),
  pure('sha256msg2', ['v128', 'v128'], 'v128', '(destination, source)'),
  pure('sha256rnds2', ['v128', 'v128', 'v128'], 'v128', '(destination, source, XMM0)'),
];
