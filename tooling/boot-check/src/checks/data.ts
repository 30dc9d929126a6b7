/** Data that guest and host make each for itself. */
import { createHash } from 'node:crypto';

/** What `yes TEXT | head -c BYTES` prints. */
export const repeated = (text: string, bytes: number): Uint8Array => Buffer.alloc(bytes, `${text}\n`);

/** What `seq 1 LAST` prints. */
export const sequence = (last: number): string => Array.from({ length: last }, (_, index) => `${index + 1}\n`).join('');

export const sha256 = (data: Uint8Array | string): string => createHash('sha256').update(data).digest('hex');
