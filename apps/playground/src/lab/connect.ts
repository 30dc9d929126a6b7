/** The worker as a page makes it. */
import { connectWorker } from '../rpc/worker.ts';
import type { Connect } from './client.ts';
import type { LabWorker } from './protocol.ts';

export const connectLabWorker: Connect = (onDied) =>
  connectWorker<LabWorker>(new Worker(new URL('./worker/main.ts', import.meta.url), { type: 'module', name: 'lab' }), onDied);
