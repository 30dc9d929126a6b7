/**
 * Three-byte opcode map 0F 3A (SDM vol. 2, table A-5). Every instruction in it has a byte immediate.
 */
import type { Row } from './row.ts';

export const MAP_0F3A = [
  ['66 08', 'roundps', 'Vps,Wps,Ib', 'SSE4_1'],
  ['66 09', 'roundpd', 'Vpd,Wpd,Ib', 'SSE4_1'],
  ['66 0A', 'roundss', 'Vss,Wss,Ib', 'SSE4_1'],
  ['66 0B', 'roundsd', 'Vsd,Wsd,Ib', 'SSE4_1'],
  ['66 0C', 'blendps', 'Vps,Wps,Ib', 'SSE4_1'],
  ['66 0D', 'blendpd', 'Vpd,Wpd,Ib', 'SSE4_1'],
  ['66 0E', 'pblendw', 'Vdq,Wdq,Ib', 'SSE4_1'],
  ['NP 0F', 'palignr', 'Pq,Qq,Ib', 'SSSE3'],
  ['66 0F', 'palignr', 'Vdq,Wdq,Ib', 'SSSE3'],
  ['66 14', 'pextrb', 'Ry,Vdq,Ib', 'SSE4_1'],
  ['66 14', 'pextrb', 'Mb,Vdq,Ib', 'SSE4_1'],
  ['66 15', 'pextrw', 'Ry,Vdq,Ib', 'SSE4_1'],
  ['66 15', 'pextrw', 'Mw,Vdq,Ib', 'SSE4_1'],
  ['66 16', 'pextrd', 'Ey,Vdq,Ib', 'SSE4_1'],
  ['66 17', 'extractps', 'Ry,Vdq,Ib', 'SSE4_1'],
  ['66 17', 'extractps', 'Md,Vdq,Ib', 'SSE4_1'],
  ['66 20', 'pinsrb', 'Vdq,Ry,Ib', 'SSE4_1'],
  ['66 20', 'pinsrb', 'Vdq,Mb,Ib', 'SSE4_1'],
  ['66 21', 'insertps', 'Vdq,Wd,Ib', 'SSE4_1'],
  ['66 22', 'pinsrd', 'Vdq,Ey,Ib', 'SSE4_1'],
  ['66 40', 'dpps', 'Vdq,Wdq,Ib', 'SSE4_1'],
  ['66 41', 'dppd', 'Vdq,Wdq,Ib', 'SSE4_1'],
  ['66 42', 'mpsadbw', 'Vdq,Wdq,Ib', 'SSE4_1'],
  ['66 44', 'pclmulqdq', 'Vdq,Wdq,Ib', 'PCLMULQDQ'],
  ['66 60', 'pcmpestrm', 'Vdq,Wdq,Ib', 'SSE4_2'],
  ['66 61', 'pcmpestri', 'Vdq,Wdq,Ib', 'SSE4_2'],
  ['66 62', 'pcmpistrm', 'Vdq,Wdq,Ib', 'SSE4_2'],
  ['66 63', 'pcmpistri', 'Vdq,Wdq,Ib', 'SSE4_2'],
  ['NP CC', 'sha1rnds4', 'Vdq,Wdq,Ib', 'SHA'],
  ['66 DF', 'aeskeygenassist', 'Vdq,Wdq,Ib', 'AES'],
] as const satisfies readonly Row[];
