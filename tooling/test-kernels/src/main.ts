/**
 * Runs the test kernels here and on QEMU, and compares what they report.
 *
 *   node dist/main.js [--kernel name] [--execution tci|tb-per-module|tiered|stress] [--clock host|icount] [--no-qemu] [--write folder]
 *
 * Prints every line that is not a PASS on both, and closes with `N passed, N failed`: a kernel passes when all its tests do, and QEMU says the same (a test
 * that one of both skips, for want of a feature, is not compared; differences.ts has what QEMU is known to do otherwise). `--write` leaves the images in a folder.
 */
import { compileModules } from '@wasm-tcg/emulator';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { QEMU_DIFFERS } from './differences.ts';
import { TestKernelError } from './error.ts';
import { buildImage } from './image.ts';
import { TEST_KERNELS } from './kernels/index.ts';
import { runOnQemu } from './qemu.ts';
import { EXECUTIONS, runKernel, type Outcome } from './run.ts';

/** Lines that differ, from both sides, but for what QEMU is known to do otherwise. */
function unexplained(ours: Outcome, qemus: Outcome): string[] {
  const of = ({ lines }: Outcome): Map<string, string> => new Map(lines.map((line) => [line.slice(5).split(':')[0]!, line]));
  const [left, right] = [of(ours), of(qemus)];
  const names = [...new Set([...left.keys(), ...right.keys()])];
  const lines = names.flatMap((name) => {
    const [here, there] = [left.get(name) ?? '(no line)', right.get(name) ?? '(no line)'];
    if (name in QEMU_DIFFERS && there.startsWith('FAIL')) return [];
    return here === there || here.startsWith('SKIP') || there.startsWith('SKIP') ? [] : [`  here: ${here}`, `  QEMU: ${there}`];
  });
  const known = [...right].filter(([name, line]) => name in QEMU_DIFFERS && line.startsWith('FAIL')).length;
  if (ours.exitCode + 2 * known !== qemus.exitCode) lines.push(`  exit code here: ${ours.exitCode}`, `  exit code of QEMU: ${qemus.exitCode}`);
  return lines;
}

function choose<T>(option: string, value: string | undefined, all: Readonly<Record<string, T>>): readonly (readonly [string, T])[] {
  if (value === undefined) return Object.entries(all);
  const chosen = all[value];
  if (chosen === undefined) throw new TestKernelError('bad-option', `--${option} ${value}`, `use one of ${Object.keys(all).join(', ')}`);
  return [[value, chosen]];
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: { kernel: { type: 'string' }, execution: { type: 'string' }, clock: { type: 'string' }, write: { type: 'string' }, 'no-qemu': { type: 'boolean' } },
  });
  const kernels = choose('kernel', values.kernel, Object.fromEntries(TEST_KERNELS.map((kernel) => [kernel.name, kernel])));
  const executions = choose('execution', values.execution, EXECUTIONS);
  const [[, clock] = ['', 'host' as const]] = choose('clock', values.clock ?? 'icount', { host: 'host' as const, icount: { icount: 0 } });
  const modules = compileModules();
  const print = (line: string): boolean => process.stdout.write(`${line}\n`);
  let passed = 0;
  let failed = 0;
  for (const [name, kernel] of kernels) {
    const image = buildImage(kernel);
    if (values.write !== undefined) {
      mkdirSync(values.write, { recursive: true });
      writeFileSync(join(values.write, `${name}.bin`), image);
    }
    const qemu = values['no-qemu'] === true ? undefined : await runOnQemu(image);
    for (const [executionName, execution] of executions) {
      const ours = await runKernel(image, { execution, modules, clock });
      const notes = ours.lines.filter((line) => !line.startsWith('PASS'));
      const differ = qemu === undefined ? [] : unexplained(ours, qemu);
      const good = ours.exitCode === 1 && differ.length === 0;
      if (good) passed++;
      else failed++;
      print(`${name} (${executionName}): ${ours.lines.length} tests${good ? '' : ', FAILED'}`);
      for (const line of [...notes, ...differ]) print(`  ${line}`);
    }
  }
  print(`${passed} passed, ${failed} failed`);
  process.exitCode = failed === 0 ? 0 : 1;
}

try {
  await main();
} catch (error) {
  if (!(error instanceof TestKernelError)) throw error;
  process.stderr.write(`test-kernels: ${error.message}\n  ${error.hint}\n`);
  process.exitCode = 1;
}
