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
