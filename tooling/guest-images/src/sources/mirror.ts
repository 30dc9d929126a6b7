/**
 * Packages by plain HTTP from a server the user names: a mirror of a Debian archive, or a folder with the .deb files.
 * Only the locked packages: an unsigned index could vouch for no other.
 */
import { GuestImageError, messageOf } from '../errors.ts';
import { describe, verify, type Fetched, type PackageSource, type Request, type SourceContext } from './source.ts';

/** Environment variable with the base URL. */
export const MIRROR_VARIABLE = 'WASM_TCG_MIRROR';

export class MirrorSource implements PackageSource {
  readonly #base: URL;

  /** @throws GuestImageError `usage` */
  constructor(base: string) {
    const url = URL.canParse(base) ? new URL(base.endsWith('/') ? base : `${base}/`) : undefined;
    if (url === undefined || !['http:', 'https:'].includes(url.protocol)) {
      throw new GuestImageError('usage', `${MIRROR_VARIABLE} is no http or https URL: ${base}`, 'It is the URL of the folder that holds pool/, or of one that holds the .deb files.');
    }
    this.#base = url;
  }

  async fetch({ locked }: Request, context: SourceContext): Promise<Fetched> {
    for (const path of [locked.path, locked.path.slice(locked.path.lastIndexOf('/') + 1)]) {
      const url = new URL(path, this.#base);
      const response = await this.#open(url, context.signal);
      if (response.status === 404) continue;
      if (!response.ok || response.body === null) {
        throw new GuestImageError('download', `${url.href}: ${response.status} ${response.statusText}`, `Check ${MIRROR_VARIABLE}.`);
      }
      context.onProgress(`fetching ${describe(locked)} from ${this.#base.host}`);
      const bytes = await readBody(response.body, url);
      verify(bytes, locked, url.href);
      return { identity: locked, bytes };
    }
    throw new GuestImageError('unavailable', `${this.#base.href} has no ${locked.path}`, `${MIRROR_VARIABLE} must hold the versions of the lock file.`);
  }

  async #open(url: URL, signal: AbortSignal | undefined): Promise<Response> {
    try {
      return await fetch(url, { signal: signal ?? null });
    } catch (error) {
      signal?.throwIfAborted();
      throw downloadFailed(url, error);
    }
  }
}

async function readBody(body: ReadableStream<Uint8Array>, url: URL): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  try {
    for await (const part of body) parts.push(part);
  } catch (error) {
    if (error instanceof Error && error.name === 'AbortError') throw error;
    throw downloadFailed(url, error);
  }
  return Buffer.concat(parts);
}

function downloadFailed(url: URL, error: unknown): GuestImageError {
  const cause = error instanceof Error && error.cause !== undefined ? messageOf(error.cause) : messageOf(error);
  return new GuestImageError('download', `${url.href} could not be fetched: ${cause}`, 'Nothing was kept. Check the network and try again.', { cause: error });
}
