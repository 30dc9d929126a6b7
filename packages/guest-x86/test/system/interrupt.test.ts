import { describe, expect, it } from 'vitest';
import { TB_HEADER, WASM_CONTEXT } from '@wasm-tcg/runtime';
import { restoreData } from '@wasm-tcg/guest-x86';
import { TestCpu, gate, segment } from './machine.ts';

const IDT = 0x2000;
const GDT = 0x3000;
const TSS = 0x4000;
const CODE0 = 0x08;
const DATA0 = 0x10;
const CODE3 = 0x1b;
const DATA3 = 0x23;

/** Protected mode with a GDT of flat segments, a 32-bit TSS whose ring-0 stack ends at 7000h, and vectors 0–255 as interrupt gates to 5000h. */
function protectedCpu(level: 0 | 3 = 0): TestCpu {
  const cpu = new TestCpu().flat('protected32', 0x1000, 0x8000);
  cpu.u64(GDT, 0n, segment({ type: 0x1a }), segment(), segment({ type: 0x1a, dpl: 3 }), segment({ dpl: 3 }), segment({ type: 0x1e }));
  cpu.u64(IDT, ...Array.from({ length: 256 }, () => gate(14, CODE0, 0x5000)));
  cpu.u32(TSS + 4, 0x7000, DATA0);
  cpu.set({ 'gdtr.base': GDT, 'gdtr.limit': 0x2f, 'idtr.base': IDT, 'idtr.limit': 0x7ff, 'tr.base': TSS, 'tr.limit': 0x67, tr: 0x28, 'tr.access': 0x8b00 });
  if (level === 3) enterLevel3(cpu);
  return cpu.set({ rflags: 0x202 });
}

function enterLevel3(cpu: TestCpu): void {
  cpu.set({ cs: CODE3, 'cs.access': 0xc0fb00 });
  for (const seg of ['ss', 'ds', 'es', 'fs', 'gs'] as const) cpu.set({ [seg]: DATA3, [`${seg}.access`]: 0xc0f300 });
}

/** Raise an exception at the running instruction and deliver it. */
function fault(cpu: TestCpu, vector: number, error = -1): string {
  cpu.call('raise_exception', vector, error);
  return cpu.deliver();
}

describe('real mode', () => {
  const real = (): TestCpu => new TestCpu().flat('real16', 0x1234, 0x8000).u32(0x21 * 4, 0x1000_0040).set({ rflags: 0x346 });

  it('pushes FLAGS, CS, IP and clears IF and TF', () => {
    const cpu = real();
    expect(cpu.call('int_n', 0x21)).toBe('ok');
    expect(cpu.dump('cs', 'cs.base', 'rip', 'rsp', 'rflags')).toBe('cs=1000 cs.base=10000 rip=40 rsp=7ffa rflags=46');
    expect(cpu.words(0x7ffa, 2, 3)).toBe('1234 0 346');
  });

  it('wraps SP within 64 KiB and keeps the upper half of ESP', () => {
    const cpu = real().set({ rsp: 0x12340002 });
    expect(cpu.call('int_n', 0x21)).toBe('ok');
    expect(cpu.get('rsp')).toBe(0x1234fffcn);
  });

  it('faults with #GP beyond the IVT and shuts down when nothing can be delivered', () => {
    const cpu = real().set({ 'idtr.limit': 0x80 });
    expect(cpu.call('int_n', 0x21)).toBe('#GP(0)');
    cpu.u32(13 * 4, 0x2000_0000);
    expect(cpu.deliver()).toBe('ok');
    expect(cpu.dump('cs', 'rip')).toBe('cs=2000 rip=0');
    cpu.set({ 'idtr.limit': 3 });
    expect(fault(cpu, 13)).toBe('shutdown');
  });

  it('refuses a push across the end of the segment with #SS', () => {
    const cpu = real().set({ rsp: 1 });
    expect(cpu.call('int_n', 0x21)).toBe('#SS(0)');
    expect(cpu.dump('cs', 'rip', 'rsp')).toBe('cs=0 rip=1234 rsp=1');
  });

  it('INTO looks at OF', () => {
    const cpu = real().u32(16, 0x3000_0001);
    cpu.call('into');
    expect(cpu.get('rip')).toBe(0x1234n);
    cpu.set({ rflags: 0xa46 });
    cpu.call('into');
    expect(cpu.dump('cs', 'rip')).toBe('cs=3000 rip=1');
  });
});

