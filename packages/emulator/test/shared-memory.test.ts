/** Machines whose memory other threads can read: the same in every mode, what is read there is true, and modules of the other kind are refused. */
import { Worker } from 'node:worker_threads';
import { afterEach, expect, it, vi } from 'vitest';
import { compileModules, createMachine, createPc, type ExecutionOptions, type SharedMemory } from '../src/index.ts';
import { HLT, outByte, outWord, real, say } from './pc/programs.ts';

const modules = compileModules({ sharedMemory: true });
const AT = 0x1000;
/** mov ecx, 100000; xor eax, eax; l: add eax, ecx; mov [0x2000], eax; dec ecx; jnz l; hlt */
const SUM = Uint8Array.of(0xb9, 0xa0, 0x86, 0x01, 0x00, 0x31, 0xc0, 0x01, 0xc8, 0xa3, 0x00, 0x20, 0x00, 0x00, 0x49, 0x75, 0xf6, 0xf4);
const RESULT = Number((100_000n * 100_001n / 2n) % 2n ** 32n);
const COUNT = 2 + 4 * 100_000 + 1;

afterEach(() => vi.unstubAllGlobals());

const flat = (execution: ExecutionOptions): ReturnType<typeof createMachine> =>
  createMachine({ modules, sharedMemory: true, memory: '1M', boot: { image: SUM, loadAddress: AT, mode: 'protected32' }, execution });
const counter = ({ buffer, counters }: SharedMemory, name: keyof SharedMemory['counters']): number => Number(Atomics.load(new BigInt64Array(buffer), counters[name] / 8));

it.each([{ mode: 'tci' }, { mode: 'tb-per-module' }, { mode: 'tiered', batch: 1 }, { stress: 5 }] as const)('%o', (execution) => {
  const vm = flat(execution);
  const shared = vm.memory.shared!;
  expect(shared.buffer).toBeInstanceOf(SharedArrayBuffer);
  expect(vm.runUntil({ instructions: 1_000_000 })).toEqual({ kind: 'halt' });
  expect(vm.cpu(0).registers.get('rax')).toBe(BigInt(RESULT));
  expect(new DataView(shared.buffer, shared.ramOffset).getUint32(0x2000, true)).toBe(RESULT);
  const { instructions, tciInstructions, regionInstructions, slowPaths, tlbFills } = vm.counters();
  expect(instructions).toBe(COUNT);
  for (const [name, value] of Object.entries({ instructions, tciInstructions, regionInstructions, slowPaths, tlbFills })) {
    expect([name, counter(shared, name as keyof SharedMemory['counters'])]).toEqual([name, value]);
  }
  const { compiledModules, compiledRegions } = vm.counters();
  if (execution.mode !== undefined && execution.mode !== 'tci') expect(compiledModules + compiledRegions).toBeGreaterThan(0);
});

it('another thread reads it', async () => {
  const vm = flat({});
  vm.runUntil({});
  const code = `require('node:worker_threads').parentPort.on('message', ({ buffer, at }) => {
    require('node:worker_threads').parentPort.postMessage(new DataView(buffer).getUint32(at, true));
  })`;
  const worker = new Worker(code, { eval: true });
  const { buffer, ramOffset } = vm.memory.shared!;
  try {
    const answer = new Promise((resolve) => worker.once('message', resolve));
    worker.postMessage({ buffer, at: ramOffset + 0x2000 });
    expect(await answer).toBe(RESULT);
  } finally {
    await worker.terminate();
  }
});

it('a PC goes on from a snapshot, either way', async () => {
  const boot = real(...say('A'), ...[0xb8, 0x34, 0x12, 0xa3, 0x00, 0x06], ...outByte(0x80, 1), ...outWord(0x604, 0x3400), HLT);
  const options = { memory: '4M', clock: { icount: 3 } } as const;
  const first = await createPc({ ...options, boot, modules, sharedMemory: true });
  expect(first.runUntil({ instructions: 5 })).toEqual({ kind: 'instructions' });
  const from = await first.snapshot();
  for (const sharedMemory of [true, false]) {
    const pc = await createPc({ from, sharedMemory });
    expect(pc.memory.shared === undefined).toBe(!sharedMemory);
    expect([pc.runUntil({ instructions: 1000 }), [...pc.memory.read(0x600, 2)]]).toEqual([{ kind: 'poweroff' }, [0x34, 0x12]]);
  }
  const unshared = await (await createPc({ ...options, boot })).snapshot();
  expect((await createPc({ from: unshared, modules, sharedMemory: true })).runUntil({ instructions: 1000 })).toEqual({ kind: 'poweroff' });
});

it('a PC runs on the clock and the randomness of the host', async () => {
  const pc = await createPc({ boot: real(...say('A'), HLT), memory: '4M', sharedMemory: true, modules, drives: [{ image: new Uint8Array(1024) }], devices: { console: true } });
  const ended = pc.start();
  expect(await pc.serial[0]!.expect('A')).toBe('A');
  await pc.pause();
  await ended;
  expect((await pc.snapshot()).length).toBeGreaterThan(100);
});

it.each([[true, false], [false, true]])('modules with shared: %s for a machine with %s are refused', (shared, sharedMemory) => {
  const wrong = compileModules({ sharedMemory: shared });
  expect(() => createMachine({ modules: wrong, sharedMemory })).toThrow(expect.objectContaining({ code: 'bad-option', hint: expect.stringContaining('compileModules') }));
});

it('a page that is not isolated is told so', () => {
  vi.stubGlobal('crossOriginIsolated', false);
  expect(() => createMachine({ sharedMemory: true })).toThrow(expect.objectContaining({ code: 'bad-option', hint: expect.stringContaining('Cross-Origin-Opener-Policy') }));
  vi.stubGlobal('crossOriginIsolated', true);
  expect(createMachine({ modules, sharedMemory: true }).memory.shared).toBeDefined();
  expect(createMachine().memory.shared).toBeUndefined();
});
