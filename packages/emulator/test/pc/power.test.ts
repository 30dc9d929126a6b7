/** The ways a guest ends or starts again. */
import { describe, expect, it } from 'vitest';
import { compileModules, createPc, type PcOptions } from '../../src/index.ts';
import { HLT, outByte, outWord, real, say, TRIPLE_FAULT } from './programs.ts';

const modules = compileModules();
const LIMIT = 200_000;
/** PM1a control: SLP_TYP of S5 and SLP_EN. */
const POWER_OFF = outWord(0x604, (5 << 10) | 0x2000);
const RESETS = {
  'reset register': outByte(0xcf9, 6),
  'keyboard controller': outByte(0x64, 0xfe),
  'port 0x92': outByte(0x92, 1),
  'triple fault': TRIPLE_FAULT,
} as const;

async function pc(bytes: readonly number[], options: Partial<PcOptions> = {}): Promise<{ readonly vm: Awaited<ReturnType<typeof createPc>>; readonly said: () => string }> {
  const vm = await createPc({ modules, memory: '4M', boot: real(...bytes), clock: { icount: 0 }, ...options });
  let text = '';
  vm.serial[0]!.onData((data) => (text += new TextDecoder().decode(data)));
  return { vm, said: () => text };
}

it('S5 switches off', async () => {
  const { vm, said } = await pc([...say('A'), ...POWER_OFF, ...say('B'), HLT]);
  expect(vm.runUntil({ instructions: LIMIT })).toEqual({ kind: 'poweroff' });
  expect(said()).toBe('A');
  expect(vm.instructions).toBe(6);
});

describe.each(Object.entries(RESETS))('%s', (name, reset) => {
  it('starts the guest again', async () => {
    const { vm, said } = await pc([...say('A'), ...reset, ...say('B'), HLT]);
    // The UART takes its time for a byte, so that a reset loses it: the RAM tells how often the guest has started.
    vm.memory.write(0x700, Uint8Array.of(7));
    expect(vm.runUntil({ instructions: 3 }).kind).toBe('instructions');
    expect(vm.memory.read(0x700, 1)).toEqual(Uint8Array.of(7));
    expect(vm.runUntil({ instructions: 100 }).kind).toBe('instructions');
    expect(vm.memory.read(0x700, 1)).toEqual(Uint8Array.of(0));
    expect(said()).not.toContain('B');
    expect(vm.cpu(0).registers.get('cr0') & 1n).toBe(0n);
  });

  it('ends the run without reboot', async () => {
    const { vm } = await pc([...reset, ...say('B'), HLT], { reboot: false });
    expect(vm.runUntil({ instructions: LIMIT })).toEqual({ kind: name === 'triple fault' ? 'shutdown' : 'reset' });
    expect(await vm.start({ instructions: 0 })).toEqual({ kind: 'instructions' });
    vm.reset();
    expect(vm.runUntil({ instructions: LIMIT }).kind).toBe(name === 'triple fault' ? 'shutdown' : 'reset');
  });
});

it('the debug exit device ends with value × 2 + 1', async () => {
  const { vm } = await pc(outByte(0xf4, 0x15), { devices: { debugExit: { iobase: 0xf4, iosize: 4 } } });
  expect(vm.runUntil({ instructions: LIMIT })).toEqual({ kind: 'exit', code: 0x2b });
});

it('HLT with interrupts off is for ever', async () => {
  const { vm } = await pc([0xfa, HLT]);
  expect(vm.runUntil({ halt: true }).kind).toBe('halt');
  expect(vm.cpu(0).halted).toBe(true);
});
