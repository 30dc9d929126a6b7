/** `npm run conformance`: exit code 1 when a vector fails. See {@link USAGE}. */
import { fileURLToPath } from 'node:url';
import { runConformance, selectGroups } from './conformance.ts';
import { TARGETS, EmulatorTarget } from './emulator-target.ts';
import type { TargetName } from './emulator-target.ts';
import { openGroup } from './files.ts';
import { runJobs } from './jobs.ts';
import type { Sum } from './jobs.ts';
import { OptionError, USAGE, argumentsFor, parseOptions } from './options.ts';
import type { CommandLine } from './options.ts';

const say = (line: string): void => void process.stdout.write(`${line}\n`);

function run(options: CommandLine): Promise<Sum> {
  if (options.modes.length > 1) return runJobs(fileURLToPath(import.meta.url), options.modes.map((mode) => argumentsFor(options, mode)), say);
  return runConformance(options, (mode) => new EmulatorTarget(TARGETS[mode as TargetName]), say);
}

async function main(options: CommandLine): Promise<void> {
  if (options.list) {
    for (const name of selectGroups(options)) say(`${name.padEnd(22)} ${openGroup(name).header.cpu}`);
    return;
  }
  const started = performance.now();
  const { passed, failed } = await run(options);
  say(`${((performance.now() - started) / 1000).toFixed(1)} s`);
  say(`${passed} passed, ${failed} failed`);
  process.exitCode = failed === 0 ? 0 : 1;
}

try {
  await main(parseOptions(process.argv.slice(2)));
} catch (error) {
  if (!(error instanceof OptionError)) throw error;
  process.stderr.write(`conformance: ${error.message}\n${USAGE}`);
  process.exitCode = 2;
}
