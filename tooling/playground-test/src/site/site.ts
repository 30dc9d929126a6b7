/** The site under test: built by the repository's own command, served twice, without and with the headers of an isolated page. */
import { spawn } from 'node:child_process';
import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { PlaygroundTestError } from '../errors.ts';
import { readGuests, type BuiltGuest } from './guests.ts';
import { ROOT } from './root.ts';
import { serveSite } from './server.ts';

/** The guest that the stories of Linux boot. */
export const LINUX = 'linux-cloud-amd64';

export interface Site {
  readonly folder: string;
  readonly address: string;
  readonly isolatedAddress: string;
  /** Undefined when it was built without. */
  readonly linux: BuiltGuest | undefined;
  close(): Promise<void>;
}

export async function openSite(folder: string): Promise<Site> {
  await access(join(folder, 'index.html')).catch((error: unknown) => {
    throw new PlaygroundTestError('build', `${folder} has no index.html`, 'Name a folder that npm run playground:build has made, or leave --site away.', { cause: error });
  });
  const linux = (await readGuests(folder)).find(({ name }) => name === LINUX);
  const [plain, isolated] = [await serveSite(folder, { isolated: false }), await serveSite(folder, { isolated: true })];
  return {
    folder,
    address: plain.address,
    isolatedAddress: isolated.address,
    linux,
    close: async () => void (await Promise.all([plain.close(), isolated.close()])),
  };
}

/** Builds the site. Without guests, too, if theirs cannot be had: stories that need them say so. */
export async function buildSite(out: string, { guests }: { readonly guests: boolean }, say: (line: string) => void): Promise<void> {
  say('building the site');
  if (guests && (await build(['--guest', LINUX, '--out', out])) === 0) return;
  if (guests) say('building it without guests');
  const code = await build(['--out', out]);
  if (code !== 0) throw new PlaygroundTestError('build', `the site cannot be built (exit code ${code})`, 'npm run playground:build says why.');
}

function build(args: readonly string[]): Promise<number> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [join(ROOT, 'scripts', 'playground-build.mjs'), ...args], { cwd: ROOT, stdio: ['ignore', 2, 2] });
    child.on('error', () => resolve(1));
    child.on('close', (code) => resolve(code ?? 1));
  });
}
