/** The sampling profiler and the list of translations: what they say of known programs, and that the guest does not notice. */
import { describe, expect, it } from 'vitest';
import { compileModules, createMachine, createPc, type ExecutionOptions, type Machine, type ProfileEntry } from '../src/index.ts';
import { IDLE, IDLE_COUNT, SPIN, real } from './pc/programs.ts';

const modules = compileModules();
const AT = 0x1000;
/** Two loops that take turns: 2 instructions × 3000, then 6 × 3000. */
const TURNS = Uint8Array.of(
  0xb9, 0xb8, 0x0b, 0x00, 0x00, // mov ecx, 3000
  0x49, 0x75, 0xfd, // a: dec ecx; jnz a
  0xb9, 0xb8, 0x0b, 0x00, 0x00, // mov ecx, 3000
  0x01, 0xc8, 0x01, 0xc3, 0x31, 0xd8, 0x40, 0x49, 0x75, 0xf6, // b: add eax, ecx; add ebx, eax; xor eax, ebx; inc eax; dec ecx; jnz b
  0xeb, 0xe7, // jmp to the first
);
const A = AT + 5;
const B = AT + 13;

const flat = (execution: ExecutionOptions): ReturnType<typeof createMachine> =>
  createMachine({ modules, memory: '1M', boot: { image: TURNS, loadAddress: AT, mode: 'protected32' }, execution });
const total = (entries: readonly ProfileEntry[]): number => entries.reduce((sum, { hits }) => sum + hits, 0);
const share = (entries: readonly ProfileEntry[], physical: number): number => total(entries.filter((entry) => entry.physical === physical)) / total(entries);

const MODES: readonly (readonly [string, ExecutionOptions, ProfileEntry['tier']])[] = [
  ['tci', { mode: 'tci' }, 'tci'],
  ['tb-per-module', { mode: 'tb-per-module' }, 'module'],
  ['tiered', { mode: 'tiered', batch: 1 }, 'region'],
];

describe.each(MODES)('%s', (_mode, execution, tier) => {
  it('meets TBs as often as they run, in the tier they run in', () => {
    const vm = flat(execution);
    vm.runUntil({ instructions: 1_000_000 });
    vm.profiler.start(1000);
    vm.runUntil({ instructions: 4_000_000 });
    const entries = vm.profiler.take();
    expect(total(entries)).toBeGreaterThan(3500);
    expect(total(entries)).toBeLessThan(4500);
    expect(share(entries, A)).toBeCloseTo(0.25, 1);
    expect(share(entries, B)).toBeCloseTo(0.75, 1);
    const top = [...entries].sort((a, b) => b.hits - a.hits)[0]!;
    expect(top).toMatchObject({ pc: BigInt(B), physical: B, insns: 6, tier, user: false });
    expect(top.hits / total(entries)).toBeGreaterThan(0.65);
    expect(vm.profiler.take()).toEqual([]);
  });

  it('changes nothing that the guest sees', () => {
    const [off, on] = [flat(execution), flat(execution)];
    on.profiler.start(1000);
    for (const instructions of [777_777, 1, 500_000]) {
      expect([on, off].map((vm) => vm.runUntil({ instructions }).kind)).toEqual(['instructions', 'instructions']);
      expect(state(on)).toEqual(state(off));
    }
    expect(total(on.profiler.take())).toBeGreaterThan(1000);
  });
});

function state(vm: Machine): readonly unknown[] {
  return [vm.instructions, ...(['rip', 'rax', 'rbx', 'rcx', 'rflags'] as const).map((name) => vm.cpu(0).registers.get(name))];
}

it.each([1, 2, 3])('stress %i: the same, through flushes', (stress) => {
  const [off, on] = [flat({}), flat({ stress })];
  on.profiler.start(1000);
  for (const vm of [off, on]) vm.runUntil({ instructions: 300_000 });
  expect(state(on)).toEqual(state(off));
  const entries = on.profiler.take();
  expect(share(entries, A) + share(entries, B)).toBeGreaterThan(0.95);
});

