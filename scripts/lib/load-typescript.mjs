/**
 * Imports a TypeScript module of this repository straight from its sources, for build steps that need a package's
 * tables before anything is compiled. `@wasm-tcg/x` resolves to the sources of package x.
 */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './paths.mjs';

/**
 * @param {string} file absolute path of the module
 * @returns {Promise<Record<string, unknown>>} its exports
 */
export async function importTypeScript(file) {
  const { runnerImport } = await import('vite');
  const alias = Object.fromEntries(
    readdirSync(join(ROOT, 'packages')).map((name) => [`@wasm-tcg/${name}`, join(ROOT, 'packages', name, 'src/index.ts')]),
  );
  const { module } = await runnerImport(file, { configFile: false, root: ROOT, logLevel: 'error', resolve: { alias } });
  return module;
}
