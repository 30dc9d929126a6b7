/**
 * Makes a clone ready to run: fetches the pinned pnpm through npm, installs from the lockfile and builds everything.
 * Needs nothing but Node with npm. A second call with nothing changed takes well under a second.
 *
 *   node scripts/setup.mjs [--no-build]
 *
 * Why `tsc -b` and not turbo builds the whole repo: the compiler knows the project graph and checks it in one process
 * (0.3 s when nothing changed, 15 projects); turbo starts one compiler per package. Turbo runs the per-package tasks
 * (scripts/turbo.mjs), where its cache pays.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { ROOT, hashFiles, listFiles, readJson } from './lib/paths.mjs';
import { run } from './lib/process.mjs';

const MINIMUM_NODE = 20;
const STAMP = join(ROOT, 'node_modules', '.wasm-tcg-install');
const NETWORK_ERRORS = /ENOTFOUND|ECONNREFUSED|ECONNRESET|ETIMEDOUT|EAI_AGAIN|ERR_PNPM_META_FETCH_FAIL|ERR_SOCKET_TIMEOUT/;

const say = (text) => process.stderr.write(`setup: ${text}\n`);

class SetupError extends Error {}

function checkNode() {
  if (Number(process.versions.node.split('.')[0]) < MINIMUM_NODE) {
    throw new SetupError(`this is Node ${process.versions.node}, wasm-tcg needs Node ${MINIMUM_NODE} or later. Install one from nodejs.org.`);
  }
}

/** What an installation depends on: lockfile, workspace file, every manifest, and the Node version. */
function installHash() {
  const manifests = ['apps', 'packages', 'tooling'].flatMap((folder) =>
    listFiles(join(ROOT, folder), ['node_modules', 'dist', 'src', 'test']).filter((file) => file.endsWith('package.json')),
  );
  const roots = ['package.json', 'pnpm-lock.yaml', 'pnpm-workspace.yaml', '.npmrc'].map((name) => join(ROOT, name));
  return hashFiles([...roots, ...manifests], process.versions.modules);
}

async function install() {
  const hash = installHash();
  if (existsSync(STAMP) && readFileSync(STAMP, 'utf8') === hash) return;
  const { packageManager } = readJson(join(ROOT, 'package.json'));
  say(`installing with ${packageManager} (only when the lockfile has changed)`);
  const { code, output } = await run('npx', ['--yes', packageManager, 'install', '--frozen-lockfile'], { stdout: 'capture' });
  if (code !== 0) throw new SetupError(installFailure(output, packageManager));
  mkdirSync(dirname(STAMP), { recursive: true });
  writeFileSync(STAMP, installHash());
}

function installFailure(output, packageManager) {
  if (NETWORK_ERRORS.test(output)) {
    return (
      `${output}\nthe npm registry could not be reached. Check the network and the proxy settings ` +
      '(`npm config get registry`, `npm config get proxy`), then run the command again; nothing has to be cleaned up.'
    );
  }
  if (output.includes('ERR_PNPM_OUTDATED_LOCKFILE')) {
    return `${output}\npnpm-lock.yaml does not fit the package.json files. Run \`npx ${packageManager} install\` and commit the lockfile.`;
  }
  return `${output}\nthe installation failed for the reason above.`;
}

async function build() {
  const { buildAssembly } = await import('./build-assembly.mjs');
  for (const name of ['runtime', 'guest-x86']) {
    const result = await buildAssembly(name).catch((error) => {
      throw new SetupError(`${error.message}\nthe AssemblyScript helpers of packages/${name} do not build.`);
    });
    if (result === 'built') say(`${name}: AssemblyScript helpers built`);
  }
  const { buildGuests } = await import('../packages/emulator/scripts/build-guests.mjs');
  const guests = await buildGuests().catch((error) => {
    throw new SetupError(error.message);
  });
  if (guests === 'built') say('emulator: built-in guests assembled');
  const compiler = join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc');
  if (!existsSync(join(ROOT, 'packages/emulator/dist/index.js'))) say('compiling all packages');
  const { code } = await run(process.execPath, [compiler, '-b', '--pretty', String(Boolean(process.stderr.isTTY))], { stdout: 'stderr' });
  if (code !== 0) throw new SetupError('the build failed: correct what the compiler reports above.');
}

/**
 * @param {{ build?: boolean }} [options]
 * @returns {Promise<boolean>} false when it failed; the reason is on stderr then
 */
export async function setup(options = {}) {
  try {
    checkNode();
    await install();
    if (options.build !== false) await build();
    return true;
  } catch (error) {
    say(error instanceof SetupError ? error.message : (error.stack ?? String(error)));
    return false;
  }
}

if (process.argv[1]?.endsWith('setup.mjs')) {
  process.exitCode = (await setup({ build: !process.argv.includes('--no-build') })) ? 0 : 1;
}
