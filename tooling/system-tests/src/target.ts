/**
 * Runs programs on our emulator. One machine per target serves all programs: RAM and registers are put back before each, and a program runs several
 * rounds with only the bytes it changed put back in between, so that its code gets hot and its faults happen in compiled code too.
 */
import { compileModules, createMachine, type ExecutionMode, type Machine, type MachineCounters, type MachineModules } from '@wasm-tcg/emulator';
import { REGISTER_NAMES, type RegisterName, type RegisterValue } from '@wasm-tcg/guest-x86';
import { decodeRecords, isComplete } from './records.ts';
import { CASE_ADDRESS, fromHex, HARNESS_ADDRESS, type SystemVector } from './vectors.ts';

export interface TargetOptions {
  readonly mode: ExecutionMode;
  /** Seed of the emulator's stress mode. */
  readonly stress?: number | undefined;
  /** Of `compileModules`, for many targets. */
  readonly modules?: MachineModules | undefined;
}

/** Programs touch nothing above: 1 MiB and what is reached by FFFF:FFFF. */
const USED_MEMORY = 0x11_0000;
const RAM = 16 << 20;
/** Thresholds are such that a TB is compiled before its first execution, and grown into a region in a later round. */
const ROUNDS = { tci: 2, 'tb-per-module': 2, tiered: 3 } as const satisfies Readonly<Record<ExecutionMode, number>>;
/** Room for all code of a topic, and for modules that wait to be collected. */
const POOL = { modules: 12_000, heldModules: 3000, instances: 3000 };
/** Far more than any program needs. */
const INSTRUCTION_LIMIT = 2_000_000;
const DEBUG_PORT = 0xe9;
const EXIT_PORT = 0xf4;
const PAGE = 4096;
/** x87, MMX and SSE are aliases of each other and not used by the programs. */
const VECTOR_REGISTER = /^(st|mm|xmm|fsw|ftw)/;

export class Target {
  readonly #machine: Machine;
  readonly #rounds: number;
  readonly #pristine = new Uint8Array(USED_MEMORY);
  readonly #registers: readonly (readonly [RegisterName, RegisterValue])[];
  #report: number[] = [];

  /** @param harness image of the harness */
  constructor(harness: Uint8Array, { mode, stress, modules = compileModules() }: TargetOptions) {
    this.#rounds = ROUNDS[mode];
    this.#machine = createMachine({
      modules,
      memory: RAM,
      boot: { image: harness, loadAddress: HARNESS_ADDRESS, mode: 'real16', entry: HARNESS_ADDRESS },
      execution: { mode, moduleThreshold: 1, batch: 1, regionThreshold: 1, pool: POOL, ...(stress === undefined ? {} : { stress }) },
    });
    this.#pristine.set(harness, HARNESS_ADDRESS);
    this.#machine.onPort(DEBUG_PORT, DEBUG_PORT, { write: (_port, _size, value) => this.#report.push(value & 0xff) });
    const { registers } = this.#machine.cpu(0);
    this.#registers = REGISTER_NAMES.filter((name) => !VECTOR_REGISTER.test(name)).map((name) => [name, registers.get(name)] as const);
  }

  /** Of all rounds so far. */
  counters(): MachineCounters {
    return this.#machine.counters();
  }

  /** @returns undefined when the program reported what was expected in every round, else a readable difference */
  run(vector: SystemVector): string | undefined {
    const code = fromHex(vector.code);
    this.#pristine.fill(0, CASE_ADDRESS, CASE_ADDRESS + 0x8000);
    this.#pristine.set(code, CASE_ADDRESS);
    for (let round = 0; round < this.#rounds; round++) {
      const lines = this.#round(vector);
      if (lines.join('\n') !== vector.expect.join('\n')) return difference(vector.expect, lines, round);
    }
    return undefined;
  }

  #round(vector: SystemVector): string[] {
    this.#restore();
    this.#report = [];
    const reason = this.#machine.runUntil({ instructions: INSTRUCTION_LIMIT, port: EXIT_PORT });
    const lines = decodeRecords(Uint8Array.from(this.#report), vector);
    if (!isComplete(lines)) lines.push(reason.kind === 'instructions' ? 'hang' : reason.kind === 'port' ? 'broken report' : reason.kind);
    return lines;
  }

  #restore(): void {
    const { memory } = this.#machine;
    const now = memory.read(0, USED_MEMORY);
    for (let page = 0; page < USED_MEMORY; page += PAGE) {
      if (Buffer.compare(now.subarray(page, page + PAGE), this.#pristine.subarray(page, page + PAGE)) === 0) continue;
      for (let at = page; at < page + PAGE; at++) {
        if (now[at] === this.#pristine[at]) continue;
        let end = at + 1;
        while (end < page + PAGE && now[end] !== this.#pristine[end]) end++;
        memory.write(at, this.#pristine.subarray(at, end));
        at = end;
      }
    }
    const { registers } = this.#machine.cpu(0);
    for (const [name, value] of this.#registers) registers.set(name, value);
  }
}

function difference(expected: readonly string[], actual: readonly string[], round: number): string {
  let first = 0;
  while (first < expected.length && expected[first] === actual[first]) first++;
  const show = (lines: readonly string[]): string => lines.slice(first, first + 3).join('\n    ') || '(nothing)';
  return `round ${round + 1}, line ${first + 1}\n  expected\n    ${show(expected)}\n  got\n    ${show(actual)}`;
}
