/**
 * Installs all tarballs together into an empty project and runs each README's example there, compiled by the consumer's
 * own compiler against the published types. `--offline` proves that nothing but the tarballs is needed.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { readExample } from '../examples.ts';
import type { Report } from '../report.ts';
import { command, node, ROOT } from '../workspace.ts';
import type { Tarball } from './tarballs.ts';

const TSCONFIG = {
  compilerOptions: {
    target: 'es2022',
    module: 'nodenext',
    // WebAssembly, console and the timers come with the DOM library, as in most consumers.
    lib: ['es2022', 'dom'],
    types: [],
    strict: true,
    exactOptionalPropertyTypes: true,
    skipLibCheck: false,
  },
};

/** `project` must be an empty folder outside the repository. */
export async function checkInstalled(tarballs: readonly Tarball[], project: string, report: Report): Promise<void> {
  mkdirSync(project, { recursive: true });
  const dependencies = Object.fromEntries(tarballs.map(({ folder, file }) => [folder.manifest.name, `file:${file}`]));
  write(project, 'package.json', { name: 'consumer', version: '1.0.0', private: true, type: 'module', dependencies });
  const install = await command('npm', ['install', '--offline', '--no-audit', '--no-fund', '--ignore-scripts'], project);
  report.add('all tarballs install together into an empty project', install.code === 0 ? [] : [install.output]);
  if (install.code !== 0) return;
  for (const { folder, file } of tarballs) {
    report.add(`${folder.manifest.name}: the README's example runs from ${basename(file)}`, await runExample(folder.path, folder.name, project));
  }
}

async function runExample(packageFolder: string, name: string, project: string): Promise<string[]> {
  let example;
  try {
    example = readExample(packageFolder);
  } catch (error) {
    return [(error as Error).message];
  }
  writeFileSync(join(project, `${name}.ts`), example.code);
  write(project, 'tsconfig.json', { ...TSCONFIG, files: [`${name}.ts`] });
  const compiled = await node([join(ROOT, 'node_modules/typescript/bin/tsc'), '-p', 'tsconfig.json'], project);
  if (compiled.code !== 0) return [compiled.output];
  const { code, stdout, output } = await node([`${name}.js`], project);
  if (code !== 0) return [output];
  return stdout.trimEnd() === example.expected ? [] : [`expected:\n${example.expected}\nprinted:\n${stdout}`];
}

function write(folder: string, file: string, content: unknown): void {
  writeFileSync(join(folder, file), `${JSON.stringify(content, null, 2)}\n`);
}
