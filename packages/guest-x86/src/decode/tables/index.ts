/**
 * All decoder tables with the opcode map each belongs to.
 */
import { MAP_0F } from './0f.ts';
import { MAP_0F38 } from './0f38.ts';
import { MAP_0F3A } from './0f3a.ts';
import { SIMD_0F } from './0f-simd.ts';
import { GROUPS_0F } from './groups.ts';
import { ONE_BYTE } from './one-byte.ts';
import type { Row } from './row.ts';
import { VEX_0F38, VEX_0F3A } from './vex.ts';
import { X87 } from './x87.ts';

/** Opcode maps; the numbers of the last three are VEX.mmmmm + `Vex` - 1. */
export const OpcodeMap = { OneByte: 0, TwoByte: 1, ThreeByte38: 2, ThreeByte3A: 3, Vex: 4, Vex38: 5, Vex3A: 6 } as const;
export type OpcodeMap = (typeof OpcodeMap)[keyof typeof OpcodeMap];

/** Number of opcode maps. */
export const MAP_COUNT = 7;

/** Prefix of a row's encoding in text, by map. */
export const MAP_NAMES: readonly string[] = ['', '0F', '0F 38', '0F 3A', 'VEX.0F', 'VEX.0F38', 'VEX.0F3A'];

/** Every row. The order of tables and rows decides the form numbers. */
export const TABLES: readonly (readonly [map: OpcodeMap, rows: readonly Row[]])[] = [
  [OpcodeMap.OneByte, ONE_BYTE],
  [OpcodeMap.OneByte, X87],
  [OpcodeMap.TwoByte, MAP_0F],
  [OpcodeMap.TwoByte, GROUPS_0F],
  [OpcodeMap.TwoByte, SIMD_0F],
  [OpcodeMap.ThreeByte38, MAP_0F38],
  [OpcodeMap.ThreeByte3A, MAP_0F3A],
  [OpcodeMap.Vex38, VEX_0F38],
  [OpcodeMap.Vex3A, VEX_0F3A],
];
