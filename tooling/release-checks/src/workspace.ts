/** The repository as the checks see it. */
import { execFile } from 'node:child_process';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Root folder of the repository. */
export const ROOT = fileURLToPath(new URL('../../..', import.meta.url));

export interface Manifest {
  name: string;
  version: string;
  private?: boolean;
  packageManager?: string;
}

export interface PackageFolder {
  /** Folder name, which is the name without its scope. */
  name: string;
  path: string;
  manifest: Manifest;
}

export function readManifest(folder: string): Manifest {
  return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Manifest;
}

/** Every package that is published. */
export function publishedPackages(): PackageFolder[] {
  return readdirSync(join(ROOT, 'packages'))
    .map((name) => ({ name, path: join(ROOT, 'packages', name) }))
    .map((folder) => ({ ...folder, manifest: readManifest(folder.path) }))
    .filter(({ manifest }) => manifest.private !== true);
}

export interface CommandResult {
  code: number;
  stdout: string;
  /** Both streams, for messages. */
  output: string;
}

/** Runs a program without a shell and without stdin; never rejects because of its exit code. */
export function command(program: string, args: readonly string[], cwd: string): Promise<CommandResult> {
  const env = { ...process.env, CI: 'true', NO_COLOR: '1', DO_NOT_TRACK: '1' };
  return new Promise((resolve, reject) => {
    const options = { cwd, env, maxBuffer: 256 * 1024 * 1024, shell: process.platform === 'win32' && program !== process.execPath };
    const child = execFile(program, [...args], options, (error, stdout, stderr) => {
      if (error !== null && typeof error.code !== 'number') reject(error);
      else resolve({ code: Number(error?.code ?? 0), stdout, output: `${stdout}${stderr}` });
    });
    child.stdin?.end();
  });
}

/** Runs a Node program. */
export function node(args: readonly string[], cwd: string): Promise<CommandResult> {
  return command(process.execPath, args, cwd);
}
