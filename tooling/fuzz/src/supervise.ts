/**
 * Runs a suite in a thread and watches it: a program that does not end (which `runUntil` with a limit must never allow) is a failure
 * like any other, and the run goes on behind it.
 */
import { Worker } from 'node:worker_threads';
import { programSeed } from './random.ts';
import { writeFailure, type RunResult, type Suite } from './suite.ts';
import { withSuite } from './suites.ts';
import type { WorkerMessage, WorkerTask } from './worker.ts';

/** A program takes milliseconds; a machine with much else to do may need seconds. */
const HANG_MS = 60_000;

/** How a thread ended: with a result, or because a program hung. */
type End = RunResult | { readonly hung: number; readonly passed: number; readonly failed: number };

/** @param say receives lines of the report */
export async function supervise(task: WorkerTask, say: (line: string) => void, hangMs: number = HANG_MS): Promise<RunResult> {
  const end = performance.now() + task.seconds * 1000;
  let [passed, failed, from] = [0, 0, task.from];
  for (;;) {
    const left = (end - performance.now()) / 1000;
    if (left <= 0 || from >= task.to || failed >= task.maxFailures) return { passed, failed };
    const result = await runThread({ ...task, from, seconds: left, maxFailures: task.maxFailures - failed }, say, hangMs);
    passed += result.passed;
    failed += result.failed;
    if (!('hung' in result)) return { passed, failed };
    failed++;
    report(task, result.hung, say);
    from = result.hung + 1;
  }
}

function report(task: WorkerTask, program: number, say: (line: string) => void): void {
  const own = programSeed(task.seed, program);
  const comments = [`program ${program} of seed ${task.seed} (own seed ${own})`, 'It does not end.'];
  const write = <P>(suite: Suite<P>): string => writeFailure(task.folder, suite, own, suite.generate(own), comments);
  say(`program ${program} does not end\n  written to ${withSuite(task.suite, write)} as it was generated`);
}

function runThread(task: WorkerTask, say: (line: string) => void, hangMs: number): Promise<End> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL('./worker.js', import.meta.url), { workerData: task });
    let current = task.from;
    let failed = 0;
    const hang = (): void => void worker.terminate().then(() => resolve({ hung: current, passed: current - task.from - failed, failed }), reject);
    let timer = setTimeout(hang, hangMs);
    worker.on('message', (message: WorkerMessage) => {
      clearTimeout(timer);
      if (message.kind === 'done') {
        resolve(message.result);
        return;
      }
      timer = setTimeout(hang, hangMs);
      if (message.kind === 'beat') current = message.program;
      else {
        failed++;
        say(message.line);
      }
    });
    worker.on('error', (error) => {
      clearTimeout(timer);
      reject(error);
    });
  });
}
