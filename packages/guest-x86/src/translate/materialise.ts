/**
 * All six arithmetic flags as one word, inline: for PUSHF, LAHF, BCD, and instructions that change some flags and keep others.
 */
import type { Temp } from '@wasm-tcg/ir';
import { CcKind, Eflag } from '../state/cc-op.ts';
import { carryBit, firstOperand, overflowBit, parityBit, signBit, zeroBit } from './cond.ts';
import { G, type Ctx } from './context.ts';

/** AF in its EFLAGS position; −1 when it is 0. */
function auxiliary(c: Ctx): Temp {
  switch ((c.ccOp & 0x7f) >> 2) {
    case CcKind.add:
    case CcKind.adc:
    case CcKind.sub:
    case CcKind.sbb: return c.andI(c.xor(c.xor(firstOperand(c), G.cc_src), G.cc_dst), Eflag.AF);
    case CcKind.inc:
    case CcKind.dec: return c.andI(c.xor(firstOperand(c), G.cc_dst), Eflag.AF);
    default: return -1;
  }
}

/** CF PF AF ZF SF OF in their EFLAGS positions; other bits zero. Writes no global. */
export function materialise(c: Ctx): Temp {
  if (c.hasFlagsWord) return c.flagsWord();
  let flags = carryBit(c);
  flags = c.or(flags, c.shlI(parityBit(c), 2));
  flags = c.or(flags, c.shlI(zeroBit(c), 6));
  flags = c.or(flags, c.shlI(signBit(c), 7));
  flags = c.or(flags, c.shlI(overflowBit(c), 11));
  const af = auxiliary(c);
  return af < 0 ? flags : c.or(flags, af);
}
