import { describe, expect, it } from 'vitest';
import {
  HFlag, MmuIndex, REGISTER_NAMES, UnknownRegisterError, X86LinkError, X86_LAYOUT, X86_STATE, compileX86, createX86, identityPageTables,
  type RegisterName,
} from '@wasm-tcg/guest-x86';
import { TestCpu, atLevel3 } from './machine.ts';

const hflags = (cpu: TestCpu): number => cpu.machine.views().u32[(cpu.env + X86_LAYOUT.flagsOffset) >>> 2]!;
const generation = (cpu: TestCpu): number => cpu.context('mappingGeneration');

describe('MOV CR0', () => {
  type Row = readonly [what: string, value: bigint, expected: string];
  const rows: readonly Row[] = [
    ['PG without PE', 0x80000010n, '#GP(0)'],
    ['NW without CD', 0x20000011n, '#GP(0)'],
    ['bits above 31', 0x1_00000011n, '#GP(0)'],
    ['reserved bits are ignored, ET is fixed', 0x1ffa_ffc1n, 'cr0=11'],
    ['all that exists', 0xe005003fn, 'cr0=e005003f'],
  ];
  it.each(rows)('%s', (_what, value, expected) => {
    const cpu = new TestCpu().flat('protected32');
    const outcome = cpu.call('mov_to_cr', 0, value);
    expect(outcome === 'ok' ? cpu.dump('cr0') : outcome).toBe(expected);
  });

  it('enters and leaves long mode with paging', () => {
    const cpu = new TestCpu().flat('protected32').set({ cr3: 0x10000, efer: 0x100, 'tr.access': 0x8b00 });
    expect(cpu.call('mov_to_cr', 0, 0x80000011n)).toBe('#GP(0)');
    cpu.set({ cr4: 0x20 });
    expect(cpu.call('mov_to_cr', 0, 0x80000011n)).toBe('ok');
    expect(cpu.dump('efer', 'cr0')).toBe('efer=500 cr0=80000011');
    expect(hflags(cpu) & (HFlag.LMA | HFlag.CS64)).toBe(HFlag.LMA);
    expect(cpu.call('mov_to_cr', 4, 0n)).toBe('#GP(0)');
    expect(cpu.set({ 'cs.access': 0xa09b00 }).call('mov_to_cr', 0, 0x11n)).toBe('#GP(0)');
    expect(cpu.set({ 'cs.access': 0xc09b00 }).call('mov_to_cr', 0, 0x11n)).toBe('ok');
    expect(cpu.dump('efer', 'cr0')).toBe('efer=100 cr0=11');
  });

  it('will not enter long mode with a 16-bit TSS', () => {
    const cpu = new TestCpu().flat('protected32').set({ cr4: 0x20, efer: 0x100, 'tr.access': 0x8300 });
    expect(cpu.call('mov_to_cr', 0, 0x80000011n)).toBe('#GP(0)');
  });

  it('bumps the mapping generation when translations may change, and only then', () => {
    const cpu = new TestCpu().flat('protected32').set({ cr3: 0x10000 });
    const before = generation(cpu);
    cpu.call('mov_to_cr', 0, 0x19n);
    cpu.call('clts');
    expect(generation(cpu)).toBe(before);
    for (const [n, value] of [[0, 0x80000011n], [4, 0x10n], [4, 0x90n]] as const) {
      const last = generation(cpu);
      expect(cpu.call('mov_to_cr', n, value)).toBe('ok');
      expect(generation(cpu)).not.toBe(last);
    }
    // CR3: when code was looked up in a page of this address space since.
    cpu.u32(0x10000, 0x83);
    const last = generation(cpu);
    expect(cpu.call('mov_to_cr', 3, 0x10000n)).toBe('ok');
    expect(generation(cpu)).toBe(last);
    cpu.runtime.exports.tb_find(cpu.env);
    expect(cpu.call('mov_to_cr', 3, 0x10000n)).toBe('ok');
    expect(generation(cpu)).not.toBe(last);
  });

  it.each([['without PGE', 0x10n, 1], ['with PGE', 0x90n, 0]] as const)('CR3 keeps what was looked up in a global page, %s', (_what, cr4, renewals) => {
    const cpu = new TestCpu().flat('protected32').set({ cr3: 0x10000, cr4, cr0: 0x80000011n }).u32(0x10000, 0x183);
    cpu.runtime.exports.tb_find(cpu.env);
    const last = generation(cpu);
    expect(cpu.call('mov_to_cr', 3, 0x10000n)).toBe('ok');
    expect(generation(cpu) - last).toBe(renewals);
  });

  it('LMSW cannot clear PE', () => {
    const cpu = new TestCpu().flat('protected32');
    expect(cpu.call('lmsw', 0xfffe)).toBe('ok');
    expect(cpu.get('cr0')).toBe(0x1fn);
    cpu.call('lmsw', 0);
    expect(cpu.get('cr0')).toBe(0x11n);
    cpu.call('clts');
    expect(cpu.get('cr0')).toBe(0x11n);
  });
});

