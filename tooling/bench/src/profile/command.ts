/** `npm run bench -- where FILE [--functions N]`. */
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { BenchError } from '../errors.ts';
import { formatWhere, type CpuProfile } from './where.ts';

const USAGE = `usage: npm run bench -- where FILE.cpuprofile [--functions N]

Where the main thread's time went. Make the file with: node --cpu-prof --cpu-prof-dir FOLDER packages/emulator/dist/cli/main.js …
docs/performance.md says how to go on from there.
`;
const FUNCTIONS = '20';

/** @throws BenchError */
export function runWhereCommand(args: readonly string[]): void {
  const { values, positionals } = parse(args);
  if (values.help) {
    process.stdout.write(USAGE);
    return;
  }
  const [file] = positionals;
  const most = Number(values.functions);
  if (file === undefined || positionals.length !== 1 || !(Number.isInteger(most) && most >= 0)) throw new BenchError('usage', 'one file, and a count of functions', USAGE);
  process.stdout.write(formatWhere(read(file), most));
}

function parse(args: readonly string[]): { readonly values: { readonly help: boolean; readonly functions: string }; readonly positionals: readonly string[] } {
  try {
    return parseArgs({ args: [...args], allowPositionals: true, options: { help: { type: 'boolean', default: false }, functions: { type: 'string', default: FUNCTIONS } } });
  } catch (error) {
    throw new BenchError('usage', error instanceof Error ? error.message : 'bad options', USAGE, { cause: error });
  }
}

function read(file: string): CpuProfile {
  try {
    const profile = JSON.parse(readFileSync(file, 'utf8')) as Partial<CpuProfile>;
    if (profile.nodes !== undefined && profile.samples !== undefined && profile.timeDeltas !== undefined) return profile as CpuProfile;
  } catch (error) {
    throw new BenchError('usage', `${file} cannot be read as a profile`, USAGE, { cause: error });
  }
  throw new BenchError('usage', `${file} is no CPU profile of V8`, USAGE);
}
