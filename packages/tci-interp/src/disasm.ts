/** TCI disassembler: words → text, one instruction per line (those of a fused opcode one by one), for `-d tci`, the Lab and goldens. */
import { OP_DEFS } from '@wasm-tcg/ir';
import { TciError } from './errors.ts';
import { immediateOffset, type TciFormats, type TciVariant } from './formats.ts';

/** Names of the frame's slots: the globals', then `t<slot>`. */
export function slotNames(formats: TciFormats): readonly string[] {
  const names = Array.from({ length: formats.target.frameSlots }, (_, i) => `t${i}`);
  for (const g of formats.target.globals) names[g.slot] = g.name;
  return names;
}

const hex = (n: number): string => (n < 0 ? `-0x${(-n).toString(16)}` : `0x${n.toString(16)}`);

/** An instruction of {@link disassembleLines}. */
export interface TciLine {
  /** Position of its first word, from the start. */
  readonly word: number;
  readonly text: string;
}

/**
 * Text of `count` words starting at `words[start]`.
 * @throws TciError `bad-word` when a word is no opcode or the last instruction is cut off
 */
export function disassemble(formats: TciFormats, words: Int32Array, start: number, count: number): string {
  return disassembleLines(formats, words, start, count).map((line) => line.text).join('\n');
}

/** {@link disassemble}, with where each line stands. */
export function disassembleLines(formats: TciFormats, words: Int32Array, start: number, count: number): TciLine[] {
  const names = slotNames(formats);
  const lines: TciLine[] = [];
  const end = start + count;
  for (let w = start; w < end; ) {
    const variant = formats.plain(words[w]! & 0xffff);
    if (variant === undefined || w + variant.words > end) {
      throw new TciError('bad-word', `Word ${w - start} (${hex(words[w]! >>> 0)}) is not the start of a TCI instruction.`, 'disassemble from the start of the TB, over all its words');
    }
    const word = w - start;
    lines.push({ word, text: `${String(word * 4).padStart(5)}: ${instruction(variant, words, w, word * 4, names)}` });
    w += variant.words;
  }
  return lines;
}

function instruction(v: TciVariant, words: Int32Array, w: number, offset: number, names: readonly string[]): string {
  const byte = (k: number): number => (words[w + (k >> 2)]! >>> ((k & 3) * 8)) & 0xff;
  const parts: string[] = [];
  for (let k = 0; k < v.slots; k++) parts.push(names[byte(2 + k)]!);
  let at = w + immediateOffset(v.slots) / 4;
  if (v.kind === 'const') {
    if (v.words > 1) parts.push(Array.from(words.subarray(w + 1, w + v.words), (x) => hex(x >>> 0)).join(':'));
    return `${v.name} ${parts.join(', ')}`;
  }
  if (v.immediate) parts.push(`$${hex(words[at++]!)}`);
  if (v.oi) parts.push(`oi=${hex(words[at++]! >>> 0)}`);
  if (v.kind !== 'call') {
    const def = OP_DEFS[v.op]!;
    def.attrs.forEach((kind, i) => {
      if (v.attrs[i] !== undefined || (v.oi && (kind === 'memop' || kind === 'mmu'))) return;
      const value = words[at]!;
      parts.push(kind === 'label' ? `→${offset + (at - w) * 4 + value}` : `${kind}=${hex(value)}`);
      at++;
    });
  }
  if (v.trailer) parts.push(`${v.kind === 'call' ? 'insn' : 'refund'}=${words[at]!}`);
  return `${v.name} ${parts.join(', ')}`.trimEnd();
}