describe('other control and debug registers', () => {
  it('CR4 takes what the model has', () => {
    const cpu = new TestCpu('486').flat('protected32');
    expect(cpu.call('mov_to_cr', 4, 0x20n)).toBe('#GP(0)');
    expect(new TestCpu('max').flat('protected32').call('mov_to_cr', 4, 0x20n)).toBe('ok');
    expect(new TestCpu('max').flat('protected32').call('mov_to_cr', 4, 0x2000n)).toBe('#GP(0)');
  });

  it('CR8, CR3 in long mode, privilege', () => {
    const cpu = new TestCpu().flat('long64');
    expect(cpu.call('mov_to_cr', 8, 15n)).toBe('ok');
    expect(cpu.call('mov_to_cr', 8, 16n)).toBe('#GP(0)');
    expect(cpu.call('mov_to_cr', 3, 1n << 41n)).toBe('#GP(0)');
    expect(atLevel3(new TestCpu().flat('protected32')).call('mov_to_cr', 3, 0n)).toBe('#GP(0)');
    expect(atLevel3(new TestCpu().flat('protected32')).call('mov_from_cr', 0)).toBe('#GP(0)');
  });

  it('debug registers: fixed bits, DR4/DR5, general detect', () => {
    const cpu = new TestCpu().flat('long64');
    cpu.call('mov_to_dr', 7, 0xffffffffn);
    cpu.set({ dr7: 0x400 });
    cpu.call('mov_to_dr', 6, 0n);
    expect(cpu.get('dr6')).toBe(0xffff0ff0n);
    expect(cpu.call('mov_to_dr', 7, 1n << 32n)).toBe('#GP(0)');
    cpu.call('mov_to_dr', 5, 0x3n);
    expect(cpu.get('dr7')).toBe(0x403n);
    expect(hflags(cpu) & HFlag.DR).toBe(HFlag.DR);
    expect(cpu.set({ cr4: 0x28 }).call('mov_from_dr', 4)).toBe('#UD(0)');
    cpu.set({ dr7: 0x2400 });
    expect(cpu.call('mov_from_dr', 0)).toBe('#DB(0)');
    expect(cpu.get('dr6') & 0x2000n).toBe(0x2000n);
  });
});

