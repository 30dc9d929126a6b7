/** `machine.counters()` and the text of `-d stats`: the table is complete, parts sum up to their wholes, and causes are those that a program was written to have. */
import { describe, expect, it } from 'vitest';
import { compileModules, COUNTER_GROUPS, createMachine, formatProfile, formatStats, type CounterName, type Machine, type MachineCounters } from '../src/index.ts';
import { SampledTimer } from '../src/exec/host-time.ts';

const modules = compileModules();
const AT = 0x1000;

const flat = (...image: number[]): Machine =>
  createMachine({ modules, memory: '1M', boot: { image: Uint8Array.from(image), loadAddress: AT, mode: 'protected32' }, execution: { batch: 1 } });
const rows = (title: string): CounterName[] => Object.keys(COUNTER_GROUPS.find((group) => group.title === title)!.rows) as CounterName[];
const zeros = (): Record<string, number> => Object.fromEntries(COUNTER_GROUPS.flatMap(({ rows: r }) => Object.keys(r).map((name) => [name, 0])));
const counters = (part: Partial<Record<CounterName, number>>, exits: MachineCounters['exits'] = {}): MachineCounters =>
  ({ ...zeros(), ...part, exits, pool: {} }) as unknown as MachineCounters;

/** mov ecx, 1000000; a: dec ecx; jnz a; hlt */
const LOOP = [0xb9, 0x40, 0x42, 0x0f, 0x00, 0x49, 0x75, 0xfd, 0xf4];

describe('counters', () => {
  it('has a number for each row of the table, each row once', () => {
    const names = COUNTER_GROUPS.flatMap(({ rows: r }) => Object.keys(r));
    expect(new Set(names).size).toBe(names.length);
    const all = flat(0xf4).counters();
    for (const name of names) expect(all[name as CounterName], name).toBeGreaterThanOrEqual(0);
  });

  it('tiers, dispatches and region ends sum up', () => {
    const vm = flat(...LOOP);
    vm.runUntil({ instructions: 1_500_000 });
    const c = vm.counters();
    expect(c.tciInstructions + c.moduleInstructions + c.regionInstructions).toBe(c.instructions);
    expect(c.regionInstructions).toBeGreaterThan(1_000_000);
    expect(c.tciTbs + c.moduleCalls + c.regionCalls).toBe(c.dispatches);
    expect(c.regionDirect + c.regionLookups + c.regionLinks).toBe(c.regionCalls);
    // Two instructions an interpreted TB, but for the first and those cut for the end of a budget.
    expect(c.tciInstructions / c.tciTbs).toBeCloseTo(2, 0);
  });

  it('times of work are parts of the time running', () => {
    const vm = flat(...LOOP);
    vm.runUntil({ instructions: 1_500_000 });
    const c = vm.counters();
    const parts = rows('host time').filter((name) => !['runMs', 'idleMs', 'yieldMs'].includes(name));
    expect(c.runMs).toBeGreaterThan(0);
    expect(c.engineMs).toBeGreaterThan(0);
    expect(c.emitMs).toBeGreaterThan(0);
    expect(parts.reduce((total, name) => total + c[name], 0)).toBeCloseTo(c.runMs, 3);
    expect(c.emitMs + c.engineMs + c.instantiateMs).toBeCloseTo(c.compileMs, 3);
  });

  it('knows who invalidated a TB, and that it was made again', () => {
    // a: xor byte [0x2000], 0x6c; call 0x2000; jmp a. The store hits the TB of the call before, whose first instruction becomes nop or cld.
    const vm = flat(0x80, 0x35, 0x00, 0x20, 0x00, 0x00, 0x6c, 0xe8, 0xf4, 0x0f, 0x00, 0x00, 0xeb, 0xf2);
    vm.memory.write(0x2000, Uint8Array.of(0x90, 0xc3));
    vm.runUntil({ instructions: 60 });
    const c = vm.counters();
    expect(c.invalidatedByStore).toBeGreaterThan(5);
    expect(c.invalidatedByStore + c.invalidatedByHost + c.invalidatedByRemap + c.invalidatedByDevice).toBe(c.invalidatedTbs);
    expect(c.retranslatedTbs).toBeGreaterThan(1);
    expect(c.revivedTbs).toBeGreaterThan(3);
    expect(c.livePatches).toBe(1);
    expect(c.codeWrites).toBeGreaterThanOrEqual(c.invalidatedByStore);
    expect(c.slowCode).toBeGreaterThanOrEqual(c.codeWrites);
    vm.memory.write(AT, Uint8Array.of(0xf4));
    expect(vm.counters().invalidatedByHost).toBeGreaterThan(0);
  });

  it('knows why the TLB missed', () => {
    // mov eax, [0x5000]; mov [0x5000], eax; mov eax, cr3; mov cr3, eax; mov eax, [0x5000]; invlpg [0x5000]; mov eax, [0x5000]; mov eax, [0x5fff]; hlt
    const load = [0xa1, 0x00, 0x50, 0x00, 0x00];
    const vm = flat(...load, 0xa3, 0x00, 0x50, 0x00, 0x00, 0x0f, 0x20, 0xd8, 0x0f, 0x22, 0xd8, ...load, 0x0f, 0x01, 0x3d, 0x00, 0x50, 0x00, 0x00, ...load, 0xa1, 0xff, 0x5f, 0x00, 0x00, 0xf4);
    expect(vm.runUntil({ instructions: 100 }).kind).toBe('halt');
    const c = vm.counters();
    expect(rows('TLB misses').filter((name) => name.startsWith('miss')).reduce((total, name) => total + c[name], 0)).toBe(c.tlbFills);
    expect(c.tlbFlushesCr3).toBe(1);
    expect(c.tlbFlushesCr3 + c.tlbFlushesControl + c.tlbFlushesLargePage + c.tlbFlushesOther).toBe(c.tlbFlushes);
    // The data page, and the page of the code.
    expect(c.missAfterCr3).toBe(2);
    expect(c.missPageFlush).toBe(1);
    expect(c.slowCrossing).toBe(1);
  });
});

