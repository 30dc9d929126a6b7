/** Each README's example runs on the sources here; the release checks run it again from the packed tarball. */
import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { format } from 'node:util';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { parseExample, readExample } from '../src/examples.ts';
import { ROOT } from '../src/workspace.ts';

describe('examples', () => {
  afterEach(() => vi.restoreAllMocks());

  // Every package has one; of the tools, those that are libraries too.
  const tools = readdirSync(join(ROOT, 'tooling')).filter((name) => {
    const readme = join(ROOT, 'tooling', name, 'README.md');
    return existsSync(readme) && readFileSync(readme, 'utf8').includes('```ts\n');
  });
  it.each([
    ...readdirSync(join(ROOT, 'packages')).map((name) => ['packages', name] as const), ...tools.map((name) => ['tooling', name] as const),
  ])('of %s/%s prints what its README says', async (parent, name) => {
    const { code, expected } = readExample(join(ROOT, parent, name));
    const folder = join(ROOT, '.cache', 'examples');
    mkdirSync(folder, { recursive: true });
    const file = join(folder, `${name}.ts`);
    writeFileSync(file, code);
    const lines: string[] = [];
    vi.spyOn(console, 'log').mockImplementation((...values: unknown[]) => void lines.push(format(...values)));
    await import(/* @vite-ignore */ file);
    expect(lines.join('\n')).toBe(expected);
  });
});

describe('parseExample', () => {
  const rows: [markdown: string, result: string | { code: string; expected: string }][] = [
    ['# x\n\n```ts\na();\n```\n\n```text\nout\n```\n', { code: 'a();\n', expected: 'out' }],
    ['```text\nno\n```\n```ts\na();\n```\n```text\n1\n2\n```\n```ts\nb();\n```\n', { code: 'a();\n', expected: '1\n2' }],
    ['# x\n```js\na();\n```\n', 'has no example'],
    ['```ts\na();\n```\n\nprints:\n\n```text\nout\n```\n', 'output is missing'],
  ];
  it.each(rows)('%j', (markdown, result) => {
    if (typeof result === 'string') expect(() => parseExample(markdown, 'README.md')).toThrow(result);
    else expect(parseExample(markdown, 'README.md')).toEqual(result);
  });
});
