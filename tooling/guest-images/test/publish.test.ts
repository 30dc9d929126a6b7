import { mkdtempSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import type { GuestImage } from '../src/ensure-guest.ts';
import { publishGuests } from '../src/publish.ts';

const folder = mkdtempSync(join(tmpdir(), 'wasm-tcg-publish-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function image(key: string): GuestImage {
  const made = join(folder, 'cache', key);
  mkdirSync(made, { recursive: true });
  writeFileSync(join(made, 'kernel'), 'kernel of it');
  writeFileSync(join(made, 'initrd'), key);
  return { name: 'linux-686', kernel: join(made, 'kernel'), initrd: join(made, 'initrd'), append: 'console=ttyS0', memory: '256M', release: '6.1', packages: [], notes: [] };
}

it('a site has the files of its guests and a list with relative paths; another time replaces them', async () => {
  const site = join(folder, 'site');
  await publishGuests(site, [image('linux-686-old')]);
  const rows = await publishGuests(site, [image('linux-686-0123')]);
  expect(rows).toEqual([
    {
      name: 'linux-686', title: 'Linux, 32-bit', description: "Debian's 32-bit kernel without PAE. 6.1, busybox.", bits: 32, bytes: 26, model: 'x86-64', memory: 256,
      append: 'console=ttyS0', kernel: 'guests/linux-686-0123/kernel', initrd: 'guests/linux-686-0123/initrd',
    },
  ]);
  expect(JSON.parse(readFileSync(join(site, 'guests', 'index.json'), 'utf8'))).toEqual(rows);
  expect(readFileSync(join(site, rows[0]!.kernel), 'utf8') + readFileSync(join(site, rows[0]!.initrd), 'utf8')).toBe('kernel of itlinux-686-0123');
  expect(() => readFileSync(join(site, 'guests/linux-686-old/kernel'))).toThrow('ENOENT');
});

it('a site without guests has an empty list', async () => {
  const site = join(folder, 'empty');
  await publishGuests(site, []);
  expect(readFileSync(join(site, 'guests', 'index.json'), 'utf8')).toBe('[]\n');
});
