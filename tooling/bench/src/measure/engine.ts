/** What V8's two compilers need for our modules: each in a process that has only the one. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BenchError } from '../errors.ts';
import { GuestRunner } from '../guest/runner.ts';
import type { Kernel } from '../kernels/kernel.ts';
import { ALTERNATIVES } from './modes.ts';
import { median } from './stats.ts';

/** Flags that leave one compiler, at once and in one thread. */
const COMPILERS = {
  baseline: ['--liftoff-only', '--no-wasm-lazy-compilation', '--wasm-num-compilation-tasks=0'],
  optimising: ['--no-liftoff', '--no-wasm-lazy-compilation', '--wasm-num-compilation-tasks=0'],
} as const;
type Compiler = keyof typeof COMPILERS;

/** Compiles every module of the file (length, bytes, …) and prints the microseconds of processor time of each. The first warms up the compiler. */
const CHILD = `
const bytes = require('node:fs').readFileSync(process.argv[1]);
const modules = [];
for (let at = 0; at < bytes.length; ) {
  const length = bytes.readUInt32LE(at);
  modules.push(bytes.subarray(at + 4, at + 4 + length));
  at += 4 + length;
}
new WebAssembly.Module(modules[0]);
const times = modules.map((module) => {
  // A name of its own: V8 shares the code of equal modules.
  const unique = Buffer.concat([module, Buffer.from([0, 3, 1, 0x74, 1])]);
  const start = process.cpuUsage();
  new WebAssembly.Module(unique);
  const { user, system } = process.cpuUsage(start);
  return user + system;
});
console.log(JSON.stringify(times));
`;

export interface EngineCost {
  readonly kind: 'module' | 'region';
  readonly modules: number;
  /** Bytes of a module, median. */
  readonly bytes: number;
  /** µs per module, median. */
  readonly baseline: number;
  readonly optimising: number;
}

/**
 * @param kernels are run until they are hot; the modules are those of their hot blocks
 * @param most modules per kernel
 */
export function measureEngine(kind: 'module' | 'region', kernels: readonly Kernel[], most: number): EngineCost {
  const modules: Uint8Array[] = [];
  for (const kernel of kernels) {
    const runner = new GuestRunner(kernel, ALTERNATIVES.tiered);
    for (let i = 0; i < 20; i++) runner.run(20);
    for (const pc of kernel.hot.slice(0, most)) modules.push(runner.machine.wasmOf(pc, kind));
  }
  const folder = mkdtempSync(join(tmpdir(), 'wasm-tcg-bench-'));
  try {
    const file = join(folder, 'modules.bin');
    writeFileSync(file, Buffer.concat(modules.flatMap((module) => [lengthOf(module), module])));
    const cost = (compiler: Compiler): number => median(timesOf(compiler, file));
    return { kind, modules: modules.length, bytes: median(modules.map(({ length }) => length)), baseline: cost('baseline'), optimising: cost('optimising') };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function lengthOf(module: Uint8Array): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(module.length);
  return bytes;
}

function timesOf(compiler: Compiler, file: string): number[] {
  const { status, stdout, stderr } = spawnSync(process.execPath, [...COMPILERS[compiler], '--eval', CHILD, file], { encoding: 'utf8' });
  if (status !== 0) throw new BenchError('native', `the ${compiler} compiler's process failed: ${stderr}`, 'Are its flags those of this Node version?');
  const times: unknown = JSON.parse(stdout);
  if (!Array.isArray(times)) throw new BenchError('native', `no times from the ${compiler} compiler: ${stdout}`, 'Run it by hand.');
  return times.map(Number);
}
