/**
 * Regions follow a program that goes on to something else: a loop that calls one function after the other through a pointer, each for long enough to be compiled, ends with few dispatches, and
 * runs what the page holds at any time. And code that has been cut into regions is cut anew when another order becomes frequent.
 */
import { createMachine, type ExecutionOptions, type Machine } from '@wasm-tcg/emulator';
import { describe, expect, it } from 'vitest';
import { compileModules } from '../src/index.ts';

const modules = compileModules();
const START = 0x1000;
const PHASES = 4;
/** Distance of the functions. */
const STRIDE = 0x40;
const FUNCTION = 0x1100;

const le = (n: number): number[] => [n & 255, (n >> 8) & 255, (n >> 16) & 255, n >>> 24];

/**
 * mov edi, PHASES; mov esi, FUNCTION; a: mov ecx, rounds; l: call esi; dec ecx; jnz l; add esi, STRIDE; dec edi; jnz a; hlt
 *
 * Function n: test al, 1; jz s; inc ebx; s: add eax, n + 1; ret
 */
function image(rounds: number): Uint8Array {
  const code = new Uint8Array(FUNCTION - START + PHASES * STRIDE);
  code.set([0xbf, ...le(PHASES), 0xbe, ...le(FUNCTION), 0xb9, ...le(rounds), 0xff, 0xd6, 0x49, 0x75, 0xfb, 0x83, 0xc6, STRIDE, 0x4f, 0x75, 0xf0, 0xf4]);
  for (let n = 0; n < PHASES; n++) code.set([0xa8, 1, 0x74, 1, 0x43, 0x83, 0xc0, n + 1, 0xc3], FUNCTION - START + n * STRIDE);
  return code;
}

function machine(rounds: number, execution: ExecutionOptions): Machine {
  return createMachine({ modules, memory: '1M', boot: { image: image(rounds), loadAddress: START, mode: 'protected32', stack: 0x8000 }, execution });
}

/** eax and ebx at the end; function n adds `added[n]`. */
function expected(rounds: number, added: readonly number[] = [1, 2, 3, 4]): { rax: bigint; rbx: bigint } {
  let [eax, ebx] = [0, 0];
  for (const n of added) {
    for (let i = 0; i < rounds; i++) {
      ebx += eax & 1;
      eax += n;
    }
  }
  return { rax: BigInt(eax), rbx: BigInt(ebx) };
}

const result = (vm: Machine): { rax: bigint; rbx: bigint } => ({ rax: BigInt(vm.cpu(0).registers.get('rax')), rbx: BigInt(vm.cpu(0).registers.get('rbx')) });

const EAGER: ExecutionOptions = { mode: 'tiered', moduleThreshold: 50, regionThreshold: 100, batch: 1, slice: 1000, recutDispatches: 2000 };

it('each phase ends with few dispatches', () => {
  const rounds = 200_000;
  const vm = machine(rounds, EAGER);
  const perPhase = rounds * 7;
  for (let phase = 1; phase <= PHASES; phase++) {
    vm.runUntil({ instructions: Math.floor(phase * perPhase - perPhase / 4) - vm.instructions });
    const { dispatches } = vm.counters();
    vm.runUntil({ instructions: 100_000 });
    // One per slice, and those of looking for what is next.
    expect(vm.counters().dispatches - dispatches, `phase ${phase}`).toBeLessThan(1000);
  }
  expect(vm.runUntil({})).toEqual({ kind: 'halt' });
  expect(result(vm)).toEqual(expected(rounds));
});

const STRESS = [1, 2, 3].map((stress): ExecutionOptions => ({ mode: 'tiered', stress }));
const MODES: readonly ExecutionOptions[] = [{ mode: 'tci' }, { mode: 'tb-per-module', moduleThreshold: 1 }, { ...EAGER, slice: 50, recutDispatches: 5 }, { ...EAGER, slice: 23, recutDispatches: 0 }, ...STRESS];

it.each(MODES)('%j: the same result', (execution) => {
  const rounds = execution.stress ? 500 : 3000;
  const vm = machine(rounds, execution);
  expect(vm.runUntil({})).toEqual({ kind: 'halt' });
  expect(result(vm)).toEqual(expected(rounds));
});

it('stress cuts anew', () => {
  const made = STRESS.map((execution) => {
    const vm = machine(500, execution);
    vm.runUntil({});
    return vm.counters().recutRegions;
  });
  expect(Math.max(...made)).toBeGreaterThan(0);
});

