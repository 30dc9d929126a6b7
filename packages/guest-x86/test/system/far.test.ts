import { describe, expect, it } from 'vitest';
import { TestCpu, gate, segment } from './machine.ts';

const GDT = 0x3000;
const TSS = 0x4000;

/** Slots: 1 code 0, 2 data 0, 3 code 3, 4 data 3, 5 conforming code 0, 6 short 16-bit code 0, 7 what is tested, 8 its second half. */
function cpuWith(tested: bigint, level: 0 | 3 = 0): TestCpu {
  const cpu = new TestCpu().flat('protected32', 0x1000, 0x8000);
  cpu.u64(
    GDT, 0n, segment({ type: 0x1a }), segment(), segment({ type: 0x1a, dpl: 3 }), segment({ dpl: 3 }), segment({ type: 0x1e }),
    segment({ type: 0x1a, limit: 0xfff, flags: 0 }), tested, 0n,
  );
  cpu.u32(TSS + 4, 0x7000, 0x10);
  cpu.set({ 'gdtr.base': GDT, 'gdtr.limit': 0x47, 'tr.base': TSS, 'tr.limit': 0x67, tr: 0x60, 'tr.access': 0x8b00 });
  if (level === 3) cpu.set({ cs: 0x1b, 'cs.access': 0xc0fb00, ss: 0x23, 'ss.access': 0xc0f300, ds: 0x23, 'ds.access': 0xc0f300 });
  return cpu;
}

describe('far JMP', () => {
  type Row = readonly [what: string, level: 0 | 3, selector: number, offset: number, tested: bigint, expected: string];
  const rows: readonly Row[] = [
    ['code', 0, 0x08, 0x1234, 0n, 'cs=8 rip=1234'],
    ['16-bit code', 0, 0x30, 0xfff, 0n, 'cs=30 rip=fff'],
    ['conforming, outer caller', 3, 0x28, 0x1234, 0n, 'cs=2b rip=1234'],
    ['null', 0, 0x03, 0, 0n, '#GP(0)'],
    ['beyond the GDT', 0, 0x48, 0, 0n, '#GP(48)'],
    ['data', 0, 0x10, 0, 0n, '#GP(10)'],
    ['inner code', 3, 0x08, 0, 0n, '#GP(8)'],
    ['outer code', 0, 0x18, 0, 0n, '#GP(18)'],
    ['RPL', 0, 0x09, 0, 0n, '#GP(8)'],
    ['not present', 0, 0x38, 0, segment({ type: 0x1a, present: false }), '#NP(38)'],
    ['beyond the limit', 0, 0x30, 0x1000, 0n, '#GP(0)'],
    ['outer conforming', 0, 0x38, 0, segment({ type: 0x1e, dpl: 3 }), '#GP(38)'],
    ['call gate', 0, 0x38, 0x99, gate(12, 0x08, 0x12345), 'cs=8 rip=12345'],
    ['16-bit call gate', 0, 0x38, 0x99, gate(4, 0x08, 0x12345), 'cs=8 rip=2345'],
    ['gate of an inner level', 3, 0x38, 0, gate(12, 0x18, 0x10), '#GP(38)'],
    ['gate to an inner level', 3, 0x38, 0, gate(12, 0x08, 0x10, { dpl: 3 }), '#GP(8)'],
    ['gate to conforming code', 3, 0x3b, 0, gate(12, 0x28, 0x10, { dpl: 3 }), 'cs=2b rip=10'],
    ['gate not present', 0, 0x38, 0, gate(12, 0x08, 0x10, { present: false }), '#NP(38)'],
    ['gate to null', 0, 0x38, 0, gate(12, 0, 0x10), '#GP(0)'],
    ['gate to data', 0, 0x38, 0, gate(12, 0x10, 0x10), '#GP(10)'],
    ['gate beyond the limit', 0, 0x38, 0, gate(12, 0x30, 0x1000), '#GP(0)'],
    ['interrupt gate', 0, 0x38, 0, gate(14, 0x08, 0x10), '#GP(38)'],
    ['LDT descriptor', 0, 0x38, 0, segment({ type: 2 }), '#GP(38)'],
    ['busy TSS', 0, 0x38, 0, segment({ type: 11 }), '#GP(38)'],
  ];
  it.each(rows)('%s, CPL %i', (_what, level, selector, offset, tested, expected) => {
    const cpu = cpuWith(tested, level);
    const before = cpu.dump('cs', 'rip', 'cs.access');
    const outcome = cpu.call('far_jmp', selector, BigInt(offset), 4);
    if (outcome === 'ok') expect(cpu.dump('cs', 'rip')).toBe(expected);
    else expect(outcome).toBe(expected);
    if (outcome !== 'ok') expect(cpu.dump('cs', 'rip', 'cs.access')).toBe(before);
  });

  it('cuts the offset to the operand size', () => {
    const cpu = cpuWith(0n);
    cpu.call('far_jmp', 8, 0x12345n, 2);
    expect(cpu.get('rip')).toBe(0x2345n);
  });

  it('real mode', () => {
    const cpu = new TestCpu().flat('real16');
    expect(cpu.call('far_jmp', 0xf000, 0xfff0n, 2)).toBe('ok');
    expect(cpu.dump('cs', 'cs.base', 'rip')).toBe('cs=f000 cs.base=f0000 rip=fff0');
    expect(cpu.call('far_jmp', 0x1000, 0x10000n, 4)).toBe('#GP(0)');
  });

  it('long mode: code sizes and canonical targets', () => {
    const cpu = cpuWith(segment({ type: 0x1a, flags: 0xa })).set({ efer: 0x500 });
    expect(cpu.call('far_jmp', 0x38, 0x1_0000_0000n, 8)).toBe('ok');
    expect(cpu.dump('cs', 'rip', 'cs.access')).toBe('cs=38 rip=100000000 cs.access=a09b00');
    expect(cpu.call('far_jmp', 0x38, 0x8000_0000_0000n, 8)).toBe('#GP(0)');
    expect(cpu.call('far_jmp', 0x08, 0x1_0000_0000n, 8)).toBe('#GP(0)');
    expect(cpu.call('far_jmp', 0x08, 0x1234n, 4)).toBe('ok');
    expect(cpu.dump('cs', 'rip', 'cs.access')).toBe('cs=8 rip=1234 cs.access=c09b00');
    expect(cpuWith(segment({ type: 0x1a, flags: 0xe })).set({ efer: 0x500 }).call('far_jmp', 0x38, 0n, 4)).toBe('#GP(38)');
  });
});

