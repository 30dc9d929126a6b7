/** Colours of assembly and of hex source in the editor. Lexical, a line at a time: an instruction is the first word of a line that is no label. */
import { HighlightStyle, StreamLanguage, syntaxHighlighting, type StreamParser } from '@codemirror/language';
import type { Extension } from '@codemirror/state';
import { tags } from '@lezer/highlight';
import type { Program } from '../protocol.ts';
import { X86_REGISTER } from '../stages/tokens.ts';

const PREFIX = /^(?:rep(?:n?[ez])?|lock|data16|addr32)$/i;
const SIZE = /^(?:byte|word|dword|qword|tbyte|xmmword|ptr|short|near|far|offset)$/i;
/** `;` ends a statement in AT&T syntax; a comment is what people mean by it here. */
const COMMENT = /^(?:;|#|\/\/).*/;
const STRING = /^"(?:[^"\\]|\\.)*"?|^'(?:[^'\\]|\\.)+'?/;
const NUMBER = /^(?:\$|-)?(?:0x[\da-f]+|0b[01]+|\d[\da-f]*h|\d+(?:\.\d+)?)\b/i;
const LABEL = /^[\w.$@]+:/;
const WORD = /^[%@]?[a-z_.$][\w.$@]*(?:\([0-7]\))?/i;
const HEX_BYTES = /^(?:[\da-f]{2})+\b/i;

interface State {
  /** Nothing but labels and prefixes so far in this line. */
  start: boolean;
}

function parser(syntax: Program['syntax']): StreamParser<State> {
  return {
    name: syntax === 'hex' ? 'x86-hex' : 'x86-asm',
    startState: () => ({ start: true }),
    copyState: ({ start }) => ({ start }),
    token(stream, state) {
      if (stream.sol()) state.start = true;
      if (stream.eatSpace()) return null;
      if (stream.match(COMMENT)) return 'comment';
      if (stream.match(STRING)) return 'string';
      if (state.start && stream.match(LABEL)) return 'labelName';
      if (syntax === 'hex' && stream.match(HEX_BYTES)) return 'number';
      if (stream.match(NUMBER)) return 'number';
      const word = stream.match(WORD);
      if (word === null || typeof word === 'boolean') {
        stream.next();
        return 'punctuation';
      }
      return wordTag(word[0], state);
    },
    languageData: { commentTokens: { line: ';' } },
  };
}

function wordTag(word: string, state: State): string {
  if (word.startsWith('.')) {
    state.start = false;
    return 'meta';
  }
  if (state.start) {
    state.start = PREFIX.test(word);
    return 'keyword';
  }
  if (X86_REGISTER.test(word.replace(/^%/, ''))) return 'variableName';
  return SIZE.test(word) ? 'typeName' : 'labelName';
}

const STYLE = HighlightStyle.define([
  { tag: [tags.keyword, tags.meta], color: 'var(--syntax-keyword)' },
  { tag: tags.variableName, color: 'var(--syntax-register)' },
  { tag: [tags.number, tags.string], color: 'var(--syntax-number)' },
  { tag: tags.comment, color: 'var(--syntax-comment)' },
  { tag: [tags.labelName, tags.typeName], color: 'var(--syntax-name)' },
  { tag: tags.punctuation, color: 'inherit' },
]);

export function x86Language(syntax: Program['syntax']): Extension {
  return [StreamLanguage.define(parser(syntax)), syntaxHighlighting(STYLE)];
}
