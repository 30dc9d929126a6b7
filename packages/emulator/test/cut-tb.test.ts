/** A limit that falls inside of a TB has a shorter one made, in which code changes itself as anywhere else. */
import { createMachine, type ExecutionMode } from '@wasm-tcg/emulator';
import { expect, it } from 'vitest';

/** 1000: inc byte [1007]; 1006: mov al, 0 (its operand is what changes); nop × 5; hlt */
const CODE = Uint8Array.of(0xfe, 0x05, 0x07, 0x10, 0, 0, 0xb0, 0x00, 0x90, 0x90, 0x90, 0x90, 0x90, 0xf4);
const MODES: readonly ExecutionMode[] = ['tci', 'tb-per-module', 'tiered'];

it.each(MODES.flatMap((mode) => [2, 3, 7, 8].map((limit) => [mode, limit] as const)))('%s, %i instructions', (mode, limit) => {
  const vm = createMachine({ memory: '1M', boot: { image: CODE, loadAddress: 0x1000, mode: 'protected32' }, execution: { mode, moduleThreshold: 1 } });
  vm.runUntil({ instructions: limit });
  expect(vm.cpu(0).registers.get('rax') & 0xffn).toBe(1n);
  expect(vm.instructions).toBe(limit);
});
