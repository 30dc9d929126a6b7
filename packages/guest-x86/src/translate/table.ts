/** What translates each mnemonic. A mnemonic without a handler is a type error here. */
import { MNEMONICS, type MnemonicName } from '../decode/index.ts';
import { ALU } from './alu.ts';
import { BCD } from './bcd.ts';
import { BEYOND_INTEGER_ISA } from './beyond.ts';
import { BITS } from './bits.ts';
import { BRANCH } from './branch.ts';
import { CRYPTO } from './crypto.ts';
import type { Handler } from './handler.ts';
import { IO } from './io.ts';
import { MOV } from './mov.ts';
import { MULDIV } from './muldiv.ts';
import { PACKED } from './packed.ts';
import { PACKED_SHIFT } from './packed-shift.ts';
import { OPTIONAL } from './optional.ts';
import { ROTATE } from './rotate.ts';
import { SEGMENT } from './segment.ts';
import { SHIFT } from './shift.ts';
import { SHUFFLE } from './shuffle.ts';
import { emms } from './sse-common.ts';
import { SSE_ARITHMETIC } from './sse-arithmetic.ts';
import { SSE_CONVERT } from './sse-convert.ts';
import { SSE_MOVE } from './sse-move.ts';
import { SSE4 } from './sse4.ts';
import { STACK } from './stack.ts';
import { STRING } from './string.ts';
import { SYSTEM } from './system.ts';
import { WIDE_EXCHANGE } from './wide-exchange.ts';
import { X87_CONTROL } from './x87-control.ts';
import { X87_MEMORY } from './x87-memory.ts';
import { X87 } from './x87.ts';

const BY_NAME: Readonly<Record<MnemonicName, Handler>> = {
  ...MOV, ...ALU, ...SHIFT, ...ROTATE, ...MULDIV, ...BITS, ...BCD, ...STACK, ...BRANCH, ...STRING, ...IO, ...SEGMENT, ...SYSTEM, ...OPTIONAL, ...WIDE_EXCHANGE,
  ...SSE_MOVE, ...PACKED, ...PACKED_SHIFT, ...SHUFFLE, ...SSE4, ...CRYPTO, emms, ...SSE_ARITHMETIC, ...SSE_CONVERT,
  ...X87, ...X87_MEMORY, ...X87_CONTROL,
  ...BEYOND_INTEGER_ISA,
};

/** Handlers by mnemonic number. */
export const HANDLERS: readonly Handler[] = MNEMONICS.map((name) => BY_NAME[name]);
