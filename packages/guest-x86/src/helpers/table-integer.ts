/**
 * Helpers of the integer instructions: what is too long to inline, or rare. Implemented in `assembly/integer`; one row each.
 */
import type { HelperDef, HelperTable, TypeName } from '@wasm-tcg/ir';

const pure = (name: string, args: readonly TypeName[], ret: TypeName, doc: string): HelperDef => ({
  name, env: false, args, ret, impl: 'wasm', effects: { reads: 'none', writes: 'none', pure: true }, doc,
});
const check = (name: string, args: readonly TypeName[], doc: string): HelperDef => ({
  name, args, ret: null, impl: 'wasm', effects: { reads: 'none', writes: 'none', mayFault: true }, doc,
});

/** Iterations of a repeated string instruction as far as pages, what the TLB has, and the budget allow: their number, perhaps 0. */
const string = (name: string, args: readonly TypeName[], doc: string): HelperDef => ({
  name, args, ret: 'i32', impl: 'wasm', effects: { reads: 'none', writes: 'none', takesBudget: true }, doc,
});

/** Rows in the order of their ids, which follow those of the system helpers. */
export const INTEGER_HELPERS: HelperTable = [
  pure('compute_flags', ['i32', 'i64', 'i64', 'i64'], 'i32', '(cc_op, cc_dst, cc_src, cc_src2): CF PF AF ZF SF OF in their EFLAGS positions'),
  pure('rcl', ['i64', 'i32', 'i32', 'i32'], 'i64',
    '(value, carry 0 or 1, count, bits 8, 16, 32): rotated through carry by count mod (bits + 1); the new carry is bit 32 of the result'),
  pure('rcr', ['i64', 'i32', 'i32', 'i32'], 'i64', '(value, carry, count, bits 8, 16, 32): as rcl, to the right'),
  pure('rcl64', ['i64', 'i32', 'i32'], 'i64', '(value, carry, count 1–63): the value of RCL r64; its carry is bit 64 − count of value'),
  pure('rcr64', ['i64', 'i32', 'i32'], 'i64', '(value, carry, count 1–63): the value of RCR r64; its carry is bit count − 1 of value'),
  pure('pdep', ['i64', 'i64'], 'i64', '(source, mask): low bits of source spread to the one bits of mask'),
  pure('pext', ['i64', 'i64'], 'i64', '(source, mask): bits of source at the one bits of mask, gathered'),
  pure('crc32', ['i32', 'i64', 'i32'], 'i32', '(crc, data, bytes 1, 2, 4, 8): CRC-32C (polynomial 11EDC6F41h, reflected) over the low bytes of data'),
  pure('daa', ['i32', 'i32'], 'i32', '(AL, flags): AL after DAA in bits 7–0, new flags shifted left by 16'),
  pure('das', ['i32', 'i32'], 'i32', '(AL, flags): as daa, for DAS'),
  pure('aaa', ['i32', 'i32'], 'i32', '(AX, flags): AX after AAA in bits 15–0, new flags shifted left by 16'),
  pure('aas', ['i32', 'i32'], 'i32', '(AX, flags): as aaa, for AAS'),
  check('check_segment', ['i32', 'i32', 'i32'],
    '(segment | write << 8, offset, size in bytes): #GP(0), or #SS(0) for SS, unless the segment allows the access (SDM vol. 3, 5.3, 5.5). Slow ' +
      'path of the inline comparison with segBound'),
  string('string_move', ['i64', 'i64', 'i64', 'i32', 'i32'],
    '(linear address of the next source, of the next target, iterations left, DF as ±1, log2 of the size | MMU index << 8): iterations of MOVS'),
  string('string_fill', ['i64', 'i64', 'i64', 'i32', 'i32'],
    '(linear address of the next target, element, iterations left, DF as ±1, log2 of the size | MMU index << 8): iterations of STOS'),
  string('string_scan', ['i64', 'i64', 'i64', 'i32', 'i32'],
    '(linear address of the next element, element to compare with, iterations left, DF as ±1, log2 of the size | MMU index << 8 | stop << 16): iterations ' +
      'of SCAS that do not end it: stop 0: by an equal element, 1: by another; and never the last one'),
  string('string_compare', ['i64', 'i64', 'i64', 'i32', 'i32'], '(linear addresses of the next elements, the rest as string_scan): iterations of CMPS'),
  check('code_limit', ['i32'],
    '(offset in CS of the last byte of the first instruction): a TB reaches beyond the limit of CS. #GP(0) if its first instruction does; else ' +
      'ExitCode.retry, so that it is run instruction by instruction'),
];
