/** Operand fields that are patched again and again become loads: same results in every mode, and the code is no longer made anew. */
import { compileModules, createMachine, type ExecutionOptions, type FlatMode } from '@wasm-tcg/emulator';
import { describe, expect, it } from 'vitest';

const ROUNDS = 100;
const CODE = 0x1000;
/** Data that patched displacements lead to; its bytes are their own offsets, times 7. */
const DATA = 0x4000;
const STACK = 0x8000;

const le = (n: number, size = 4): number[] => Array.from({ length: size }, (_, i) => Math.floor(n / 2 ** (8 * i)) & 255);

interface Case {
  readonly name: string;
  readonly modes: readonly FlatMode[];
  /** The instruction that is patched, and what belongs to it. `at`: its address. */
  readonly code: (at: number, mode: FlatMode) => readonly number[];
  /** Offset in it of the byte that is patched, and with what it is XORed each round. */
  readonly byte: number;
  readonly xor: number;
}

const ALL: readonly FlatMode[] = ['real16', 'protected32', 'long64'];
const WIDE: readonly FlatMode[] = ['protected32', 'long64'];
const word = (mode: FlatMode): number => (mode === 'real16' ? 2 : 4);

/** A branch that skips one or none of two additions to ebx, by its distance of `size` bytes: 0 and 3. */
const skipping = (opcode: readonly number[], size: (mode: FlatMode) => number): Case['code'] =>
  (_, mode) => [...opcode, ...le(0, size(mode)), 0x83, 0xc3, 5, 0x83, 0xc3, 9];

const CASES: readonly Case[] = [
  { name: 'mov r, imm', modes: ALL, code: (_, mode) => [0xb8, ...le(0x1234, word(mode))], byte: 1, xor: 0x5a },
  { name: 'mov r, imm, upper byte', modes: ALL, code: (_, mode) => [0xb8, ...le(0x1234, word(mode))], byte: 2, xor: 0xff },
  { name: 'mov r8, imm', modes: ALL, code: () => [0xb4, 3], byte: 1, xor: 0x91 },
  { name: 'mov r64, imm64', modes: ['long64'], code: () => [0x48, 0xb8, ...le(0x12345678, 8)], byte: 8, xor: 0x81 },
  { name: 'mov r64, imm32', modes: ['long64'], code: () => [0x48, 0xc7, 0xc0, ...le(0x12345678)], byte: 6, xor: 0x80 },
  { name: 'add r, imm8', modes: ALL, code: () => [0x83, 0xc3, 5], byte: 2, xor: 0x83 },
  { name: 'add eax, imm', modes: ALL, code: (_, mode) => [0x05, ...le(0x1234, word(mode))], byte: 2, xor: 0x80 },
  { name: 'cmp, and its flags', modes: ALL, code: () => [0x80, 0xfb, 0x40, 0x80, 0xd7, 1], byte: 2, xor: 0xf3 },
  { name: 'imul r, r, imm8', modes: ALL, code: () => [0x6b, 0xc3, 5], byte: 2, xor: 0x83 },
  { name: 'push imm8', modes: ALL, code: () => [0x6a, 0x11, 0x58], byte: 1, xor: 0xe0 },
  { name: 'push imm', modes: ALL, code: (_, mode) => [0x68, ...le(0x11, word(mode)), 0x58], byte: 2, xor: 0xe0 },
  { name: 'mov [m], imm', modes: ['protected32'], code: () => [0xc7, 0x05, ...le(DATA), ...le(77), 0x8b, 0x05, ...le(DATA)], byte: 6, xor: 0x42 },
  { name: 'displacement before an immediate', modes: ['protected32'], code: () => [0x81, 0x05, ...le(DATA), ...le(77), 0x8b, 0x05, ...le(DATA)], byte: 2, xor: 0x40 },
  { name: 'disp32 with a base', modes: WIDE, code: () => [0xbe, ...le(DATA), 0x8b, 0x86, ...le(16)], byte: 7, xor: 0x60 },
  { name: 'disp8 with base and index', modes: WIDE, code: () => [0xbe, ...le(DATA + 128), 0xbf, ...le(4), 0x8b, 0x44, 0xbe, 0x10], byte: 13, xor: 0x90 },
  { name: 'lea', modes: WIDE, code: () => [0x8d, 0x83, ...le(16)], byte: 5, xor: 0x90 },
  { name: 'moffs', modes: ['protected32'], code: () => [0xa1, ...le(DATA)], byte: 1, xor: 0x24 },
  { name: 'moffs64', modes: ['long64'], code: () => [0xa1, ...le(DATA, 8)], byte: 1, xor: 0x24 },
  { name: 'rip-relative', modes: ['long64'], code: (at) => [0x8b, 0x05, ...le(DATA - at - 6)], byte: 2, xor: 0x04 },
  { name: 'rip-relative with an immediate', modes: ['long64'], code: (at) => [0x81, 0x05, ...le(DATA - at - 10), ...le(99), 0x8b, 0x05, ...le(DATA - at - 16)], byte: 2, xor: 0x08 },
  { name: 'jmp rel8', modes: ALL, code: skipping([0xeb], () => 1), byte: 1, xor: 3 },
  { name: 'jmp rel', modes: ALL, code: skipping([0xe9], word), byte: 1, xor: 3 },
  { name: 'jcc rel', modes: ALL, code: (at, mode) => [0xf6, 0xc1, 4, ...skipping([0x0f, 0x85], word)(at, mode)], byte: 5, xor: 3 },
  { name: 'jecxz', modes: ALL, code: skipping([0xe3], () => 1), byte: 1, xor: 3 },
  { name: 'call rel', modes: ALL, code: (at, mode) => [...skipping([0xe8], word)(at, mode), 0x58], byte: 1, xor: 3 },
];

