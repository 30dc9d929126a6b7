/**
 * A busy host: threads that never wait, so that the machine gets the processor late and only at times. Threads and not processes, since they end with
 * this process however it ends.
 */
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';

const BUSY = 'for (let i = 0; ; i++) globalThis.last = Math.sqrt(i);';

/** Keeps `threads` threads busy. @returns what ends them */
export async function startLoad(threads: number): Promise<() => Promise<void>> {
  const workers = Array.from({ length: threads }, () => new Worker(BUSY, { eval: true }));
  await Promise.all(workers.map((worker) => once(worker, 'online')));
  return async () => void (await Promise.all(workers.map((worker) => worker.terminate())));
}