it('a PC under icount takes its interrupts at the same instructions', async () => {
  const program = real(...IDLE.slice(0, -3), ...SPIN);
  const boot = () => createPc({ modules, memory: '4M', boot: program, clock: { icount: 3 } });
  const [off, on] = [await boot(), await boot()];
  on.profiler.start(1500);
  for (let turn = 0; turn < 20; turn++) {
    for (const vm of [off, on]) vm.runUntil({ instructions: 1_000_003 });
    expect([on.time, on.instructions, ...on.memory.read(IDLE_COUNT, 2)]).toEqual([off.time, off.instructions, ...off.memory.read(IDLE_COUNT, 2)]);
    expect(state(on)).toEqual(state(off));
  }
  expect(on.memory.read(IDLE_COUNT, 1)[0]).toBeGreaterThan(10);
  expect(total(on.profiler.take())).toBeGreaterThan(12_000);
});

it('knows the user from the supervisor', () => {
  const vm = flat({});
  const { registers } = vm.cpu(0);
  // Privilege level 3 is that of the stack segment's descriptor.
  registers.set('cs.access', registers.get('cs.access') | 0x6000n);
  registers.set('ss.access', registers.get('ss.access') | 0x6000n);
  vm.profiler.start(1000);
  vm.runUntil({ instructions: 100_000 });
  expect(new Set(vm.profiler.take().map(({ user }) => user))).toEqual(new Set([true]));
});

it('is off until it is started, and after it is stopped', () => {
  const vm = flat({});
  const run = (): void => void vm.runUntil({ instructions: 100_000 });
  run();
  expect([vm.profiler.running, vm.profiler.take()]).toEqual([false, []]);
  vm.profiler.start(1000);
  run();
  expect(vm.profiler.running).toBe(true);
  vm.profiler.stop();
  expect(vm.profiler.running).toBe(false);
  const before = total(vm.profiler.take());
  run();
  expect([before > 50, vm.profiler.take()]).toEqual([true, []]);
  vm.profiler.start(1000);
  run();
  vm.profiler.start(1000);
  expect(vm.profiler.take()).toEqual([]);
});

it.each([0, 999, 1000.5, 2 ** 30 + 1, NaN])('an interval of %s is refused', (interval) => {
  expect(() => flat({}).profiler.start(interval)).toThrow(expect.objectContaining({ code: 'bad-option' }));
});

it('lists the TBs that live', () => {
  const vm = flat({ mode: 'tiered', batch: 1 });
  expect(vm.translations()).toEqual([]);
  vm.runUntil({ instructions: 2_000_000 });
  const list = vm.translations();
  expect(list).toContainEqual({ physical: A, size: 3, insns: 2, tier: 'region' });
  expect(list).toContainEqual({ physical: B, size: 10, insns: 6, tier: 'region' });
  const sum = (tier: ProfileEntry['tier']): number => list.filter((tb) => tb.tier === tier).reduce((bytes, { size }) => bytes + size, 0);
  expect(vm.translatedPages()).toEqual([{ page: AT / 4096, tci: sum('tci'), module: sum('module'), region: sum('region') }]);
  vm.memory.write(B + 2, Uint8Array.of(0x90, 0x90));
  expect(vm.translations().filter(({ physical, size }) => physical <= B + 2 && B + 2 < physical + size)).toEqual([]);
  vm.flush();
  expect(vm.translations()).toEqual([]);
  expect(flat({ mode: 'tci' }).translations()).toEqual([]);
});

it('counts TLB misses by kind of access, and flushes', () => {
  const vm = flat({});
  vm.runUntil({ instructions: 1000 });
  const before = vm.counters();
  expect(before.tlbFetchFills).toBeGreaterThan(0);
  vm.memory.translate(0x3000);
  expect(vm.counters()).toMatchObject({ tlbFills: before.tlbFills + 1, tlbFetchFills: before.tlbFetchFills, tlbWriteFills: before.tlbWriteFills });
  vm.cpu(0).registers.set('cr3', 0n);
  expect(vm.counters()).toMatchObject({ tlbFlushes: before.tlbFlushes + 1, tlbPageFlushes: before.tlbPageFlushes });
});
