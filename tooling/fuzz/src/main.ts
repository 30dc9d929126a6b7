/** `npm run fuzz`: exit code 1 when tiers disagree. See {@link USAGE}. */
import { readFileSync } from 'node:fs';
import { parseProgram } from './ir/program.ts';
import { irSuite } from './ir/suite.ts';
import { OptionError, parseOptions, USAGE, type Options } from './options.ts';
import { runSuite, type RunResult, type Suite } from './suite.ts';
import { parseX86 } from './x86/program.ts';
import { x86Suite } from './x86/suite.ts';

const say = (line: string): void => void process.stdout.write(`${line}\n`);

function run(options: Options): RunResult {
  if (options.replay !== undefined) return replay(readFileSync(options.replay, 'utf8'));
  const settings = { ...options, say };
  return options.x86 ? runSuite(x86Suite(), settings) : runSuite(irSuite(), settings);
}

/** The first line of a file says what kind of program is in it. */
function replay(text: string): RunResult {
  return text.startsWith('fuzz x86') ? replayIn(x86Suite(true), parseX86(text)) : replayIn(irSuite(), parseProgram(text));
}

function replayIn<P>(suite: Suite<P>, program: P): RunResult {
  say(suite.print(program, []));
  const mismatch = suite.check(program);
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
