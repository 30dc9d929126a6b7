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
  /** The same with nothing left of the programs before. Default: {@link check}. */
  checkAlone?(program: P): string | undefined;
  /**
   * @param fails whether a candidate still fails in the same way
   * @param stop time is up: return the best so far
   */
  shrink(program: P, fails: (candidate: P) => boolean, stop: () => boolean): P;
  print(program: P, comments: readonly string[]): string;
  /** More about a program that fails, for a replay. */
  explain?(program: P): readonly string[];
}

export interface RunOptions {
  readonly seed: number;
  /** Number of the first program. */
  readonly from: number;
  /** Stop before this program. */
  readonly to: number;
  /** Stop when this many seconds of wall time are over (but finish the program that runs). */
  readonly seconds: number;
  /** Give up after this many mismatches. */
  readonly maxFailures: number;
  /** Where programs that fail are written; made when needed. */
  readonly folder: string;
  readonly say: (line: string) => void;
  /** Called before each run of a program (a candidate of a minimisation too) with its number. */
  readonly beat?: (program: number) => void;
}

export interface RunResult {
  readonly passed: number;
  readonly failed: number;
}

/** Time for the minimisation of one failure, in milliseconds. */
const SHRINK_MS = 20_000;

/** Run programs of consecutive seeds until time, count or patience is over. */
export async function runSuite<P>(suite: Suite<P>, options: RunOptions): Promise<RunResult> {
  const { seed, from, to, seconds, maxFailures, folder, say, beat } = options;
  let [passed, failed] = [0, 0];
  const end = performance.now() + seconds * 1000;
  for (let n = from; n < to && performance.now() < end && failed < maxFailures; n++) {
    const own = programSeed(seed, n);
    const program = suite.generate(own);
    beat?.(n);
    const found = suite.check(program);
    // Collected modules are only reported between turns of the event loop, and without reports the pools stay full.
    await new Promise((resolve) => setImmediate(resolve));
    if (found === undefined) {
      passed++;
      continue;
    }
    failed++;
    const alone = (candidate: P): string | undefined => {
      beat?.(n);
      return suite.checkAlone ? suite.checkAlone(candidate) : suite.check(candidate);
    };
    const again = alone(program);
    const small = again === undefined ? program : shrink(suite, program, again, alone);
    const text = again === undefined ? `${found}\nAlone it passes: what was run before it matters.` : (alone(small) ?? again);
    const file = writeFailure(folder, suite, own, small, [`program ${n} of seed ${seed} (own seed ${own})`, text]);
    say(`program ${n}: ${text}\n  written to ${file}`);
  }
  return { passed, failed };
}

/** @returns the file's path */
export function writeFailure<P>(folder: string, suite: Suite<P>, own: number, program: P, comments: readonly string[]): string {
  mkdirSync(folder, { recursive: true });
  const file = join(folder, `${suite.name}-${own.toString(16).padStart(8, '0')}.txt`);
  writeFileSync(file, suite.print(program, comments));
  return file;
}

/** A smaller program that fails in the same way: the failure's first line is the same but for numbers. */
function shrink<P>(suite: Suite<P>, program: P, text: string, alone: (candidate: P) => string | undefined): P {
  const until = performance.now() + SHRINK_MS;
  const kind = kindOf(text);
  const fails = (candidate: P): boolean => {
    const found = alone(candidate);
    return found !== undefined && kindOf(found) === kind;
  };
  return suite.shrink(program, fails, () => performance.now() > until);
}

const kindOf = (text: string): string => text.split('\n')[0].replace(/\b(0x)?[0-9a-f]+\b/g, '#');