describe('hflags', () => {
  type Row = readonly [mode: 'real16' | 'protected16' | 'protected32' | 'long64', change: Partial<Record<RegisterName, number>>, set: number, clear: number];
  const { CS32, CS64, SS32, PE, VM, LMA, CS_FLAT, SS_FLAT, DS_FLAT, ES_FLAT, FS_OK, TF, SHADOW, AC, SMAP } = HFlag;
  const rows: readonly Row[] = [
    ['real16', {}, 0, CS32 | SS32 | PE | CS_FLAT | DS_FLAT],
    ['protected16', {}, PE | CS_FLAT | SS_FLAT | DS_FLAT, CS32 | SS32],
    ['protected32', {}, PE | CS32 | SS32 | CS_FLAT | SS_FLAT | DS_FLAT | ES_FLAT | FS_OK, CS64 | LMA | VM],
    ['long64', {}, PE | CS64 | LMA | SS32 | CS_FLAT, CS32],
    ['long64', { 'ds.access': 0, 'ds.limit': 0 }, DS_FLAT, 0],
    ['protected32', { 'ds.base': 4 }, SS_FLAT, DS_FLAT],
    ['protected32', { 'ds.limit': 0xfffff }, 0, DS_FLAT],
    ['protected32', { 'ds.access': 0xc09100 }, 0, DS_FLAT],
    ['protected32', { 'ss.access': 0xc09700 }, 0, SS_FLAT],
    ['protected32', { 'es.access': 0xc09b00 }, 0, ES_FLAT],
    ['protected32', { 'fs.base': 4 }, FS_OK, 0],
    ['protected32', { rflags: 0x102 }, TF, SHADOW],
    ['protected32', { interrupt_shadow: 1 }, SHADOW, TF],
    ['protected32', { rflags: 0x3002 }, HFlag.IOPL_MASK, HFlag.CPL_MASK],
    ['protected32', { 'ss.access': 0xc0f300 }, HFlag.CPL_MASK, 0],
    ['protected32', { 'ss.access': 0xc0f300, cr0: 0x40011, rflags: 0x40002 }, AC, 0],
    ['protected32', { cr0: 0x40011, rflags: 0x40002 }, 0, AC],
    ['protected32', { cr4: 0x200000 }, SMAP, 0],
    ['protected32', { cr4: 0x200000, rflags: 0x40002 }, 0, SMAP],
    ['protected32', { rflags: 0x20002 }, VM | HFlag.CPL_MASK, 0],
  ];
  it.each(rows)('%s %j', (mode, change, set, clear) => {
    const cpu = new TestCpu().flat(mode).set(change);
    expect((hflags(cpu) & (set | clear)) >>> 0).toBe(set >>> 0);
  });
});