describe('protected mode, same level', () => {
  it('pushes an error code and RF for faults', () => {
    const cpu = protectedCpu();
    expect(fault(cpu, 13, 0x28)).toBe('ok');
    expect(cpu.dump('cs', 'rip', 'rsp', 'rflags')).toBe('cs=8 rip=5000 rsp=7ff0 rflags=2');
    expect(cpu.words(0x7ff0, 4, 4)).toBe('28 1000 8 10202');
  });

  it('pushes neither for software interrupts, and keeps IF in trap gates', () => {
    const cpu = protectedCpu().u64(IDT + 13 * 8, gate(15, CODE0, 0x6000));
    expect(cpu.call('int_n', 13)).toBe('ok');
    expect(cpu.dump('rip', 'rsp', 'rflags')).toBe('rip=6000 rsp=7ff4 rflags=202');
    expect(cpu.words(0x7ff4, 4, 3)).toBe('1000 8 202');
  });

  it('16-bit gates push words', () => {
    const cpu = protectedCpu().u64(IDT + 0x40 * 8, gate(6, CODE0, 0x12345000));
    expect(cpu.call('int_n', 0x40)).toBe('ok');
    expect(cpu.dump('rip', 'rsp')).toBe('rip=5000 rsp=7ffa');
    expect(cpu.words(0x7ffa, 2, 3)).toBe('1000 8 202');
  });

  it('sets CR2 and the error code of page faults', () => {
    const cpu = protectedCpu();
    cpu.call('mov_to_cr', 3, 0x10000n);
    cpu.u32(0x10000, 0x11007);
    for (let page = 0; page < 16; page++) cpu.u32(0x11000 + page * 4, page * 4096 + 7);
    cpu.call('mov_to_cr', 0, 0x80000011n);
    expect(cpu.access('st', 0x123456n, 1)).toBe('#PF(6)@123456');
    expect(cpu.deliver()).toBe('ok');
    expect(cpu.get('cr2')).toBe(0x123456n);
    expect(cpu.words(0x7ff0, 4, 1)).toBe('6');
  });

  type Row = readonly [what: string, vector: number, gate: bigint, expected: string];
  const rows: readonly Row[] = [
    ['beyond the IDT', 0xff, 0n, '#GP(7fa)'],
    ['no gate', 0x40, gate(13, CODE0, 0), '#GP(202)'],
    ['a code segment in the IDT', 0x40, segment({ type: 0x1a }), '#GP(202)'],
    ['not present', 0x40, gate(14, CODE0, 0, { present: false }), '#NP(202)'],
    ['null selector', 0x40, gate(14, 0, 0), '#GP(0)'],
    ['selector beyond the GDT', 0x40, gate(14, 0x30, 0), '#GP(30)'],
    ['data segment', 0x40, gate(14, DATA0, 0), '#GP(10)'],
    ['offset beyond the limit', 0x40, gate(14, 0x28, 0x2000), '#GP(0)'],
    ['present conforming code', 0x40, gate(14, 0x28, 0x100), 'ok'],
  ];
  it.each(rows)('INT n: %s', (_what, vector, entry, expected) => {
    const cpu = protectedCpu().u64(IDT + vector * 8, entry).u64(GDT + 0x28, segment({ type: 0x1e, limit: 0xfff, flags: 4 }));
    if (vector === 0xff) cpu.set({ 'idtr.limit': 0x7fe });
    expect(cpu.call('int_n', vector)).toBe(expected);
    if (expected !== 'ok') expect(cpu.dump('cs', 'rip', 'rsp')).toBe('cs=8 rip=1000 rsp=8000');
  });

  it('external interrupts put EXT into error codes', () => {
    const cpu = protectedCpu().u64(IDT + 0x40 * 8, gate(14, 0x30, 0));
    cpu.x86.exports.interrupt_deliver(cpu.env, 0x40);
    expect(cpu.outcome()).toBe('ok');
    expect(cpu.words(0x7ff0, 4, 2)).toBe('31 1000');
  });
});

