/**
 * `node dist/main.js --count N --seed S --mode 16|32|64 [--vendor intel|amd]`: exit code 1 when a difference is unexplained.
 */
import { parseArgs } from 'node:util';
import { runCheck } from './check.ts';
import type { Bits } from './check.ts';

const MODES: Readonly<Record<string, Bits>> = { 16: 16, 32: 32, 64: 64 };
const { values } = parseArgs({
  options: {
    count: { type: 'string', default: '1000000' },
    seed: { type: 'string', default: '1' },
    mode: { type: 'string' },
    vendor: { type: 'string', default: 'intel' },
    reports: { type: 'string', default: '20' },
  },
});
const modes = values.mode === undefined ? Object.values(MODES) : [MODES[values.mode]];
const count = Number(values.count);
const seed = Number(values.seed);
if (modes[0] === undefined || !Number.isSafeInteger(count) || count < 1 || !Number.isSafeInteger(seed) || !/^(intel|amd)$/.test(values.vendor)) {
  process.stderr.write('usage: decoder-check [--count N] [--seed S] [--mode 16|32|64] [--vendor intel|amd] [--reports N]\n');
  process.exitCode = 2;
} else {
  for (const bits of modes) {
    const started = performance.now();
    const result = runCheck({ count, seed, bits, amd: values.vendor === 'amd', maxReports: Number(values.reports) });
    for (const report of result.reports) process.stdout.write(`${report}\n`);
    const seconds = ((performance.now() - started) / 1000).toFixed(1);
    process.stdout.write(
      `mode ${bits}, seed ${seed}: ${result.compared} compared (${result.valid} instructions), ${result.beyond} beyond our ISA, ` +
        `${result.explained} explained, ${result.unexplained} unexplained, ${seconds} s\n`,
    );
    if (result.unexplained > 0) process.exitCode = 1;
  }
}
