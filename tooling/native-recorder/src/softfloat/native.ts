/** Builds and runs the C recorder of softfloat vectors. */
import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { RecorderError } from '../native/build.ts';
import { OPERATIONS } from './operations.ts';
import { RECORD_BYTES } from './record.ts';

const SOURCE = fileURLToPath(new URL('../../native/softfloat', import.meta.url));

/** No red zone: PUSHF in inline assembly writes below the stack pointer. */
const FLAGS = ['-std=gnu11', '-O2', '-Wall', '-Wextra', '-Werror', '-mno-red-zone'];

/** Compiles the recorder into `folder` and returns the program's path. Throws `RecorderError`. */
export function buildSoftfloatRecorder(folder: string): string {
  if (process.arch !== 'x64') {
    const message = `vectors are recorded on an x86-64 processor, this one is ${process.arch}`;
    throw new RecorderError('not-x86-64', message, 'Use the recorded sample; nothing else needs the recorder.');
  }
  mkdirSync(folder, { recursive: true });
  const program = join(folder, 'softfloat-recorder');
  const sources = readdirSync(SOURCE).filter((name) => name.endsWith('.c')).map((name) => join(SOURCE, name));
  const run = spawnSync('gcc', [...FLAGS, '-o', program, ...sources], { encoding: 'utf8' });
  if (run.error) {
    throw new RecorderError('no-compiler', `gcc cannot be run: ${run.error.message}`, 'Install gcc (Debian and Ubuntu: apt-get install gcc).');
  }
  if (run.status !== 0) throw new RecorderError('compile', `gcc failed:\n${run.stderr}`, 'The recorder needs gcc 10 or newer.');
  return program;
}

/**
 * Records `count` vectors of an operation and yields them in batches of at most `batch` whole records.
 *
 * @param seed the same seed gives the same operands
 */
export async function* recordOperation(program: string, name: string, count: number, seed: number, batch: number): AsyncGenerator<Uint8Array> {
  const id = OPERATIONS.findIndex((operation) => operation.name === name);
  const child = spawn(program, [name, String(id), String(count), String(seed)], { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  const size = batch * RECORD_BYTES;
  let pending = new Uint8Array(size);
  let filled = 0;
  for await (const chunk of child.stdout as AsyncIterable<Uint8Array>) {
    let taken = 0;
    while (taken < chunk.length) {
      const part = chunk.subarray(taken, taken + size - filled);
      pending.set(part, filled);
      taken += part.length;
      filled += part.length;
      if (filled === size) {
        yield pending;
        pending = new Uint8Array(size);
        filled = 0;
      }
    }
  }
  const code = await ended;
  if (code !== 0) throw new RecorderError('run', `the softfloat recorder ended with ${code}`, 'Run it by hand to see why.');
  if (filled > 0) yield pending.subarray(0, filled);
}
