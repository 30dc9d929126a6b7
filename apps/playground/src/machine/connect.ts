/** Where the page gets a machine from: a worker of its own, and what the site offers. Tests hand the controller another one. */
import { connectWorker, type WorkerHandle } from '../rpc/worker.ts';
import type { WorkerError } from '../rpc/errors.ts';
import { loadGuests } from './guests.ts';
import type { MachineWorker, SiteGuest } from './protocol.ts';

export interface MachineBackend {
  /** @param onDied the worker could not be loaded, or broke outside any call */
  connect(onDied: (error: WorkerError) => void): WorkerHandle<MachineWorker>;
  /** What the site offers, `tiny` among it. */
  guests(): Promise<readonly SiteGuest[]>;
}

export function pageBackend(): MachineBackend {
  return {
    connect: (onDied) => connectWorker<MachineWorker>(new Worker(new URL('./worker/main.ts', import.meta.url), { type: 'module', name: 'machine' }), onDied),
    guests: () => loadGuests(),
  };
}