describe('POPF, STI, CLI', () => {
  type Row = readonly [what: string, change: Partial<Record<RegisterName, number>>, level: 0 | 3, image: bigint, size: number, expected: string];
  const rows: readonly Row[] = [
    ['level 0 changes IOPL and IF', { rflags: 2 }, 0, 0x247fd7n, 4, '247fd7'],
    ['16 bits leave the upper half', { rflags: 0x200002 }, 0, 0xffn, 2, '2000d7'],
    ['level 3 keeps IOPL and IF', { rflags: 0x202 }, 3, 0x3000n, 4, '202'],
    ['IOPL 3 lets level 3 change IF', { rflags: 0x3202 }, 3, 0x0n, 4, '3002'],
    ['VM, RF, VIF and VIP stay', { rflags: 0x180002 }, 0, 0x30000n, 4, '180002'],
  ];
  it.each(rows)('%s', (_what, change, level, image, size, expected) => {
    const cpu = new TestCpu().flat('protected32').set(change);
    if (level === 3) atLevel3(cpu);
    expect(cpu.call('popf', image, size)).toBe('ok');
    expect(cpu.get('rflags').toString(16)).toBe(expected);
  });

  it('virtual-8086 mode needs IOPL 3', () => {
    const cpu = new TestCpu().flat('protected32').set({ rflags: 0x20002 });
    expect([cpu.call('popf', 0n, 2), cpu.call('check_pushf'), cpu.call('sti'), cpu.call('cli')]).toEqual(['#GP(0)', '#GP(0)', '#GP(0)', '#GP(0)']);
    cpu.set({ rflags: 0x23002 });
    expect([cpu.call('popf', 0n, 2), cpu.call('check_pushf'), cpu.call('sti'), cpu.call('cli')]).toEqual(['ok', 'ok', 'ok', 'ok']);
  });

  it('PUSHF shows neither RF nor VM', () => {
    const cpu = new TestCpu().flat('protected32').set({ rflags: 0x30fd7 });
    cpu.call('read_eflags');
    expect(cpu.value).toBe(0xfd7n);
  });

  it('STI casts a shadow only when IF was clear', () => {
    const cpu = new TestCpu().flat('real16');
    cpu.call('sti');
    expect(cpu.value).toBe(1);
    cpu.call('begin_shadow');
    expect(cpu.dump('rflags', 'interrupt_shadow')).toBe('rflags=202 interrupt_shadow=1');
    cpu.call('end_shadow');
    cpu.call('sti');
    expect([cpu.value, cpu.get('interrupt_shadow')]).toEqual([0, 0n]);
    cpu.set({ rflags: 2 }).x86.interruptWindow(0).wait(true, false);
    cpu.call('sti');
    expect(cpu.value).toBe(2);
  });

  it.each([['TF', 0x102n, 1], ['IOPL', 0x3002n, 1], ['IF, DF, NT and CF', 0x4603n, 0]] as const)('POPF says whether hflags have changed: %s', (_what, image, changed) => {
    const cpu = new TestCpu().flat('protected32').set({ rflags: 2 });
    const before = hflags(cpu);
    expect([cpu.call('popf', image, 4), cpu.value, cpu.get('rflags')]).toEqual(['ok', changed, image]);
    expect(hflags(cpu) !== before).toBe(changed === 1);
  });

  it('takes the budget when an interrupt waits for IF', () => {
    const cpu = new TestCpu().flat('real16');
    const { u32 } = cpu.machine.views();
    const request = X86_LAYOUT.stateOffset + X86_STATE.offset.interruptRequest;
    const budget = (): number[] => [cpu.context('budget'), cpu.context('budgetHeld')];
    cpu.setContext('budget', 100);
    expect([cpu.call('popf', 0x202n, 2), cpu.value]).toEqual(['ok', 0]);
    cpu.call('notice_interrupts');
    expect(budget()).toEqual([100, 0]);
    cpu.set({ rflags: 2 });
    u32[(cpu.env + request) >>> 2] = 1;
    expect([cpu.call('popf', 0x202n, 2), cpu.value, budget()]).toEqual(['ok', 1, [100, 0]]);
    cpu.call('notice_interrupts');
    expect(budget()).toEqual([0, 100]);
  });
});

describe('ports', () => {
  function withBitmap(): TestCpu {
    const cpu = atLevel3(new TestCpu().flat('protected32')).set({ 'tr.base': 0x4000, 'tr.limit': 0x69, 'tr.access': 0x8b00 });
    return cpu.write(0x4066, [0x68, 0, 0b11110111, 0xff]);
  }
  type Row = readonly [port: number, size: number, expected: string];
  const rows: readonly Row[] = [[3, 1, 'ok'], [2, 1, '#GP(0)'], [3, 2, '#GP(0)'], [8, 1, '#GP(0)'], [0xffff, 1, '#GP(0)']];
  it.each(rows)('bitmap: port %i, %i bytes', (port, size, expected) => {
    expect(withBitmap().call('check_io', port, size)).toBe(expected);
  });

  it('IOPL opens all ports', () => {
    expect(withBitmap().set({ rflags: 0x3002 }).call('check_io', 0x80, 4)).toBe('ok');
    expect(new TestCpu().flat('real16').call('check_io', 0x80, 4)).toBe('ok');
  });

  it('go to the host, values cut to size', () => {
    const cpu = new TestCpu();
    cpu.call('port_in', 0x60, 2);
    expect(cpu.value).toBe(0x5678);
    cpu.call('port_out', 0x10080, 0x1234, 1);
    expect(cpu.ports).toEqual(['in 60 2', 'out 80 1 34']);
  });

  it('HLT leaves', () => {
    expect(new TestCpu().flat('real16').call('hlt')).toBe('halt');
  });
});