describe('double and triple faults', () => {
  type Row = readonly [first: number, bad: readonly number[], expected: string, handler: number];
  const rows: readonly Row[] = [
    [13, [13], 'ok', 8],
    [10, [10], 'ok', 8],
    [0, [0], 'ok', 8],
    [14, [14], 'ok', 8],
    [6, [6], 'ok', 11],
    [13, [13, 8], 'shutdown', -1],
  ];
  it.each(rows)('vector %i with bad gates %j', (first, bad, expected, handler) => {
    const cpu = protectedCpu();
    for (let vector = 0; vector < 32; vector++) cpu.u64(IDT + vector * 8, gate(14, CODE0, 0x5000 + vector));
    for (const vector of bad) cpu.u64(IDT + vector * 8, gate(14, CODE0, 0, { present: false }));
    expect(fault(cpu, first, 0)).toBe(expected);
    if (handler >= 0) expect(cpu.get('rip')).toBe(BigInt(0x5000 + handler));
    if (handler === 8) expect(cpu.words(0x7ff0, 4, 2)).toBe('0 1000');
  });
});

describe('to an inner level', () => {
  it('takes SS:ESP from the TSS and pushes the old one', () => {
    const cpu = protectedCpu(3);
    expect(fault(cpu, 13, 4)).toBe('ok');
    expect(cpu.dump('cs', 'ss', 'rip', 'rsp', 'ds')).toBe('cs=8 ss=10 rip=5000 rsp=6fe8 ds=23');
    expect(cpu.words(0x6fe8, 4, 6)).toBe('4 1000 1b 10202 8000 23');
    // Descriptors are marked accessed.
    expect((cpu.read(GDT + DATA0, 8) >> 40n) & 1n).toBe(1n);
  });

  it('checks the DPL of gates for software interrupts only', () => {
    const cpu = protectedCpu(3);
    expect(cpu.call('int_n', 0x40)).toBe('#GP(202)');
    expect(cpu.call('int3')).toBe('#GP(1a)');
    expect(cpu.call('int1')).toBe('ok');
    expect(cpu.get('cs')).toBe(8n);
  });

  type Row = readonly [what: string, prepare: (cpu: TestCpu) => void, expected: string];
  const rows: readonly Row[] = [
    ['TSS too short', (cpu) => cpu.set({ 'tr.limit': 8 }), '#TS(28)'],
    ['null stack selector', (cpu) => cpu.u32(TSS + 8, 0), '#TS(0)'],
    ['stack selector with another RPL', (cpu) => cpu.u32(TSS + 8, DATA0 | 1), '#TS(10)'],
    ['stack of another DPL', (cpu) => cpu.u32(TSS + 8, 0x20), '#TS(20)'],
    ['stack in code', (cpu) => cpu.u32(TSS + 8, CODE0), '#TS(8)'],
    ['stack beyond the GDT', (cpu) => cpu.u32(TSS + 8, 0x38), '#TS(38)'],
    ['stack not present', (cpu) => cpu.u64(GDT + DATA0, segment({ present: false })), '#SS(10)'],
    ['stack too small', (cpu) => cpu.u64(GDT + DATA0, segment({ limit: 0x6ff0, flags: 4 })), '#SS(10)'],
  ];
  it.each(rows)('%s', (_what, prepare, expected) => {
    const cpu = protectedCpu(3).u64(IDT + 0x40 * 8, gate(14, CODE0, 0x5000, { dpl: 3 }));
    prepare(cpu);
    expect(cpu.call('int_n', 0x40)).toBe(expected);
    expect(cpu.dump('cs', 'ss', 'rsp')).toBe('cs=1b ss=23 rsp=8000');
  });

  it('returns with IRETD', () => {
    const cpu = protectedCpu(3);
    fault(cpu, 6);
    cpu.set({ ds: 0x10, 'ds.access': 0xc09300 });
    expect(cpu.call('iret', 4)).toBe('ok');
    expect(cpu.dump('cs', 'ss', 'rip', 'rsp', 'ds', 'ds.access', 'rflags')).toBe('cs=1b ss=23 rip=1000 rsp=8000 ds=0 ds.access=0 rflags=202');
  });
});

