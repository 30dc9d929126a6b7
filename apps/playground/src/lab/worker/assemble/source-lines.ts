/** Positions in a text, as lines and columns. */

export interface Position {
  /** From 1. */
  readonly line: number;
  /** From 0. */
  readonly column: number;
}

export class SourceLines {
  readonly #starts: number[] = [0];

  constructor(text: string) {
    for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) this.#starts.push(at + 1);
  }

  position(offset: number): Position {
    let low = 0;
    let high = this.#starts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >>> 1;
      if (this.#starts[middle] <= offset) low = middle;
      else high = middle - 1;
    }
    return { line: low + 1, column: offset - this.#starts[low] };
  }
}

/** Where a line's code ends and what is open there. */
export interface LineScan {
  /** Column of the comment, or the line's length. */
  readonly codeEnd: number;
  /** Column of a quote that nothing closes. */
  readonly openQuote: number | undefined;
}

/**
 * Find the comment of a line, looking past strings.
 * @param comments characters that begin one
 * @param quotes characters that begin and end a string; a backslash in it takes the next character with it
 */
export function scanLine(line: string, comments: string, quotes: string): LineScan {
  let open: number | undefined;
  for (let i = 0; i < line.length; i++) {
    const c = line[i];
    if (open !== undefined) {
      if (c === '\\') i++;
      else if (c === line[open]) open = undefined;
    } else if (comments.includes(c)) return { codeEnd: i, openQuote: undefined };
    else if (quotes.includes(c)) open = i;
  }
  return { codeEnd: line.length, openQuote: open };
}
