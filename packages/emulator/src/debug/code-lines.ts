/** Lines of IR and TCI code, each with the guest instruction it belongs to. */
import { Op, opCode, printTbLines, regionInsnIndex, regionInsnMember, type HelperTable, type IrLine, type RegionIr, type TbIr } from '@wasm-tcg/ir';
import { disassembleLines, type TciFormats } from '@wasm-tcg/tci-interp';
import type { CodeLine } from '../api-code.ts';

/** IR of the TB that is block `block`: the heading belongs to it, but to none of its instructions. */
export function irLines(tb: TbIr, helpers: HelperTable, block: number): CodeLine[] {
  return numbered(tb, helpers).map(({ text, insn }) => ({ text, block, insn }));
}

/** The ops alone, and the position of each in the stream. */
export function opLines(tb: TbIr, helpers: HelperTable): { readonly lines: CodeLine[]; readonly positions: number[] } {
  const ops = numbered(tb, helpers).filter(({ at }) => at >= 0);
  return { lines: ops.map(({ text, insn }) => ({ text, block: 0, insn })), positions: ops.map(({ at }) => at) };
}

function numbered(tb: TbIr, helpers: HelperTable): (IrLine & { readonly insn: number })[] {
  let insn = -1;
  return printTbLines(tb, helpers).map((line) => {
    if (line.at >= 0 && opCode(tb.code[line.at]!) === Op.insn_start) insn++;
    return { ...line, insn };
  });
}

/** IR of a merged region; blocks are its members. */
export function regionIrLines({ tb, members }: RegionIr, helpers: HelperTable): CodeLine[] {
  let block = -1;
  let insn = -1;
  return printTbLines(tb, helpers).map(({ text, at }) => {
    if (at < 0) return { text, block, insn };
    const op = opCode(tb.code[at]!);
    const first = tb.code[at + 1]!;
    if (op === Op.label && first < members.length) {
      // The entry of a member.
      block = first;
      insn = -1;
    } else if (op === Op.insn_start) {
      const data = tb.code[at + 2]!;
      block = regionInsnMember(data);
      insn = regionInsnIndex(data);
    }
    return { text, block, insn };
  });
}

/** @param insnStarts position of each instruction's first word, as the encoder reports it */
export function tciLines(formats: TciFormats, words: Int32Array, insnStarts: readonly number[], block: number): CodeLine[] {
  let insn = -1;
  return disassembleLines(formats, words, 0, words.length).map(({ word, text }) => {
    while (insn + 1 < insnStarts.length && insnStarts[insn + 1]! <= word) insn++;
    return { text, block, insn };
  });
}