describe('virtual-8086 mode', () => {
  function virtual(iopl = 0): TestCpu {
    const cpu = protectedCpu();
    // EIP CS EFLAGS ESP SS ES DS FS GS
    cpu.u32(0x7fdc, 0x12, 0x100, 0x20202 | (iopl << 12), 0x800, 0x200, 0x300, 0x400, 0x500, 0x600).set({ rsp: 0x7fdc });
    expect(cpu.call('iret', 4)).toBe('ok');
    return cpu;
  }

  it('is entered by IRETD', () => {
    const cpu = virtual();
    expect(cpu.dump('cs', 'cs.base', 'rip', 'ss', 'ss.base', 'rsp', 'ds', 'gs.base', 'cs.limit', 'rflags')).toBe(
      'cs=100 cs.base=1000 rip=12 ss=200 ss.base=2000 rsp=800 ds=400 gs.base=6000 cs.limit=ffff rflags=20202',
    );
  });

  it('leaves through a gate, with its data segments on the stack', () => {
    const cpu = virtual();
    expect(fault(cpu, 13, 0)).toBe('ok');
    expect(cpu.dump('cs', 'rip', 'ss', 'rsp', 'ds', 'rflags')).toBe('cs=8 rip=5000 ss=10 rsp=6fd8 ds=0 rflags=2');
    expect(cpu.words(0x6fd8, 4, 10)).toBe('0 12 100 30202 800 200 300 400 500 600');
  });

  it('INT n needs IOPL 3, INT3 does not', () => {
    const cpu = virtual();
    cpu.u64(IDT + 0x40 * 8, gate(14, CODE0, 0x5000, { dpl: 3 })).u64(IDT + 3 * 8, gate(14, CODE0, 0x5000, { dpl: 3 }));
    expect(cpu.call('int_n', 0x40)).toBe('#GP(0)');
    expect(cpu.call('int3')).toBe('ok');
    expect(virtual(3).u64(IDT + 0x40 * 8, gate(14, CODE0, 0x5000, { dpl: 3 })).call('int_n', 0x40)).toBe('ok');
  });

  it('must go to level 0', () => {
    const cpu = virtual(3).u64(IDT + 0x40 * 8, gate(14, 0x18, 0x5000, { dpl: 3 }));
    expect(cpu.call('int_n', 0x40)).toBe('#GP(18)');
  });
});

describe('64-bit mode', () => {
  const CODE64 = segment({ type: 0x1a, flags: 0xa });
  function long(level: 0 | 3 = 0): TestCpu {
    const cpu = new TestCpu().flat('long64', 0x1000, 0x8008);
    cpu.u64(0x10000, 0x11007n).u64(0x11000, 0x12007n).u64(0x12000, 0x87n);
    cpu.u64(GDT, 0n, CODE64, segment(), segment({ type: 0x1a, dpl: 3, flags: 0xa }), segment({ dpl: 3 }));
    for (let vector = 0; vector < 64; vector++) cpu.u64(IDT + vector * 16, gate(14, CODE0, 0x5000 + vector, { low: vector === 8 ? 2 : 0 }), 0n);
    cpu.u64(TSS + 4 - 4, 0n).u32(TSS + 4, 0x7000, 0).u32(TSS + 0x2c, 0x6000, 0);
    cpu.set({ 'gdtr.base': GDT, 'gdtr.limit': 0x2f, 'idtr.base': IDT, 'idtr.limit': 0x3ff, 'tr.base': TSS, 'tr.limit': 0x67, tr: 0x28, 'tr.access': 0x8b00, rflags: 0x202 });
    if (level === 3) cpu.set({ cs: CODE3, 'cs.access': 0xa0fb00, ss: DATA3, 'ss.access': 0xc0f300 });
    return cpu;
  }

  it('aligns the stack and always pushes SS:RSP', () => {
    const cpu = long();
    expect(fault(cpu, 13, 0)).toBe('ok');
    expect(cpu.dump('rip', 'rsp', 'cs', 'ss')).toBe('rip=500d rsp=7fd0 cs=8 ss=10');
    expect(cpu.words(0x7fd0, 8, 6)).toBe('0 1000 8 10202 8008 10');
  });

  it('takes RSP0 from level 3, with a null SS', () => {
    const cpu = long(3);
    expect(fault(cpu, 6)).toBe('ok');
    expect(cpu.dump('rip', 'rsp', 'cs', 'ss')).toBe('rip=5006 rsp=6fd8 cs=8 ss=0');
    expect(cpu.call('iret', 8)).toBe('ok');
    expect(cpu.dump('rip', 'rsp', 'cs', 'ss')).toBe('rip=1000 rsp=8008 cs=1b ss=23');
  });

  it('takes interrupt stacks from the TSS', () => {
    const cpu = long();
    cpu.u64(IDT + 13 * 16, gate(14, CODE0, 0, { present: false }));
    expect(fault(cpu, 13, 0)).toBe('ok');
    expect(cpu.dump('rip', 'rsp')).toBe('rip=5008 rsp=5fd0');
  });

  type Row = readonly [what: string, prepare: (cpu: TestCpu) => void, expected: string];
  const rows: readonly Row[] = [
    ['16-bit gate', (cpu) => cpu.u64(IDT + 0x20 * 16, gate(6, CODE0, 0)), '#GP(102)'],
    ['task gate', (cpu) => cpu.u64(IDT + 0x20 * 16, gate(5, 0x28, 0)), '#GP(102)'],
    ['compatibility-mode code', (cpu) => cpu.u64(GDT + 8, segment({ type: 0x1a })), '#GP(8)'],
    ['L and D', (cpu) => cpu.u64(GDT + 8, segment({ type: 0x1a, flags: 0xe })), '#GP(8)'],
    ['non-canonical target', (cpu) => cpu.u64(IDT + 0x20 * 16 + 8, 0x8000n), '#GP(0)'],
    ['non-canonical stack', (cpu) => cpu.set({ rsp: 0x8000_0000_1000n }), '#SS(0)'],
    ['limit of 16-byte gates', (cpu) => cpu.set({ 'idtr.limit': 0x20e }), '#GP(102)'],
  ];
  it.each(rows)('%s', (_what, prepare, expected) => {
    const cpu = long();
    prepare(cpu);
    expect(cpu.call('int_n', 0x20)).toBe(expected);
    expect(cpu.get('rip')).toBe(0x1000n);
  });

  it('IRETQ refuses NT', () => {
    expect(long().set({ rflags: 0x4002 }).call('iret', 8)).toBe('#GP(0)');
  });
});

