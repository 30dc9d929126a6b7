/** `npm run bench`: the rig on the command line. */
import { writeFileSync } from 'node:fs';
import { parseRigOptions, RIG_USAGE } from './options.ts';
import { isGood } from './report.ts';
import { formatRig } from './report/text.ts';
import { runRig } from './run.ts';

/** @returns whether everything ran and gave the right results */
export async function runRigCommand(args: readonly string[], signal: AbortSignal): Promise<boolean> {
  const options = parseRigOptions(args);
  if (options.help) {
    process.stdout.write(RIG_USAGE);
    return true;
  }
  const report = await runRig(options, signal, (line) => void process.stderr.write(`bench: ${line}\n`));
  const json = `${JSON.stringify(report, null, 2)}\n`;
  if (options.out !== undefined) writeFileSync(options.out, json);
  process.stdout.write(options.json ? json : formatRig(report));
  return isGood(report);
}
