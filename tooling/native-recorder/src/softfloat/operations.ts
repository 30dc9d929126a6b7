/**
 * The softfloat operations that are checked against the processor, one row each. The recorder (native/softfloat) knows them by name; a
 * row says how the function of the same name is called and how its result is compared. An operation's number is its place here.
 */

/** How an operation is judged. */
export type Judgement =
  /** Result and flags to the bit. After an unmasked exception only the flags count, because nothing is delivered (SSE, stores). */
  | 'exact'
  /** An x87 result: it is delivered after an unmasked overflow, underflow or precision exception too. C1 counts. */
  | 'x87'
  /** A transcendental function: the result is compared in units in the last place, the flags to the bit. */
  | 'near';

/** One operation. */
export interface Operation {
  readonly name: string;
  /** AssemblyScript expression with the words of `PLACES`; a value is stored as the result. */
  readonly call: string;
  /** Type of the expression's value: `condition` becomes the record's condition codes instead of its result. */
  readonly gives: 'u32' | 'u64' | 'i32' | 'i64' | 'condition' | 'nothing';
  readonly judge: Judgement;
  /** Condition bits that are compared besides C1 of x87 results: x87 C0, C2, C3 or EFLAGS CF, PF, ZF at the same places. */
  readonly conditions?: number;
}

/** What stands for operands in `call`: addresses of cells, their values, and what the record's header says. */
export const PLACES = {
  A: 'record + 16',
  B: 'record + 32',
  R: 'out + 48',
  S: 'out + 64',
  a32: 'load<u32>(record, 16)',
  b32: 'load<u32>(record, 32)',
  a64: 'load<u64>(record, 16)',
  b64: 'load<u64>(record, 32)',
  RC: 'sfRounding',
  IMM: 'load<u8>(record, 5)',
  /** Rounding that an immediate of ROUNDS asks for. */
  IMM_RC: '(load<u8>(record, 5) & 4 ? sfRounding : load<u8>(record, 5) & 3)',
  IMM_NO_PE: '(load<u8>(record, 5) & 8) != 0',
} as const;

const COMPARED = 0x45;
const INCOMPLETE = 0x04;

function binary(f: 'f32' | 'f64'): Operation[] {
  const [a, b, type] = f === 'f32' ? ['a32', 'b32', 'u32' as const] : ['a64', 'b64', 'u64' as const];
  return [
    ...['add', 'sub', 'mul', 'div'].map((op): Operation => ({ name: `${f}_${op}`, call: `${f}_${op}(${a}, ${b})`, gives: type, judge: 'exact' })),
    { name: `${f}_sqrt`, call: `${f}_sqrt(${a})`, gives: type, judge: 'exact' },
    { name: `${f}_compare`, call: `ordered(${f}_compare(${a}, ${b}))`, gives: 'condition', judge: 'exact', conditions: COMPARED },
    { name: `${f}_compare_signaling`, call: `ordered(${f}_compare_signaling(${a}, ${b}))`, gives: 'condition', judge: 'exact', conditions: COMPARED },
    { name: `${f}_to_i32`, call: `${f}_to_i32(${a}, RC)`, gives: 'i32', judge: 'exact' },
    { name: `${f}_to_i64`, call: `${f}_to_i64(${a}, RC)`, gives: 'i64', judge: 'exact' },
    { name: `${f}_to_i32_trunc`, call: `${f}_to_i32_trunc(${a})`, gives: 'i32', judge: 'exact' },
    { name: `${f}_to_i64_trunc`, call: `${f}_to_i64_trunc(${a})`, gives: 'i64', judge: 'exact' },
    { name: `${f}_round_int`, call: `${f}_round_int(${a}, IMM_RC, IMM_NO_PE)`, gives: type, judge: 'exact' },
    { name: `i32_to_${f}`, call: `i32_to_${f}(a32)`, gives: type, judge: 'exact' },
    { name: `i64_to_${f}`, call: `i64_to_${f}(a64)`, gives: type, judge: 'exact' },
  ];
}

const x87 = (name: string, call: string): Operation => ({ name, call: `${name}(${call})`, gives: 'nothing', judge: 'x87' });
const near = (name: string, call: string): Operation => ({ name, call: `${name}(${call})`, gives: 'nothing', judge: 'near' });
const angle = (name: string, call: string): Operation => ({
  name,
  call: `outOfRange(${name}(${call}))`,
  gives: 'condition',
  judge: 'near',
  conditions: INCOMPLETE,
});

/** All of them. Append only: recorded samples name them by number. */
export const OPERATIONS: readonly Operation[] = [
  ...binary('f32'),
  ...binary('f64'),
  { name: 'f32_to_f64', call: 'f32_to_f64(a32)', gives: 'u64', judge: 'exact' },
  { name: 'f64_to_f32', call: 'f64_to_f32(a64)', gives: 'u32', judge: 'exact' },
  x87('f80_add', 'R, A, B'),
  x87('f80_sub', 'R, A, B'),
  x87('f80_mul', 'R, A, B'),
  x87('f80_div', 'R, A, B'),
  x87('f80_sqrt', 'R, A'),
  { name: 'f80_compare', call: 'ordered(f80_compare(A, B))', gives: 'condition', judge: 'x87', conditions: COMPARED },
  { name: 'f80_compare_signaling', call: 'ordered(f80_compare_signaling(A, B))', gives: 'condition', judge: 'x87', conditions: COMPARED },
  x87('f80_round_int', 'R, A, RC'),
  x87('f80_scale', 'R, A, B'),
  x87('f80_extract', 'S, R, A'),
  { name: 'f80_rem', call: 'quotientBits(f80_rem(R, A, B, false))', gives: 'condition', judge: 'x87', conditions: 0x47 },
  { name: 'f80_rem_nearest', call: 'quotientBits(f80_rem(R, A, B, true))', gives: 'condition', judge: 'x87', conditions: 0x47 },
  x87('f32_to_f80', 'R, a32'),
  x87('f64_to_f80', 'R, a64'),
  { name: 'f80_to_f32', call: 'f80_to_f32(A)', gives: 'u32', judge: 'exact', conditions: 2 },
  { name: 'f80_to_f64', call: 'f80_to_f64(A)', gives: 'u64', judge: 'exact', conditions: 2 },
  x87('i16_to_f80', 'R, a32'),
  x87('i32_to_f80', 'R, a32'),
  x87('i64_to_f80', 'R, a64'),
  { name: 'f80_to_i16', call: 'f80_to_i16(A, RC) & 0xffff', gives: 'u32', judge: 'x87' },
  { name: 'f80_to_i32', call: 'f80_to_i32(A, RC)', gives: 'u32', judge: 'x87' },
  { name: 'f80_to_i64', call: 'f80_to_i64(A, RC)', gives: 'i64', judge: 'x87' },
  x87('bcd_to_f80', 'R, A'),
  x87('f80_to_bcd', 'R, A, RC'),
  x87('f80_constant', 'R, IMM'),
  near('f80_f2xm1', 'R, A'),
  near('f80_yl2x', 'R, A, B'),
  near('f80_yl2xp1', 'R, A, B'),
  near('f80_patan', 'R, A, B'),
  angle('f80_sin', 'R, A'),
  angle('f80_cos', 'R, A'),
  angle('f80_sincos', 'S, R, A'),
  { name: 'f80_tan', call: 'outOfRange(tangentAndOne(S, R, A))', gives: 'condition', judge: 'near', conditions: INCOMPLETE },
];
