/** The same kernels on the processor itself, through native/harness.c. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { BenchError } from '../errors.ts';
import { CODE, DATA, DATA_BYTES, STACK, STACK_BYTES } from '../guest/layout.ts';
import type { Bits, Kernel } from '../kernels/kernel.ts';

const SOURCE = fileURLToPath(new URL('../../native/harness.c', import.meta.url));
const FLAGS = ['-std=gnu11', '-O2', '-Wall', '-Wextra', '-Werror', '-fno-pie', '-no-pie', '-fcf-protection=none'];

export interface NativeRun {
  readonly seconds: readonly number[];
  readonly result: string;
}

export class NativeRunner {
  readonly #folder: string;
  readonly #programs = new Map<Bits, string>();
  readonly #missing = new Map<Bits, string>();

  /** @param folder where programs and images go; the caller removes it */
  constructor(folder: string) {
    this.#folder = folder;
    mkdirSync(folder, { recursive: true });
  }

  /** Why kernels of this width cannot run here, or undefined when they can. Builds the harness at the first call. */
  unavailable(bits: Bits): string | undefined {
    if (!this.#programs.has(bits) && !this.#missing.has(bits)) this.#build(bits);
    return this.#missing.get(bits);
  }

  #build(bits: Bits): void {
    const program = join(this.#folder, `harness${bits}`);
    if (process.arch !== 'x64' || process.platform !== 'linux') {
      this.#missing.set(bits, `native kernels need Linux on x86-64, this is ${process.platform} on ${process.arch}`);
      return;
    }
    const { error, status, stderr } = spawnSync('gcc', [`-m${bits}`, ...FLAGS, '-o', program, SOURCE], { encoding: 'utf8' });
    if (error !== undefined) this.#missing.set(bits, `gcc cannot be run: ${error.message}`);
    else if (status !== 0) this.#missing.set(bits, `gcc -m${bits} failed: ${stderr.split('\n')[0]}`);
    else this.#programs.set(bits, program);
  }

  /** @throws BenchError `native` */
  run(kernel: Kernel, iterations: number, runs: number): NativeRun {
    const program = this.#programs.get(kernel.bits);
    if (program === undefined) throw new BenchError('native', `no harness of ${kernel.bits} bits`, 'Ask `unavailable` first.');
    const code = join(this.#folder, 'code.bin');
    const data = join(this.#folder, 'data.bin');
    writeFileSync(code, kernel.code);
    writeFileSync(data, kernel.data);
    const args = [code, data, CODE, DATA, STACK + STACK_BYTES - DATA_BYTES, DATA_BYTES, iterations, runs].map(String);
    const { status, signal, stdout, stderr } = spawnSync(program, args, { encoding: 'utf8' });
    const lines = stdout.trim().split('\n');
    const result = lines.find((line) => line.startsWith('result '))?.slice('result '.length);
    if (status !== 0 || result === undefined) {
      throw new BenchError('native', `${kernel.name} ended with ${signal ?? status}: ${stderr}`, 'Run the harness by hand.');
    }
    return { result, seconds: lines.filter((line) => /^\d+$/.test(line)).map((line) => Number(line) / 1e9) };
  }
}
