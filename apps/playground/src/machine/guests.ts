/** What the site offers to boot: the tiny guest, which is part of the emulator, and what a build put into guests/index.json. */
import type { CpuModelName } from '@wasm-tcg/emulator';
import { CPU_MODEL_NAMES } from '@wasm-tcg/emulator';
import type { SiteGuest } from './protocol.ts';

export const TINY_GUEST: SiteGuest = {
  name: 'tiny',
  title: 'Tiny guest',
  description: 'A few KiB that go from 16-bit over 32-bit to 64-bit code, check themselves and halt. Starts at once.',
  bits: 64,
  bytes: 0,
  model: 'x86-64',
  memory: 16,
  append: '',
};

/** Where a site keeps its list, relative to its folder. */
const INDEX = 'guests/index.json';

/**
 * Never rejects: a site without an index has the tiny guest only.
 * @param site address of the site's folder, or of a page in it
 */
export async function loadGuests(site: string | URL = document.baseURI, fetcher: typeof fetch = fetch): Promise<readonly SiteGuest[]> {
  try {
    const response = await fetcher(new URL(INDEX, site), { cache: 'no-cache' });
    const listed: unknown = response.ok ? await response.json() : [];
    return [...(Array.isArray(listed) ? listed.filter(isSiteGuest) : []), TINY_GUEST];
  } catch {
    // Offline, or a host that answers with a page.
    return [TINY_GUEST];
  }
}

function isSiteGuest(entry: unknown): entry is SiteGuest {
  if (typeof entry !== 'object' || entry === null) return false;
  const fields: Readonly<Record<string, unknown>> = { ...entry };
  const { name, bits, model, kernel, initrd } = fields;
  return (
    ['name', 'title', 'description', 'append'].every((field) => typeof fields[field] === 'string') &&
    ['bytes', 'memory'].every((field) => typeof fields[field] === 'number') &&
    name !== TINY_GUEST.name &&
    (bits === 16 || bits === 32 || bits === 64) &&
    CPU_MODEL_NAMES.includes(model as CpuModelName) &&
    typeof kernel === 'string' &&
    (initrd === undefined || typeof initrd === 'string')
  );
}