describe('SYSCALL and SYSENTER', () => {
  const STAR = 0x0013_0008_0000_0000n;
  const long = (): TestCpu => new TestCpu().flat('long64').set({ efer: 0x501, star: STAR, lstar: 0xffff_8000_0000_1000n, fmask: 0x200, rflags: 0x246 });

  it('SYSCALL and SYSRET of 64-bit code', () => {
    const cpu = long();
    expect(cpu.call('syscall')).toBe('ok');
    expect(cpu.dump('rip', 'rcx', 'r11', 'cs', 'ss', 'rflags', 'cs.access')).toBe('rip=ffff800000001000 rcx=1000 r11=246 cs=8 ss=10 rflags=46 cs.access=a09b00');
    expect(cpu.call('sysret', 8)).toBe('ok');
    expect(cpu.dump('rip', 'cs', 'ss', 'rflags', 'ss.access')).toBe('rip=1000 cs=23 ss=1b rflags=246 ss.access=c0f300');
    expect((hflags(cpu) & HFlag.CPL_MASK) >> HFlag.CPL_SHIFT).toBe(3);
    expect(cpu.call('sysret', 8)).toBe('#GP(0)');
  });

  it('SYSRET to compatibility mode, and its canonical check', () => {
    const cpu = long().set({ rcx: 0x1_2345_6789n, r11: 0x202 });
    expect(cpu.call('sysret', 4)).toBe('ok');
    expect(cpu.dump('rip', 'cs', 'ss')).toBe('rip=23456789 cs=13 ss=1b');
    expect(long().set({ rcx: 0x8000_0000_0000n }).call('sysret', 8)).toBe('#GP(0)');
  });

  it('#UD without SCE and, on Intel, outside 64-bit code', () => {
    expect(long().set({ efer: 0x500 }).call('syscall')).toBe('#UD(0)');
    expect(new TestCpu().flat('protected32').set({ efer: 1 }).call('syscall')).toBe('#UD(0)');
  });

  it('compatibility mode on an Intel processor: SYSCALL is #UD, SYSENTER enters 64-bit code and SYSEXIT returns', () => {
    const compat = (): TestCpu => long().set({ 'cs.access': 0xc0fb00, 'ss.access': 0xc0f300, cs: 0x1b, ss: 0x23 });
    expect(compat().call('syscall')).toBe('#UD(0)');
    const cpu = compat().set({ sysenter_cs: 0x10, sysenter_esp: 0xffff_8000_0000_0000n, sysenter_eip: 0xffff_ffff_8100_0000n });
    expect(cpu.call('sysenter')).toBe('ok');
    expect(cpu.dump('cs', 'ss', 'rip', 'rsp', 'cs.access', 'rflags')).toBe(
      'cs=10 ss=18 rip=ffffffff81000000 rsp=ffff800000000000 cs.access=a09b00 rflags=46',
    );
    expect(cpu.set({ rcx: 0x1_0000_8000n, rdx: 0x1_0000_1000n }).call('sysexit', 4)).toBe('ok');
    expect(cpu.dump('cs', 'ss', 'rip', 'rsp', 'cs.access')).toBe('cs=23 ss=2b rip=1000 rsp=8000 cs.access=c0fb00');
  });

  it('SYSENTER and SYSEXIT', () => {
    const cpu = new TestCpu().flat('protected32').set({ sysenter_cs: 8, sysenter_esp: 0x7000, sysenter_eip: 0x5000, rflags: 0x202 });
    expect(cpu.call('sysenter')).toBe('ok');
    expect(cpu.dump('cs', 'ss', 'rip', 'rsp', 'rflags')).toBe('cs=8 ss=10 rip=5000 rsp=7000 rflags=2');
    expect(cpu.set({ rcx: 0x8000, rdx: 0x1000 }).call('sysexit', 4)).toBe('ok');
    expect(cpu.dump('cs', 'ss', 'rip', 'rsp')).toBe('cs=1b ss=23 rip=1000 rsp=8000');
    expect(cpu.call('sysexit', 4)).toBe('#GP(0)');
    expect(new TestCpu().flat('protected32').call('sysenter')).toBe('#GP(0)');
    expect(new TestCpu().flat('real16').set({ sysenter_cs: 8 }).call('sysenter')).toBe('#GP(0)');
  });
});

