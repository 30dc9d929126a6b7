import { describe, expect, it } from 'vitest';
import { TestCpu, atLevel3 } from './machine.ts';

describe('MSRs and time', () => {
  const rdmsr = (cpu: TestCpu, msr: number): string => {
    const outcome = cpu.set({ rcx: msr }).call('rdmsr');
    return outcome === 'ok' ? ((cpu.get('rdx') << 32n) | cpu.get('rax')).toString(16) : outcome;
  };
  const wrmsr = (cpu: TestCpu, msr: number, value: bigint): string => cpu.set({ rcx: msr, rax: value & 0xffffffffn, rdx: value >> 32n }).call('wrmsr');

  type Row = readonly [what: string, msr: number, value: bigint, expected: string];
  const rows: readonly Row[] = [
    ['LSTAR', 0xc0000082, 0xffffffff_81000000n, 'ffffffff81000000'],
    ['LSTAR, non-canonical', 0xc0000082, 0x8000_0000_0000n, '#GP(0)'],
    ['FS base', 0xc0000100, 0x7fff_1234_5678n, '7fff12345678'],
    ['KERNEL_GS_BASE', 0xc0000102, 1n, '1'],
    ['SYSENTER_CS', 0x174, 0x10n, '10'],
    ['PAT', 0x277, 0x0606060606060706n, '606060606060706'],
    ['PAT, reserved type', 0x277, 0x0206060606060606n, '#GP(0)'],
    ['EFER', 0xc0000080, 0xd01n, 'd01'],
    ['EFER, reserved', 0xc0000080, 0x2n, '#GP(0)'],
    ['unknown', 0x12345, 0n, '#GP(0)'],
    ['the host\'s', 0x1b, 0xfee00800n, 'fee00800'],
    ['MTRR default type', 0x2ff, 0xc06n, 'c06'],
    ['MTRR default type 7', 0x2ff, 0xc07n, '#GP(0)'],
    ['MTRR default type, reserved bit', 0x2ff, 0x106n, '#GP(0)'],
    ['MTRR, first fixed range', 0x250, 0x0606060606060606n, '606060606060606'],
    ['MTRR, last fixed range', 0x26f, 0x0504010005040100n, '504010005040100'],
    ['MTRR, fixed range of a type that is none', 0x268, 0x0200000000000000n, '#GP(0)'],
    ['MTRR between the fixed ranges', 0x251, 0n, '#GP(0)'],
    ['MTRR base', 0x200, 0xe0000000n, 'e0000000'],
    ['MTRR base, reserved bits', 0x200, 0xe0000100n, '#GP(0)'],
    ['MTRR base above the physical address bits', 0x20e, 1n << 40n, '#GP(0)'],
    ['MTRR mask', 0x20f, 0xff_e000_0800n, 'ffe0000800'],
    ['MTRR mask, reserved bits', 0x201, 0xff_e000_0400n, '#GP(0)'],
    ['a ninth variable range', 0x210, 0n, '#GP(0)'],
    ['MTRR capabilities', 0xfe, 0x508n, '#GP(0)'],
    ['machine check bank control', 0x40c, ~0n & 0xffff_ffff_ffff_ffffn, 'ffffffffffffffff'],
    ['machine check bank status', 0x401, 0n, '0'],
    ['machine check bank status, set', 0x401, 1n, '#GP(0)'],
    ['a fifth machine check bank', 0x410, 0n, '#GP(0)'],
    ['machine check status', 0x17a, 4n, '4'],
    ['microcode revision', 0x8b, 0n, '100000000'],
    ['platform id', 0x17, 0n, '#GP(0)'],
    ['feature control is locked', 0x3a, 1n, '#GP(0)'],
    ['fast strings off', 0x1a0, 0x4_0040_0000n, '41800'],
    ['debug control: branch steps', 0x1d9, 2n, '2'],
    ['debug control: no branch records', 0x1d9, 1n, '#GP(0)'],
    ['event counters, which only early models have', 0x186, 0n, '#GP(0)'],
  ];
  it.each(rows)('%s', (_what, msr, value, expected) => {
    const cpu = new TestCpu().flat('long64').set({ efer: 0xd00 });
    const outcome = wrmsr(cpu, msr, value);
    expect(outcome === 'ok' ? rdmsr(cpu, msr) : outcome).toBe(expected);
  });

  it.each([[0x17, '0'], [0x3a, '1'], [0xfe, '508'], [0x179, '4'], [0x1a0, '41801'], [0x277, '7040600070406'], [0x2ff, '0']] as const)(
    '%i reads as %s after reset', (msr, expected) => {
      expect(rdmsr(new TestCpu().flat('long64'), msr)).toBe(expected);
    },
  );

  /** What Linux reads of a processor of its vendor and family without being prepared for a fault. */
  const UNPREPARED = {
    max: [0x10, 0x17, 0x1b, 0x3b, 0x8b, 0xfe, 0x174, 0x175, 0x176, 0x179, 0x17a, 0x1a0, 0x1d9, 0x277, 0x2ff, 0x200, 0x20f, 0x250, 0x400, 0x401, 0xc0000080],
    pentium3: [0x10, 0x17, 0x1b, 0x8b, 0xc1, 0xc2, 0xfe, 0x174, 0x179, 0x17a, 0x186, 0x187, 0x1d9, 0x2ff, 0x200, 0x26f, 0x400, 0x401],
  } as const;
  it.each(Object.entries(UNPREPARED))('%s has what Linux takes for granted', (model, msrs) => {
    const cpu = new TestCpu(model as 'max' | 'pentium3').flat('protected32');
    expect(msrs.filter((msr) => rdmsr(cpu, msr).startsWith('#'))).toEqual([]);
  });

  it('early models have two event counters that hold what is written', () => {
    const cpu = new TestCpu('pentium3').flat('protected32');
    expect(wrmsr(cpu, 0xc2, 0xff_ffff_0000n)).toBe('ok');
    expect(cpu.set({ rcx: 1 }).call('rdpmc')).toBe('ok');
    expect(cpu.dump('rdx', 'rax')).toBe('rdx=ff rax=ffff0000');
    expect(rdmsr(cpu, 0x1a0)).toBe('#GP(0)');
  });

  it('TSC_ADJUST moves with the TSC, and moves it', () => {
    const cpu = new TestCpu().flat('protected32');
    cpu.time = 1000;
    wrmsr(cpu, 0x10, 1500n);
    expect(rdmsr(cpu, 0x3b)).toBe((500).toString(16));
    wrmsr(cpu, 0x3b, 0n);
    expect(rdmsr(cpu, 0x10)).toBe((1000).toString(16));
  });

  it('the TSC deadline is of the TSC as the guest sees it', () => {
    const cpu = new TestCpu('max', { provides: ['tsc_deadline'] }).flat('protected32');
    cpu.hostMsrs.set(0x6e0, 0n);
    cpu.time = 1000;
    type Row = readonly [tsc: bigint, written: bigint, machine: bigint, read: string];
    const rows: readonly Row[] = [[1000n, 1500n, 1500n, '5dc'], [5000n, 5500n, 1500n, '157c'], [5000n, 0n, 0n, '0'], [5000n, 100n, 1n, 'fa1'], [0n, 700n, 1700n, '2bc']];
    for (const [tsc, written, machine, read] of rows) {
      wrmsr(cpu, 0x10, tsc);
      expect(wrmsr(cpu, 0x6e0, written)).toBe('ok');
      expect([cpu.hostMsrs.get(0x6e0), rdmsr(cpu, 0x6e0)]).toEqual([machine, read]);
    }
  });

  it('are read and written from the host too', () => {
    const { x86 } = new TestCpu();
    expect([x86.writeMsr(0, 0x2ff, 0xc06n), x86.readMsr(0, 0x2ff)]).toEqual([true, 0xc06n]);
    expect([x86.writeMsr(0, 0x2ff, 0xfffn), x86.readMsr(0, 0x2ff)]).toEqual([false, 0xc06n]);
    expect(x86.readMsr(0, 0x4567)).toBeUndefined();
  });

  it('EFER.LME is fixed while paging is on; LMA is not writable', () => {
    expect(wrmsr(new TestCpu().flat('long64'), 0xc0000080, 0n)).toBe('#GP(0)');
    const cpu = new TestCpu().flat('protected32');
    expect(wrmsr(cpu, 0xc0000080, 0x500n)).toBe('ok');
    expect(cpu.get('efer')).toBe(0x100n);
  });

  it('need privilege, and a model that has them', () => {
    expect(rdmsr(atLevel3(new TestCpu().flat('protected32')), 0x10)).toBe('#GP(0)');
    expect(rdmsr(new TestCpu('486').flat('protected32'), 0x10)).toBe('#UD(0)');
    expect(rdmsr(new TestCpu('pentium2').flat('protected32'), 0xc0000080)).toBe('#GP(0)');
  });

  it('the TSC counts from where WRMSR put it', () => {
    const cpu = new TestCpu().flat('protected32');
    cpu.time = 0x1_0000_0002;
    cpu.call('rdtsc');
    expect(cpu.dump('rdx', 'rax')).toBe('rdx=1 rax=2');
    wrmsr(cpu, 0x10, 0x500n);
    cpu.time = 0x1_0000_0007;
    cpu.call('rdtsc');
    expect(cpu.dump('rdx', 'rax')).toBe('rdx=0 rax=505');
    expect(atLevel3(cpu).call('rdtsc')).toBe('ok');
    expect(cpu.set({ cr4: 4 }).call('rdtsc')).toBe('#GP(0)');
    expect(new TestCpu('486').call('rdtsc')).toBe('#UD(0)');
    expect(cpu.set({ cr4: 0, tsc_aux: 7 }).call('rdtscp')).toBe('ok');
    expect(cpu.get('rcx')).toBe(7n);
  });
});
