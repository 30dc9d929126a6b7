/** One program in all machines, in step: what differs first, as text. */
import { Random } from '../random.ts';
import { Image } from './image.ts';
import { IMAGE_BYTES, TABLES, TABLES_BYTES } from './layout.ts';
import type { Runner } from './machines.ts';
import type { X86Program } from './program.ts';
import { COMPARED } from './start-state.ts';

const MAX_LINES = 12;
/** Accessed bit of a page table entry: a processor may set it early, and so may a region's check of its pages. */
const ACCESSED = 0x20;

interface Point {
  readonly stop: string;
  readonly instructions: number;
}

/** @returns undefined when all machines agree at every point */
export function compareMachines(program: X86Program, runners: readonly Runner[]): string | undefined {
  const image = new Image(program);
  for (const start of program.starts) {
    image.randomise(start.seed);
    for (const runner of runners) runner.start(program, image, start);
    const steps = start.steps === 0 ? undefined : new Random(start.steps);
    const begun = runners.map(({ machine }) => machine.instructions);
    let left = program.limit;
    for (let running = true; running && left > 0; ) {
      const n = steps ? Math.min(left, steps.chance(0.5) ? steps.between(1, 6) : steps.between(1, 120)) : left;
      left -= n;
      const points = runners.map((runner, i) => advance(runner, n, begun[i]));
      running = points[0].stop === 'instructions';
      const last = !running || left <= 0;
      for (let i = 1; i < runners.length; i++) {
        const found = differences(runners[0], points[0], runners[i], points[i], last);
        if (found.length > 0) {
          const where = `${runners[i].name} against ${runners[0].name}, start seed=${start.seed} steps=${start.steps}, after ${points[0].instructions} instructions`;
          return [where, ...found.slice(0, MAX_LINES)].join('\n');
        }
      }
    }
  }
  return undefined;
}

function advance({ machine, name }: Runner, n: number, begun: number): Point {
  try {
    const { kind } = machine.runUntil({ instructions: n });
    return { stop: kind, instructions: machine.instructions - begun };
  } catch (error) {
    throw new RunnerError(name, error);
  }
}

/** A machine threw: named, so that the report says which. */
export class RunnerError extends Error {
  readonly code = 'FUZZ_MACHINE';
  readonly hint = 'The cause is a defect of the emulator: no guest program may raise an exception.';
  constructor(runner: string, cause: unknown) {
    super(`${runner}: ${cause instanceof Error ? `${cause.name}: ${cause.message}` : String(cause)}`, { cause });
    this.name = 'RunnerError';
  }
}

function differences(expected: Runner, want: Point, actual: Runner, have: Point, withMemory: boolean): string[] {
  const found: string[] = [];
  if (want.stop !== have.stop) found.push(`stopped by ${have.stop}, expected ${want.stop}`);
  if (want.instructions !== have.instructions) found.push(`${have.instructions} instructions, expected ${want.instructions}`);
  const [right, mine] = [expected.machine.cpu(0).registers, actual.machine.cpu(0).registers];
  for (const name of COMPARED) {
    const [a, b] = [right.get(name), mine.get(name)];
    if (a !== b) found.push(`${name}: 0x${b.toString(16)}, expected 0x${a.toString(16)}`);
  }
  if (withMemory || found.length > 0) found.push(...memoryDifferences(expected.machine.memory.read(0, IMAGE_BYTES), actual.machine.memory.read(0, IMAGE_BYTES)));
  return found;
}

function memoryDifferences(want: Uint8Array, have: Uint8Array): string[] {
  if (Buffer.compare(want, have) === 0) return [];
  const found: string[] = [];
  for (let at = 0; at < want.length && found.length < 4; at++) {
    const isTable = at >= TABLES && at < TABLES + 2 * TABLES_BYTES;
    if (((want[at] ^ have[at]) & (isTable ? ~ACCESSED : 0xff)) === 0) continue;
    const hex = (bytes: Uint8Array): string => Buffer.from(bytes.subarray(at, at + 16)).toString('hex');
    found.push(`memory at 0x${at.toString(16)}: ${hex(have)}, expected ${hex(want)}`);
    at += 15;
  }
  return found;
}