describe('the helper module', () => {
  it('links to a shared memory', () => {
    const cpu = new TestCpu('max', { shared: true }).flat('protected32');
    expect(cpu.call('mov_to_cr', 8, 3n)).toBe('ok');
    expect(cpu.get('cr8')).toBe(3n);
  });

  it('says what is wrong when it does not link', () => {
    const { machine, runtime } = new TestCpu();
    const host = { portIn: () => 0, portOut: () => {} };
    expect(() => createX86({ machine, runtime, host, module: compileX86(true) })).toThrow(X86LinkError);
  });
});

describe('reset and flat modes', () => {
  it('power-on state', () => {
    const cpu = new TestCpu('pentium3');
    expect(cpu.dump('cs', 'cs.base', 'cs.limit', 'rip', 'rflags', 'cr0', 'rdx', 'dr6', 'dr7', 'ds.limit', 'ldtr.limit')).toBe(
      'cs=f000 cs.base=ffff0000 cs.limit=ffff rip=fff0 rflags=2 cr0=60000010 rdx=683 dr6=ffff0ff0 dr7=400 ds.limit=ffff ldtr.limit=ffff',
    );
  });

  it('identity tables map 4 GiB', () => {
    const cpu = new TestCpu().flat('long64').write(0x10000, identityPageTables(0x10000)).write(0x54321, [0x42]);
    expect(cpu.access('ld', 0x54321n, MmuIndex.kernel)).toBe('ok');
    expect(cpu.value).toBe(0x42);
    expect(cpu.access('ld', 0xffff_fff0n, MmuIndex.user)).toBe('ok');
    expect(cpu.access('ld', 0x1_0000_0000n, MmuIndex.kernel)).toBe('#PF(0)@100000000');
  });
});

describe('registers by name', () => {
  /** Registers with fewer bits than a round-trip value has, or with bits that derive from others. */
  const masks: Partial<Record<RegisterName, bigint>> = { rflags: 0x3f7fd5n, fsw: 0xffffn, ftw: 0xffn, fop: 0x7ffn };
  const width = (name: RegisterName): bigint => {
    if (name.startsWith('xmm')) return 128n;
    if (/^st\d/.test(name)) return 80n;
    return /^(e|c|s|d|f|g)s$|^ldtr$|^tr$|\.limit$|\.access$|^a20|^interrupt|^nmi|^f(cw|cs|ds|op)$|^mxcsr$/.test(name) ? 32n : 64n;
  };

  it('are all read back as written', () => {
    const cpu = new TestCpu();
    REGISTER_NAMES.forEach((name, i) => {
      const value = (0x1234_5678_9abc_def0_0fed_cba9_8765_4321n + BigInt(i)) & (masks[name] ?? (1n << width(name)) - 1n);
      cpu.registers.set(name, value);
      expect([name, cpu.get(name) & ~(name === 'rflags' ? 2n : 0n)]).toEqual([name, value & ~(name === 'rflags' ? 2n : 0n)]);
    });
  });

  it('do not overlap but where x87 and MMX share registers', () => {
    const cpu = new TestCpu();
    const shared = /^(st\d|mm\d|fsw|rflags)$/;
    const names = REGISTER_NAMES.filter((name) => !shared.test(name));
    names.forEach((name, i) => cpu.registers.set(name, BigInt(i + 1)));
    names.forEach((name, i) => expect([name, cpu.get(name)]).toEqual([name, BigInt(i + 1)]));
  });

  it('refuse names they do not have', () => {
    expect(() => new TestCpu().get('eax' as RegisterName)).toThrow(UnknownRegisterError);
  });

  it('flush the TLB and hflags when they matter', () => {
    const cpu = new TestCpu().flat('protected32');
    const before = generation(cpu);
    cpu.set({ cr3: 0x1000 });
    expect(generation(cpu)).not.toBe(before);
    expect(hflags(cpu) & HFlag.DS_FLAT).toBe(HFlag.DS_FLAT);
    cpu.set({ 'ds.base': 1 });
    expect(hflags(cpu) & HFlag.DS_FLAT).toBe(0);
  });
});
