/** One instruction as text, without translating it. */
import { decode, DecodeMode, DecodeStatus, format, Insn, MAX_INSN_LENGTH } from '@wasm-tcg/guest-x86';
import type { Bits } from './protocol.ts';

const WIDTHS = { 16: DecodeMode.Bits16, 32: DecodeMode.Bits32, 64: DecodeMode.Bits64 } as const;

export interface Disassembled {
  readonly text: string;
  /** Bytes; of what is no instruction, 1. */
  readonly length: number;
}

/** @param isProtected not real mode: instructions are valid that need it */
export function disassembleAt(bytes: Uint8Array, offset: number, pc: bigint, bits: Bits, isProtected: boolean): Disassembled {
  const insn = new Insn();
  const available = Math.min(bytes.length - offset, MAX_INSN_LENGTH);
  const status = decode(insn, bytes, offset, available, WIDTHS[bits] | (isProtected ? DecodeMode.Protected : 0));
  if (status === DecodeStatus.Ok) return { text: format(insn, pc), length: insn.length };
  return { text: status === DecodeStatus.NeedMore ? '(cut off)' : '(no instruction)', length: 1 };
}