describe('restoring the faulting instruction', () => {
  /** A TB at physical page 1 whose restore table has two instructions. */
  function withTb(cpu: TestCpu, data: readonly number[]): void {
    const tb = cpu.machine.map.arena;
    const table = tb + 4096;
    const { u32 } = cpu.machine.views();
    u32[(tb + TB_HEADER.offset.restore) >>> 2] = table;
    data.forEach((word, i) => u32.set([0x20 + i * 3, word], (table + i * 8) >>> 2));
    u32[(cpu.env + WASM_CONTEXT.offset.tbPtr) >>> 2] = tb;
  }
  const setGlobal = (cpu: TestCpu, name: 'page_base' | 'cc_op', value: bigint): void => {
    const { layout } = cpu.machine;
    const { slot } = layout.globals.find((g) => g.name === name)!;
    cpu.machine.views().data.setBigUint64(cpu.env + layout.frameOffset + slot * 8, value, true);
  };

  it('finds rip and cc_op in the table', () => {
    const cpu = protectedCpu();
    withTb(cpu, [restoreData(-1, false, false), restoreData(0, false, false)]);
    setGlobal(cpu, 'page_base', 0x4000n);
    cpu.setContext('insnIndex', 1);
    cpu.set({ rflags: 0x246 });
    setGlobal(cpu, 'cc_op', 7n);
    expect(fault(cpu, 6)).toBe('ok');
    expect(cpu.words(0x7ff4, 4, 3)).toBe('4023 8 10246');
  });

  it.each([
    ['load, loads use SS', 0, 'ld', 12],
    ['store, loads use SS', 0, 'st', 13],
    ['load, stores use SS', 1, 'ld', 13],
    ['store, stores use SS', 1, 'st', 12],
  ] as const)('non-canonical %s', (_what, insn, access, vector) => {
    const cpu = new TestCpu().flat('long64').set({ cr0: 0x11, 'idtr.base': IDT, 'idtr.limit': 0xff, 'gdtr.base': GDT, 'gdtr.limit': 15 });
    cpu.u64(GDT, 0n, segment({ type: 0x1a, flags: 0xa }));
    for (const v of [12, 13]) cpu.u64(IDT + v * 16, gate(14, CODE0, 0x5000 + v), 0n);
    withTb(cpu, [restoreData(0, true, false), restoreData(0, false, true)]);
    cpu.setContext('insnIndex', insn);
    expect(cpu.access(access, 0x8000_0000_0000n, 0)).toBe('#GP(0)');
    expect(cpu.deliver()).toBe('ok');
    expect(cpu.get('rip')).toBe(BigInt(0x5000 + vector));
  });
});