/** mov ecx, ROUNDS; l: the case; add ebx, eax; rol ebx, 3; xor byte [patched], x; dec ecx; jnz l; hlt */
function program(c: Case, mode: FlatMode): Uint8Array {
  const bits16 = mode === 'real16';
  const start = [0xb9, ...le(ROUNDS, bits16 ? 2 : 4), 0x31, 0xc0, 0x31, 0xdb];
  const at = CODE + start.length;
  const body = [...c.code(at, mode), 0x01, 0xc3, 0xc1, 0xc3, 3];
  const target = bits16 ? [0x80, 0x36, ...le(at + c.byte, 2)] : mode === 'long64' ? [0x80, 0x34, 0x25, ...le(at + c.byte)] : [0x80, 0x35, ...le(at + c.byte)];
  const back = [...body, ...target, c.xor, ...(mode === 'long64' ? [0xff, 0xc9] : [0x49])];
  const size = bits16 ? 4 : 6;
  return Uint8Array.from([...start, ...back, 0x0f, 0x85, ...le(-(back.length + size), bits16 ? 2 : 4), 0xf4]);
}

const modules = compileModules();

function run(c: Case, mode: FlatMode, execution: ExecutionOptions): { readonly state: readonly unknown[]; readonly invalidated: number } {
  const vm = createMachine({ modules, memory: '1M', boot: { image: program(c, mode), loadAddress: CODE, mode, stack: STACK }, execution: { verify: true, ...execution } });
  vm.memory.write(DATA, Uint8Array.from({ length: 1024 }, (_, i) => i * 7));
  expect(vm.runUntil({ instructions: 50_000 })).toEqual({ kind: 'halt' });
  const { registers } = vm.cpu(0);
  const state = [...(['rax', 'rbx', 'rcx', 'rsp', 'rip', 'rflags'] as const).map((name) => registers.get(name)), vm.instructions, [...vm.memory.read(CODE, 64)]];
  return { state, invalidated: vm.counters().invalidatedTbs };
}

const MODES: readonly ExecutionOptions[] = [
  { mode: 'tci', optimise: false, patchThreshold: 3 }, { mode: 'tb-per-module', moduleThreshold: 2, patchThreshold: 3 },
  { mode: 'tiered', moduleThreshold: 2, regionThreshold: 3, batch: 2, slice: 50, patchThreshold: 3 }, { mode: 'tiered', stress: 1 },
];

describe.each(CASES.flatMap((c) => c.modes.map((mode) => [c.name, mode, c] as const)))('%s, %s', (_name, mode, c) => {
  const wanted = run(c, mode, { mode: 'tci', patchThreshold: Infinity });
  it('is made anew each time where that is off', () => {
    expect(wanted.invalidated).toBeGreaterThanOrEqual(ROUNDS);
  });
  it.each(MODES.map((execution) => [execution]))('%j', (execution) => {
    const { state, invalidated } = run(c, mode, execution);
    expect(state).toEqual(wanted.state);
    if (execution.stress === undefined) expect(invalidated).toBeLessThan(20);
  });
});

it('reads what somebody else than the guest has stored, too', () => {
  // mov ecx, 60; l: mov eax, 0; add ebx, eax; inc dword [1006]; dec ecx; jnz l; hlt
  const image = Uint8Array.of(0xb9, 60, 0, 0, 0, 0xb8, 0, 0, 0, 0, 0x01, 0xc3, 0xff, 0x05, 0x06, 0x10, 0, 0, 0x49, 0x75, 0xf0, 0xf4);
  const vm = createMachine({ modules, memory: '1M', boot: { image, loadAddress: CODE, mode: 'protected32' }, execution: { mode: 'tiered', moduleThreshold: 2, patchThreshold: 2 } });
  vm.cpu(0).registers.set('rbx', 0n);
  vm.runUntil({ instructions: 1 + 5 * 30 });
  const { invalidatedTbs } = vm.counters();
  vm.memory.write(0x1006, Uint8Array.of(100, 0, 0, 0));
  expect(vm.counters().invalidatedTbs).toBe(invalidatedTbs);
  expect(vm.runUntil({ instructions: 10_000 })).toEqual({ kind: 'halt' });
  const sum = (from: number, n: number): number => n * from + (n * (n - 1)) / 2;
  expect(vm.cpu(0).registers.get('rbx')).toBe(BigInt(sum(0, 30) + sum(100, 30)));
});
