/**
 * Runs a built program of this repository after making sure that it is installed and built.
 *
 *   node scripts/run.mjs <file relative to the root> [args…]
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './lib/paths.mjs';
import { run } from './lib/process.mjs';
import { setup } from './setup.mjs';

const [file, ...args] = process.argv.slice(2);
if (!(await setup())) {
  process.exitCode = 1;
} else if (file === undefined || !existsSync(join(ROOT, file))) {
  process.stderr.write(`run: no built program ${file ?? ''}. Is its src/main.ts (or src/cli/main.ts) there?\n`);
  process.exitCode = 1;
} else {
  const cwd = process.env.INIT_CWD ?? process.cwd();
  const { code } = await run(process.execPath, [join(ROOT, file), ...args], { stdin: 'inherit', cwd });
  process.exitCode = code;
}
