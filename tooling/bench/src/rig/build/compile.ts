/**
 * Compiles the programs, statically against the C library that the system's gcc brings (Debian: glibc, in both widths with gcc-multilib; musl comes
 * in the machine's own width only). The result is cached by the hash of sources, flags and compiler.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { sha256Of, type Cache } from '@wasm-tcg/guest-images';
import { BenchError } from '../../errors.ts';
import type { Bits } from '../../kernels/kernel.ts';
import { isScript, PROGRAMS, type Program } from '../programs.ts';

export const SOURCES: string = fileURLToPath(new URL('../../../programs', import.meta.url));
const COMPILER = 'gcc';
const FLAGS = ['-std=gnu11', '-O2', '-Wall', '-Wextra', '-Werror', '-fno-math-errno', '-fno-pie', '-fcf-protection=none'] as const;
/** The oldest processors that the kernels run on: what all peers have. */
const WIDTH_FLAGS: Readonly<Record<Bits, readonly string[]>> = { 32: ['-m32', '-march=i686'], 64: ['-m64', '-march=x86-64'] };
const LINK_FLAGS = ['-static', '-no-pie', '-s'] as const;
const HINT = 'The programs of the rig need gcc with static C libraries of both widths: gcc, gcc-multilib, libc6-dev, libc6-dev-i386 in Debian.';

/** Arguments that compile one program of the one file they all are in. */
export function compileArguments(program: Program, bits: Bits, object: string): readonly string[] {
  return [...FLAGS, ...WIDTH_FLAGS[bits], ...(program.flags ?? []), `-Drun=run_${program.name}`, '-c', '-o', object, join(SOURCES, program.source)];
}

/**
 * Path of the executable with all programs and the agent.
 *
 * @throws BenchError `native` when there is no compiler, or one without libraries of this width
 */
export async function compilePrograms(bits: Bits, cache: Cache): Promise<string> {
  const folder = join(cache.folder, 'bench', `${bits}-${keyOf(bits).slice(0, 16)}`);
  const present = join(folder, 'programs');
  if (existsSync(present)) return present;
  const temporary = mkdtempSync(join(tmpdir(), 'wasm-tcg-programs-'));
  try {
    const compiled = PROGRAMS.filter((program) => !isScript(program));
    const objects = compiled.map((program) => {
      const object = join(temporary, `${program.name}.o`);
      compile(compileArguments(program, bits, object));
      return object;
    });
    const output = join(temporary, 'programs');
    const list = `-DPROGRAMS=${compiled.map(({ name }) => `PROGRAM(${name})`).join(' ')}`;
    compile([...FLAGS, ...WIDTH_FLAGS[bits], ...LINK_FLAGS, list, '-o', output, join(SOURCES, 'main.c'), join(SOURCES, 'agent.c'), ...objects]);
    await cache.addFolder(folder, { programs: readFileSync(output) });
    return present;
  } finally {
    rmSync(temporary, { recursive: true, force: true });
  }
}

function keyOf(bits: Bits): string {
  const { stdout, error } = spawnSync(COMPILER, ['-dumpfullversion', '-dumpmachine'], { encoding: 'utf8' });
  if (error !== undefined) throw new BenchError('native', `${COMPILER} cannot be run: ${error.message}`, HINT, { cause: error });
  const sources = readdirSync(SOURCES).sort().map((name) => [name, sha256Of(readFileSync(join(SOURCES, name)))]);
  return sha256Of(JSON.stringify([stdout, FLAGS, LINK_FLAGS, WIDTH_FLAGS[bits], PROGRAMS, sources]));
}

function compile(args: readonly string[]): void {
  const { error, status, stderr } = spawnSync(COMPILER, args, { encoding: 'utf8' });
  if (error !== undefined) throw new BenchError('native', `${COMPILER} cannot be run: ${error.message}`, HINT, { cause: error });
  if (status !== 0) throw new BenchError('native', `${COMPILER} ${args.join(' ')} failed: ${stderr.trim()}`, HINT);
}
