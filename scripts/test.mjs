/**
 * `npm test`: installs, builds, runs the unit tests of all packages and the suites below, and closes with the sum as
 * `N passed, N failed` alone on a line.
 */
import { existsSync, mkdirSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { addCounts, countsOf, formatCounts } from './lib/counts.mjs';
import { ROOT, readJson } from './lib/paths.mjs';
import { run } from './lib/process.mjs';
import { setup } from './setup.mjs';

/** Programs of tooling/ that belong to a test run. Each runs as soon as its src/main.ts exists. */
const SUITES = [
  { tool: 'filetest', args: [] },
  { tool: 'conformance', args: ['--limit', '6'] },
  { tool: 'system-tests', args: [] },
  { tool: 'fuzz', args: ['--seconds', '20', '--seed', '1'] },
  { tool: 'fuzz', args: ['--x86', '--seconds', '20', '--seed', '1'] },
  { tool: 'boot-check', args: ['--guest', 'linux-cloud-amd64'] },
  { tool: 'boot-check', args: ['--guest', 'linux-686'] },
  { tool: 'playground-test', args: ['--short'] },
];

/** Exit code of what needs Debian's packages where there is no way to them (a machine with nothing but Node and npm), and what is missing then. */
const NOT_RUN = 3;
const NEEDS = { 'boot-check': 'the packages of this guest', 'playground-test': 'a browser' };

const REPORT = join(ROOT, '.cache', 'vitest.json');

async function unitTests() {
  mkdirSync(dirname(REPORT), { recursive: true });
  rmSync(REPORT, { force: true });
  const vitest = join(ROOT, 'node_modules', 'vitest', 'vitest.mjs');
  const { code } = await run(process.execPath, [vitest, 'run', '--reporter=default', '--reporter=json', `--outputFile.json=${REPORT}`]);
  if (!existsSync(REPORT)) return { passed: 0, failed: 1 };
  const report = readJson(REPORT);
  // A file that cannot be loaded has no test that could fail: it counts as one.
  const broken = report.testResults.filter((file) => file.status === 'failed' && !file.assertionResults.some((test) => test.status === 'failed'));
  const counts = { passed: report.numPassedTests, failed: report.numFailedTests + broken.length };
  if (code !== 0 && counts.failed === 0) counts.failed = 1;
  return counts;
}

async function suite({ tool, args }) {
  const folder = join(ROOT, 'tooling', tool);
  if (!existsSync(join(folder, 'src', 'main.ts'))) return { passed: 0, failed: 0 };
  process.stdout.write(`\n> ${[tool, ...args].join(' ')}\n`);
  const result = await run(process.execPath, [join(folder, 'dist', 'main.js'), ...args], { stdout: 'tee' });
  if (NEEDS[tool] === undefined || result.code !== NOT_RUN) return countsOf(result);
  process.stdout.write(`not run: ${NEEDS[tool]} cannot be had here, for the reason above\n`);
  return { passed: 0, failed: 0 };
}

let total = { passed: 0, failed: 0 };
if (await setup()) {
  total = addCounts(total, await unitTests());
  for (const entry of SUITES) total = addCounts(total, await suite(entry));
} else {
  total.failed = 1;
}
process.stdout.write(`\n${formatCounts(total)}\n`);
process.exitCode = total.failed === 0 ? 0 : 1;
