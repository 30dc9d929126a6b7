/** Guests as files of a website: a folder that a static host serves, and a list of them for the page. */
import { copyFile, mkdir, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { writeAtomically } from './cache.ts';
import type { GuestImage } from './ensure-guest.ts';
import { GUESTS } from './guests.ts';

/** A row of `index.json`. Paths are relative to the site, the folder that `guests/` is in. */
export interface PublishedGuest {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly bits: 32 | 64;
  /** Of kernel and initial RAM disk together. */
  readonly bytes: number;
  /** CPU model of the emulator. */
  readonly model: string;
  /** MiB. */
  readonly memory: number;
  readonly append: string;
  readonly kernel: string;
  readonly initrd: string;
}

/** Every guest here is made for it. */
const MODEL = 'x86-64';

/**
 * Write `guests/` into the folder of a site, instead of what is there: for each guest a folder named by what it is made of, so that no cache along the way serves an old
 * file for a new one, and index.json.
 */
export async function publishGuests(site: string, images: readonly GuestImage[]): Promise<readonly PublishedGuest[]> {
  const folder = join(site, 'guests');
  await rm(folder, { recursive: true, force: true });
  const rows: PublishedGuest[] = [];
  for (const image of images) rows.push(await publish(folder, image));
  await writeAtomically(join(folder, 'index.json'), `${JSON.stringify(rows, null, 2)}\n`);
  return rows;
}

async function publish(folder: string, { name, kernel, initrd, append, memory, release }: GuestImage): Promise<PublishedGuest> {
  const own = basename(dirname(kernel));
  await mkdir(join(folder, own), { recursive: true });
  await copyFile(kernel, join(folder, own, 'kernel'));
  await copyFile(initrd, join(folder, own, 'initrd'));
  const { title, about, bits } = GUESTS[name];
  return {
    name, title, description: `${about}. ${release}, busybox.`, bits, model: MODEL,
    bytes: (await stat(kernel)).size + (await stat(initrd)).size,
    memory: Number.parseInt(memory, 10), append, kernel: `guests/${own}/kernel`, initrd: `guests/${own}/initrd`,
  };
}
