/**
 * Who may import whom: design section 2 as data. Lint rules, manifest test and the graph in CONTRIBUTING.md follow this
 * table; a package's own package.json must list exactly its row.
 */

/** @type {Readonly<Record<string, readonly string[]>>} package → packages it may import */
export const PACKAGES = {
  ir: [],
  runtime: ['ir'],
  'wasm-codegen': ['ir', 'runtime'],
  'tci-interp': ['ir', 'runtime', 'wasm-codegen'],
  'instance-pool': [],
  'guest-x86': ['ir', 'runtime'],
  emulator: ['ir', 'runtime', 'wasm-codegen', 'tci-interp', 'instance-pool', 'guest-x86'],
};

/**
 * Folders with a narrower rule than their package: nothing but the listed paths (relative to the package's src) and
 * the folder itself.
 *
 * @type {readonly { folder: string, allow: readonly string[], why: string }[]}
 */
export const SEALED_FOLDERS = [
  {
    folder: 'wasm-codegen/src/encoder',
    allow: ['errors.ts'],
    why: 'the byte encoder knows neither IR nor lowerings, so that it can be used alone',
  },
];

/** Folders of packages that run in one host only; everything else runs in Node and in browsers. */
export const HOST_FOLDERS = ['emulator/src/host', 'emulator/src/cli'];

/** Host folders that no other code may import statically: a browser could not load the importer. */
export const NODE_ONLY_FOLDERS = ['emulator/src/host/node', 'emulator/src/cli'];

/** Packages that must not know that WebAssembly exists. */
export const WASM_FREE_PACKAGES = ['ir', 'instance-pool'];

/** What tests of packages may use besides node: — the runner, and judges that share no code with us. */
export const TEST_TOOLS = ['vitest', '@bytecodealliance/jco-transpile', 'iced-x86'];

/** Globals of one host, or of the DOM. */
export const HOST_GLOBALS = [
  ...['process', 'Buffer', 'global', '__dirname', '__filename', 'require', 'module', 'setImmediate', 'clearImmediate'],
  ...['window', 'document', 'navigator', 'location', 'self', 'localStorage', 'sessionStorage', 'indexedDB', 'alert'],
  ...['Worker', 'XMLHttpRequest', 'HTMLElement', 'HTMLCanvasElement', 'requestAnimationFrame', 'postMessage'],
];
