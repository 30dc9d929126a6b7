/** The Lab's worker. */
import { serveWorker } from '../../rpc/worker.ts';
import { LabEngine } from './engine.ts';

serveWorker(new LabEngine());
