/** Code that is changed to and fro: what was made of it comes back with its bytes, and its changes leave the regions of others alone. */
import { compileModules, createMachine, type ExecutionOptions, type Machine } from '@wasm-tcg/emulator';
import { describe, expect, it } from 'vitest';

const SITE = 0x1200;
const ROUNDS = 60;
const CALLS = 40;

const le = (n: number): number[] => [n & 255, (n >> 8) & 255, (n >> 16) & 255, n >>> 24];

/**
 * mov edi, ROUNDS; o: xor dword [1200], NOP ^ JMP; mov ecx, CALLS; i: call 1200; rol ebx, 1; test cl, 3; jnz s; add ebx, 7; s: dec ecx; jnz i; dec edi; jnz o; hlt
 *
 * 1200: nop dword [eax + 0] or jmp to the ret (and two bytes behind it); add ebx, 3; ret
 */
const NOP = [0x0f, 0x1f, 0x40, 0x00];
const JMP = [0xeb, 0x05, 0x90, 0x90];
const LOOP = [0xe8, ...le(SITE - 0x1019), 0xd1, 0xc3, 0xf6, 0xc1, 3, 0x75, 3, 0x83, 0xc3, 7, 0x49, 0x75, 0xee];
const CODE = Uint8Array.from([0xbf, ...le(ROUNDS), 0x81, 0x35, ...le(SITE), ...NOP.map((byte, i) => byte ^ JMP[i]!), 0xb9, ...le(CALLS), ...LOOP, 0x4f, 0x75, -(LOOP.length + 5 + 10 + 3) & 255, 0xf4]);
const FUNCTION = Uint8Array.from([...NOP, 0x83, 0xc3, 3, 0xc3]);

const modules = compileModules();

function start(execution: ExecutionOptions): Machine {
  const vm = createMachine({ modules, memory: '1M', boot: { image: CODE, loadAddress: 0x1000, mode: 'protected32', stack: 0x8000 }, execution: { verify: true, ...execution } });
  vm.memory.write(SITE, FUNCTION);
  vm.cpu(0).registers.set('rbx', 0n);
  return vm;
}

/** ebx after all rounds. */
function expected(): bigint {
  let ebx = 0;
  for (let round = 0; round < ROUNDS; round++) {
    for (let ecx = CALLS; ecx > 0; ecx--) {
      // Round 0 has the jump.
      if (round % 2 === 1) ebx = (ebx + 3) >>> 0;
      ebx = ((ebx << 1) | (ebx >>> 31)) >>> 0;
      if ((ecx & 3) === 0) ebx = (ebx + 7) >>> 0;
    }
  }
  return BigInt(ebx);
}

const MODES: readonly ExecutionOptions[] = [
  { mode: 'tci' }, { mode: 'tb-per-module', moduleThreshold: 2 }, { mode: 'tiered', moduleThreshold: 2, regionThreshold: 4, batch: 1, slice: 100 },
  { mode: 'tiered', stress: 1 }, { mode: 'tiered', stress: 2 },
];

describe('a switch that is a jump or nothing', () => {
  it.each(MODES.map((execution) => [execution]))('%j', (execution) => {
    const vm = start(execution);
    expect(vm.runUntil({ instructions: 100_000 })).toEqual({ kind: 'halt' });
    expect(vm.cpu(0).registers.get('rbx')).toBe(expected());
    if (execution.stress !== undefined) return;
    const { translatedTbs, invalidatedTbs } = vm.counters();
    expect(invalidatedTbs).toBeGreaterThanOrEqual(ROUNDS - 1);
    expect(translatedTbs).toBeLessThan(30);
  });

  it('is in no region of others, which stay', () => {
    const vm = start({ mode: 'tiered', moduleThreshold: 2, regionThreshold: 4, batch: 1, slice: 100 });
    // The first changes tell which code is changed.
    vm.runUntil({ instructions: 5000 });
    const { compiledRegions, invalidatedTbs } = vm.counters();
    vm.runUntil({ instructions: 100_000 });
    expect(vm.counters().invalidatedTbs - invalidatedTbs).toBeGreaterThan(ROUNDS / 2);
    expect(vm.counters().compiledRegions - compiledRegions).toBeLessThan(ROUNDS / 10);
    expect(vm.counters().regionInstructions).toBeGreaterThan(vm.instructions / 3);
  });
});

it('bytes that are neither are translated', () => {
  const vm = start({ mode: 'tiered', moduleThreshold: 2, regionThreshold: 4, batch: 1, slice: 100 });
  vm.runUntil({ instructions: 8000 });
  // The host changes what the function adds: the versions that are kept end otherwise now.
  vm.memory.write(SITE + 6, Uint8Array.of(100));
  const before = vm.cpu(0).registers.get('rcx');
  const other = start({ mode: 'tci', patchThreshold: Infinity });
  other.runUntil({ instructions: 8000 });
  other.memory.write(SITE + 6, Uint8Array.of(100));
  expect(other.cpu(0).registers.get('rcx')).toBe(before);
  for (const machine of [vm, other]) expect(machine.runUntil({ instructions: 100_000 })).toEqual({ kind: 'halt' });
  expect(vm.cpu(0).registers.get('rbx')).toBe(other.cpu(0).registers.get('rbx'));
  expect(vm.instructions).toBe(other.instructions);
});

it('code that is another each time is made anew each time, optimised when it runs often, with the same results', () => {
  // mov edi, 40; o: add byte [1201], 8; or byte [1201], C3; mov ecx, 100; i: call 1200; dec ecx; jnz i; dec edi; jnz o; hlt
  const image = Uint8Array.from([
    0xbf, ...le(40), 0x80, 0x05, ...le(SITE + 1), 8, 0x80, 0x0d, ...le(SITE + 1), 0xc3, 0xb9, ...le(100), 0xe8, ...le(SITE - 0x101d), 0x49, 0x75, 0xf8, 0x4f, 0x75, 0xe2, 0xf4,
  ]);
  const end = (execution: ExecutionOptions): { readonly machine: Machine; readonly state: readonly unknown[] } => {
    const vm = createMachine({ modules, memory: '1M', boot: { image, loadAddress: 0x1000, mode: 'protected32', stack: 0x8000 }, execution: { verify: true, ...execution } });
    // One after the other of the eight operations of ebx with 29h, then rol ebx, 1; adc ebx, 3; ret.
    vm.memory.write(SITE, Uint8Array.of(0x83, 0xc3, 0x29, 0xd1, 0xc3, 0x83, 0xd3, 3, 0xc3));
    const { registers } = vm.cpu(0);
    registers.set('rbx', 0x1234n);
    expect(vm.runUntil({ instructions: 100_000 })).toEqual({ kind: 'halt' });
    return { machine: vm, state: [registers.get('rbx'), registers.get('rflags'), vm.instructions] };
  };
  const wanted = end({ mode: 'tci', optimise: false, patchThreshold: Infinity });
  for (const execution of MODES) {
    const { machine, state } = end(execution);
    expect(state).toEqual(wanted.state);
    if (execution.stress === undefined) expect(machine.counters().revivedTbs).toBe(0);
  }
});
