/** A loop over two pages of which one is mapped to and fro: regions over both are refused, and the guest makes progress all the same. */
import { createMachine, type ExecutionOptions, type Machine } from '@wasm-tcg/emulator';
import { expect, it } from 'vitest';

const TABLE = 0x9000;
const FUNCTION = 0x2000;
const ALTERNATE = 0x3000;
const ROUNDS = 200;

const le = (n: number): number[] => [n & 255, (n >> 8) & 255, (n >> 16) & 255, n >>> 24];
/**
 * 1000: mov ecx, ROUNDS; l: call 2000; test cl, MASK; jnz s; xor dword [TABLE+8], 2000 ^ 3000; invlpg [2000]; s: dec ecx; jnz l; hlt
 * @param mask the page is changed in rounds with these bits of ecx clear
 */
const loop = (mask: number): Uint8Array => Uint8Array.from([
  0xb9, ...le(ROUNDS), 0xe8, ...le(FUNCTION - 0x100a), 0xf6, 0xc1, mask, 0x75, 17, 0x81, 0x35, ...le(TABLE + 8), ...le(FUNCTION ^ ALTERNATE), 0x0f, 0x01, 0x3d, ...le(FUNCTION),
  0x49, 0x75, 0xe2, 0xf4,
]);

const MODES: readonly ExecutionOptions[] = [
  { mode: 'tci' }, { mode: 'tb-per-module', moduleThreshold: 1 }, { mode: 'tiered', moduleThreshold: 1, regionThreshold: 1, batch: 1, slice: 50 },
  { mode: 'tiered', moduleThreshold: 2, regionThreshold: 3, batch: 4, slice: 23 }, { mode: 'tiered', stress: 1 },
];

/** The loop, about to run under its page tables. */
function mapped(mask: number, execution: ExecutionOptions): Machine {
  const vm = createMachine({ memory: '1M', boot: { image: loop(mask), loadAddress: 0x1000, mode: 'protected32', stack: 0x8000 }, execution });
  const tables = new DataView(new ArrayBuffer(8192));
  tables.setUint32(0, TABLE | 3, true);
  for (let page = 0; page < 16; page++) tables.setUint32(4096 + page * 4, (page << 12) | 3, true);
  vm.memory.write(TABLE - 4096, new Uint8Array(tables.buffer));
  // Function and alternate: inc eax; ret and inc ebx; ret.
  vm.memory.write(FUNCTION, Uint8Array.of(0x40, 0xc3));
  vm.memory.write(ALTERNATE, Uint8Array.of(0x43, 0xc3));
  const { registers } = vm.cpu(0);
  for (const name of ['rax', 'rbx'] as const) registers.set(name, 0n);
  registers.set('cr3', BigInt(TABLE - 4096));
  registers.set('cr0', registers.get('cr0') | 0x80000000n);
  return vm;
}

it.each([0, 3, 7].flatMap((mask) => MODES.map((execution) => [mask, execution] as const)))('changed when ecx & %i is 0, %j', (mask, execution) => {
  const vm = mapped(mask, execution);
  const { registers } = vm.cpu(0);
  expect(vm.runUntil({ instructions: 10_000 })).toEqual({ kind: 'halt' });
  let alternate = false;
  let expected = 0;
  for (let round = ROUNDS; round > 0; round--) {
    if (!alternate) expected++;
    if ((round & mask) === 0) alternate = !alternate;
  }
  expect([registers.get('rax'), registers.get('rbx')]).toEqual([BigInt(expected), BigInt(ROUNDS - expected)]);
  expect(vm.counters().compiledRegions).toBeLessThan(ROUNDS);
});

it('a region is kept for when its pages are mapped as they were', () => {
  const vm = mapped(0, { mode: 'tiered', moduleThreshold: 1, regionThreshold: 4, batch: 1, slice: 50 });
  const { registers } = vm.cpu(0);
  const page = (at: number): void => {
    vm.memory.write(TABLE + 8, Uint8Array.from(le(at | 3)));
    // A new CR3 tells the CPU.
    registers.set('cr3', registers.get('cr3'));
  };
  // No round changes the page by itself: the host does, while the guest is in its loop.
  registers.set('rip', 0x1005n);
  vm.memory.write(0x100a, Uint8Array.of(0xf6, 0xc1, 0x00, 0xeb));
  registers.set('rcx', 1_000_000n);
  const compiled: number[] = [];
  for (let round = 0; round < 8; round++) {
    page(round & 1 ? ALTERNATE : FUNCTION);
    vm.runUntil({ instructions: 700 });
    compiled.push(vm.counters().compiledRegions);
  }
  expect(vm.counters().refusedRegions).toBeGreaterThan(1);
  expect(compiled.at(-1)).toBe(compiled[2]);
});
