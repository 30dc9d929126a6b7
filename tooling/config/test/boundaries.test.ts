/** Every boundary rule fires on a file that breaks it, and stays silent on its nearest legal neighbour. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PACKAGES } from '../lint/boundaries.mjs';

const root = fileURLToPath(new URL('../../..', import.meta.url));

/** [file, source, rule that must fire or null] */
const ROWS: [file: string, source: string, rule: string | null][] = [
  // Who imports whom.
  ['ir/src/a.ts', `export { x } from '@wasm-tcg/runtime';`, 'imports'],
  ['runtime/src/a.ts', `export { x } from '@wasm-tcg/ir';`, null],
  ['runtime/src/a.ts', `import type { X } from '@wasm-tcg/wasm-codegen'; export type Y = X;`, 'imports'],
  ['wasm-codegen/src/a.ts', `export { x } from '@wasm-tcg/tci-interp';`, 'imports'],
  ['wasm-codegen/src/a.ts', `export * from '@wasm-tcg/guest-x86';`, 'imports'],
  ['tci-interp/src/a.ts', `export { x } from '@wasm-tcg/wasm-codegen';`, null],
  ['instance-pool/src/a.ts', `export { x } from '@wasm-tcg/ir';`, 'imports'],
  ['guest-x86/src/a.ts', `export const x = await import('@wasm-tcg/wasm-codegen');`, 'imports'],
  ['guest-x86/src/a.ts', `export { x } from '@wasm-tcg/tci-interp';`, 'imports'],
  ['guest-x86/src/a.ts', `export { x } from '@wasm-tcg/runtime';`, null],
  ['emulator/src/a.ts', `export { x } from '@wasm-tcg/guest-x86';`, null],
  ['ir/test/a.test.ts', `import { x } from '@wasm-tcg/guest-x86'; x();`, 'imports'],
  ['ir/test/a.test.ts', `import { x } from '../src/ops.ts'; x();`, null],
  // Deep imports.
  ['runtime/src/a.ts', `export { x } from '@wasm-tcg/ir/src/ops.ts';`, 'imports'],
  ['runtime/src/a.ts', `export { x } from '../../ir/src/ops.ts';`, 'imports'],
  ['runtime/src/a.ts', `export type X = import('@wasm-tcg/emulator').X;`, 'imports'],
  ['runtime/src/a.ts', `export { x } from '../test/tool.ts';`, 'imports'],
  // Dependencies from outside.
  ['ir/src/a.ts', `export { x } from 'left-pad';`, 'imports'],
  ['ir/test/a.test.ts', `import { it } from 'vitest'; it('', () => {});`, null],
  ['ir/test/a.test.ts', `import { print } from '@bytecodealliance/jco-transpile/wasm-tools'; print();`, null],
  ['ir/test/a.test.ts', `import { x } from 'left-pad'; x();`, 'imports'],
  // The byte encoder stands alone.
  ['wasm-codegen/src/encoder/a.ts', `export { x } from '../lower/alu.ts';`, 'imports'],
  ['wasm-codegen/src/encoder/a.ts', `export { x } from '@wasm-tcg/ir';`, 'imports'],
  ['wasm-codegen/src/encoder/sections/a.ts', `export { x } from '../leb128.ts';`, null],
  ['wasm-codegen/src/encoder/a.ts', `export { x } from '../errors.ts';`, null],
  ['wasm-codegen/src/lower/a.ts', `export { x } from '../encoder/leb128.ts';`, null],
  // Hosts.
  ['runtime/src/a.ts', `export { readFileSync } from 'node:fs';`, 'imports'],
  ['emulator/src/machine/a.ts', `export { readFileSync } from 'node:fs';`, 'imports'],
  ['emulator/src/host/node/a.ts', `export { readFileSync } from 'node:fs';`, null],
  ['emulator/src/machine/a.ts', `export { x } from '../host/node/files.ts';`, 'imports'],
  ['emulator/src/machine/a.ts', `export const x = (): Promise<unknown> => import('../host/node/files.ts');`, null],
  ['emulator/src/cli/a.ts', `export { x } from '../host/node/files.ts';`, null],
  ['runtime/src/a.ts', `export const x: unknown = process.env;`, 'no-restricted-globals'],
  ['runtime/src/a.ts', `export const x: unknown = document;`, 'no-restricted-globals'],
  ['emulator/src/cli/a.ts', `export const x: unknown = process.argv;`, null],
  ['instance-pool/src/a.ts', `export const x = WebAssembly.validate(new Uint8Array(0));`, 'no-restricted-globals'],
  ['ir/src/a.ts', `export const x = new WebAssembly.Memory({ initial: 1 });`, 'no-restricted-globals'],
  ['runtime/src/a.ts', `export const x = new WebAssembly.Memory({ initial: 1 });`, null],
  // Libraries neither print nor exit.
  ['ir/src/a.ts', `console.log(1);`, 'no-console'],
  ['emulator/src/cli/a.ts', `console.log(1);`, null],
  ['emulator/src/machine/a.ts', `process.exit(1);`, 'no-process-exit'],
  // State.
  ['ir/src/a.ts', `let n = 0; export const f = (): number => n++;`, 'no-module-state'],
  ['ir/src/a.ts', `export let n = 0; n++;`, 'no-module-state'],
  ['ir/src/a.ts', `export const f = (): number => { let n = 0; n++; return n; };`, null],
  ['emulator/src/devices/a.ts', `export const f = (ram: WebAssembly.Memory): Uint8Array => new Uint8Array(ram.buffer);`, 'no-ram-view'],
  ['emulator/src/devices/a.ts', `export const f = (sector: Uint8Array): DataView => new DataView(sector.buffer);`, null],
  // Types and comments.
  ['ir/src/a.ts', `export const x = (y: any): void => { void y; };`, 'no-explicit-any'],
  ['ir/src/a.ts', `export function x() { return 1; }`, 'explicit-module-boundary-types'],
  ['ir/src/a.ts', `// @ts-ignore\nexport const x = 1;`, 'ban-ts-comment'],
  ['ir/src/a.ts', `// TODO: later\nexport const x = 1;`, 'no-warning-comments'],
  ['ir/src/a.ts', `${'\n'.repeat(600)}export const x = 1;`, 'max-lines'],
];

