/** All groups of single instructions; each becomes one vector file per mode. */
import { alu, alu2 } from './integer/alu.ts';
import { bits } from './integer/bits.ts';
import { control } from './integer/control.ts';
import { condition, move } from './integer/move.ts';
import { fetch } from './integer/fetch.ts';
import { multiply } from './integer/multiply.ts';
import { refused } from './integer/refused.ts';
import { shift } from './integer/shift.ts';
import { stack } from './integer/stack.ts';
import { string } from './integer/string.ts';
import type { Group } from './row.ts';
import { sseArithmetic, sseConvert, sseMove } from './simd/float.ts';
import { crc, mmx, sse4, sse42 } from './simd/integer.ts';
import { x87Arithmetic, x87Move, x87Transcendental } from './x87/x87.ts';

export const INTEGER_GROUPS: readonly Group[] = [alu, alu2, multiply, shift, bits, move, condition, control, stack, string, refused, fetch, crc];

/** x87, MMX and SSE, recorded in 64-bit mode. */
export const FP_GROUPS: readonly Group[] = [sseArithmetic, sseConvert, sseMove, mmx, sse4, sse42, x87Arithmetic, x87Transcendental, x87Move];
