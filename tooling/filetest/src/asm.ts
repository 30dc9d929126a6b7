/** `.asm` inputs: Intel syntax after `; bits: 32` or `; bits: 64`, translated as flat protected or long mode code at offset 0 of its page. */
import { AssemblyState } from '@defasm/core';
import { CPU_MODELS, decode, DecodeMode, format, HFlag, Insn, TranslateStatus, X86_HELPERS, X86_LAYOUT, X86Translator } from '@wasm-tcg/guest-x86';
import { TbIr } from '@wasm-tcg/ir';
import { FiletestError } from './file.ts';
import type { Subject } from './sections.ts';

const FLAT = HFlag.PE | HFlag.SS32 | HFlag.CS_FLAT | HFlag.SS_FLAT | HFlag.DS_FLAT | HFlag.ES_FLAT | HFlag.FS_OK | HFlag.OSFXSR;
const MODES = {
  32: { hflags: FLAT | HFlag.CS32, decode: DecodeMode.Bits32 | DecodeMode.Protected },
  64: { hflags: FLAT | HFlag.CS64 | HFlag.LMA, decode: DecodeMode.Bits64 | DecodeMode.Protected },
} as const;
type Bits = keyof typeof MODES;
const MAX_INSNS = 64;

export const ASM_CASE: RegExp = /^; bits: (32|64)$/;

function assemble(source: string, bits: Bits): Uint8Array {
  const state = new AssemblyState({ syntax: { intel: true, prefix: false }, bitness: bits });
  state.compile(source, { haltOnError: false });
  const [error] = state.errors;
  if (error) throw new FiletestError(`${error.message} in\n${source}`);
  return Uint8Array.from(state.head.dump());
}

/** The first line of a case says the width, the rest is the program. */
function parse(input: string): { bits: Bits; bytes: Uint8Array } {
  const [head, ...rest] = input.split('\n');
  const bits = Number(ASM_CASE.exec(head!)![1]) as Bits;
  return { bits, bytes: assemble(rest.join('\n').replace(/;.*$/gm, ''), bits) };
}

export function asmSubject(input: string): Subject {
  const { bits, bytes } = parse(input);
  const page = new Uint8Array(4096);
  page.set(bytes);
  return {
    helpers: X86_HELPERS,
    make: () => {
      const tb = new TbIr(X86_LAYOUT);
      const translator = new X86Translator(tb, CPU_MODELS['x86-64-v2']);
      const status = translator.translate({
        bytes: page, pageStart: 0, pageOffset: 0, nextPage: () => undefined, csBase: 0, hflags: MODES[bits].hflags, maxInsns: MAX_INSNS, codeLimit: Infinity,
      });
      if (status !== TranslateStatus.ok) throw new FiletestError(`Translation ended with status ${status}.`);
      return tb;
    },
  };
}

/** The program as the decoder reads it: addresses, bytes, text. */
export function asmListing(input: string): string[] {
  const { bits, bytes } = parse(input);
  const insn = new Insn();
  const lines: string[] = [];
  for (let at = 0; at < bytes.length; at += insn.length) {
    decode(insn, bytes, at, bytes.length, MODES[bits].decode);
    const hex = Array.from(bytes.subarray(at, at + insn.length), (b) => b.toString(16).padStart(2, '0')).join('');
    lines.push(`${at.toString(16).padStart(4)}: ${hex.padEnd(16)} ${format(insn, BigInt(at))}`);
  }
  return lines;
}
