/** Splits a line of any stage into coloured pieces. Lexical only: what looks like a register is one. */
import type { Stage } from '../protocol.ts';

export type TokenKind = 'plain' | 'keyword' | 'name' | 'register' | 'number' | 'comment';

export interface Token {
  readonly kind: TokenKind;
  readonly text: string;
}

/** General, segment, control, debug, x87, MMX and SSE registers, and parts of them. */
export const X86_REGISTER = /^(?:[re]?(?:[abcd]x|[sd]i|[sb]p|ip)|[abcd][hl]|(?:[sd]i|[sb]p)l|r(?:8|9|1[0-5])[dwb]?|[c-gs]s|cr[0-8]|dr[0-7]|st(?:\([0-7]\)|[0-7])?|x?mm(?:[0-9]|1[0-5])|[cpazsitdo]f|[er]?flags)$/i;

const RULES: Readonly<Record<Stage, RegExp>> = {
  x86: /(?<comment>[;#].*$)|(?<number>\b(?:0x[\da-f]+|\d[\da-f]*h?)\b)|(?<word>[a-z_.][\w.]*(?:\([0-7]\))?)/gi,
  ir: /(?<comment>;.*$)|(?<number>\$?-?\b0x[\da-f]+\b|\$-?\d+(?:\.\d+)?|(?<![\w.])-?\d+(?:\.\d+)?\b)|(?<word>[a-z_][\w.]*)/gi,
  opt: /(?<comment>;.*$)|(?<number>\$?-?\b0x[\da-f]+\b|\$-?\d+(?:\.\d+)?|(?<![\w.])-?\d+(?:\.\d+)?\b)|(?<word>[a-z_][\w.]*)/gi,
  tci: /(?<comment>;.*$)|(?<number>\$?-?\b0x[\da-f]+\b|\$-?\d+(?:\.\d+)?|(?<![\w.])-?\d+(?:\.\d+)?\b)|(?<word>[a-z_][\w.]*)/gi,
  wat: /(?<comment>;;.*$|\(;.*?;\))|(?<number>(?<![\w.$])-?(?:0x[\da-f]+|\d+(?:\.\d+)?)\b)|(?<word>\$[^\s()]+|[a-z_][\w.=]*)/gi,
};

/** Kind of a word: the first of a line is what it does. */
function wordKind(stage: Stage, word: string, first: boolean): TokenKind {
  if (stage === 'wat') return word.startsWith('$') ? 'register' : first ? 'keyword' : word.includes('=') ? 'plain' : 'name';
  if (first) return 'keyword';
  if (stage === 'x86') return X86_REGISTER.test(word) ? 'register' : 'name';
  if (/^[tL]\d+$/.test(word)) return 'name';
  return 'register';
}

export function tokenize(stage: Stage, line: string): readonly Token[] {
  const tokens: Token[] = [];
  let end = 0;
  let first = true;
  for (const match of line.matchAll(RULES[stage])) {
    if (match.index > end) tokens.push({ kind: 'plain', text: line.slice(end, match.index) });
    const [text] = match;
    const { comment, number } = match.groups ?? {};
    tokens.push({ kind: comment !== undefined ? 'comment' : number !== undefined ? 'number' : wordKind(stage, text, first), text });
    if (comment === undefined && number === undefined) first = false;
    end = match.index + text.length;
  }
  if (end < line.length) tokens.push({ kind: 'plain', text: line.slice(end) });
  return tokens;
}
