/** One test configuration for the whole repo: tests run on sources, so no build has to come first. */
import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

const root = fileURLToPath(new URL('.', import.meta.url));
const sources = (folder: string): [string, string][] =>
  readdirSync(`${root}${folder}`).map((name) => [`@wasm-tcg/${name}`, `${root}${folder}/${name}/src/index.ts`]);

export default defineConfig({
  resolve: { alias: Object.fromEntries([...sources('packages'), ...sources('tooling')]) },
  test: {
    include: ['apps/*/test/**/*.test.ts', 'packages/*/test/**/*.test.ts', 'tooling/*/test/**/*.test.ts'],
    environment: 'node',
    testTimeout: 30_000,
    globalSetup: ['scripts/vitest-setup.mjs'],
    passWithNoTests: true,
    maxWorkers: 2,
  },
});
