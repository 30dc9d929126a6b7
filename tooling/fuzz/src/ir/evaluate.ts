/** A program run by the evaluator of the ir package: the truth that every tier is compared with. */
import { EvalLeave, evalTb, memOpBytes, type EvalMachine, type EvalResult, type HelperDef, type MemOp } from '@wasm-tcg/ir';
import { ExitCode } from '@wasm-tcg/runtime';
import { codeBase, FUZZ_LAYOUT, HELPERS, runHelper } from './guest.ts';
import { instructionsBefore } from './restore.ts';
import type { World } from './world.ts';

/** A TB runs for ever: says nothing about any tier. Generated programs have no such loop, shrunk ones may. */
export class EndlessError extends Error {
  readonly code = 'FUZZ_ENDLESS';
  constructor() {
    super('A TB of the program has a loop that does not end.');
    this.name = 'EndlessError';
  }
}

/** Evaluator callbacks on a world's memory. */
class Machine implements EvalMachine {
  readonly env: number;
  readonly #world: World;

  constructor(world: World) {
    this.#world = world;
    this.env = world.env;
  }

  readHost(address: number, bytes: number): bigint {
    const { u8 } = this.#world.machine.views();
    let value = 0n;
    for (let i = bytes - 1; i >= 0; i--) value = (value << 8n) | BigInt(u8[address + i]);
    return value;
  }

  writeHost(address: number, bytes: number, value: bigint): void {
    const { u8 } = this.#world.machine.views();
    for (let i = 0; i < bytes; i++) u8[address + i] = Number((value >> BigInt(8 * i)) & 0xffn);
  }

  load(address: bigint, memop: MemOp, _mmu: number, write: boolean): bigint {
    const at = this.#translate(address, memop, write);
    const { u8 } = this.#world.machine.views();
    return at.reduceRight((value, host) => (value << 8n) | BigInt(u8[host]), 0n);
  }

  store(address: bigint, value: bigint, memop: MemOp): void {
    const { u8 } = this.#world.machine.views();
    this.#translate(address, memop, true).forEach((host, i) => (u8[host] = Number((value >> BigInt(8 * i)) & 0xffn)));
  }

  probe(address: bigint, memop: MemOp, _mmu: number, write: boolean): void {
    this.#translate(address, memop, write);
  }

  call(helper: HelperDef, args: readonly bigint[]): bigint {
    const { value, exit } = runHelper(helper, args, this.#world.globals);
    if (exit !== 0) throw new EvalLeave(exit);
    return value;
  }

  #translate(address: bigint, memop: MemOp, write: boolean): readonly number[] {
    const at = this.#world.translate(address, memop, write);
    if (at === undefined || at.length !== memOpBytes(memop)) throw new EvalLeave(ExitCode.fault);
    return at;
  }
}

/** Run the program loaded in `world` from the state it is in until it leaves, as tb_exec would. */
export function evaluate(world: World): void {
  const { program } = world;
  if (!program) throw new RangeError('No program is loaded.');
  const machine = new Machine(world);
  let result: EvalResult | undefined;
  for (let budget = world.budget; ; ) {
    const found = findTb(world, result?.kind === 'goto_tb');
    if (found === undefined) return stop(world, ExitCode.translate, budget);
    const tb = world.loaded[found];
    if (budget < tb.insns) return stop(world, ExitCode.budget, budget);
    let last = 0;
    result = evalTb(tb, HELPERS, machine, { onOp: (at) => (last = at) });
    if (result.kind === 'leave') {
      world.setContext('tbPtr', world.headers[found]);
      world.setContext('insnIndex', result.insn);
      return stop(world, result.exitCode, budget - tb.insns);
    }
    budget -= instructionsBefore(tb, last);
    if (result.kind === 'exit_tb') return stop(world, result.exit, budget);
    if (result.kind === 'limit') throw new EndlessError();
    if (result.kind !== 'goto_tb' && result.kind !== 'goto_ptr') throw new RangeError(`The evaluator ended a TB with ${result.kind}.`);
  }
}

function stop(world: World, exitCode: number, budget: number): void {
  world.setContext('exitCode', exitCode);
  world.setContext('budget', budget);
}

/** The TB that pc names; sets the page base as a look-up does, or checks it after a goto_tb, which has set it. */
function findTb(world: World, isLinked: boolean): number | undefined {
  const { program, globals } = world;
  if (!program) return undefined;
  const bits = program.wide ? 64 : 32;
  const linear = BigInt.asUintN(bits, globals.get('pc') + BigInt(program.csBase));
  const page = linear & ~0xfffn;
  if (isLinked && globals.get('page_base') !== page) throw new RangeError('The evaluator left a wrong page base.');
  globals.set('page_base', page);
  const number = Number((page - codeBase(program.wide)) >> BigInt(FUZZ_LAYOUT.mmu.pageBits));
  const index = program.tbs.findIndex((tb) => tb.page === number && tb.offset === Number(linear & 0xfffn));
  return index < 0 ? undefined : index;
}
