/**
 * One physical page of code mapped at two addresses of one address space, with another page behind it at each: what leaves the page leads to the page that follows at the address
 * it runs at, in every mode, however often the other way has been taken.
 */
import { createMachine, type ExecutionOptions } from '@wasm-tcg/emulator';
import { expect, it } from 'vitest';

const TABLES = 0x8000;
const CODE = 0x2000;
/** Pages at 4000 and 6000 are CODE, too; those behind them are what they are. */
const ALIASES = [0x4000, 0x6000] as const;
const ROUNDS = 120;

const MODES: readonly ExecutionOptions[] = [
  { mode: 'tci' }, { mode: 'tb-per-module', moduleThreshold: 1 }, { mode: 'tiered', moduleThreshold: 1, regionThreshold: 1, batch: 1, slice: 50 },
  { mode: 'tiered', moduleThreshold: 1, regionThreshold: 1_000_000, batch: 1, slice: 50 }, { mode: 'tiered', moduleThreshold: 2, regionThreshold: 3, batch: 4, slice: 23 },
  { mode: 'tiered', stress: 1 }, { mode: 'tiered', stress: 2 },
];

const le = (n: number): number[] => [n & 255, (n >> 8) & 255, (n >> 16) & 255, n >>> 24];
/**
 * mov ecx, ROUNDS; l: mov edx, first alias; test cl, MASK; jz s; mov edx, second; s: call edx; dec ecx; jnz l; hlt. With MASK one bit it changes sides each so many rounds.
 */
const loop = (mask: number): number[] => [
  0xb9, ...le(ROUNDS), 0xba, ...le(ALIASES[0]), 0xf6, 0xc1, mask, 0x74, 5, 0xba, ...le(ALIASES[1]), 0xff, 0xd2, 0x49, 0x75, 0xea, 0xf4,
];
/** How CODE leads to the next page: jmp to its start; jz, which is taken, or not; a loop whose end does. */
const WAYS: readonly (readonly [string, readonly number[]])[] = [
  ['a jump', [0xe9, ...le(0x1000 - 5)]],
  ['a branch', [0x31, 0xff, 0x0f, 0x84, ...le(0x1000 - 8), 0xf4]],
  ['a loop', [0xbf, ...le(3), 0x4f, 0x75, 0xfd, 0xe9, ...le(0x1000 - 13)]],
];

it.each(WAYS.flatMap(([way, code]) => [1, 8, 64].map((mask) => [way, mask, code] as const)))('%s, the other side when a bit of %i is set', (_way, mask, code) => {
  const expected = [0, 0];
  for (let round = ROUNDS; round > 0; round--) expected[(round & mask) === 0 ? 0 : 1]!++;
  for (const execution of MODES) {
    const vm = createMachine({ memory: '1M', boot: { image: Uint8Array.from(loop(mask)), loadAddress: 0x1000, mode: 'protected32', stack: 0x1f00 }, execution });
    const table = Array.from({ length: 16 }, (_, page) => (page << 12) | 3);
    for (const alias of ALIASES) table[alias >>> 12] = CODE | 3;
    vm.memory.write(TABLES, new Uint8Array(Uint32Array.of((TABLES + 0x1000) | 3).buffer));
    vm.memory.write(TABLES + 0x1000, new Uint8Array(Uint32Array.from(table).buffer));
    vm.memory.write(CODE, Uint8Array.from(code));
    // Behind the first alias: inc eax; ret. Behind the second: inc ebx; ret.
    vm.memory.write(ALIASES[0] + 0x1000, Uint8Array.of(0x40, 0xc3));
    vm.memory.write(ALIASES[1] + 0x1000, Uint8Array.of(0x43, 0xc3));
    const { registers } = vm.cpu(0);
    registers.set('rax', 0n);
    registers.set('rbx', 0n);
    registers.set('cr3', BigInt(TABLES));
    registers.set('cr0', registers.get('cr0') | 0x80000000n);
    expect(vm.runUntil({ instructions: 100_000 }), JSON.stringify(execution)).toEqual({ kind: 'halt' });
    expect([registers.get('rax'), registers.get('rbx')].map(Number), JSON.stringify(execution)).toEqual(expected);
  }
});
