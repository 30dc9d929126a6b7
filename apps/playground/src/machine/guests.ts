/** What the site offers to boot: the tiny guest, which is part of the emulator, and what a build put into guests/index.json. */
import type { SiteGuest } from './protocol.ts';

const TINY: SiteGuest = {
  name: 'tiny',
  title: 'Tiny guest',
  description: 'A few KiB that try out processor and devices, then echo what you type. Starts at once.',
  bits: 32,
  bytes: 0,
  model: 'pentium3',
  memory: 16,
  append: '',
};

/** Never rejects: a site without an index has the tiny guest only. */
export async function loadGuests(): Promise<readonly SiteGuest[]> {
  try {
    const response = await fetch('guests/index.json');
    if (!response.ok) return [TINY];
    const listed = (await response.json()) as readonly SiteGuest[];
    return [...listed, TINY];
  } catch {
    return [TINY];
  }
}
