/**
 * What stands between people's assembly and @defasm/core 2.4.5: GNU's data directives in Intel syntax, `#` comments, and lines that it would assemble wrongly.
 *
 * Invariant: a line keeps its number, and what remains of it keeps its columns, so that positions in the prepared text are positions in the source.
 */
import type { SourceProblem } from '../../protocol.ts';
import { scanLine } from './source-lines.ts';

export interface PreparedAsm {
  readonly text: string;
  readonly problems: readonly SourceProblem[];
  /**
   * Lines in which the accumulator has been written as the counter register: the assembler makes the 8-byte address form of MOV with 4 bytes of address, or forgets the
   * index register, when `mov eax, [label]` (64-bit code) comes before its label. The ModRM form of ECX has no such twin; `toAccumulator` makes it one of EAX again.
   */
  readonly accumulator: ReadonlySet<number>;
}

/** GNU directive → Intel one, of those that only differ in name. */
const DIRECTIVES: ReadonlyMap<string, string> = new Map([
  ['.byte', 'db'], ['.ascii', 'db'], ['.asciz', 'db'], ['.string', 'db'],
  ['.word', 'dw'], ['.short', 'dw'], ['.hword', 'dw'], ['.value', 'dw'], ['.2byte', 'dw'],
  ['.long', 'dd'], ['.int', 'dd'], ['.4byte', 'dd'], ['.quad', 'dq'], ['.8byte', 'dq'],
  ['.section', 'section'], ['.global', 'global'], ['.globl', 'global'],
  ['.text', 'section .text'], ['.data', 'section .data'], ['.bss', 'section .bss'],
]);
const ZERO_TERMINATED: ReadonlySet<string> = new Set(['.asciz', '.string']);

/** Label, directive, rest. */
const DIRECTIVE_LINE = /^(\s*(?:[\w.$]+\s*:\s*)?)(\.\w+)\b(.*)$/;
const LOAD = /^(\s*(?:[\w.$]+\s*:\s*)?mov\s+)(al|ax|eax|rax)(\s*,[^[]*\[.*)$/i;
const STORE = /^(\s*(?:[\w.$]+\s*:\s*)?mov\s+[^,]*\]\s*,\s*)(al|ax|eax|rax)(\s*)$/i;
/** A name inside brackets: constants alone are addressed as they should be. */
const NAMED_ADDRESS = /\[[^\]]*(?:^|[^\w.$])[A-Za-z_.$]|\[\s*[A-Za-z_.$]/;

export function prepareAsm(source: string, bits: 32 | 64): PreparedAsm {
  const problems: SourceProblem[] = [];
  const accumulator = new Set<number>();
  let intel = true;
  const lines = source.split('\n').map((raw, index) => {
    const line = raw.replace(/\r$/, ' ');
    const { codeEnd, openQuote } = scanLine(line, intel ? ';#' : '#', '"\'');
    if (openQuote !== undefined) {
      problems.push({ line: index + 1, from: openQuote, to: line.length, message: `Nothing closes this ${line[openQuote]}` });
      return '';
    }
    const code = line.slice(0, codeEnd);
    const syntax = /^\s*\.(intel|att)_syntax\b/i.exec(code);
    if (syntax) intel = syntax[1].toLowerCase() === 'intel';
    if (!intel || syntax) return code;
    const renamed = renameDirective(code);
    if (bits === 32) return renamed;
    const rewritten = awayFromAccumulator(renamed);
    if (rewritten !== renamed) accumulator.add(index + 1);
    return rewritten;
  });
  return { text: lines.join('\n'), problems, accumulator };
}

function renameDirective(code: string): string {
  const match = DIRECTIVE_LINE.exec(code);
  if (match === null) return code;
  const [, before, name, rest] = match;
  const other = DIRECTIVES.get(name.toLowerCase());
  if (other === undefined) return code;
  return `${before}${other.padEnd(name.length)}${rest}${ZERO_TERMINATED.has(name.toLowerCase()) ? ', 0' : ''}`;
}

function awayFromAccumulator(code: string): string {
  const match = LOAD.exec(code) ?? STORE.exec(code);
  if (match === null || !NAMED_ADDRESS.test(code)) return code;
  const [, before, register, rest] = match;
  return `${before}${register.replace(/a/i, 'c')}${rest}`;
}

const PREFIXES: ReadonlySet<number> = new Set([0x26, 0x2e, 0x36, 0x3e, 0x64, 0x65, 0x66, 0x67, 0xf0, 0xf2, 0xf3]);

/** Turn MOV between (E/R)CX, CL and memory into the one of the accumulator, in place. */
export function toAccumulator(bytes: Uint8Array): void {
  let at = 0;
  while (PREFIXES.has(bytes[at]) || (bytes[at] & 0xf0) === 0x40) at++;
  if (bytes[at] >= 0x88 && bytes[at] <= 0x8b) bytes[at + 1] &= ~0x38;
}

/**
 * In Intel syntax, FSUB(R)(P) and FDIV(R)(P) with the result in ST(i) are DC/DE E0+i … F8+i as the manual has them (SDM vol. 2, "FSUB"); the assembler gives them
 * AT&T's historical meaning, which has the reversed ones there. In place.
 */
export function fixReversedX87(mnemonic: string, bytes: Uint8Array): void {
  if (/^f(sub|div)r?p?$/i.test(mnemonic) && (bytes[0] === 0xdc || bytes[0] === 0xde) && bytes[1] >= 0xe0) bytes[1] ^= 8;
}
