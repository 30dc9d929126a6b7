/** What must not be in the repository: registry hosts, paths of one machine, binaries, output of builds. */
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { command, ROOT } from '../workspace.ts';

/** Recorded test vectors are the only binaries (CONTRIBUTING.md). */
const BINARIES = /^tooling\/[^/]+\/vectors\//;
const OUTPUT = /(^|\/)(dist|node_modules|\.turbo|\.cache|generated)\/|\.(tsbuildinfo|tgz|log)$/;
/** A home or working folder of some machine. The pattern is written so that it does not match itself. */
const MACHINE_PATH = /(?<![\w.~*}\])-])\/(?:home|Users|root|work)\/[\w.-]+/;
const MAX_BYTES = 20 * 1024 * 1024;

/** Problems of one file; `text` is null for a binary. */
export function fileProblems(path: string, text: string | null): string[] {
  const problems: string[] = [];
  if (OUTPUT.test(path)) problems.push(`${path}: output of a build; add it to .gitignore`);
  if (text === null) {
    if (!BINARIES.test(path)) problems.push(`${path}: a binary outside tooling/*/vectors`);
    return problems;
  }
  if (path === 'pnpm-lock.yaml' && /https?:\/\//.test(text)) problems.push(`${path}: names a registry host`);
  const machinePath = MACHINE_PATH.exec(text);
  if (machinePath !== null) problems.push(`${path}: names a folder of one machine (${machinePath[0]})`);
  return problems;
}

export async function checkHygiene(): Promise<string[]> {
  const { code, stdout, output } = await command('git', ['ls-files', '-z'], ROOT);
  if (code !== 0) return [`git ls-files failed\n${output}`];
  const problems: string[] = [];
  let binaryBytes = 0;
  for (const path of stdout.split('\0').filter((name) => name !== '')) {
    const file = join(ROOT, path);
    const info = statSync(file, { throwIfNoEntry: false });
    if (info === undefined || !info.isFile()) continue;
    const bytes = readFileSync(file);
    const isBinary = bytes.includes(0);
    if (isBinary) binaryBytes += bytes.length;
    problems.push(...fileProblems(path, isBinary ? null : bytes.toString('utf8')));
  }
  if (binaryBytes > MAX_BYTES) problems.push(`${binaryBytes} bytes of binaries; the limit is ${MAX_BYTES}`);
  return problems;
}
