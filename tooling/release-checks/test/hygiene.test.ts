import { describe, expect, it } from 'vitest';
import { fileProblems } from '../src/checks/hygiene.ts';

/** Put together here, so that this file names no folder of a machine. */
const path = (...parts: string[]): string => parts.join('/');
const home = path('', 'home', 'somebody', 'x');
const rows: [file: string, text: string | null, problem: string | null][] = [
  ['packages/ir/src/a.ts', 'export const a = 1;', null],
  ['packages/ir/dist/a.js', '', 'output of a build'],
  ['packages/runtime/src/generated/helpers-wasm.ts', '', 'output of a build'],
  ['a.tsbuildinfo', '', 'output of a build'],
  ['image.png', null, 'a binary'],
  ['tooling/conformance/vectors/add.bin', null, null],
  ['pnpm-lock.yaml', 'resolution: {integrity: sha512-abc}', null],
  ['pnpm-lock.yaml', 'tarball: https://host/x.tgz', 'registry host'],
  ['README.md', `cd ${home}`, 'folder of one machine'],
  ['README.md', `see docs${path('', 'home', 'page')} and ${path('..', 'work', 'x')} and ${path('https://example.org', 'work', 'y')}`, null],
];

describe('fileProblems', () => {
  it.each(rows)('%s %j: %s', (file, text, problem) => {
    const found = fileProblems(file, text);
    if (problem === null) expect(found).toEqual([]);
    else expect(found.join()).toContain(problem);
  });
});
