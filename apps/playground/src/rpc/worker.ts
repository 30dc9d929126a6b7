/** Both ends of a worker. */
import { expose, wrap, type Remote } from 'comlink';
import { installErrorTransfer, WorkerError } from './errors.ts';

/** A worker with its API. */
export interface WorkerHandle<Api> {
  readonly api: Remote<Api>;
  /** End it at once, whatever it is doing. */
  terminate(): void;
}

/**
 * The page's end.
 * @param onDied the worker could not be loaded, or threw outside any call
 */
export function connectWorker<Api>(worker: Worker, onDied: (error: WorkerError) => void): WorkerHandle<Api> {
  installErrorTransfer();
  worker.addEventListener('error', (event) => {
    onDied(new WorkerError(event.message === '' ? 'a part of the page could not be loaded' : event.message, 'worker', 'reload the page; if it persists, the site is incomplete'));
  });
  return { api: wrap<Api>(worker), terminate: () => worker.terminate() };
}

/** The worker's end. */
export function serveWorker(api: object): void {
  installErrorTransfer();
  expose(api);
}
