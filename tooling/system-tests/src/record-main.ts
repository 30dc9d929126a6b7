/**
 * Assembles the programs again, runs them on QEMU and Bochs, and writes vectors/.
 *
 *   npm run record [-- text]      only cases with this text in `topic/name`: prints them and writes nothing
 */
import { writeFileSync } from 'node:fs';
import { SystemTestError } from './error.ts';
import { record } from './record.ts';
import { harnessText, packagePath, vectorText } from './vectors.ts';

const only = process.argv[2];
try {
  const { harness, sets, problems } = await record({ only });
  let count = 0;
  for (const { topic, vectors } of sets) {
    count += vectors.length;
    if (only === undefined) writeFileSync(packagePath(`vectors/${topic}.json`), vectorText(vectors));
    else for (const vector of vectors) process.stdout.write(`${topic}/${vector.name} [${vector.mode}]\n  ${vector.expect.join('\n  ')}\n`);
  }
  if (only === undefined) writeFileSync(packagePath('vectors/harness.json'), harnessText(harness));
  for (const problem of problems) process.stdout.write(`${problem}\n`);
  process.stdout.write(`${count} recorded, ${problems.length} problems\n`);
  process.exitCode = problems.length === 0 ? 0 : 1;
} catch (error) {
  if (!(error instanceof SystemTestError)) throw error;
  process.stderr.write(`record: ${error.message}\n  ${error.hint}\n`);
  process.exitCode = 1;
}
