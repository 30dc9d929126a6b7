/** Finds the browser's program, or has Debian's package installed where that needs nobody's leave: as root, with apt-get. */
import { spawn } from 'node:child_process';
import { access, constants } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { PlaygroundTestError } from '../errors.ts';
import { BROWSERS, type BrowserName } from './names.ts';

/** What the search knows of its surroundings. */
export interface Surroundings {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly root: boolean;
  isProgram(path: string): Promise<boolean>;
  /** @returns the exit code */
  run(program: string, args: readonly string[]): Promise<number>;
}

/** @throws PlaygroundTestError `no-browser` */
export async function provideBrowser(name: BrowserName, here: Surroundings, say: (line: string) => void): Promise<string> {
  const { programs, debianPackage, variable } = BROWSERS[name];
  const given = here.env[variable];
  if (given !== undefined && given !== '') {
    if (await here.isProgram(given)) return given;
    throw new PlaygroundTestError('no-browser', `${variable} names no program: ${given}`, `Correct ${variable}, or unset it to use the one on the path.`);
  }
  const found = await onPath(programs, here);
  if (found !== undefined) return found;
  const aptGet = await onPath(['apt-get'], here);
  if (aptGet !== undefined && here.root) {
    say(`no ${name} on the path: installing Debian's package ${debianPackage}`);
    const install = ['install', '-y', '--no-install-recommends', debianPackage];
    const code = (await here.run(aptGet, install)) === 0 || ((await here.run(aptGet, ['update'])) === 0 && (await here.run(aptGet, install)) === 0);
    const installed = code ? await onPath(programs, here) : undefined;
    if (installed !== undefined) return installed;
  }
  throw new PlaygroundTestError('no-browser', `no ${name} on the path, and none could be installed`, `Install it (Debian: apt-get install ${debianPackage}), or name a program in ${variable}.`);
}

async function onPath(programs: readonly string[], here: Surroundings): Promise<string | undefined> {
  const folders = (here.env['PATH'] ?? '').split(delimiter).filter((folder) => folder !== '');
  for (const program of programs) {
    for (const folder of folders) {
      const path = join(folder, program);
      if (await here.isProgram(path)) return path;
    }
  }
  return undefined;
}

/** This process's. Programs that are run print to standard error. */
export function surroundings(): Surroundings {
  return {
    env: process.env,
    root: process.getuid?.() === 0,
    isProgram: (path) => access(path, constants.X_OK).then(() => true, () => false),
    run: (program, args) =>
      new Promise((resolve) => {
        const child = spawn(program, args, { stdio: ['ignore', 2, 2], env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' } });
        child.on('error', () => resolve(1));
        child.on('close', (code) => resolve(code ?? 1));
      }),
  };
}
