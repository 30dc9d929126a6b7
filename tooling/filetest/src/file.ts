/**
 * The form of a filetest: input and what is expected of it in one file.
 *
 *     ; prose
 *     tb toy narrow
 *       …                                   the input: `.ir` text, or assembly after a `; bits:` line
 *     ; run: r0=5 -> r0=6, goto_tb 0        one line: argument, result
 *     ; opt:                                golden: the lines below, each behind `;   `
 *     ;   tb toy narrow csbase=0x0
 *     ;   …
 *
 * A file holds any number of cases. Everything expected is written in the form in which it is produced, so that checking a file
 * is making it anew and comparing, and updating it is writing that.
 */

/** A line `; name: argument` and the golden lines under it. */
export interface Directive {
  readonly name: string;
  readonly argument: string;
  /** Line in the file, from 1. */
  readonly line: number;
}

/** An input and what is asked of it. */
export interface Case {
  readonly input: string;
  /** Line of the input's first line, from 1. */
  readonly line: number;
  readonly directives: readonly Directive[];
}

/** What stands behind `; name:`, and the golden lines. */
export interface Produced {
  readonly argument: string;
  readonly body: readonly string[];
}

/** The file is not in the form of a filetest. */
export class FiletestError extends Error {
  readonly code = 'FILETEST';
  readonly hint = 'See the top of tooling/filetest/src/file.ts.';
  constructor(message: string) {
    super(message);
    this.name = 'FiletestError';
  }
}

const DIRECTIVE = /^; ([a-z0-9]+):(?: (.*))?$/;
const GOLDEN = ';   ';

interface Chunk {
  /** Lines kept as they are, before the case's directives. */
  readonly text: string[];
  readonly case: Case | undefined;
}

/**
 * Make the file anew.
 * @param startsCase is this line the first of an input?
 * @param produce what a directive of a case gives now
 */
export function remake(file: string, startsCase: (line: string) => boolean, produce: (c: Case, d: Directive) => Produced): string {
  const out: string[] = [];
  for (const chunk of chunks(file.replace(/\n+$/, '').split('\n'), startsCase)) {
    out.push(...chunk.text);
    if (!chunk.case) continue;
    for (const d of chunk.case.directives) {
      const { argument, body } = produce(chunk.case, d);
      out.push(`; ${d.name}:${argument === '' ? '' : ` ${argument}`}`, ...body.map((line) => `${GOLDEN}${line}`.trimEnd()));
    }
  }
  return `${out.join('\n')}\n`;
}

function chunks(lines: readonly string[], startsCase: (line: string) => boolean): Chunk[] {
  const all: Chunk[] = [];
  let text: string[] = [];
  let input: string[] = [];
  let start = 0;
  let directives: Directive[] = [];
  const flush = (): void => {
    const c = start > 0 ? { input: input.join('\n'), line: start, directives } : undefined;
    all.push({ text, case: c });
    [text, input, directives, start] = [[], [], [], 0];
  };
  lines.forEach((line, i) => {
    if (startsCase(line)) {
      if (start > 0) flush();
      start = i + 1;
      input.push(line);
      text.push(line);
      return;
    }
    const d = DIRECTIVE.exec(line);
    if (d && start > 0) directives.push({ name: d[1]!, argument: d[2] ?? '', line: i + 1 });
    else if (directives.length > 0 && line.startsWith(GOLDEN.trimEnd()) && (line.startsWith(GOLDEN) || line === GOLDEN.trimEnd())) return;
    else if (directives.length > 0) {
      // Prose or a blank line after the directives belongs to what follows.
      flush();
      text.push(line);
    } else {
      text.push(line);
      if (start > 0) input.push(line);
    }
  });
  flush();
  return all;
}

/** The first line in which two texts differ, for a message. */
export function firstDifference(expected: string, actual: string): { line: number; expected: string; actual: string } | undefined {
  const [a, b] = [expected.split('\n'), actual.split('\n')];
  for (let i = 0; i < Math.max(a.length, b.length); i++) {
    if (a[i] !== b[i]) return { line: i + 1, expected: a[i] ?? '(end of file)', actual: b[i] ?? '(end of file)' };
  }
  return undefined;
}
