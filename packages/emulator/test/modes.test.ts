/** A loop in every mode: same result, exact instruction count, each tier used as the mode says. */
import { expect, it } from 'vitest';
import { compileModules, createMachine, type ExecutionOptions } from '../src/index.ts';

/** mov ecx, 100000; xor eax, eax; l: add eax, ecx; dec ecx; jnz l; hlt */
const SUM = Uint8Array.of(0xb9, 0xa0, 0x86, 0x01, 0x00, 0x31, 0xc0, 0x01, 0xc8, 0x49, 0x75, 0xfb, 0xf4);

const modules = compileModules();

const run = (execution: ExecutionOptions): ReturnType<typeof createMachine> => {
  const vm = createMachine({ modules, memory: '1M', boot: { image: SUM, loadAddress: 0x1000, mode: 'protected32' }, execution });
  expect(vm.runUntil({ instructions: 1_000_000 })).toEqual({ kind: 'halt' });
  expect(vm.cpu(0).registers.get('rax')).toBe(BigInt.asUintN(32, (100_000n * 100_001n) / 2n));
  expect(vm.instructions).toBe(300_003);
  return vm;
};

it('tci compiles nothing', () => {
  const counters = run({ mode: 'tci' }).counters();
  expect(counters.tciInstructions).toBe(300_003);
  expect(counters.compiledModules).toBe(0);
});

it('tb-per-module compiles the hot TB alone', () => {
  const counters = run({ mode: 'tb-per-module' }).counters();
  expect(counters.compiledModuleTbs).toBe(counters.compiledModules);
  expect(counters.moduleInstructions).toBeGreaterThan(290_000);
});

it('tiered ends in a region', () => {
  // A batch of one is not waited for.
  const counters = run({ mode: 'tiered', batch: 1 }).counters();
  expect(counters.compiledRegions).toBeGreaterThan(0);
  expect(counters.regionInstructions).toBeGreaterThan(200_000);
});

it.each([1, 2, 3, 4, 5])('stress %i', (stress) => {
  run({ mode: 'tiered', stress });
});

it.each([1, 2, 7, 299_999, 300_002])('step(%i) stops exactly there', (n) => {
  const vm = createMachine({ modules, memory: '1M', boot: { image: SUM, loadAddress: 0x1000, mode: 'protected32' } });
  expect(vm.step(n)).toEqual({ kind: 'instructions' });
  expect(vm.instructions).toBe(n);
  expect(vm.step(300_003 - n)).toEqual({ kind: 'halt' });
});
