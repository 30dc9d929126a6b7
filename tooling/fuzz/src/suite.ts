/** A kind of program that can be fuzzed, and the loop that does it. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { programSeed } from './random.ts';

/** Generates, checks, shrinks and writes programs of one kind. */
export interface Suite<P> {
  readonly name: string;
  generate(seed: number): P;
  /** @returns what differs, as text, or undefined when all tiers agree */
  check(program: P): string | undefined;
  /** @param fails whether a candidate still fails; false stops nothing, but it is only asked while time is left */
  shrink(program: P, fails: (candidate: P) => boolean, stop: () => boolean): P;
  print(program: P, comments: readonly string[]): string;
}

export interface RunOptions {
  readonly seed: number;
  /** Stop after this many seconds of wall time; the program that runs is finished. */
  readonly seconds: number;
  /** Stop after this many programs. */
  readonly count: number;
  /** Give up after this many mismatches. */
  readonly maxFailures: number;
  /** Where programs that fail are written; made when needed. */
  readonly folder: string;
  readonly say: (line: string) => void;
}

export interface RunResult {
  readonly passed: number;
  readonly failed: number;
}

/** Time for the minimisation of one failure, in milliseconds. */
const SHRINK_MS = 20_000;

/** Run programs of consecutive seeds until time, count or patience is over. */
export function runSuite<P>(suite: Suite<P>, options: RunOptions): RunResult {
  const { seed, seconds, count, maxFailures, folder, say } = options;
  let [passed, failed] = [0, 0];
  let end = performance.now() + seconds * 1000;
  for (let n = 0; n < count && performance.now() < end && failed < maxFailures; n++) {
    const own = programSeed(seed, n);
    const program = suite.generate(own);
    const first = suite.check(program);
    if (first === undefined) {
      passed++;
      continue;
    }
    failed++;
    const started = performance.now();
    const small = shrinkFor(suite, program, first);
    const text = suite.check(small) ?? `${first}\nIt passed when it was run again: what was run before it matters.`;
    mkdirSync(folder, { recursive: true });
    const file = join(folder, `${suite.name}-${own.toString(16).padStart(8, '0')}.txt`);
    writeFileSync(file, suite.print(small, [`program ${n} of seed ${seed} (own seed ${own})`, text]));
    say(`program ${n}: ${text}`);
    say(`  written to ${file}`);
    end += performance.now() - started;
  }
  return { passed, failed };
}

/** A smaller program that fails in the same way: the failure's first line is the same but for numbers. */
function shrinkFor<P>(suite: Suite<P>, program: P, text: string): P {
  const until = performance.now() + SHRINK_MS;
  const kind = kindOf(text);
  const fails = (candidate: P): boolean => {
    const found = suite.check(candidate);
    return found !== undefined && kindOf(found) === kind;
  };
  return suite.shrink(program, fails, () => performance.now() > until);
}

const kindOf = (text: string): string => text.split('\n')[0].replace(/\b(0x)?[0-9a-f]+\b/g, '#');
