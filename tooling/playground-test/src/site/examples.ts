/** The Lab's examples with what they come to, from the playground's sources: what the page must show is written down there once. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { runnerImport } from 'vite';
import { PlaygroundTestError } from '../errors.ts';
import { ROOT } from './root.ts';

/** As much of the playground's `Example` as is compared. */
export interface LabExample {
  readonly id: string;
  readonly end: {
    readonly status: string;
    readonly registers: Readonly<Record<string, bigint>>;
    readonly output?: string;
    readonly fault?: { readonly vector: number; readonly cr2: bigint };
  };
}

/** @throws PlaygroundTestError */
export async function readExamples(): Promise<readonly LabExample[]> {
  const packages = join(ROOT, 'packages');
  const alias = Object.fromEntries(readdirSync(packages).map((name) => [`@wasm-tcg/${name}`, join(packages, name, 'src/index.ts')]));
  const file = join(ROOT, 'apps/playground/src/lab/examples.ts');
  const { NODE_ENV } = process.env;
  const { module } = await runnerImport<{ readonly EXAMPLES?: readonly LabExample[] }>(file, { configFile: false, root: ROOT, logLevel: 'error', resolve: { alias } });
  // Vite sets it to what this import is for, and the site is built by a child of this process.
  if (NODE_ENV === undefined) delete process.env['NODE_ENV'];
  else process.env['NODE_ENV'] = NODE_ENV;
  if (module.EXAMPLES === undefined || module.EXAMPLES.length === 0) throw new PlaygroundTestError('build', `${file} exports no EXAMPLES`, 'The Lab has no examples to check.');
  return module.EXAMPLES;
}
