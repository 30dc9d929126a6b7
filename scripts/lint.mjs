/** `npm run lint`: lint rules and package boundaries, then the types of all tests and of the playground. Closes with `N passed, N failed`. */
import { join } from 'node:path';
import { formatCounts } from './lib/counts.mjs';
import { ROOT } from './lib/paths.mjs';
import { run } from './lib/process.mjs';
import { setup } from './setup.mjs';

const CHECKS = [
  {
    name: 'rules and boundaries',
    args: ['node_modules/oxlint/bin/oxlint', '-c', 'oxlint.config.mjs', '--deny-warnings', '--report-unused-disable-directives', '.'],
  },
  { name: 'types of tests', args: ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.test.json'] },
  { name: 'types of the playground', args: ['node_modules/typescript/bin/tsc', '-p', 'apps/playground'] },
];

const counts = { passed: 0, failed: 0 };
if (await setup()) {
  for (const { name, args } of CHECKS) {
    const { code } = await run(process.execPath, [join(ROOT, args[0]), ...args.slice(1)]);
    if (code === 0) counts.passed++;
    else counts.failed++;
    process.stdout.write(`lint: ${name}: ${code === 0 ? 'ok' : 'failed'}\n`);
  }
} else {
  counts.failed = 1;
}
process.stdout.write(`${formatCounts(counts)}\n`);
process.exitCode = counts.failed === 0 ? 0 : 1;