interface Diagnostic {
  filename: string;
  code: string;
}

describe('boundaries', () => {
  const folder = mkdtempSync(join(tmpdir(), 'wasm-tcg-boundaries-'));
  let diagnostics: Diagnostic[] = [];
  const place = (row: number): string => join(`row${row}`, 'packages', ROWS[row][0]);

  beforeAll(() => {
    for (const [row, [, source]] of ROWS.entries()) {
      const path = join(folder, place(row));
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, `${source}\n`);
    }
    const oxlint = join(root, 'node_modules/oxlint/bin/oxlint');
    const args = [oxlint, '-c', join(root, 'oxlint.config.mjs'), '--format=json', '.'];
    const result = spawnSync(process.execPath, args, { cwd: folder, encoding: 'utf8' });
    diagnostics = (JSON.parse(result.stdout) as { diagnostics: Diagnostic[] }).diagnostics;
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it.each(ROWS.map(([file, source, rule], row) => [row, rule ?? 'nothing', file, source.trim().slice(0, 90)] as const))(
    '%i: %s in %s: %s',
    (row) => {
      const rule = ROWS[row][2];
      const fired = diagnostics.filter(({ filename }) => filename.replaceAll('\\', '/').endsWith(place(row))).map(({ code }) => code);
      // A rule is reported as plugin(rule).
      const names = [...new Set(fired.map((code) => /\(([^)]+)\)/.exec(code)?.[1] ?? code))];
      if (rule === null) expect(names).toEqual([]);
      else expect(names).toContain(rule);
    },
  );
});

describe('manifests', () => {
  it('the table names every package', () => {
    expect(readdirSync(join(root, 'packages')).sort()).toEqual(Object.keys(PACKAGES).sort());
  });

  it.each(Object.entries(PACKAGES))('package.json and tsconfig.json of %s follow the table', (name, allowed) => {
    const read = (file: string): unknown => JSON.parse(readFileSync(join(root, 'packages', name, file), 'utf8'));
    const manifest = read('package.json') as { dependencies?: Record<string, string> };
    const expected = Object.fromEntries(allowed.map((dependency) => [`@wasm-tcg/${dependency}`, 'workspace:*']));
    expect(manifest.dependencies ?? {}).toEqual(expected);
    const { references } = read('tsconfig.json') as { references: { path: string }[] };
    expect(references.map(({ path }) => path)).toEqual(allowed.map((dependency) => `../${dependency}`));
  });
});