describe('far CALL and RETF', () => {
  it.each([[2, '1000 8'], [4, '1000 8']] as const)('same level, %i-byte operands', (size, pushed) => {
    const cpu = cpuWith(0n);
    expect(cpu.call('far_call', 0x30, 0x123n, size)).toBe('ok');
    expect(cpu.dump('cs', 'rip', 'rsp')).toBe(`cs=30 rip=123 rsp=${(0x8000 - 2 * size).toString(16)}`);
    expect(cpu.words(0x8000 - 2 * size, size, 2)).toBe(pushed);
    expect(cpu.call('far_ret', 6, size)).toBe('ok');
    expect(cpu.dump('cs', 'rip', 'rsp')).toBe('cs=8 rip=1000 rsp=8006');
  });

  it('commits nothing when the target does not fit', () => {
    const cpu = cpuWith(0n);
    expect(cpu.call('far_call', 0x30, 0x1000n, 4)).toBe('#GP(0)');
    expect(cpu.dump('cs', 'rip', 'rsp')).toBe('cs=8 rip=1000 rsp=8000');
  });

  it('to an inner level with parameters, and back', () => {
    const cpu = cpuWith(gate(12, 0x08, 0x5000, { dpl: 3, low: 2 }), 3).u32(0x8000, 0xaaaa, 0xbbbb);
    expect(cpu.call('far_call', 0x3b, 0n, 4)).toBe('ok');
    expect(cpu.dump('cs', 'ss', 'rip', 'rsp')).toBe('cs=8 ss=10 rip=5000 rsp=6fe8');
    expect(cpu.words(0x6fe8, 4, 6)).toBe('1000 1b aaaa bbbb 8000 23');
    cpu.set({ ds: 0x10, 'ds.access': 0xc09300 });
    expect(cpu.call('far_ret', 8, 4)).toBe('ok');
    expect(cpu.dump('cs', 'ss', 'rip', 'rsp', 'ds')).toBe('cs=1b ss=23 rip=1000 rsp=8008 ds=0');
  });

  it('through a 16-bit gate', () => {
    const cpu = cpuWith(gate(4, 0x08, 0x5000, { dpl: 3, low: 1 }), 3).u32(0x8000, 0xaaaa);
    expect(cpu.call('far_call', 0x3b, 0n, 4)).toBe('ok');
    expect(cpu.words(0x6ff6, 2, 5)).toBe('1000 1b aaaa 8000 23');
  });

  it('through a gate of long mode', () => {
    const cpu = cpuWith(gate(12, 0x38, 0x5000), 0).set({ efer: 0x500 });
    cpu.u64(GDT + 0x38, segment({ type: 0x1a, flags: 0xa }), gate(12, 0x38, 0x5000), 0x1n).set({ 'gdtr.limit': 0x57 });
    expect(cpu.call('far_call', 0x40, 0n, 4)).toBe('ok');
    expect(cpu.dump('cs', 'rip', 'rsp')).toBe('cs=38 rip=100005000 rsp=7ff0');
    expect(cpu.words(0x7ff0, 8, 2)).toBe('1000 8');
  });

  type Row = readonly [what: string, frame: readonly number[], expected: string];
  const rows: readonly Row[] = [
    ['null CS', [0x10, 0], '#GP(0)'],
    ['inner CS', [0x10, 0x08], '#GP(8)'],
    ['data', [0x10, 0x23], '#GP(20)'],
    ['beyond the GDT', [0x10, 0x4b], '#GP(48)'],
    ['DPL differs from RPL', [0x10, 0x0b], '#GP(8)'],
  ];
  it.each(rows)('RETF at CPL 3: %s', (_what, frame, expected) => {
    const cpu = cpuWith(0n, 3).u32(0x8000, ...frame);
    expect(cpu.call('far_ret', 0, 4)).toBe(expected);
    expect(cpu.dump('cs', 'rip', 'rsp')).toBe('cs=1b rip=1000 rsp=8000');
  });

  const outer: readonly Row[] = [
    ['null SS', [0x10, 0x1b, 0x9000, 0], '#GP(0)'],
    ['SS of another level', [0x10, 0x1b, 0x9000, 0x10], '#GP(10)'],
    ['SS in code', [0x10, 0x1b, 0x9000, 0x1b], '#GP(18)'],
    ['fine', [0x10, 0x1b, 0x9000, 0x23], 'ok'],
  ];
  it.each(outer)('RETF to CPL 3: %s', (_what, frame, expected) => {
    const cpu = cpuWith(0n).u32(0x8000, ...frame);
    expect(cpu.call('far_ret', 0, 4)).toBe(expected);
    expect(cpu.dump('cs', 'ss', 'rsp')).toBe(expected === 'ok' ? 'cs=1b ss=23 rsp=9000' : 'cs=8 ss=10 rsp=8000');
  });

  it('real mode', () => {
    const cpu = new TestCpu().flat('real16', 0x1234, 0x8000).set({ cs: 0x100, 'cs.base': 0x1000 });
    expect(cpu.call('far_call', 0x2000, 0x10n, 2)).toBe('ok');
    expect(cpu.words(0x7ffc, 2, 2)).toBe('1234 100');
    expect(cpu.call('far_ret', 0, 2)).toBe('ok');
    expect(cpu.dump('cs', 'cs.base', 'rip', 'rsp')).toBe('cs=100 cs.base=1000 rip=1234 rsp=8000');
  });
});

