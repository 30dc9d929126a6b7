/**
 * `npm run conformance`: the vectors recorded on a processor (tooling/conformance), then the system-mode programs recorded on other emulators
 * (tooling/system-tests). Options are those of the first; the second follows `--mode`, and does not run when other options select vectors.
 * Closes with the sum as `N passed, N failed` alone on a line.
 */
import { join } from 'node:path';
import { addCounts, countsOf, formatCounts } from './lib/counts.mjs';
import { ROOT } from './lib/paths.mjs';
import { run } from './lib/process.mjs';
import { setup } from './setup.mjs';

/** Modes of tooling/system-tests; `all` stands for all of them. */
const SYSTEM_MODES = ['tci', 'tb-per-module', 'tiered'];
/** Options of tooling/conformance that pick vectors or ask for something else than a run. */
const SELECTS = ['--group', '--form', '--list'];

const suite = async (tool, args) => countsOf(await run(process.execPath, [join(ROOT, 'tooling', tool, 'dist', 'main.js'), ...args], { stdout: 'tee' }));

/** Arguments of tooling/system-tests, or undefined when it is not to run. */
function systemArguments(args) {
  if (args.some((arg) => SELECTS.includes(arg))) return undefined;
  const at = args.indexOf('--mode');
  const mode = at < 0 ? 'all' : args[at + 1];
  if (mode === 'all') return [];
  return SYSTEM_MODES.includes(mode) ? ['--mode', mode] : undefined;
}

const args = process.argv.slice(2);
if (!(await setup())) {
  process.exitCode = 1;
} else if (args.includes('--list')) {
  process.exitCode = (await run(process.execPath, [join(ROOT, 'tooling', 'conformance', 'dist', 'main.js'), ...args])).code;
} else {
  let total = await suite('conformance', args);
  const system = systemArguments(args);
  if (system !== undefined) {
    process.stdout.write('\n> system-tests\n');
    total = addCounts(total, await suite('system-tests', system));
    process.stdout.write(`\n${formatCounts(total)}\n`);
  }
  process.exitCode = total.failed === 0 ? 0 : 1;
}
