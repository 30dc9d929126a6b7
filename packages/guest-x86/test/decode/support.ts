/** Helpers of the decoder tests: hex in, text out. */
import { DecodeMode, DecodeStatus, Insn, decode, format } from '../../src/decode/index.ts';

/** Test modes by name; `real` is 16-bit code without protected mode, `amd64` 64-bit code on AMD. */
export const MODES = {
  real: DecodeMode.Bits16,
  real32: DecodeMode.Bits32,
  16: DecodeMode.Bits16 | DecodeMode.Protected,
  32: DecodeMode.Bits32 | DecodeMode.Protected,
  64: DecodeMode.Bits64 | DecodeMode.Protected,
  amd64: DecodeMode.Bits64 | DecodeMode.Protected | DecodeMode.Amd,
} as const;
export type ModeName = keyof typeof MODES;

export const bytesOf = (hex: string): Uint8Array =>
  Uint8Array.from(hex.split(' ').flatMap((word) => {
    const repeat = /^(\d+)x([0-9a-f]{2})$/.exec(word);
    return repeat === null ? [Number.parseInt(word, 16)] : Array.from({ length: Number(repeat[1]) }, () => Number.parseInt(repeat[2], 16));
  }));

const STATUS_TEXT: Readonly<Record<number, string>> = {
  [DecodeStatus.NeedMore]: 'more',
  [DecodeStatus.Invalid]: '#UD',
  [DecodeStatus.TooLong]: '#GP',
};

/** Decode exactly the given bytes: the text of the instruction, or `more`, `#UD`, `#GP`. All bytes must belong to it. */
export function disassemble(mode: ModeName, hex: string): string {
  const bytes = bytesOf(hex);
  const insn = new Insn();
  const status = decode(insn, bytes, 0, bytes.length, MODES[mode]);
  if (status !== DecodeStatus.Ok) return STATUS_TEXT[status] ?? '?';
  return insn.length === bytes.length ? format(insn) : `${format(insn)} (length ${insn.length})`;
}

/** A seeded generator of uniform 32-bit numbers (xorshift). */
export function random(seed: number): () => number {
  let x = seed | 1;
  return () => {
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    return x >>> 0;
  };
}
