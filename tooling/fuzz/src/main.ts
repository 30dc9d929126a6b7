/** `npm run fuzz`: exit code 1 when tiers disagree. See {@link USAGE}. */
import { readFileSync } from 'node:fs';
import { parseProgram, printProgram } from './ir/program.ts';
import { irSuite } from './ir/suite.ts';
import { OptionError, parseOptions, USAGE, type Options } from './options.ts';
import { runSuite, type RunResult } from './suite.ts';

const say = (line: string): void => void process.stdout.write(`${line}\n`);

function run(options: Options): RunResult {
  if (options.replay !== undefined) return replay(readFileSync(options.replay, 'utf8'));
  return runSuite(irSuite(), { ...options, say });
}

function replay(text: string): RunResult {
  const program = parseProgram(text);
  say(printProgram(program, []));
  const mismatch = irSuite().check(program);
  say(mismatch ?? 'all tiers agree');
  return { passed: mismatch === undefined ? 1 : 0, failed: mismatch === undefined ? 0 : 1 };
}

try {
  const options = parseOptions(process.argv.slice(2));
  const started = performance.now();
  const { passed, failed } = run(options);
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  say(`seed ${options.seed}: ${passed + failed} programs in ${seconds} s, ${failed} mismatches`);
  say(`${passed} passed, ${failed} failed`);
  process.exitCode = failed === 0 ? 0 : 1;
} catch (error) {
  if (!(error instanceof OptionError)) throw error;
  process.stderr.write(`fuzz: ${error.message}\n${USAGE}`);
  process.exitCode = 2;
}
