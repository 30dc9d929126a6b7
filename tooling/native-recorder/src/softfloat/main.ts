/**
 * `npm run softfloat [-- --count N] [--seed N] [--only NAME,…] [--sample FILE]`: records vectors of every softfloat operation on this
 * processor and compares. A million per operation unless told otherwise. With --sample it writes a compact sample for the tests instead.
 */
import { tmpdir } from 'node:os';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { gzipSync } from 'node:zlib';
import { RecorderError } from '../native/build.ts';
import { BATCH, SoftfloatModule } from './module.ts';
import { buildSoftfloatRecorder, recordOperation } from './native.ts';
import { OPERATIONS } from './operations.ts';
import type { Operation } from './operations.ts';
import { RECORD_BYTES, describe } from './record.ts';

const SAMPLE_PER_OPERATION = 400;
const EXAMPLES = 4;

const { values } = parseArgs({
  options: {
    count: { type: 'string', default: '1000000' },
    seed: { type: 'string', default: '1' },
    only: { type: 'string' },
    sample: { type: 'string' },
  },
});

const seed = Number(values.seed);
const wanted = values.only?.split(',');
const operations = OPERATIONS.filter(({ name }) => wanted?.includes(name) ?? true);

async function check(program: string, module: SoftfloatModule, { name, judge }: Operation): Promise<boolean> {
  const started = performance.now();
  let count = 0;
  let failures = 0;
  const examples: string[] = [];
  for await (const batch of recordOperation(program, name, Number(values.count), seed, BATCH)) {
    const result = module.check(batch);
    count += batch.length / RECORD_BYTES;
    failures += result.failures;
    examples.push(...result.examples.slice(0, EXAMPLES - examples.length).map(({ expected, actual }) => describe(expected, actual)));
  }
  const { equal, roundedOtherwise, maxDistance } = module.takeStatistics();
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  const share = ((100 * equal) / count).toFixed(3);
  const accuracy = judge === 'near' ? `  equal ${share} %, C1 differs in ${roundedOtherwise} of them, at most ${maxDistance} ulp` : '';
  console.log(`${name.padEnd(24)} ${String(count).padStart(9)} vectors ${String(failures).padStart(7)} differ ${seconds.padStart(6)} s${accuracy}`);
  for (const example of examples) console.log(example);
  return failures === 0;
}

async function writeSample(program: string, file: string): Promise<void> {
  const parts: Uint8Array[] = [];
  for (const { name } of operations) {
    for await (const batch of recordOperation(program, name, SAMPLE_PER_OPERATION, seed, BATCH)) parts.push(batch);
  }
  const packed = gzipSync(Buffer.concat(parts), { level: 9 });
  writeFileSync(file, packed);
  console.log(`${file}: ${packed.length} bytes`);
}

async function main(): Promise<void> {
  const program = buildSoftfloatRecorder(join(tmpdir(), 'wasm-tcg-recorder'));
  if (values.sample !== undefined) return writeSample(program, values.sample);
  const module = await SoftfloatModule.compile(true);
  let passed = 0;
  for (const operation of operations) {
    if (await check(program, module, operation)) passed++;
  }
  console.log(`${passed} passed, ${operations.length - passed} failed`);
  if (passed < operations.length) process.exitCode = 1;
}

try {
  await main();
} catch (error) {
  if (!(error instanceof RecorderError)) throw error;
  console.error(`${error.message}\n${error.hint}`);
  process.exitCode = 1;
}
