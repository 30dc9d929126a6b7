/** Entry of the worker that a machine runs in. */
import { serveWorker } from '../../rpc/worker.ts';
import { MachineHost } from './machine-host.ts';

/** The build puts workers into a folder of the site's folder; the development server serves sources from its root. */
const site = new URL(import.meta.env.DEV ? '/' : '../', self.location.href);

serveWorker(new MachineHost({ site, fetch: (...request) => fetch(...request), isolated: self.crossOriginIsolated }));
