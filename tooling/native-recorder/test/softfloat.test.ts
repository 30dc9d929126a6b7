/** The softfloat of packages/runtime against vectors that a processor recorded. `npm run softfloat` does it with millions. */
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { beforeAll, describe, expect, it } from 'vitest';
import { BATCH, SoftfloatModule } from '../src/softfloat/module.ts';
import { OPERATIONS } from '../src/softfloat/operations.ts';
import { RECORD_BYTES, describe as text } from '../src/softfloat/record.ts';

const sample = new Uint8Array(gunzipSync(readFileSync(new URL('../vectors/softfloat.bin.gz', import.meta.url))));

/** The recorded vectors of each operation. */
const recorded = new Map<number, Uint8Array[]>();
for (let at = 0; at < sample.length; at += RECORD_BYTES) {
  const number = sample[at];
  const list = recorded.get(number) ?? [];
  list.push(sample.subarray(at, at + RECORD_BYTES));
  recorded.set(number, list);
}

/** The AssemblyScript compiler takes seconds, and many on a busy machine. */
const COMPILE_TIMEOUT = 120_000;

let module: SoftfloatModule;
beforeAll(async () => {
  module = await SoftfloatModule.compile(false);
}, COMPILE_TIMEOUT);

const concat = (parts: readonly Uint8Array[]): Uint8Array => new Uint8Array(Buffer.concat(parts));

describe('softfloat', () => {
  it.each(OPERATIONS.map(({ name }, number) => ({ name, number })))('$name agrees with the processor', ({ number }) => {
    const vectors = recorded.get(number) ?? [];
    expect(vectors.length).toBeGreaterThan(100);
    expect(vectors.length).toBeLessThanOrEqual(BATCH);
    const { failures, examples } = module.check(concat(vectors));
    expect(examples.map(({ expected, actual }) => text(expected, actual))).toEqual([]);
    expect(failures).toBe(0);
  });

  it.each([
    ['a result', 48, 1],
    ['a flag', 6, 32],
  ])('%s that differs is found', (_, offset, bit) => {
    const add = OPERATIONS.findIndex(({ name }) => name === 'f64_add');
    const vectors = concat((recorded.get(add) ?? []).filter((vector) => vector[3] === 63));
    vectors[offset] ^= bit;
    expect(module.check(vectors).failures).toBe(1);
  });
});
