/** Running other programs from scripts. Dependency-free: runs before any install. */
import { spawn } from 'node:child_process';
import { ROOT } from './paths.mjs';

/** Switches off every telemetry that a pinned tool would send. */
export const QUIET_ENV = { ...process.env, TURBO_TELEMETRY_DISABLED: '1', DO_NOT_TRACK: '1', CI: process.env.CI ?? '' };

/**
 * Runs a program in the repository root and resolves with its exit code and what it printed.
 *
 * @param {string} command
 * @param {string[]} args
 * @param {{ stdout?: 'inherit' | 'stderr' | 'capture' | 'tee', stdin?: 'inherit' | 'ignore', cwd?: string, forwardSignals?: boolean }} [options]
 *   `stderr` sends its output to our stderr, so that stdout stays free for the result; `tee` prints and captures.
 *   `forwardSignals`: what asks us to end asks the program, and we end when it has (it may have a terminal to restore).
 * @returns {Promise<{ code: number, output: string }>}
 */
export function run(command, args, options = {}) {
  const { stdout = 'inherit', stdin = 'ignore', cwd = ROOT, forwardSignals = false } = options;
  const outputs = { inherit: 'inherit', stderr: 2, capture: 'pipe', tee: 'pipe' };
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd,
      env: QUIET_ENV,
      stdio: [stdin, outputs[stdout], stdout === 'capture' ? 'pipe' : 'inherit'],
      shell: process.platform === 'win32' && command !== process.execPath,
    });
    // A terminal sends its interrupt to both of us: once is enough.
    const handlers = forwardSignals ? { SIGINT: () => undefined, SIGTERM: () => child.kill('SIGTERM'), SIGHUP: () => child.kill('SIGHUP') } : {};
    for (const [name, handler] of Object.entries(handlers)) process.on(name, handler);
    let output = '';
    child.stdout?.setEncoding('utf8').on('data', (text) => {
      output += text;
      if (stdout === 'tee') process.stdout.write(text);
    });
    child.stderr?.setEncoding('utf8').on('data', (text) => (output += text));
    child.on('error', reject);
    child.on('close', () => {
      for (const [name, handler] of Object.entries(handlers)) process.off(name, handler);
    });
    child.on('close', (code, signal) => resolve({ code: code ?? (signal === 'SIGINT' ? 130 : 1), output }));
  });
}
