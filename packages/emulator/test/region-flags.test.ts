/** A loop whose head leaves the flags in a form that depends on the form in which it finds them: the region's copies of it must not share successors. */
import { expect, it } from 'vitest';
import { createMachine, type ExecutionOptions } from '../src/index.ts';

/**
 * mov ecx, 1000; xor esi, esi; xor eax, eax; xor edx, edx; mov ebx, 16; jmp l
 * l: adox edx, ebx, which ends a page
 *    seta al; lea esi, [esi+eax]; sub ecx, 1; jnz l; hlt
 */
const CODE = Uint8Array.of(
  0xb9, 0xe8, 0x03, 0, 0, 0x31, 0xf6, 0x31, 0xc0, 0x31, 0xd2, 0xbb, 16, 0, 0, 0, 0xeb, 0,
  0xf3, 0x0f, 0x38, 0xf6, 0xd3, 0x0f, 0x97, 0xc0, 0x8d, 0x34, 0x06, 0x83, 0xe9, 1, 0x75, 0xf0, 0xf4,
);

it.each<ExecutionOptions>([{ mode: 'tci' }, { mode: 'tiered', moduleThreshold: 2, regionThreshold: 4, batch: 1, slice: 200 }, { mode: 'tiered', stress: 3 }])('%j', (execution) => {
  const vm = createMachine({ memory: '1M', boot: { image: CODE, loadAddress: 0x2000 - 23, mode: 'protected32' }, execution });
  expect(vm.runUntil({ instructions: 100_000 })).toEqual({ kind: 'halt' });
  const { registers } = vm.cpu(0);
  // ZF is set at the first SETA, after XOR.
  expect([registers.get('rdx'), registers.get('rsi')]).toEqual([16_000n, 999n]);
});
