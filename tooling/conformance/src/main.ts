/** `npm run conformance`: exit code 1 when a vector fails. See {@link USAGE}. */
import { runConformance, selectGroups } from './conformance.ts';
import { EXECUTIONS, EmulatorTarget } from './emulator-target.ts';
import type { ExecutionName } from './emulator-target.ts';
import { openGroup } from './files.ts';
import { OptionError, USAGE, parseOptions } from './options.ts';
import type { CommandLine } from './options.ts';

const say = (line: string): void => void process.stdout.write(`${line}\n`);

async function run(options: CommandLine): Promise<boolean> {
  const started = performance.now();
  const { passed, failed } = await runConformance(options, (mode) => new EmulatorTarget(EXECUTIONS[mode as ExecutionName]), say);
  say(`${((performance.now() - started) / 1000).toFixed(1)} s`);
  say(`${passed} passed, ${failed} failed`);
  return failed === 0;
}

try {
  const options = parseOptions(process.argv.slice(2));
  if (options.list) for (const name of selectGroups(options)) say(`${name.padEnd(22)} ${openGroup(name).header.cpu}`);
  else process.exitCode = (await run(options)) ? 0 : 1;
} catch (error) {
  if (!(error instanceof OptionError)) throw error;
  process.stderr.write(`conformance: ${error.message}\n${USAGE}`);
  process.exitCode = 2;
}
