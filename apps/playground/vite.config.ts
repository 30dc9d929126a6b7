/**
 * The site: static files with relative paths, so that any host and any folder can serve it. Packages are taken from their sources: what a page runs is what
 * an editor shows, and `npm run playground` needs no build before it.
 */
import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vite';

const packages = fileURLToPath(new URL('../../packages/', import.meta.url));
const sources = readdirSync(packages).map((name): [string, string] => [`@wasm-tcg/${name}`, `${packages}${name}/src/index.ts`]);

export default defineConfig({
  base: './',
  resolve: { alias: Object.fromEntries(sources) },
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  worker: { format: 'es' },
  build: { target: 'es2023', sourcemap: true, chunkSizeWarningLimit: 1500 },
});
