/**
 * Bytes as text, for code of any width:
 *
 *     start:                     ; a label
 *       b8 34 12                 ; bytes, in pairs of digits: mov ax, 0x1234
 *       e2 rel8(start)           ; distance from behind the field to a label: loop start
 *       be abs16(text)           ; address of a label: mov si, text
 *       ea abs32(far) 08 00      ; jmp 8:far
 *     text: "Hello\n" 00         ; characters
 *       .word 1, -2, text+2      ; also .byte, .long, .quad
 *       .align 16                ; zeros up to a multiple
 *       .fill 8, 0x90            ; that many of a byte
 *
 * What disassemblers print is understood, too: of `1000: b8 01 00  mov ax, 1` the bytes are taken, and `\x90` is 90.
 */
import type { Assembled, AssembledLine, SourceProblem } from '../../protocol.ts';
import { evaluate, ExpressionError } from './expression.ts';
import { scanLine } from './source-lines.ts';

/** A value that is known when all labels are. */
interface Fixup {
  readonly at: number;
  readonly size: number;
  readonly relative: boolean;
  readonly expression: string;
  readonly lineStart: number;
  readonly line: number;
  readonly from: number;
  readonly to: number;
}

const LABEL = /([A-Za-z_.][\w.]*):(?=\s|$)/y;
/** An address (a digit first, or eight: else it is a label) before the bytes, and text behind them, two spaces or a tab apart. */
const LISTING = /^\s*(?:0x)?(?:\d[0-9a-f]*|[0-9a-f]{8,}):\s+((?:[0-9a-f]{2}\s)*[0-9a-f]{2})(?:\s{2,}|\t|$).*$/i;
const SPACE = /[\s,|]+/y;
const REFERENCE = /(rel8|rel16|rel32|abs8|abs16|abs32|abs64)\(([^)]*)\)/iy;
const STRING = /"((?:[^"\\]|\\.)*)"/y;
const DIRECTIVE = /\.(\w+)\s*(.*)$/y;
const HEX = /(?:0x|\\x)?((?:[0-9a-f]{2})+)(?![0-9a-z_])/iy;
const WORD = /\S+/y;
const DATA_SIZES: Readonly<Record<string, number>> = { byte: 1, word: 2, short: 2, long: 4, int: 4, quad: 8 };
const ESCAPES: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', 0: '\0' };

/** @param maxBytes longest image */
export function assembleHex(source: string, origin: number, maxBytes: number): Assembled {
  const assembler = new HexAssembler(origin, maxBytes);
  source.split('\n').forEach((line, index) => assembler.line(line, index + 1));
  return assembler.finish();
}

/** What is wrong with the line being read: columns are the scanner's. */
class HexProblem extends Error {}

class HexAssembler {
  readonly #origin: number;
  readonly #maxBytes: number;
  readonly #bytes: number[] = [];
  readonly #symbols = new Map<string, number>();
  readonly #fixups: Fixup[] = [];
  readonly #problems: SourceProblem[] = [];
  readonly #spans: { readonly line: number; readonly from: number; readonly to: number }[] = [];
  #line = 0;
  #lineStart = 0;
  #text = '';
  #column = 0;

  constructor(origin: number, maxBytes: number) {
    this.#origin = origin;
    this.#maxBytes = maxBytes;
  }

