/**
 * Assembles the programs again, runs them on QEMU and Bochs, and writes vectors/.
 *
 *   npm run record [-- [--topic file] [--show text]]
 *
 * `--show`: only cases with this text in their name; they are printed and nothing is written.
 */
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { SystemTestError } from './error.ts';
import { record } from './record.ts';
import { harnessText, packagePath, vectorText } from './vectors.ts';

try {
  const { values } = parseArgs({ options: { topic: { type: 'string' }, show: { type: 'string' } } });
  const { harness, sets, problems } = await record({ topic: values.topic, only: values.show });
  let count = 0;
  for (const { topic, vectors } of sets) {
    count += vectors.length;
    if (values.show === undefined) writeFileSync(packagePath(`vectors/${topic}.json`), vectorText(vectors));
    else for (const vector of vectors) process.stdout.write(`${topic}/${vector.name} [${vector.mode}]\n  ${vector.expect.join('\n  ')}\n`);
  }
  if (values.show === undefined) writeFileSync(packagePath('vectors/harness.json'), harnessText(harness));
  for (const problem of problems) process.stdout.write(`${problem}\n`);
  process.stdout.write(`${count} recorded, ${problems.length} problems\n`);
  process.exitCode = problems.length === 0 ? 0 : 1;
} catch (error) {
  if (!(error instanceof SystemTestError)) throw error;
  process.stderr.write(`record: ${error.message}\n  ${error.hint}\n`);
  process.exitCode = 1;
}
