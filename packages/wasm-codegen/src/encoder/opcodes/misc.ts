/** Opcodes behind prefix 0xFC: saturating truncation, bulk memory, tables. */
import type { OpcodeRow } from './row.ts';

export const MISC = {
  'i32.trunc_sat_f32_s': ['none', 0, 'f>i'],
  'i32.trunc_sat_f32_u': ['none', 1, 'f>i'],
  'i32.trunc_sat_f64_s': ['none', 2, 'F>i'],
  'i32.trunc_sat_f64_u': ['none', 3, 'F>i'],
  'i64.trunc_sat_f32_s': ['none', 4, 'f>I'],
  'i64.trunc_sat_f32_u': ['none', 5, 'f>I'],
  'i64.trunc_sat_f64_s': ['none', 6, 'F>I'],
  'i64.trunc_sat_f64_u': ['none', 7, 'F>I'],
  'memory.init': ['index2', 8, 'iii>'], // data segment, memory
  'data.drop': ['index', 9, '>'],
  'memory.copy': ['index2', 10, 'iii>'], // destination memory, source memory
  'memory.fill': ['index', 11, 'iii>'],
  'table.init': ['index2', 12, 'iii>'], // element segment, table
  'elem.drop': ['index', 13, '>'],
  'table.copy': ['index2', 14, 'iii>'], // destination table, source table
  'table.grow': ['index', 15, '?'],
  'table.size': ['index', 16, '>i'],
  'table.fill': ['index', 17, '?'],
} as const;
MISC satisfies Record<string, OpcodeRow>;
