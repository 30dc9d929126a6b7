/** A block that lies on two pages, the second of which is mapped elsewhere while the first stays: links to it must not be taken blindly. */
import { createMachine, type ExecutionOptions } from '@wasm-tcg/emulator';
import { expect, it } from 'vitest';

const TABLES = 0x8000;
const SECOND = 0x2000;
const ALTERNATE = 0x3000;
const ROUNDS = 60;
const LOOP_AT = 0x1f00;
const FUNCTION = 0x1ffe;

const le = (n: number): number[] => [n & 255, (n >> 8) & 255, (n >> 16) & 255, n >>> 24];
/** mov ecx, ROUNDS; l: call FUNCTION; xor dword [entry of SECOND], SECOND ^ ALTERNATE; invlpg [SECOND]; dec ecx; jnz l; hlt */
const LOOP = [
  0xb9, ...le(ROUNDS), 0xe8, ...le(FUNCTION - LOOP_AT - 10), 0x81, 0x35, ...le(TABLES + 0x1008), ...le(SECOND ^ ALTERNATE), 0x0f, 0x01, 0x3d, ...le(SECOND), 0x49, 0x75, 0xe7, 0xf4,
];

it.each<ExecutionOptions>([
  { mode: 'tci' }, { mode: 'tb-per-module', moduleThreshold: 1 }, { mode: 'tiered', moduleThreshold: 1, regionThreshold: 1, batch: 1, slice: 50 }, { mode: 'tiered', stress: 1 },
])('%j', (execution) => {
  const vm = createMachine({ memory: '1M', boot: { image: Uint8Array.from(LOOP), loadAddress: LOOP_AT, mode: 'protected32', stack: 0x7000 }, execution });
  const tables = new DataView(new ArrayBuffer(8192));
  tables.setUint32(0, (TABLES + 0x1000) | 3, true);
  for (let page = 0; page < 16; page++) tables.setUint32(4096 + page * 4, (page << 12) | 3, true);
  vm.memory.write(TABLES, new Uint8Array(tables.buffer));
  // add eax, 1; ret, whose last bytes are on the second page; the alternate makes it add eax, 10001h.
  vm.memory.write(FUNCTION, Uint8Array.of(0x05, 0x01, 0x00, 0x00, 0x00, 0xc3));
  vm.memory.write(ALTERNATE, Uint8Array.of(0x00, 0x01, 0x00, 0xc3));
  const { registers } = vm.cpu(0);
  registers.set('rax', 0n);
  registers.set('cr3', BigInt(TABLES));
  registers.set('cr0', registers.get('cr0') | 0x80000000n);
  expect(vm.runUntil({ instructions: 10_000 })).toEqual({ kind: 'halt' });
  expect(registers.get('rax')).toBe(BigInt((ROUNDS / 2) * 0x10002));
});
