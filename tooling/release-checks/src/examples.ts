/** The example of a README: its first `ts` block, and the `text` block after it, which is what the example prints. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface Example {
  code: string;
  /** What it prints, without a newline at the end. */
  expected: string;
}

const BLOCK = /^```ts\n([\s\S]*?)^```\n+(?:^```text\n([\s\S]*?)^```$)?/m;

/** Throws when the README lacks either block. */
export function parseExample(markdown: string, file: string): Example {
  const match = BLOCK.exec(markdown);
  if (match === null) throw new Error(`${file} has no example. Add a \`\`\`ts block that imports the package by its name.`);
  const [, code, expected] = match;
  if (expected === undefined) throw new Error(`${file}: the example's output is missing. Put a \`\`\`text block right after it.`);
  return { code, expected: expected.trimEnd() };
}

export function readExample(packageFolder: string): Example {
  const file = join(packageFolder, 'README.md');
  return parseExample(readFileSync(file, 'utf8'), file);
}
