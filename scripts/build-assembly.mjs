/**
 * Compiles the AssemblyScript helpers of a package (`assembly/index.ts`) and embeds the module in
 * `src/generated/helpers-wasm.ts`, so that users load no asset and bundlers need no plug-in.
 *
 *   node scripts/build-assembly.mjs <package> [--memory-base N] [--data-limit N] [--force]
 *
 * 1. `<package>/scripts/generate-assembly.mjs` runs first when there is one: it writes what the AssemblyScript sources
 *    include and the TypeScript sources declare (offsets of layouts, exit codes).
 * 2. The module imports its memory and has no allocator: helpers work on machine state only. Its static data lies in
 *    [memory base, data limit) of every machine's memory, and a build that needs more fails here.
 * 3. Nothing happens when the hash of all inputs is the one recorded in the output, so every build may call this.
 */
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { ROOT, hashFiles, listFiles, readJson } from './lib/paths.mjs';
import { run } from './lib/process.mjs';
import { dataSegmentsEnd } from './lib/wasm-data.mjs';

/** Static data windows in bytes, one per package, so that the helper modules of one machine never overlap; own compiler flags. */
const WINDOWS = {
  // The softmmu calls the guest's tlb_fill through the machine's table.
  runtime: { memoryBase: 1024, dataLimit: 65536, flags: ['--importTable'] },
  'guest-x86': { memoryBase: 65536, dataLimit: 131072 },
};

const FLAGS = [
  ...['--runtime', 'stub', '--importMemory', '--noExportMemory', '--noAssert', '-O3', '--converge'],
  // Without an abort import: a trap is enough, helpers have nobody to report a message to.
  ...['--use', 'abort=', '--enable', 'simd,bulk-memory,sign-extension,nontrapping-f2i'],
];

/**
 * Builds one package's helper module if it has one and it is out of date.
 *
 * @param {string} name folder name below packages/
 * @param {{ memoryBase?: number, dataLimit?: number, force?: boolean }} [options]
 * @returns {Promise<'built' | 'fresh' | 'none'>}
 */
export async function buildAssembly(name, options = {}) {
  const folder = join(ROOT, 'packages', name);
  const entry = join(folder, 'assembly', 'index.ts');
  const generator = join(folder, 'scripts', 'generate-assembly.mjs');
  if (!existsSync(join(folder, 'assembly')) && !existsSync(generator)) return 'none';
  // Sources that this package takes from another may include what that one generates.
  for (const neighbour of neighbours(folder)) await buildAssembly(neighbour);

  const memoryBase = options.memoryBase ?? WINDOWS[name]?.memoryBase ?? 1024;
  const dataLimit = options.dataLimit ?? WINDOWS[name]?.dataLimit ?? 65536;
  const flags = [...FLAGS, ...(WINDOWS[name]?.flags ?? [])];
  const hash = hashFiles(inputs(name, folder), JSON.stringify([flags, memoryBase, dataLimit]));
  const target = join(folder, 'src', 'generated', 'helpers-wasm.ts');
  const stamp = join(folder, 'src', 'generated', '.inputs-hash');
  const complete = existsSync(stamp) && (existsSync(target) || !existsSync(entry));
  if (!options.force && complete && readFileSync(stamp, 'utf8') === hash) return 'fresh';

  if (existsSync(generator)) {
    const { code, output } = await run(process.execPath, [generator], { stdout: 'capture', cwd: folder });
    if (code !== 0) throw new Error(`build-assembly: packages/${name}/scripts/generate-assembly.mjs failed\n${output}`);
  }
  mkdirSync(dirname(target), { recursive: true });
  if (existsSync(entry)) {
    const wasm = await compile(entry, memoryBase, flags);
    const dataEnd = dataSegmentsEnd(wasm, memoryBase);
    if (dataEnd > dataLimit) {
      throw new Error(
        `build-assembly: static data of ${name} ends at ${dataEnd}, its window at ${dataLimit}. ` +
          'Make the tables smaller or move the limit in scripts/build-assembly.mjs together with the memory map.',
      );
    }
    replace(target, embed(wasm, { memoryBase, dataEnd }));
  }
  replace(stamp, hash);
  return 'built';
}

/** Names of the packages that a package imports. */
function neighbours(folder) {
  return Object.keys(readJson(join(folder, 'package.json')).dependencies ?? {})
    .filter((id) => id.startsWith('@wasm-tcg/'))
    .map((id) => id.replace('@wasm-tcg/', ''));
}

/** Everything the result depends on: this package, the packages it imports, the compiler and these scripts. */
function inputs(name, folder) {
  // A neighbour's AssemblyScript counts too: sources such as softfloat are compiled into the helpers that import them.
  const sources = neighbours(folder).flatMap((neighbour) => ['src', 'assembly', 'scripts'].map((part) => join(ROOT, 'packages', neighbour, part)));
  return [
    ...['assembly', 'scripts', 'src'].flatMap((part) => listFiles(join(folder, part))),
    ...sources.flatMap((source) => listFiles(source)),
    ...listFiles(join(ROOT, 'scripts', 'lib')),
    join(ROOT, 'scripts', 'build-assembly.mjs'),
    join(ROOT, 'node_modules', 'assemblyscript', 'package.json'),
  ];
}

async function compile(entry, memoryBase, flags) {
  const asc = await import('assemblyscript/asc');
  let wasm;
  const args = [entry, '--baseDir', dirname(entry), '--outFile', 'helpers.wasm', '--memoryBase', String(memoryBase), ...flags];
  const { error, stderr } = await asc.main(args, {
    writeFile: (file, contents) => {
      if (file.endsWith('.wasm')) wasm = contents;
    },
  });
  if (error || !wasm) throw new Error(`build-assembly: ${entry} does not compile\n${stderr.toString()}${error?.message ?? ''}`);
  return wasm;
}

function embed(wasm, { memoryBase, dataEnd }) {
  const base64 = Buffer.from(wasm).toString('base64');
  return `/** Made by scripts/build-assembly.mjs; do not edit. */

const BASE64 =
  '${base64}';

/** Static data of the module: [base, end) in bytes of the memory it is instantiated with. */
export const HELPERS_STATIC_DATA: { readonly base: number; readonly end: number } = { base: ${memoryBase}, end: ${dataEnd} };

/** The compiled helper module (${wasm.length} bytes), decoded anew at each call: compile it once and keep the Module. */
export function helpersWasm(): Uint8Array<ArrayBuffer> {
  const text = atob(BASE64);
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
  return bytes;
}
`;
}

/** Replaces a file at once, so that a build running beside this one never reads half of it. */
function replace(file, text) {
  writeFileSync(`${file}.${process.pid}`, text);
  renameSync(`${file}.${process.pid}`, file);
}

if (process.argv[1] && import.meta.url.endsWith('/build-assembly.mjs') && process.argv[1].endsWith('build-assembly.mjs')) {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { 'memory-base': { type: 'string' }, 'data-limit': { type: 'string' }, force: { type: 'boolean' } },
  });
  const number = (text) => (text === undefined ? undefined : Number(text));
  for (const name of positionals) {
    try {
      const result = await buildAssembly(name, {
        memoryBase: number(values['memory-base']),
        dataLimit: number(values['data-limit']),
        force: values.force,
      });
      if (result === 'built') process.stderr.write(`build-assembly: ${name} built\n`);
    } catch (error) {
      process.stderr.write(`${error.message}\n`);
      process.exitCode = 1;
    }
  }
}
