/** Builds the C recorder with gcc. */
import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Mode } from '@wasm-tcg/conformance';

/** What can go wrong on the way to a recording. */
export class RecorderError extends Error {
  readonly code: 'no-compiler' | 'no-32-bit' | 'compile' | 'not-x86-64' | 'run' | 'case';
  readonly hint: string;

  constructor(code: RecorderError['code'], message: string, hint: string) {
    super(message);
    this.name = 'RecorderError';
    this.code = code;
    this.hint = hint;
  }
}

const SOURCE = fileURLToPath(new URL('../../native/recorder.c', import.meta.url));

/** No stack protector: it reads a segment register that a case may own. No CET: a case may jump anywhere. No lazy binding, which
 * the signal handler would do with the segments of a case. */
const FLAGS = ['-std=gnu11', '-O2', '-Wall', '-Wextra', '-Werror', '-fno-stack-protector', '-fcf-protection=none', '-Wl,-z,now'];

/** Compiles the recorder for a mode into `folder` and returns the program's path. Throws `RecorderError`. */
export function buildRecorder(mode: Mode, folder: string): string {
  if (process.arch !== 'x64') {
    throw new RecorderError('not-x86-64', `vectors are recorded on an x86-64 processor, this one is ${process.arch}`, 'Use the recorded files; nothing else needs the recorder.');
  }
  mkdirSync(folder, { recursive: true });
  const program = join(folder, `recorder${mode}`);
  const width = mode === 64 ? ['-m64'] : ['-m32'];
  const run = spawnSync('gcc', [...width, ...FLAGS, '-o', program, SOURCE], { encoding: 'utf8' });
  if (run.error) {
    throw new RecorderError('no-compiler', `gcc cannot be run: ${run.error.message}`, 'Install gcc (Debian and Ubuntu: apt-get install gcc).');
  }
  if (run.status !== 0 && mode !== 64 && /bits\/|cannot find|-m32|gnu\/stubs/.test(run.stderr)) {
    throw new RecorderError('no-32-bit', `gcc cannot build 32-bit programs here:\n${run.stderr}`, 'Install the 32-bit libraries (Debian and Ubuntu: apt-get update && apt-get install gcc-multilib).');
  }
  if (run.status !== 0) throw new RecorderError('compile', `gcc failed:\n${run.stderr}`, 'The recorder needs gcc 10 or newer.');
  return program;
}
