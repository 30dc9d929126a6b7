/**
 * `npm run record -- [--seed N] [--mode 16|32|64] [--group NAME] [--out FOLDER]`: builds the recorder and writes vector files.
 * The same seed on the same processor writes the same files.
 */
import { cpus, tmpdir } from 'node:os';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { encodeFile } from '@wasm-tcg/conformance';
import type { Form, Mode } from '@wasm-tcg/conformance';
import { plan } from './generate.ts';
import { planPrograms } from './program/plan.ts';
import { RecorderError, buildRecorder } from './native/build.ts';
import { record } from './native/run.ts';
import { FP_GROUPS, INTEGER_GROUPS } from './spec/groups.ts';

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: '1' },
    mode: { type: 'string' },
    group: { type: 'string' },
    out: { type: 'string', default: fileURLToPath(new URL('../../conformance/vectors', import.meta.url)) },
  },
});

function main(): void {
  const seed = Number(values.seed);
  const modes = ([64, 32, 16] as const).filter((mode: Mode) => values.mode === undefined || Number(values.mode) === mode);
  const cpu = cpus()[0]?.model ?? 'unknown';
  mkdirSync(values.out, { recursive: true });
  for (const mode of modes) {
    const program = buildRecorder(mode, join(tmpdir(), 'wasm-tcg-recorder'));
    const groups = [
      ...[...INTEGER_GROUPS, ...(mode === 64 ? FP_GROUPS : [])].map((group) => ({ name: group.name, plan: () => plan(group, mode, seed) })),
      ...(mode === 16 ? [] : [{ name: 'program', plan: () => planPrograms(mode, seed) }]),
    ];
    for (const group of groups) {
      if (values.group !== undefined && values.group !== group.name) continue;
      const planned = group.plan();
      const forms = planned.assemble(record(program, mode, planned.cases));
      const file = encodeFile({ group: `${mode}-${group.name}`, mode, cpu, seed }, forms);
      writeFileSync(join(values.out, `${mode}-${group.name}.vec`), file);
      report(`${mode}-${group.name}`, forms, file.length);
    }
  }
}

function report(name: string, forms: readonly Form[], bytes: number): void {
  const vectors = forms.flatMap((f) => f.encodings.flatMap((e) => e.vectors));
  const faults = vectors.filter((v) => v.fault).length;
  console.log(`${name.padEnd(22)} ${String(forms.length).padStart(4)} forms ${String(vectors.length).padStart(7)} vectors ${String(faults).padStart(6)} faults ${String(bytes).padStart(9)} bytes`);
}

try {
  main();
} catch (error) {
  if (!(error instanceof RecorderError)) throw error;
  console.error(`${error.message}\n${error.hint}`);
  process.exitCode = 1;
}