describe('text', () => {
  it('leaves out what is zero, and says shares of what has the same unit', () => {
    const text = formatStats(counters({ instructions: 200, tciInstructions: 50, regionInstructions: 150, dispatches: 10, flushes: 1, translatedTbs: 4, runMs: 2 }, { hot: 3, budget: 20_000 }));
    expect(text).toBe(`guest instructions by tier
  all                             200
  interpreter                      50   25.0 %
  regions                         150   75.0 %
host time
  running                      2.0 ms
translated
  TBs                               4
  flushes                           1
tb_exec
  dispatches                       10
exits to the host
  budget                       20.0 k
  hot                               3
rates
  speed                          0.10 MIPS while running
  per dispatch                  20.00 instructions
`);
  });

  it('lists the hottest blocks first', () => {
    const entry = { physical: 0, insns: 3, tier: 'region', user: true } as const;
    expect(formatProfile([{ ...entry, pc: 1n, hits: 1 }, { ...entry, pc: 0xc0001000n, tier: 'tci', user: false, hits: 3 }], 1)).toBe(
      'hottest blocks, by instructions (4 samples)\n    75.0 %  0xc0001000           3 insns  tci    kernel\n');
    expect(formatProfile([])).toBe('');
  });
});

describe('a sampled timer', () => {
  it('counts all calls, and its estimate covers those it has not timed; a long one stands for itself', () => {
    let now = 0;
    const timer = new SampledTimer(() => now);
    for (let i = 0; i < 18_000; i++) {
      const began = timer.begin();
      now += i === 500 || i === 1700 ? 10 : 0.01;
      timer.end(began);
    }
    expect(timer.calls).toBe(18_000);
    // 180 ms of short calls; the long ones are both met: one among the first, the other a multiple of 17.
    expect(timer.ms).toBeGreaterThan(199);
    expect(timer.ms).toBeLessThan(201);
  });
});
