/** Which Node runs the emulators: this one, one named by its path, or a major version from npm's package `node`. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { defaultCacheFolder } from '@wasm-tcg/guest-images';
import { BenchError } from '../errors.ts';

export interface NodeProgram {
  readonly path: string;
  /** Without the `v`. */
  readonly version: string;
}

/**
 * @param word `host`, a major version, or a path
 * @throws BenchError `usage`
 */
export function findNode(word: string, progress: (line: string) => void): NodeProgram {
  if (word === 'host') return { path: process.execPath, version: process.versions.node };
  const path = /^\d+$/.test(word) ? install(word, progress) : word;
  const { error, status, stdout } = spawnSync(path, ['--version'], { encoding: 'utf8' });
  const version = /^v(\d+\.\d+\.\d+)/.exec(stdout ?? '')?.[1];
  if (error !== undefined || status !== 0 || version === undefined) {
    throw new BenchError('usage', `--node ${word}: ${path} is no Node that runs here${error === undefined ? '' : `: ${error.message}`}`, 'Name a program, a major version such as 24, or host.');
  }
  return { path, version };
}

/** The package `node` brings the program for this platform as a dependency of its install script. */
function install(major: string, progress: (line: string) => void): string {
  const folder = join(defaultCacheFolder(), 'node', major);
  const path = join(folder, 'node_modules', 'node', 'bin', 'node');
  if (existsSync(path)) return path;
  progress(`fetching Node ${major} with npm`);
  mkdirSync(folder, { recursive: true });
  const { error, status, stderr } = spawnSync('npm', ['install', '--no-save', '--no-audit', '--no-fund', '--prefix', folder, `node@${major}`], { encoding: 'utf8' });
  if (error !== undefined || status !== 0) {
    throw new BenchError('usage', `npm could not install node@${major}: ${error?.message ?? stderr.trim()}`, 'Name a Node by its path: --node PATH.', { cause: error });
  }
  return path;
}