it.each(MODES)('%j: a function that is changed when it has become part of another region', (execution) => {
  const rounds = execution.stress ? 500 : 4000;
  const vm = machine(rounds, execution);
  const { registers } = vm.cpu(0);
  const register = (name: 'rcx' | 'rip' | 'rsi'): number => Number(registers.get(name));
  // Half-way through the last phase, at the call.
  const last = FUNCTION + (PHASES - 1) * STRIDE;
  while (register('rsi') !== last || register('rcx') > rounds / 2 + 50) vm.runUntil({ instructions: 200 });
  while (register('rcx') !== rounds / 2 || register('rip') !== START + 15) vm.step(1);
  vm.memory.write(last + 7, Uint8Array.of(100));
  expect(vm.runUntil({})).toEqual({ kind: 'halt' });
  expect(result(vm)).toEqual(expected(rounds / 2, [1, 1, 2, 2, 3, 3, 4, 100]));
});

describe('another order', () => {
  /** TBs of two instructions that lead to one another by a table. */
  const TBS = 120;
  const DISTANCE = 16;
  const TABLE = 0x4000;
  const LOOP = START + 5;
  /** Where the loop finds the first TB. */
  const HEAD = TABLE + 4 * TBS;
  const place = (tb: number): number => FUNCTION + tb * DISTANCE;

  /** mov ecx, rounds; l: dec ecx; jz e; jmp [HEAD]; e: hlt. TB n: add eax, n + 1; jmp [TABLE + 4 n] */
  function chain(rounds: number, execution: ExecutionOptions): Machine {
    const code = new Uint8Array(FUNCTION - START + TBS * DISTANCE);
    code.set([0xb9, ...le(rounds), 0x49, 0x74, 6, 0xff, 0x25, ...le(HEAD), 0xf4]);
    for (let n = 0; n < TBS; n++) code.set([0x05, ...le(n + 1), 0xff, 0x25, ...le(TABLE + 4 * n)], place(n) - START);
    return createMachine({ modules, memory: '1M', boot: { image: code, loadAddress: START, mode: 'protected32', stack: 0x8000 }, execution });
  }

  /** Every `step`-th TB leads to the one `step` behind it, and the last one to the loop. */
  function order(vm: Machine, step: number): void {
    const table = new Uint32Array(TBS + 1);
    for (let n = 0; n < TBS; n++) table[n] = n + step < TBS ? place(n + step) : LOOP;
    table[TBS] = place(0);
    vm.memory.write(TABLE, new Uint8Array(table.buffer));
  }

  /** Runs the loop from its beginning. @returns what it has added */
  function run(vm: Machine): number {
    const { registers } = vm.cpu(0);
    registers.set('rax', 0n);
    registers.set('rip', BigInt(START));
    expect(vm.runUntil({})).toEqual({ kind: 'halt' });
    return Number(registers.get('rax'));
  }

  /** What a round adds. */
  function sum(step: number): number {
    let added = 0;
    for (let n = 0; n < TBS; n += step) added += n + 1;
    return added;
  }

  const ROUNDS = 50_000;
  const OPTIONS: ExecutionOptions = { mode: 'tiered', moduleThreshold: 50, slice: 1000, recutDispatches: 2000 };

  it('ends with few dispatches', () => {
    const vm = chain(ROUNDS, OPTIONS);
    for (const step of [1, 4, 7]) {
      order(vm, step);
      expect(run(vm)).toBe((ROUNDS - 1) * sum(step));
      const { dispatches } = vm.counters();
      vm.cpu(0).registers.set('rip', BigInt(START));
      vm.runUntil({ instructions: 100_000 });
      // In two regions at first.
      expect(vm.counters().dispatches - dispatches, `every ${step}`).toBeLessThan(step === 1 ? 4000 : 400);
      vm.runUntil({});
    }
    const { recutRegions } = vm.counters();
    expect(recutRegions).toBeGreaterThan(0);
    expect(recutRegions).toBeLessThan(20);
  });

  it('takes many where nothing is cut anew', () => {
    const vm = chain(ROUNDS, { ...OPTIONS, recutDispatches: 1e9 });
    for (const step of [1, 4]) {
      order(vm, step);
      expect(run(vm)).toBe((ROUNDS - 1) * sum(step));
    }
    const { dispatches } = vm.counters();
    vm.cpu(0).registers.set('rip', BigInt(START));
    vm.runUntil({ instructions: 100_000 });
    expect(vm.counters().dispatches - dispatches).toBeGreaterThan(2000);
    expect(vm.counters().recutRegions).toBe(0);
  });

  it.each(STRESS)('%j: the same result', (execution) => {
    const vm = chain(100, execution);
    for (const step of [1, 4, 7]) {
      order(vm, step);
      expect(run(vm)).toBe(99 * sum(step));
    }
  });
});
