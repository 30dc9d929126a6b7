/** Thread that runs a suite, so that the main thread notices a program that does not end. */
import { parentPort, workerData } from 'node:worker_threads';
import { runSuite, type RunResult } from './suite.ts';
import { withSuite, type SuiteName } from './suites.ts';

/** What the thread is to do. */
export interface WorkerTask {
  readonly suite: SuiteName;
  readonly seed: number;
  readonly from: number;
  readonly to: number;
  readonly seconds: number;
  readonly maxFailures: number;
  readonly folder: string;
}

/** What it reports: the program that starts to run, a line of text, the end. */
export type WorkerMessage =
  | { readonly kind: 'beat'; readonly program: number }
  | { readonly kind: 'say'; readonly line: string }
  | { readonly kind: 'done'; readonly result: RunResult };

const port = parentPort;
if (port) {
  const send = (message: WorkerMessage): void => port.postMessage(message);
  const task = workerData as WorkerTask;
  const options = { ...task, say: (line: string) => send({ kind: 'say', line }), beat: (program: number) => send({ kind: 'beat', program }) };
  const result = await withSuite(task.suite, (suite) => runSuite(suite, options));
  send({ kind: 'done', result });
}
