/** Members of a region that are translated for what its edges know of the flags. */
import { expect, it } from 'vitest';
import { createMachine, type ExecutionOptions } from '../src/index.ts';

// A loop whose head leaves the flags in a form that depends on the form in which it finds them: the region's copies of it must not share successors.

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

/**
 * mov edi, 4000h; mov esi, 1000; jmp s
 * l: mov eax, [rdi+rsi*4-4]; cmp eax, ebx; jb e
 * s: mov [rdi+rsi*4], eax; dec esi; jnz l
 * e: hlt
 *
 * In 64-bit code, CF is kept by more ops than a call of a helper is, but by less work.
 */
const SHIFT = (wide: boolean): Uint8Array => {
  const dec = wide ? [0x48, 0xff, 0xce] : [0xff, 0xce];
  return Uint8Array.of(
    0xbf, 0, 0x40, 0, 0, 0xbe, 0xe8, 0x03, 0, 0, 0xeb, 8,
    0x8b, 0x44, 0xb7, 0xfc, 0x39, 0xd8, 0x72, 5 + dec.length, 0x89, 0x04, 0xb7, ...dec, 0x75, 0xf3 - dec.length, 0xf4,
  );
};

it.each([['protected32', false], ['long64', true]] as const)('the head of a loop that knows its flags gets a copy of its own: %s', (mode, wide) => {
  const start = 0x2000;
  const head = BigInt(start + 20);
  const vm = createMachine({ memory: '1M', boot: { image: SHIFT(wide), loadAddress: start, mode }, execution: { mode: 'tci' } });
  vm.runUntil({ instructions: 600 });
  const { blocks, opt } = vm.listing(head, { unit: 'region' });
  expect(blocks.filter(({ pc }) => pc === head).length).toBe(2);
  expect(opt.filter(({ text }) => text.includes('compute_flags')).length).toBe(1);
  expect(vm.runUntil({})).toEqual({ kind: 'halt' });
  expect(vm.cpu(0).registers.get('rsi')).toBe(0n);
});
