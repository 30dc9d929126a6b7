/** RDTSC in a loop: the time is exact at every one, in every tier, and a region goes on behind it. */
import { createMachine, type ExecutionOptions } from '@wasm-tcg/emulator';
import { expect, it } from 'vitest';

const ROUNDS = 20_000;
/** mov ecx, ROUNDS; l: rdtsc; add ebx, eax; xor esi, eax; dec ecx; jnz l; hlt */
const LOOP = Uint8Array.of(0xb9, ROUNDS & 255, ROUNDS >> 8, 0, 0, 0x0f, 0x31, 0x01, 0xc3, 0x31, 0xc6, 0x49, 0x75, 0xf7, 0xf4);
const ROUND_INSNS = 5;

/** Without a clock, the counter is the number of instructions that have been executed, the one that asks included. */
function expected(): readonly [sum: number, mix: number] {
  let [sum, mix] = [0, 0];
  for (let round = 0; round < ROUNDS; round++) {
    const tsc = 2 + round * ROUND_INSNS;
    sum = (sum + tsc) >>> 0;
    mix ^= tsc;
  }
  return [sum, mix];
}

it.each<ExecutionOptions>([
  { mode: 'tci' }, { mode: 'tb-per-module', moduleThreshold: 1 }, { mode: 'tiered', moduleThreshold: 1, regionThreshold: 1_000_000, batch: 1 },
  { mode: 'tiered', moduleThreshold: 1, regionThreshold: 1, batch: 1, slice: 37 }, { mode: 'tiered', stress: 1 }, { mode: 'tiered', stress: 2 },
])('%j', (execution) => {
  const vm = createMachine({ memory: '1M', boot: { image: LOOP, loadAddress: 0x1000, mode: 'protected32', stack: 0x8000 }, execution });
  const { registers } = vm.cpu(0);
  for (const name of ['rbx', 'rsi'] as const) registers.set(name, 0n);
  expect(vm.runUntil({ instructions: 1_000_000 })).toEqual({ kind: 'halt' });
  expect([Number(registers.get('rbx')), Number(registers.get('rsi'))]).toEqual(expected());
});

it('does not leave the region', () => {
  const execution: ExecutionOptions = { mode: 'tiered', moduleThreshold: 50, slice: 500 };
  const vm = createMachine({ memory: '1M', boot: { image: LOOP, loadAddress: 0x1000, mode: 'protected32', stack: 0x8000 }, execution });
  expect(vm.runUntil({ instructions: 1_000_000 })).toEqual({ kind: 'halt' });
  const { regionInstructions, dispatches } = vm.counters();
  expect(regionInstructions).toBeGreaterThan(ROUNDS * ROUND_INSNS * 0.95);
  expect(dispatches).toBeLessThan(ROUNDS / 10);
});
