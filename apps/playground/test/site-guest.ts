/** A site in memory that offers a Linux guest, where its packages can be had. */
import { readFile } from 'node:fs/promises';
import { ensureGuest, GuestImageError, publishGuests } from '@wasm-tcg/guest-images';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface GuestSite {
  readonly address: URL;
  readonly fetch: typeof fetch;
  remove(): void;
}

/** Undefined where Debian's packages cannot be had, as on a machine with nothing but Node and npm. */
export async function siteWithLinux(): Promise<GuestSite | undefined> {
  try {
    const image = await ensureGuest('linux-cloud-amd64');
    const folder = mkdtempSync(join(tmpdir(), 'wasm-tcg-site-'));
    await publishGuests(folder, [image]);
    const address = new URL('http://site.test/some/folder/');
    return {
      address,
      fetch: async (url) => new Response((await readFile(join(folder, String(url).slice(address.href.length)))) as Uint8Array<ArrayBuffer>),
      remove: () => rmSync(folder, { recursive: true }),
    };
  } catch (error) {
    if (error instanceof GuestImageError) return undefined;
    throw error;
  }
}