  line(raw: string, line: number): void {
    const { codeEnd } = scanLine(raw, ';#', '"');
    const listing = LISTING.exec(raw.slice(0, codeEnd));
    this.#line = line;
    this.#lineStart = this.#here;
    this.#column = listing === null ? 0 : raw.indexOf(':') + 1;
    this.#text = listing === null ? raw.slice(0, codeEnd) : raw.slice(0, raw.indexOf(listing[1], this.#column) + listing[1].length);
    const from = this.#bytes.length;
    try {
      this.#labels();
      for (this.#take(SPACE); this.#column < this.#text.length; this.#take(SPACE)) this.#item();
    } catch (error) {
      if (!(error instanceof HexProblem || error instanceof ExpressionError)) throw error;
      this.#problems.push({ line, from: this.#column, to: Math.max(this.#text.length, this.#column + 1), message: error.message });
    }
    if (this.#bytes.length > from) this.#spans.push({ line, from, to: this.#bytes.length });
  }

  finish(): Assembled {
    for (const fixup of this.#fixups) this.#resolve(fixup);
    const image = Uint8Array.from(this.#bytes);
    const lines = this.#spans.map(({ line, from, to }): AssembledLine => ({ line, pc: this.#origin + from, bytes: image.slice(from, to) }));
    return { image, lines, problems: this.#problems.toSorted((a, b) => a.line - b.line) };
  }

  get #here(): number {
    return this.#origin + this.#bytes.length;
  }

  /** Match at the present column, and go past it. */
  #take(pattern: RegExp): RegExpExecArray | null {
    pattern.lastIndex = this.#column;
    const match = pattern.exec(this.#text);
    if (match !== null) this.#column += match[0].length;
    return match;
  }

  #labels(): void {
    for (;;) {
      this.#take(SPACE);
      const from = this.#column;
      const match = this.#take(LABEL);
      if (match === null) return;
      const [, name] = match;
      if (this.#symbols.has(name)) {
        this.#column = from;
        throw new HexProblem(`${name} is defined twice`);
      }
      this.#symbols.set(name, this.#here);
    }
  }

  #item(): void {
    const from = this.#column;
    const reference = this.#take(REFERENCE);
    if (reference !== null) {
      const [, kind, expression] = reference;
      this.#later(Number(kind.slice(3)) / 8, kind.toLowerCase().startsWith('rel'), expression, from);
      return;
    }
    const string = this.#take(STRING);
    if (string !== null) return this.#put(new TextEncoder().encode(unescape(string[1])));
    const directive = this.#take(DIRECTIVE);
    if (directive !== null) {
      this.#column = from;
      this.#directive(directive[1].toLowerCase(), directive[2]);
      this.#column = this.#text.length;
      return;
    }
    const hex = this.#take(HEX);
    if (hex !== null) return this.#put(hex[1].match(/../g)!.map((pair) => Number.parseInt(pair, 16)));
    const [word] = this.#take(WORD)!;
    this.#column = from;
    throw new HexProblem(`${word} is not bytes: write pairs of hex digits, "text", rel8(label) or abs16(label), and other text behind ;`);
  }

  #directive(name: string, rest: string): void {
    const size = DATA_SIZES[name];
    const from = this.#text.length - rest.length;
    if (size !== undefined) {
      for (const expression of rest.split(',')) this.#later(size, false, expression.trim(), from);
      return;
    }
    const [first = '', second = '0'] = rest.split(',');
    if (name === 'align') {
      const to = this.#number(first, 1, 4096);
      this.#fill((to - (this.#here % to)) % to, 0);
    } else if (name === 'fill') this.#fill(this.#number(first, 0, this.#maxBytes), this.#number(second, -128, 255));
    else throw new HexProblem(`.${name} is none of .byte .word .long .quad .align .fill`);
  }

  /** @throws ExpressionError; HexProblem when it is out of range */
  #number(expression: string, low: number, high: number): number {
    const value = evaluate(expression.trim(), this.#symbols, this.#lineStart);
    if (value < low || value > high) throw new HexProblem(`${value} is not from ${low} to ${high}`);
    return value;
  }

  #fill(count: number, value: number): void {
    this.#put(new Uint8Array(count).fill(value));
  }

  #put(bytes: ArrayLike<number>): void {
    if (this.#bytes.length + bytes.length > this.#maxBytes) throw new HexProblem(`More than ${this.#maxBytes} bytes: there is no room`);
    for (let i = 0; i < bytes.length; i++) this.#bytes.push(bytes[i]);
  }

  #later(size: number, relative: boolean, expression: string, from: number): void {
    this.#fixups.push({ at: this.#bytes.length, size, relative, expression, lineStart: this.#lineStart, line: this.#line, from, to: from + Math.max(expression.length, 1) });
    this.#fill(size, 0);
  }

  #resolve({ at, size, relative, expression, lineStart, line, from, to }: Fixup): void {
    const problem = (message: string): void => {
      this.#problems.push({ line, from, to, message });
    };
    try {
      const value = evaluate(expression, this.#symbols, lineStart) - (relative ? this.#origin + at + size : 0);
      const limit = 2 ** (size * 8);
      if (value >= (relative ? limit / 2 : limit) || value < -limit / 2) problem(`${value} does not fit ${size === 1 ? 'one byte' : `${size} bytes`}`);
      for (let i = 0, rest = BigInt(value); i < size; i++, rest >>= 8n) this.#bytes[at + i] = Number(rest & 0xffn);
    } catch (error) {
      if (!(error instanceof ExpressionError)) throw error;
      problem(error.message);
    }
  }
}

function unescape(text: string): string {
  return text.replace(/\\(x[0-9a-f]{2}|.)/gi, (_, escape: string) =>
    escape.length === 3 ? String.fromCharCode(Number.parseInt(escape.slice(1), 16)) : (ESCAPES[escape] ?? escape));
}
