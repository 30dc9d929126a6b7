/**
 * Runs a task in some packages only, cached by their inputs: `npm run task -- test --filter=@wasm-tcg/ir...` tests ir
 * and everything that depends on it. Telemetry is off.
 */
import { join } from 'node:path';
import { ROOT, readJson } from './lib/paths.mjs';
import { run } from './lib/process.mjs';
import { setup } from './setup.mjs';

if (await setup({ build: false })) {
  const turbo = join(ROOT, 'node_modules', 'turbo', 'bin', 'turbo');
  // Turbo wants a pnpm on the PATH; npx puts the pinned one there.
  const { packageManager } = readJson(join(ROOT, 'package.json'));
  const args = ['--yes', '--package', packageManager, '--', 'node', turbo, 'run', ...process.argv.slice(2)];
  process.exitCode = (await run('npx', args)).code;
} else {
  process.exitCode = 1;
}
