/** `npm run fuzz`: exit code 1 when tiers disagree. See {@link USAGE}. */
import { readFileSync } from 'node:fs';
import { OptionError, parseOptions, USAGE, type Options } from './options.ts';
import type { RunResult } from './suite.ts';
import { loadProgram } from './suites.ts';
import { supervise } from './supervise.ts';

const say = (line: string): void => void process.stdout.write(`${line}\n`);

function run(options: Options): Promise<RunResult> | RunResult {
  if (options.replay !== undefined) return replay(readFileSync(options.replay, 'utf8'));
  const { seed, count, seconds, maxFailures, folder, x86 } = options;
  return supervise({ suite: x86 ? 'x86' : 'ir', seed, from: 0, to: count, seconds, maxFailures, folder }, say);
}

function replay(text: string): RunResult {
  const program = loadProgram(text);
  say(program.print());
  const mismatch = program.check();
  say(mismatch ?? 'all tiers agree');
  if (mismatch !== undefined) for (const line of program.explain()) say(line);
  return { passed: mismatch === undefined ? 1 : 0, failed: mismatch === undefined ? 0 : 1 };
}

try {
  const options = parseOptions(process.argv.slice(2));
  const started = performance.now();
  const { passed, failed } = await run(options);
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  if (options.replay === undefined) say(`${options.x86 ? 'x86' : 'IR'}, seed ${options.seed}: ${passed + failed} programs in ${seconds} s, ${failed} mismatches`);
  say(`${passed} passed, ${failed} failed`);
  process.exitCode = failed === 0 ? 0 : 1;
} catch (error) {
  if (!(error instanceof OptionError)) throw error;
  process.stderr.write(`fuzz: ${error.message}\n${USAGE}`);
  process.exitCode = 2;
}
