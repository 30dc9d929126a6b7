import { fileURLToPath } from 'node:url';

/** The repository's folder, from where this file is when it has been built. */
export const ROOT = fileURLToPath(new URL('../../../../', import.meta.url));
