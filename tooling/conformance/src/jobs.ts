/** Several execution modes at a time: each is a process of its own, as compiled modules of one process have a common limit. */
import { spawn } from 'node:child_process';
import { availableParallelism } from 'node:os';

export interface Sum {
  passed: number;
  failed: number;
}

const CLOSING = /^(\d+) passed, (\d+) failed$/m;

/**
 * Runs the program once per set of arguments, at most one per processor at a time, and prints their output one after the other, without
 * the closing lines.
 * @returns the sum of the closing lines; a process without one counts as one failure
 */
export async function runJobs(program: string, jobs: readonly (readonly string[])[], print: (text: string) => void): Promise<Sum> {
  const results = jobs.map(() => ({ text: '', done: false }));
  const sum: Sum = { passed: 0, failed: 0 };
  let printed = 0;
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < jobs.length) {
      const mine = next++;
      const text = await output(program, jobs[mine]);
      const closing = CLOSING.exec(text);
      sum.passed += closing ? Number(closing[1]) : 0;
      sum.failed += closing ? Number(closing[2]) : 1;
      results[mine] = { text: text.replace(CLOSING, '').trimEnd(), done: true };
      while (printed < jobs.length && results[printed].done) print(results[printed++].text);
    }
  };
  await Promise.all(Array.from({ length: Math.min(availableParallelism(), jobs.length) }, worker));
  return sum;
}

/** Everything that a run of the program wrote. */
function output(program: string, args: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [program, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
    let text = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (part: string) => {
        text += part;
      });
    }
    child.on('error', reject).on('close', () => {
      resolve(text);
    });
  });
}
