/** Entry of the worker that a machine runs in. */
import { serveWorker } from '../../rpc/worker.ts';
import { WorkerError } from '../../rpc/errors.ts';

serveWorker({
  start: () => Promise.reject(new WorkerError('this build has no machine', 'no-machine', 'build the site again')),
});
