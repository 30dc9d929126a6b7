import { describe, expect, it } from 'vitest';
import { compileModules, createMachine, type ExecutionOptions } from '../src/index.ts';

const modules = compileModules();
const DEVICE = 0x200000;
const TIMES = 4000;

// mov esi, DEVICE; mov ecx, TIMES; loop: add eax, [esi]; inc ebx; mov [esi + 4], eax; nop; dec ecx; jnz loop; hlt
const CODE = Uint8Array.of(
  ...[0xbe, 0, 0, 0x20, 0], ...[0xb9, TIMES & 0xff, TIMES >> 8, 0, 0],
  ...[0x03, 0x06], 0x43, ...[0x89, 0x46, 0x04], 0x90, 0x49, ...[0x75, 0xf6], 0xf4,
);

/** Instructions retired at each access to the device, as it sees them, and what was written. */
function accesses(execution: ExecutionOptions, stopAfter = 0): readonly string[] {
  const machine = createMachine({ modules, memory: '1M', execution, boot: { image: CODE, loadAddress: 0x1000, mode: 'protected32' } });
  const log: string[] = [];
  let writes = 0;
  machine.memory.map({
    kind: 'mmio', physical: DEVICE, size: 4096,
    handler: {
      read: (offset) => {
        log.push(`${machine.instructions} read ${offset}`);
        return writes + 1;
      },
      write: (offset, _size, value) => {
        log.push(`${machine.instructions} write ${offset}=${value}`);
        if (stopAfter > 0 && ++writes % stopAfter === 0) machine.requestStop();
      },
    },
  });
  for (;;) {
    const stop = machine.runUntil({});
    log.push(`${machine.instructions} ${stop.kind}`);
    if (stop.kind !== 'stopped') return log;
  }
}

describe('what a device sees', () => {
  const expected = accesses({ mode: 'tci' }, 10);
  it('is one access per instruction, with exact counts, and a stop behind the access', () => {
    expect(expected.slice(0, 3)).toEqual(['3 read 0', '5 write 4=1', '9 read 0']);
    const stops = expected.filter((line) => line.endsWith('stopped'));
    expect(stops.length).toBe(TIMES / 10);
    for (let i = 1; i < expected.length; i++) {
      // A stop comes right behind the write that asked for it.
      if (expected[i]!.endsWith('stopped')) expect(expected[i]!.split(' ')[0]).toBe(expected[i - 1]!.split(' ')[0]);
    }
  });
  const rows: readonly (readonly [string, ExecutionOptions])[] = [
    ['tb-per-module', { mode: 'tb-per-module', moduleThreshold: 20 }],
    ['tiered', { mode: 'tiered', moduleThreshold: 20, regionThreshold: 50 }],
    ['stress', { mode: 'tiered', stress: 7 }],
  ];
  it.each(rows)('is the same in %s', (_name, execution) => {
    expect(accesses(execution, 10)).toEqual(expected);
  });
});
