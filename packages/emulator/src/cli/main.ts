/** Entry point of the `wasm-tcg` command: the process around {@link runCli}. */
import { lowerCompilerPriority } from '../host/compiler-priority.ts';
import { runCli } from './run.ts';

const controller = new AbortController();
// Once: a second Ctrl-C ends the process the hard way.
process.once('SIGINT', () => controller.abort());
process.once('SIGTERM', () => controller.abort());
process.once('SIGHUP', () => controller.abort());
// The reader of our output is gone: nobody is left to run for.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  controller.abort();
});

lowerCompilerPriority();
process.exitCode = await runCli(process.argv.slice(2), {
  stdout: (bytes) => void process.stdout.write(bytes),
  stderr: (text) => void process.stderr.write(text),
  stdin: process.stdin,
  signal: controller.signal,
});
