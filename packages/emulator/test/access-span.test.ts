/**
 * Accesses that compiled code checks together, at every place relative to the end of a page, where the next page is another one in physical memory,
 * is read-only, or holds the running code.
 */
import { createMachine, type ExecutionOptions, type Machine } from '@wasm-tcg/emulator';
import { describe, expect, it } from 'vitest';

const CODE = 0x1000;
const TABLES = 0x8000;
/** Two pages that follow each other in linear memory, in the other order in physical memory. */
const DATA = 0x20000;
const PLACES = 80;

/**
 * l: mov eax, [ebx+8]; add [ebx+16], eax; mov [ebx], al; movzx edx, word [ebx+3]; mov esp, ebx; push edx; push eax; pop ecx; pop edi; xor ebp, ecx; add ebp, edi; add [ebx+30], ebp;
 * inc ebx; dec esi; jnz l; hlt
 */
const LOOP = [
  0x8b, 0x43, 0x08, 0x01, 0x43, 0x10, 0x88, 0x03, 0x0f, 0xb7, 0x53, 0x03, 0x89, 0xdc, 0x52, 0x50, 0x59, 0x5f, 0x31, 0xcd, 0x01, 0xfd, 0x01, 0x6b, 0x1e, 0x43, 0x4e,
];
const IMAGE = [...LOOP, 0x75, (-(LOOP.length + 2)) & 255, 0xf4];

function boot(execution: ExecutionOptions, from: number): Machine {
  const vm = createMachine({ memory: '1M', boot: { image: Uint8Array.from(IMAGE), loadAddress: CODE, mode: 'protected32', stack: 0x7000 }, execution });
  const tables = new DataView(new ArrayBuffer(8192));
  tables.setUint32(0, (TABLES + 0x1000) | 3, true);
  for (let page = 0; page < 64; page++) tables.setUint32(4096 + page * 4, (page << 12) | 3, true);
  tables.setUint32(4096 + (DATA >> 12) * 4, (DATA + 0x1000) | 3, true);
  tables.setUint32(4096 + ((DATA >> 12) + 1) * 4, DATA | 3, true);
  // Behind them: the code.
  tables.setUint32(4096 + ((DATA >> 12) + 2) * 4, CODE | 3, true);
  vm.memory.write(TABLES, new Uint8Array(tables.buffer));
  vm.memory.write(DATA, Uint8Array.from({ length: 8192 }, (_, i) => (i * 7919) >> 3));
  const { registers } = vm.cpu(0);
  registers.set('rbx', BigInt(from));
  registers.set('rsi', BigInt(PLACES));
  registers.set('rbp', 0n);
  registers.set('cr3', BigInt(TABLES));
  registers.set('cr0', registers.get('cr0') | 0x80000000n);
  return vm;
}

function state(vm: Machine): unknown {
  const { registers } = vm.cpu(0);
  return {
    registers: (['rax', 'rbx', 'rcx', 'rdx', 'rsi', 'rdi', 'rbp', 'rsp', 'rip'] as const).map((name) => registers.get(name).toString(16)),
    data: Buffer.from(vm.memory.read(DATA, 8192)).toString('base64'), code: Buffer.from(vm.memory.read(CODE, 4096)).toString('base64'),
  };
}

const MODES: readonly ExecutionOptions[] = [
  { mode: 'tb-per-module', moduleThreshold: 1 }, { mode: 'tiered', moduleThreshold: 1, regionThreshold: 1, batch: 1, slice: 50 }, { mode: 'tiered', stress: 1 },
];

describe.each<[string, number]>([['one page after the other', DATA + 0xfb0], ['the code behind the data', DATA + 0x1fb0]])('%s', (_, from) => {
  it.each(MODES)('%j', (execution) => {
    const reference = boot({ mode: 'tci' }, from);
    const vm = boot(execution, from);
    for (let n = 0; n < 3; n++) {
      reference.runUntil({ instructions: 400 });
      vm.runUntil({ instructions: 400 });
      expect(state(vm)).toEqual(state(reference));
    }
    if (execution.stress === undefined) expect(vm.counters().slowNeighbour).toBeGreaterThan(0);
  });
});
