/** QEMU as a black box: the same image, the same devices. */
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TestKernelError } from './error.ts';
import { reportLines, type Outcome } from './run.ts';

const PROGRAM = 'qemu-system-x86_64';
const TIME_LIMIT_MS = 30_000;

/** @throws TestKernelError `tool-missing`, `no-report` */
export async function runOnQemu(image: Uint8Array): Promise<Outcome> {
  const folder = mkdtempSync(join(tmpdir(), 'test-kernels-'));
  try {
    const kernel = join(folder, 'kernel.bin');
    writeFileSync(kernel, image);
    // Into a file: on a busy host, QEMU drops bytes of what is read from a pipe.
    const serial = join(folder, 'serial');
    const exitCode = await run([
      '-kernel', kernel, '-device', 'isa-debug-exit,iobase=0xf4,iosize=4', '-nographic', '-no-reboot', '-accel', 'tcg', '-cpu', 'max', '-m', '32', '-nodefaults', '-serial', `file:${serial}`,
    ]);
    return { lines: reportLines(readFileSync(serial, 'latin1')), exitCode };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** @returns the exit code */
function run(args: readonly string[]): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = execFile(PROGRAM, args, { encoding: 'latin1', timeout: TIME_LIMIT_MS, killSignal: 'SIGKILL' }, (error, stdout, stderr) => {
      if (error !== null && error.code === 'ENOENT') {
        reject(new TestKernelError('tool-missing', `${PROGRAM} is not installed`, 'the comparison needs it (Debian: apt-get install qemu-system-x86); the tests do not', { cause: error }));
      } else if (typeof error?.code !== 'number') {
        reject(new TestKernelError('no-report', `QEMU ended without a report: ${JSON.stringify(stdout + stderr)}`, 'it was killed after its time, or shut down', { cause: error }));
      } else {
        resolve(error.code);
      }
    });
    child.stdin?.end();
  });
}
