/** Lint rules of the repository. Boundaries between packages are data: tooling/config/lint/boundaries.mjs. */
import { fileURLToPath } from 'node:url';
import { HOST_GLOBALS, WASM_FREE_PACKAGES } from './tooling/config/lint/boundaries.mjs';

/** The style guide's limit; past it a file is a table or is split. */
const MAX_LINES = 600;

const globals = (names) => [
  'error',
  ...names.map((name) => ({ name, message: 'packages run in Node and in browsers: take it as a parameter from the host' })),
];

export default {
  jsPlugins: [fileURLToPath(new URL('./tooling/config/lint/plugin.mjs', import.meta.url))],
  plugins: ['eslint', 'typescript', 'unicorn', 'oxc', 'import'],
  categories: { correctness: 'error' },
  ignorePatterns: ['**/dist/**', '**/generated/**', '**/assembly/**', '**/node_modules/**', '.cache/**'],
  rules: {
    eqeqeq: 'error',
    'no-var': 'error',
    'prefer-const': 'error',
    'no-throw-literal': 'error',
    'import/no-cycle': 'error',
    'import/no-mutable-exports': 'error',
    'typescript/no-explicit-any': 'error',
    'typescript/ban-ts-comment': ['error', { 'ts-expect-error': 'allow-with-description', 'ts-ignore': true, 'ts-nocheck': true }],
    'typescript/consistent-type-imports': 'error',
    // Spreads keep long lists in rows of related entries.
    'unicorn/no-useless-spread': 'off',
    'no-warning-comments': ['error', { terms: ['todo', 'fixme', 'xxx', 'hack'], location: 'start' }],
  },
  overrides: [
    { files: ['**/*.d.ts'], rules: { 'no-var': 'off' } },
    {
      files: ['**/packages/*/src/**'],
      rules: {
        'wasm-tcg/imports': 'error',
        'wasm-tcg/no-module-state': 'error',
        'typescript/explicit-module-boundary-types': 'error',
        'no-console': 'error',
        'unicorn/no-process-exit': 'error',
        'no-restricted-globals': globals(HOST_GLOBALS),
        'max-lines': ['error', { max: MAX_LINES, skipBlankLines: false, skipComments: false }],
      },
    },
    { files: ['**/packages/*/test/**'], rules: { 'wasm-tcg/imports': 'error' } },
    {
      files: ['**/apps/*/src/**'],
      rules: {
        'wasm-tcg/no-module-state': 'error',
        'no-console': 'error',
        'max-lines': ['error', { max: MAX_LINES, skipBlankLines: false, skipComments: false }],
      },
    },
    {
      files: WASM_FREE_PACKAGES.map((name) => `**/packages/${name}/src/**`),
      rules: { 'no-restricted-globals': globals([...HOST_GLOBALS, 'WebAssembly']) },
    },
    { files: ['**/packages/emulator/src/devices/**'], rules: { 'wasm-tcg/no-ram-view': 'error' } },
    { files: ['**/packages/emulator/src/{host,cli}/**'], rules: { 'no-restricted-globals': 'off' } },
    { files: ['**/packages/emulator/src/cli/**'], rules: { 'no-console': 'off' } },
    { files: ['**/packages/*/src/**/tables/**', '**/packages/*/src/ops.ts'], rules: { 'max-lines': 'off' } },
  ],
};
