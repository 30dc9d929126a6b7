import { describe, expect, it } from 'vitest';
import { compileModules, createMachine } from '../src/index.ts';

const modules = compileModules();

/** `blocks` times { inc eax; jmp next }, and around again, `rounds` times. */
function chain(blocks: number, rounds: number): Uint8Array {
  const code = [0xb9, ...le32(rounds)];
  const start = code.length;
  for (let i = 0; i < blocks; i++) code.push(0x40, 0xeb, 0x00);
  code.push(0x49, 0x0f, 0x85);
  code.push(...le32(start - (code.length + 4)), 0xf4);
  return Uint8Array.from(code);
}
const le32 = (value: number): number[] => [value & 0xff, (value >> 8) & 0xff, (value >> 16) & 0xff, (value >> 24) & 0xff];

describe('what is compiled', () => {
  const rows: readonly (readonly [string, number, number, boolean])[] = [
    ['a loop of 20 blocks', 20, 20_000, true],
    ['8,000 blocks in turn, each of which runs 2,200 times', 8_000, 2200, true],
    ['60,000 blocks in turn, each of which runs 2,100 times', 60_000, 2100, false],
  ];
  it.each(rows)('%s', (_name, blocks, rounds, compiled) => {
    const vm = createMachine({ modules, memory: '1M', boot: { image: chain(blocks, rounds), loadAddress: 0x1000, mode: 'protected32' } });
    expect(vm.runUntil({})).toEqual({ kind: 'halt' });
    expect(vm.cpu(0).registers.get('rax')).toBe(BigInt(blocks * rounds));
    const { compiledModuleTbs, compiledRegionTbs, translatedTbs } = vm.counters();
    const tbs = compiledModuleTbs + compiledRegionTbs;
    // Each once, but for those at the seams.
    if (compiled) expect(tbs / blocks).toBeCloseTo(1, 0);
    // The one at the end of the chain may be, it is of its own kind.
    else expect(tbs).toBeLessThan(translatedTbs / 100);
  });
});

/** `functions` functions { inc eax; test al, 1; jz over; inc edx; over: ret } in a row, called in turn through a table of pointers, `rounds` times. */
function calls(functions: number, rounds: number): Uint8Array {
  const [base, body] = [0x1000, [0x40, 0xa8, 0x01, 0x74, 0x01, 0x42, 0xc3, 0x90]];
  // mov ecx, rounds; mov esp, stack; around: xor ebx, ebx; next: call [table + ebx*4]; inc ebx; cmp ebx, functions; jb next; dec ecx; jnz around; hlt
  const head = [0xb9, ...le32(rounds), 0xbc, ...le32(0x8_0000), 0x31, 0xdb, 0xff, 0x14, 0x9d, 0, 0, 0, 0, 0x43, 0x81, 0xfb, ...le32(functions), 0x72, 0xf0, 0x49, 0x75, 0xeb, 0xf4];
  const start = (head.length + 15) & ~15;
  const table = start + functions * body.length;
  head.splice(15, 4, ...le32(base + table));
  const code = [...head, ...Array.from({ length: start - head.length }, () => 0x90)];
  for (let i = 0; i < functions; i++) code.push(...body);
  for (let i = 0; i < functions; i++) code.push(...le32(base + start + i * body.length));
  return Uint8Array.from(code);
}

it('functions of a page that are called through pointers share regions', () => {
  const [functions, rounds] = [400, 4000];
  const vm = createMachine({ modules, memory: '1M', boot: { image: calls(functions, rounds), loadAddress: 0x1000, mode: 'protected32' } });
  expect(vm.runUntil({})).toEqual({ kind: 'halt' });
  const { registers } = vm.cpu(0);
  expect([registers.get('rax'), registers.get('rdx')]).toEqual([BigInt(functions * rounds), BigInt((functions * rounds) / 2)]);
  const { compiledRegions, compiledRegionTbs } = vm.counters();
  // Three TBs each.
  expect(compiledRegionTbs).toBeGreaterThan(functions * 2);
  expect(compiledRegions).toBeLessThan(functions / 5);
});
