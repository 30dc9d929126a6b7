/** Where a failing program goes wrong: the fewest instructions after which machines differ, and what the reference did up to there. */
import { decode, DecodeStatus, format, Insn } from '@wasm-tcg/guest-x86';
import { decodeMode } from './encode.ts';
import { Image } from './image.ts';
import { executions, Runner } from './machines.ts';
import type { X86Program } from './program.ts';

const TRACED = 12;
const SHOWN = ['rax', 'rcx', 'rdx', 'rbx', 'rsp', 'rbp', 'rsi', 'rdi', 'rflags'] as const;

/**
 * @param check what differs, as text
 * @returns lines of a report
 */
export function locate(program: X86Program, check: (candidate: X86Program) => string | undefined): readonly string[] {
  let [agrees, differs] = [0, program.limit];
  while (differs - agrees > 1) {
    const middle = (agrees + differs) >> 1;
    if (check({ ...program, limit: middle }) === undefined) agrees = middle;
    else differs = middle;
  }
  const what = check({ ...program, limit: differs });
  if (what === undefined) return ['The machines agree when they are stopped earlier: only the whole run differs.'];
  return [`They agree after ${agrees} instructions, and not after ${differs}:`, what, 'The reference up to there:', ...trace(program, differs)];
}

/** The last instructions of the reference before `count`, one line each, with the registers before them. */
function trace(program: X86Program, count: number): readonly string[] {
  const [name, options] = executions(program.stress)[0];
  const runner = new Runner(name, options);
  const image = new Image(program);
  const lines: string[] = [];
  for (const start of program.starts) {
    lines.push(`start seed=${start.seed}`);
    image.randomise(start.seed);
    runner.start(program, image, start);
    for (let n = 0; n < count; n++) {
      if (n >= count - TRACED) lines.push(`${n}: ${describe(runner, program)}`);
      if (runner.machine.step().kind !== 'instructions') break;
    }
  }
  return lines;
}

function describe({ machine }: Runner, program: X86Program): string {
  const { registers } = machine.cpu(0);
  const linear = registers.get('rip') + (program.mode === 'long64' ? 0n : registers.get('cs.base'));
  const values = SHOWN.map((register) => `${register}=${registers.get(register).toString(16)}`).join(' ');
  return `${linear.toString(16)}: ${textAt(machine, linear, decodeMode(program.mode))} | ${values}`;
}

function textAt(machine: Runner['machine'], linear: bigint, mode: number): string {
  const bytes = new Uint8Array(15);
  let count = 0;
  for (; count < bytes.length; count++) {
    const physical = machine.memory.translate(linear + BigInt(count));
    if (physical === undefined) break;
    bytes[count] = machine.memory.read(physical, 1)[0];
  }
  const insn = new Insn();
  return decode(insn, bytes, 0, count, mode) === DecodeStatus.Ok ? format(insn, linear) : `(${Buffer.from(bytes.subarray(0, count)).toString('hex')})`;
}
