/** The end of a terminal's text, for screen readers and for tests. */

/** What of a terminal's buffer is needed: xterm's `IBuffer` is one. */
export interface TextBuffer {
  readonly length: number;
  getLine(y: number): { readonly isWrapped: boolean; translateToString(trimRight?: boolean): string } | undefined;
}

/** Lines that are kept: what one looks at, and not the scrollback. */
export const SCREEN_LINES = 60;
/** Rows of the terminal that are looked at: a line without an end is as long as the scrollback. */
const MOST_ROWS = 200;

/** The last lines without trailing empty ones. A line that the terminal wrapped is one line. */
export function screenText(buffer: TextBuffer, limit: number = SCREEN_LINES): string {
  const lines: string[] = [];
  let y = buffer.length - 1;
  while (y > 0 && buffer.getLine(y)?.translateToString(true) === '') y--;
  const top = Math.max(0, y + 1 - MOST_ROWS);
  for (; y >= top && lines.length < limit; y--) {
    let text = buffer.getLine(y)?.translateToString(true) ?? '';
    while (y > top && buffer.getLine(y)?.isWrapped === true) text = (buffer.getLine(--y)?.translateToString(false) ?? '') + text;
    lines.push(text);
  }
  return lines.reverse().join('\n');
}
