/** Fetching with progress, piece by piece. What a host says of a file's length is not believed: it may compress, and then it counts other bytes. */
import { WorkerError } from '../../rpc/errors.ts';

export interface FetchOptions {
  readonly signal: AbortSignal;
  /** Called with the bytes of each piece. */
  readonly onBytes: (bytes: number) => void;
  readonly fetch: typeof fetch;
}

/**
 * @param name for people
 * @throws WorkerError `fetch` when it cannot be had; and what `signal` was aborted with
 */
export async function fetchFile(url: URL, name: string, options: FetchOptions): Promise<Uint8Array> {
  const { signal } = options;
  try {
    return await receive(url, name, options);
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof WorkerError) throw error;
    throw new WorkerError(`${name} could not be fetched: the connection failed`, 'fetch', 'check the network and try again; nothing has to be cleaned up');
  }
}

async function receive(url: URL, name: string, { signal, onBytes, fetch }: FetchOptions): Promise<Uint8Array> {
  const response = await fetch(url, { signal });
  if (!response.ok) throw new WorkerError(`${name} could not be fetched: the site answers ${response.status}`, 'fetch', 'the site is incomplete: build it again with `npm run playground:build -- --with-guests`');
  const pieces: Uint8Array[] = [];
  let length = 0;
  const reader = response.body?.getReader();
  while (reader !== undefined) {
    const { done, value } = await reader.read();
    if (done) break;
    pieces.push(value);
    length += value.length;
    onBytes(value.length);
  }
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const piece of pieces) {
    bytes.set(piece, at);
    at += piece.length;
  }
  return bytes;
}