describe('IRET', () => {
  it('real mode takes all flags; 16-bit operands keep the upper half', () => {
    const cpu = new TestCpu().flat('real16', 0, 0x8000).set({ rflags: 0x40002 });
    cpu.write(0x8000, [0x34, 0x12, 0x00, 0x20, 0xff, 0xff]);
    expect(cpu.call('iret', 2)).toBe('ok');
    expect(cpu.dump('cs', 'rip', 'rsp', 'rflags')).toBe('cs=2000 rip=1234 rsp=8006 rflags=47fd7');
  });

  type Row = readonly [level: 0 | 3, iopl: number, image: number, expected: string];
  const rows: readonly Row[] = [
    [0, 0, 0x3202, '3202'],
    [3, 0, 0x3202, '2'],
    [3, 3, 0x0202, '3202'],
  ];
  it.each(rows)('protected mode, CPL %i, IOPL %i', (level, iopl, image, expected) => {
    const cpu = cpuWith(0n, level).u32(0x8000, 0x1111, level === 3 ? 0x1b : 8, image).set({ rflags: 2 | (iopl << 12) });
    expect(cpu.call('iret', 4)).toBe('ok');
    expect(cpu.get('rflags').toString(16)).toBe(expected);
  });
});

describe('task switch', () => {
  const NEW = 0x4800;
  /** Slot 7: the new task's TSS. */
  function tasks(level: 0 | 3 = 0): TestCpu {
    const cpu = cpuWith(segment({ type: 9, base: NEW, limit: 0x67, flags: 0 }), level);
    cpu.u64(GDT + 0x40, segment({ type: 11, base: TSS, limit: 0x67, flags: 0 })).set({ tr: 0x40, rcx: 0xc0 });
    // EIP EFLAGS EAX ECX EDX EBX ESP EBP ESI EDI, then ES CS SS DS FS GS LDT.
    cpu.u32(NEW + 32, 0x2222, 0x2, 1, 2, 3, 4, 0x9000, 6, 7, 8, 0x10, 8, 0x10, 0x10, 0, 0, 0);
    return cpu;
  }

  it('CALL nests, IRET returns', () => {
    const cpu = tasks();
    expect(cpu.call('far_call', 0x38, 0n, 4)).toBe('ok');
    expect(cpu.dump('cs', 'rip', 'rsp', 'rcx', 'rdi', 'tr', 'rflags', 'cr0')).toBe('cs=8 rip=2222 rsp=9000 rcx=2 rdi=8 tr=38 rflags=4002 cr0=19');
    expect(cpu.read(NEW, 2)).toBe(0x40n);
    expect(cpu.read(TSS + 32, 4)).toBe(0x1000n);
    expect([cpu.read(GDT + 0x3d, 1), cpu.read(GDT + 0x45, 1)]).toEqual([0x8bn, 0x8bn]);
    expect(cpu.call('iret', 4)).toBe('ok');
    expect(cpu.dump('cs', 'rip', 'rsp', 'rcx', 'tr', 'rflags')).toBe('cs=8 rip=1000 rsp=8000 rcx=c0 tr=40 rflags=2');
    expect([cpu.read(GDT + 0x3d, 1), cpu.read(GDT + 0x45, 1)]).toEqual([0x89n, 0x8bn]);
  });

  it('JMP leaves the old task available', () => {
    const cpu = tasks();
    expect(cpu.call('far_jmp', 0x38, 0n, 4)).toBe('ok');
    expect(cpu.get('rflags')).toBe(2n);
    expect([cpu.read(GDT + 0x3d, 1), cpu.read(GDT + 0x45, 1)]).toEqual([0x8bn, 0x89n]);
  });

  it('an exception through a task gate pushes its error code in the new task', () => {
    const cpu = tasks().u64(0x2000 + 13 * 8, gate(5, 0x38, 0)).set({ 'idtr.base': 0x2000, 'idtr.limit': 0x7ff });
    cpu.call('raise_exception', 13, 0x18);
    expect(cpu.deliver()).toBe('ok');
    expect(cpu.dump('rip', 'rsp', 'tr')).toBe('rip=2222 rsp=8ffc tr=38');
    expect(cpu.read(0x8ffc, 4)).toBe(0x18n);
  });

  it('faults of the new task happen in it', () => {
    const cpu = tasks().u32(NEW + 80, 0x20);
    expect(cpu.call('far_jmp', 0x38, 0n, 4)).toBe('!#TS(20)');
    expect(cpu.dump('tr', 'rip')).toBe('tr=38 rip=2222');
  });

  it('an exception whose task is broken becomes a double fault in it', () => {
    const cpu = tasks().u32(NEW + 80, 0x20).u64(0x2000 + 13 * 8, gate(5, 0x38, 0)).u64(0x2000 + 8 * 8, gate(14, 8, 0x5008));
    cpu.set({ 'idtr.base': 0x2000, 'idtr.limit': 0x7ff });
    cpu.call('raise_exception', 13, 0x18);
    expect(cpu.deliver()).toBe('shutdown');
    cpu.u32(NEW + 80, 0x10).u32(NEW + 84, 0x48).u64(GDT + 0x38, segment({ type: 9, base: NEW, limit: 0x67, flags: 0 })).set({ tr: 0x40, 'tr.base': TSS });
    cpu.call('raise_exception', 13, 0x18);
    expect(cpu.deliver()).toBe('ok');
    expect(cpu.dump('rip', 'tr', 'rsp')).toBe('rip=5008 tr=38 rsp=8ff0');
    expect(cpu.words(0x8ff0, 4, 2)).toBe('0 2222');
  });

  it('a short TSS leaves everything as it was', () => {
    const cpu = tasks().u64(GDT + 0x38, segment({ type: 9, base: NEW, limit: 0x66, flags: 0 }));
    expect(cpu.call('far_jmp', 0x38, 0n, 4)).toBe('#TS(38)');
    expect(cpu.dump('tr', 'rip')).toBe('tr=40 rip=1000');
  });
});
