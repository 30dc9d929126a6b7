/** Command line of the fuzzer. */
import { parseArgs } from 'node:util';

export interface Options {
  readonly x86: boolean;
  readonly seed: number;
  readonly seconds: number;
  readonly count: number;
  readonly maxFailures: number;
  readonly folder: string;
  /** Run this file instead of random programs. */
  readonly replay: string | undefined;
}

export const USAGE = `usage: npm run fuzz -- [--x86] [--seconds N] [--count N] [--seed N] [--max-failures N] [--out FOLDER]
       npm run fuzz -- --replay FILE

  --x86           random x86 programs instead of random IR
  --seconds N     run for N seconds (default 60, or no limit with --count)
  --count N       run N programs
  --seed N        first seed, a 32-bit number (default 1); the same seed gives the same programs
  --max-failures  stop after N mismatches (default 5)
  --out FOLDER    where programs that fail are written (default fuzz-failures)
  --replay FILE   run one of those again
`;

/** The command line makes no sense. */
export class OptionError extends Error {
  readonly code = 'FUZZ_OPTION';
  readonly hint = USAGE;
  constructor(message: string) {
    super(message);
    this.name = 'OptionError';
  }
}

function integer(name: string, text: string, min: number): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < min) throw new OptionError(`--${name} ${text}: a number from ${min} on is expected`);
  return value;
}

/** @throws OptionError */
export function parseOptions(args: readonly string[]): Options {
  let values;
  try {
    ({ values } = parseArgs({
      args: [...args],
      options: {
        x86: { type: 'boolean', default: false },
        seconds: { type: 'string' },
        count: { type: 'string' },
        seed: { type: 'string', default: '1' },
        'max-failures': { type: 'string', default: '5' },
        out: { type: 'string', default: 'fuzz-failures' },
        replay: { type: 'string' },
      },
    }));
  } catch (error) {
    throw new OptionError(error instanceof Error ? error.message : String(error));
  }
  const seconds = values.seconds ?? (values.count === undefined ? '60' : undefined);
  return {
    x86: values.x86,
    seed: integer('seed', values.seed, 0) >>> 0,
    seconds: seconds === undefined ? Infinity : integer('seconds', seconds, 1),
    count: values.count === undefined ? Infinity : integer('count', values.count, 1),
    maxFailures: integer('max-failures', values['max-failures'], 1),
    folder: values.out,
    replay: values.replay,
  };
}
