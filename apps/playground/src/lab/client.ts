/**
 * The Lab's worker from the page's side: made when it is first needed, and made anew when it died or no longer answers. A call that was under way then rejects;
 * the machine that was in it is gone, which its owner hears through `onLost`.
 */
import type { Remote } from 'comlink';
import { WorkerError } from '../rpc/errors.ts';
import type { WorkerHandle } from '../rpc/worker.ts';
import type { LabWorker } from './protocol.ts';

/** Most a worker may take to answer `stop`, ms: it gives way several times a second, so one that has not answered by then is stuck. */
const STOP_PATIENCE = 2000;

export type LabApi = Remote<LabWorker>;

export type Connect = (onDied: (error: WorkerError) => void) => WorkerHandle<LabWorker>;

export class LabClient {
  readonly #connect: Connect;
  readonly #onLost: (error: WorkerError) => void;
  readonly #pending = new Set<(error: WorkerError) => void>();
  #handle: WorkerHandle<LabWorker> | undefined;

  constructor(connect: Connect, onLost: (error: WorkerError) => void) {
    this.#connect = connect;
    this.#onLost = onLost;
  }

  call<T>(action: (api: LabApi) => Promise<T>): Promise<T> {
    const { api } = this.#open();
    return new Promise<T>((resolve, reject) => {
      this.#pending.add(reject);
      action(api).then(resolve, reject).finally(() => this.#pending.delete(reject));
    });
  }

  /** Ask what runs to stop. Resolves when the worker has answered, or has been ended for not doing so. */
  async stop(): Promise<void> {
    const handle = this.#handle;
    if (handle === undefined) return;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<'late'>((resolve) => {
      timer = setTimeout(() => resolve('late'), STOP_PATIENCE);
    });
    try {
      const answer = await Promise.race([this.call((api) => api.stop()), late]);
      if (answer === 'late' && handle === this.#handle) {
        this.#lose(new WorkerError('the machine did not stop within 2 seconds', 'worker-stuck', 'it was ended and begins anew; its registers and memory are lost'));
      }
    } catch {
      // The worker died of something else meanwhile: its owner has heard.
    } finally {
      clearTimeout(timer);
    }
  }

  dispose(): void {
    this.#handle?.terminate();
    this.#handle = undefined;
  }

  #open(): WorkerHandle<LabWorker> {
    if (this.#handle !== undefined) return this.#handle;
    const handle = this.#connect((error) => {
      if (handle === this.#handle) this.#lose(error);
    });
    this.#handle = handle;
    return handle;
  }

  #lose(error: WorkerError): void {
    this.dispose();
    for (const reject of this.#pending) reject(error);
    this.#pending.clear();
    this.#onLost(error);
  }
}
