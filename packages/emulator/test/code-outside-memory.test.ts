/** Code on pages that are neither RAM nor ROM reads as all ones, which is no instruction: #UD each time, and never a hang. */
import { createMachine, type ExecutionMode } from '@wasm-tcg/emulator';
import { describe, expect, it } from 'vitest';

const ENTRY = 0x7c00;
const HANDLER = 0x600;

describe.each<ExecutionMode>(['tci', 'tb-per-module', 'tiered'])('%s', (mode) => {
  it('faults with #UD at the first byte, as often as it is entered', () => {
    // jmp 8000:0 → physical 80000, where nothing is; #UD: inc bx; jmp 8000:0
    const jump = [0xea, 0x00, 0x00, 0x00, 0x80];
    const vm = createMachine({ memory: 0x40000, boot: { image: Uint8Array.from(jump), loadAddress: ENTRY }, execution: { mode, moduleThreshold: 1, batch: 1 } });
    vm.memory.write(6 * 4, Uint8Array.from([HANDLER & 0xff, HANDLER >> 8, 0, 0]));
    vm.memory.write(HANDLER, Uint8Array.from([0x43, ...jump]));
    vm.cpu(0).registers.set('rbx', 0n);
    expect(vm.runUntil({ instructions: 1 + 3 * 20 })).toEqual({ kind: 'instructions' });
    expect(vm.cpu(0).registers.get('rbx')).toBe(20n);
    expect(vm.instructions).toBe(61);
  });
});
