/** Runs a program and hands back what it said. */
import { spawn } from 'node:child_process';

export interface ProgramResult {
  /** Exit code; 1 when a signal ended it. */
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export type RunProgram = (
  program: string,
  args: readonly string[],
  options: { readonly cwd: string; readonly signal?: AbortSignal | undefined },
) => Promise<ProgramResult | 'not-found'>;

export const runProgram: RunProgram = (program, args, { cwd, signal }) =>
  new Promise((resolve, reject) => {
    // The messages of the C locale: what a user reports should be readable by all.
    const child = spawn(program, args, { cwd, stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, LC_ALL: 'C' }, ...(signal === undefined ? {} : { signal }) });
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
    child.on('error', (error: NodeJS.ErrnoException) => (error.code === 'ENOENT' ? resolve('not-found') : reject(error)));
    child.on('close', (code) => resolve({ code: code ?? 1, stdout, stderr }));
  });
