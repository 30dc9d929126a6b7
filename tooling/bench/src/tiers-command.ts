/** `npm run bench -- tiers [--quick] [--json] [--kernel NAME] [--section LIST] [--no-native]`. */
import { parseArgs } from 'node:util';
import { BenchError } from './errors.ts';
import { formatReport } from './report/text.ts';
import { runTiers, SECTIONS, type Section } from './tiers.ts';

const USAGE = `usage: npm run bench -- tiers [options]

  --quick          shorter runs: a first look, no numbers to publish
  --json           the report as JSON
  --kernel NAME    only kernels whose name contains NAME
  --section LIST   some of ${SECTIONS.join(',')}
  --no-native      leave the native column out

The report goes to standard output, progress to standard error. To profile the emulator, run tooling/bench/dist/main.js
with node --cpu-prof and one kernel.
`;

/** @throws BenchError */
export function runTiersCommand(args: readonly string[]): void {
  const values = parse(args);
  if (values.help) {
    process.stdout.write(USAGE);
    return;
  }
  const report = runTiers({
    quick: values.quick,
    filter: values.kernel,
    native: !values['no-native'],
    sections: values.section === undefined ? SECTIONS : values.section.split(',').map(sectionOf),
    progress: (line) => void process.stderr.write(`bench: ${line}\n`),
  });
  process.stdout.write(values.json ? `${JSON.stringify(report, null, 2)}\n` : formatReport(report));
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        quick: { type: 'boolean', default: false },
        json: { type: 'boolean', default: false },
        kernel: { type: 'string', default: '' },
        section: { type: 'string' },
        'no-native': { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h', default: false },
      },
    }).values;
  } catch (error) {
    throw new BenchError('usage', error instanceof Error ? error.message : String(error), USAGE, { cause: error });
  }
}

function sectionOf(word: string): Section {
  const section = SECTIONS.find((known) => known === word);
  if (section === undefined) throw new BenchError('usage', `no section ${word}`, USAGE);
  return section;
}
