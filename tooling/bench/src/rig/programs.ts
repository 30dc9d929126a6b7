/**
 * The programs of the rig: one row each. Sources are in `programs/`; a unit of work takes v86 one or two tenths of a second, and the natively
 * run program a few milliseconds to tens of them.
 */
import type { Bits } from '../kernels/kernel.ts';

export interface Program {
  readonly name: string;
  /** What it is made to show. */
  readonly about: string;
  /** File in `programs/`; `.c` is compiled, `.sh` is run by busybox. */
  readonly source: string;
  /** Compiler flags of its own. */
  readonly flags?: readonly string[];
}

const X87 = ['-mfpmath=387'] as const;
const SSE2 = ['-msse2', '-mfpmath=sse'] as const;

export const PROGRAMS = [
  { name: 'integer', about: 'integer operations of all kinds', source: 'integer.c' },
  { name: 'sieve', about: 'strided stores', source: 'sieve.c' },
  { name: 'sha256', about: 'rotates and adds in long blocks', source: 'sha256.c' },
  { name: 'lz', about: 'compressor and decompressor', source: 'lz.c' },
  { name: 'sort', about: 'quicksort with a comparison function', source: 'sort.c' },
  { name: 'fib', about: 'recursion', source: 'fib.c' },
  { name: 'vm', about: 'bytecodes and a switch', source: 'vm.c' },
  { name: 'tree', about: 'pointers and malloc', source: 'tree.c' },
  { name: 'nbody_x87', about: 'double precision on the x87', source: 'nbody.c', flags: X87 },
  { name: 'nbody_sse', about: 'double precision in scalar SSE2', source: 'nbody.c', flags: SSE2 },
  { name: 'sse2', about: 'packed integers and doubles', source: 'sse2.c', flags: SSE2 },
  { name: 'repmovs', about: 'string instructions', source: 'repmovs.c' },
  { name: 'memcpy', about: "the C library's memory functions", source: 'memcpy.c' },
  { name: 'syscall', about: 'short system calls', source: 'syscall.c' },
  { name: 'fault', about: 'page faults and a signal handler', source: 'fault.c' },
  { name: 'spawn', about: 'fork, exec, wait', source: 'spawn.c' },
  { name: 'pipe', about: 'context switches', source: 'pipe.c' },
  { name: 'jit', about: 'a guest that writes code and runs it', source: 'jit.c' },
  { name: 'patch', about: 'one instruction rewritten again and again', source: 'patch.c' },
  { name: 'gzip', about: 'busybox gzip and gunzip', source: 'gzip.sh' },
  { name: 'sha1sum', about: 'busybox sha1sum', source: 'sha1sum.sh' },
  { name: 'awk', about: 'busybox awk', source: 'awk.sh' },
  { name: 'shell', about: 'a loop of busybox sh', source: 'shell.sh' },
] as const satisfies readonly Program[];

export type ProgramName = (typeof PROGRAMS)[number]['name'];
export const PROGRAM_NAMES: readonly ProgramName[] = PROGRAMS.map(({ name }) => name);

export const isScript = ({ source }: Program): boolean => source.endsWith('.sh');

/** Words the agent runs, in the folder of the programs. */
export function commandOf(program: Program, units: number): string {
  return isScript(program) ? `busybox sh ./${program.source} ${units}` : `./programs ${program.name} ${units}`;
}

/** The Linux guest of a width. */
export const GUEST_OF: Readonly<Record<Bits, 'linux-686' | 'linux-cloud-amd64'>> = { 32: 'linux-686', 64: 'linux-cloud-amd64' };

/** Units of work of `1×`, and how many times that the second run does. */
export const WORK = { full: 8, quick: 1, times: 4 } as const;
