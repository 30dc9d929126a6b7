/** Reading what a user chose. */
import { WorkerError } from '../../rpc/errors.ts';

/**
 * @param name for people
 * @throws WorkerError `file`
 */
export async function readBlob(blob: Blob, name: string): Promise<Uint8Array<ArrayBuffer>> {
  try {
    return new Uint8Array(await blob.arrayBuffer());
  } catch {
    throw new WorkerError(`${name} cannot be read`, 'file', 'it has been changed or removed since it was chosen, is a folder, or is larger than the browser can hold: choose it again');
  }
}
