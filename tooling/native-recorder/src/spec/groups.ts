/** All groups of single instructions; each becomes one vector file per mode. */
import { alu, alu2 } from './integer/alu.ts';
import { bits } from './integer/bits.ts';
import { control } from './integer/control.ts';
import { condition, move } from './integer/move.ts';
import { multiply } from './integer/multiply.ts';
import { refused } from './integer/refused.ts';
import { shift } from './integer/shift.ts';
import { stack } from './integer/stack.ts';
import { string } from './integer/string.ts';
import type { Group } from './row.ts';

export const INTEGER_GROUPS: readonly Group[] = [alu, alu2, multiply, shift, bits, move, condition, control, stack, string, refused];
