/** Images in memory: environment and state in four layouts, FXSAVE, packed decimal; pointers to the last instruction (SDM vol. 1, 8.1.8–8.1.10, 10.5). */
import { describe, expect, test } from 'vitest';
import type { FlatMode } from '@wasm-tcg/guest-x86';
import { CODE, DATA, FpuCpu, ST, hex } from './support.ts';

/** FLD m64 at DS:[BX], then FADD m64 likewise: the last instruction is at 1002h (16-bit code: the same bytes with BX as [DI]). */
const load = (mode: FlatMode): string => (mode === 'real16' || mode === 'protected16' ? 'dd 07 dc 07' : 'dd 03 dc 03');

describe('FNSTENV', () => {
  test.each<[string, FlatMode, string, 2 | 4, string]>([
    ['32-bit protected', 'protected32', 'd9 75 00', 4, 'ffff037f ffff3800 ffff3fff 1002 4030008 2000 ffff0010'],
    ['16-bit protected', 'protected32', '66 d9 75 00', 2, '37f 3800 3fff 1002 8 2000 10'],
    ['16-bit code', 'protected16', 'd9 76 00', 2, '37f 3800 3fff 1002 8 2000 10'],
    // Linear addresses: 1200h + 1002h, 3400h + 2000h.
    ['16-bit real', 'real16', 'd9 76 00', 2, '37f 3800 3fff 2202 407 5400 0'],
    ['32-bit real', 'real16', '66 d9 76 00', 4, 'ffff037f ffff3800 ffff3fff ffff2202 407 ffff5400 0'],
    ['64-bit', 'long64', 'd9 75 00', 4, 'ffff037f ffff3800 ffff3fff 1002 4030008 2000 ffff0010'],
  ])('%s', (_, mode, code, unit, image) => {
    const real = mode === 'real16';
    const cpu = new FpuCpu(mode).set({ rbp: DATA + 0x100, fcw: 0x37f });
    if (real) cpu.set({ cs: 0x120, 'cs.base': 0x1200, ds: 0x340, 'ds.base': 0x3400, rdi: DATA, rbx: DATA });
    const at = real ? 0x1200 : 0;
    cpu.u64(DATA + (real ? 0x3400 : 0), 0x3ff0_0000_0000_0000n).write(at + CODE, hex(`${load(mode)} ${code} eb fe`));
    cpu.set({ rip: CODE });
    expect(cpu.runBlock()).toMatch(/goto/);
    expect(cpu.memory(DATA + 0x100, unit, 7)).toBe(image);
    expect(cpu.get('fcw')).toBe(0x37fn);
  });

  test('the highest 4 bits of 20-bit addresses, and the opcode', () => {
    const cpu = new FpuCpu('real16').set({ fip: 0xff10, fcs: 0x1234, fdp: 0xe, fds: 0xf001, fop: 0x7ff, rbp: DATA, ftw: 0, fsw: 0 });
    expect(cpu.go('d9 76 00')).toBe('ok');
    expect(cpu.memory(DATA, 2, 7)).toBe('37f 0 ffff 2250 27ff 1e f000');
    expect(cpu.go('66 d9 76 00')).toBe('ok');
    expect(cpu.memory(DATA + 12, 4, 4)).toBe('ffff2250 27ff ffff001e f000');
  });

  test('tags: valid, zero, special, empty', () => {
    const cpu = new FpuCpu('protected32').push(ST.one, ST.zero, ST.denormal, ST.infinity, ST.signaling, ST.unnormal);
    expect(cpu.go('d9 33')).toBe('ok');
    expect(cpu.read(DATA + 8, 2)).toBe(0b00_01_10_10_10_10_11_11n);
  });

  test('masks all exceptions afterwards', () => {
    const cpu = new FpuCpu('protected32').set({ fcw: 0x340, fsw: 0x8081 });
    expect(cpu.go('d9 33')).toBe('ok');
    expect(cpu.memory(DATA, 4, 2)).toBe('ffff0340 ffff8081');
    expect(cpu.dump('fcw', 'fsw')).toBe('fcw=37f fsw=1');
  });
});

describe('FLDENV', () => {
  test('reserved bits are dropped, ES follows from exceptions and masks', () => {
    const cpu = new FpuCpu('protected32').u32(DATA, 0xffff_e37e, 0xffff_7f01, 0xffff_00ff, 0x1234_5678, 0xffff_0008, 0x9abc_def0, 0xffff_0010);
    expect(cpu.go('d9 23')).toBe('ok');
    expect(cpu.dump('fcw', 'fsw', 'ftw', 'fip', 'fcs', 'fop', 'fdp', 'fds')).toBe('fcw=37e fsw=ff81 ftw=f0 fip=12345678 fcs=8 fop=7ff fdp=9abcdef0 fds=10');
  });

  test('16-bit real mode: linear addresses of 20 bits', () => {
    const cpu = new FpuCpu('real16').write(DATA, hex('7f 03 00 00 ff ff 50 22 ff 27 1e 00 00 f0')).set({ rdi: DATA });
    expect(cpu.go('d9 25')).toBe('ok');
    expect(cpu.dump('fip', 'fcs', 'fop', 'fdp', 'fds')).toBe('fip=22250 fcs=0 fop=7ff fdp=f001e fds=0');
  });

  test.each<[string, string]>([['FLDENV', 'd9 23'], ['FRSTOR', 'dd 23'], ['FNSAVE', 'dd 33'], ['FXRSTOR', '0f ae 0b']])('%s that faults on its second page changes nothing', (_, code) => {
    const cpu = new FpuCpu('long64').push(ST.one).set({ rbx: 0xffff_fff0n });
    const before = cpu.dump('fcw', 'fsw', 'ftw', 'st0', 'fip', 'mxcsr');
    expect(cpu.go(code)).toMatch(/^#PF\([02]\)@100000[0-9a-f]{3}$/);
    expect(cpu.dump('fcw', 'fsw', 'ftw', 'st0', 'fip', 'mxcsr')).toBe(before);
  });
});

describe('FNSAVE and FRSTOR', () => {
  test.each<[string, FlatMode, string, string, number]>([
    ['32-bit', 'protected32', 'dd 33', 'dd 23', 28], ['16-bit', 'protected32', '66 dd 33', '66 dd 23', 14], ['real mode', 'real16', 'dd 37', 'dd 27', 14],
  ])('%s: ten bytes per register behind the environment, in stack order', (_, mode, save, restore, at) => {
    const cpu = new FpuCpu(mode).set({ rbx: DATA }).push(ST.one, ST.two, ST.minusOne);
    expect(cpu.go(save)).toBe('ok');
    expect(cpu.dump('fcw', 'fsw', 'ftw')).toBe('fcw=37f fsw=0 ftw=0');
    expect(cpu.read(DATA + at + 8, 2)).toBe(0xbfffn);
    expect(cpu.read(DATA + at + 18, 2)).toBe(0x4000n);
    expect(cpu.go(restore)).toBe('ok');
    expect(cpu.fpu(3)).toBe(`2800 e0 ${ST.minusOne.toString(16)} ${ST.two.toString(16)} ${ST.one.toString(16)}`);
  });

  test('the image ends where it should', () => {
    const cpu = new FpuCpu('protected32').write(DATA + 104, new Uint8Array(16).fill(0xcc));
    expect(cpu.go('dd 33')).toBe('ok');
    expect(cpu.memory(DATA + 104, 1, 8)).toBe('0 0 0 0 cc cc cc cc');
  });

  test('limits of segments apply to the whole image', () => {
    const cpu = new FpuCpu('protected32').set({ 'ds.limit': DATA + 106 });
    expect(cpu.go('dd 33')).toBe('#GP(0)');
    expect(cpu.set({ 'ds.limit': DATA + 107 }).go('dd 33')).toBe('ok');
  });
});

describe('FXSAVE and FXRSTOR', () => {
  const loaded = (mode: FlatMode): FpuCpu => {
    const cpu = new FpuCpu(mode).push(ST.one, ST.minusOne);
    return cpu.set({ cr4: mode === 'long64' ? 0x220 : 0x200, fip: 0x1_2345_6789n, fcs: 8, fdp: 0x2_3456_789an, fds: 0x10, fop: 0x123, xmm0: 5, xmm15: 7, mxcsr: 0x1fa0 });
  };

  test.each<[string, FlatMode, string, string]>([
    ['32-bit code', 'protected32', '0f ae 03', '3000037f 12300c0 23456789 8 3456789a 10 1fa0 ffff'],
    ['64-bit code', 'long64', '0f ae 03', '3000037f 12300c0 23456789 8 3456789a 10 1fa0 ffff'],
    ['64-bit pointers', 'long64', '48 0f ae 03', '3000037f 12300c0 23456789 1 3456789a 2 1fa0 ffff'],
  ])('%s', (_, mode, code, header) => {
    const cpu = loaded(mode);
    cpu.write(DATA, new Uint8Array(512).fill(0xcc));
    expect(cpu.go(code)).toBe('ok');
    expect(cpu.memory(DATA, 4, 8)).toBe(header);
    expect(cpu.memory(DATA + 32, 8, 4)).toBe('8000000000000000 bfff 8000000000000000 3fff');
    const last = mode === 'long64' ? '7' : 'cccccccccccccccc';
    expect([cpu.read(DATA + 160, 8).toString(16), cpu.read(DATA + 400, 8).toString(16), cpu.read(DATA + 416, 8).toString(16)]).toEqual(['5', last === '7' ? '7' : last, 'cccccccccccccccc']);
    const names = ['fcw', 'fsw', 'ftw', 'st0', 'st1', 'xmm0', 'mxcsr', 'fop'] as const;
    const before = cpu.dump(...names);
    cpu.fninit().set({ st0: 1, xmm0: 0, mxcsr: 0x1f80, fop: 0 });
    expect(cpu.go(code.replace(/03$/, '0b'))).toBe('ok');
    expect(cpu.dump(...names)).toBe(before);
  });

  test('without CR4.OSFXSR MXCSR and XMM registers take no part', () => {
    const cpu = loaded('protected32').set({ cr4: 0 }).write(DATA, new Uint8Array(512).fill(0xcc));
    expect(cpu.go('0f ae 03')).toBe('ok');
    expect(cpu.memory(DATA + 24, 4, 2)).toBe('cccccccc cccccccc');
    expect(cpu.read(DATA + 160, 4)).toBe(0xcccc_ccccn);
  });

  test.each<[string, string]>([['FXSAVE', '0f ae 43 08'], ['FXRSTOR', '0f ae 4b 08']])('%s must be aligned', (_, code) => {
    expect(new FpuCpu('long64').go(code)).toBe('#GP(0)');
  });

  test('a reserved bit of MXCSR is refused, and nothing changes', () => {
    const cpu = loaded('long64').u32(DATA, 0, 0, 0, 0, 0, 0, 0x1_1f80);
    const before = cpu.dump('fcw', 'fsw', 'ftw', 'st0', 'mxcsr');
    expect(cpu.go('0f ae 0b')).toBe('#GP(0)');
    expect(cpu.dump('fcw', 'fsw', 'ftw', 'st0', 'mxcsr')).toBe(before);
  });

  test('DAZ is no bit of MXCSR before SSE2', () => {
    const cpu = new FpuCpu('protected32', 'pentium3').set({ cr4: 0x200 });
    expect(cpu.go('0f ae 03')).toBe('ok');
    expect(cpu.read(DATA + 28, 4)).toBe(0xffbfn);
  });
});

describe('the last instruction', () => {
  test.each<[string, string, string]>([
    ['a register form', 'd9 e8', 'fip=1000 fcs=8 fop=1e8 fdp=0 fds=0'],
    ['a memory operand', 'dd 03', 'fip=1000 fcs=8 fop=503 fdp=2000 fds=10'],
    ['a prefix belongs to it', '36 dd 03', 'fip=1000 fcs=8 fop=503 fdp=2000 fds=10'],
    ['the later of two', 'd9 e8 90 d9 e0', 'fip=1003 fcs=8 fop=1e0 fdp=0 fds=0'],
    ['control instructions are none', 'd9 e8 d9 3b df e0 db e2', 'fip=1000 fcs=8 fop=1e8 fdp=0 fds=0'],
    ['FNOP is one', 'd9 e8 d9 d0', 'fip=1002 fcs=8 fop=1d0 fdp=0 fds=0'],
    ['FNINIT clears all', 'dd 03 db e3', 'fip=0 fcs=0 fop=0 fdp=0 fds=0'],
    ['after FNINIT in the same block', 'dd 03 db e3 d9 e8', 'fip=1004 fcs=8 fop=1e8 fdp=0 fds=0'],
  ])('%s', (_, code, pointers) => {
    const cpu = new FpuCpu('protected32').set({ fip: 0, fop: 0 });
    expect(cpu.go(code)).toBe('ok');
    expect(cpu.dump('fip', 'fcs', 'fop', 'fdp', 'fds')).toBe(pointers);
  });
});

describe('packed decimal', () => {
  test.each<[string, string, bigint]>([
    ['0', '00 00 00 00 00 00 00 00 00 00', ST.zero],
    ['−0', '00 00 00 00 00 00 00 00 00 80', 1n << 79n],
    ['−1', '01 00 00 00 00 00 00 00 00 80', ST.minusOne],
    ['999999999999999999', '99 99 99 99 99 99 99 99 99 00', 0x403a_de0b_6b3a_763f_fff0n],
    ['123456789012345678', '78 56 34 12 90 78 56 34 12 00', 0x4037_db4d_a5d3_1879_a700n],
  ])('%s, both ways', (_, digits, value) => {
    const cpu = new FpuCpu('protected32').write(DATA, hex(digits));
    expect(cpu.go('df 23')).toBe('ok');
    expect(cpu.get('st0')).toBe(value);
    cpu.write(DATA, new Uint8Array(12).fill(0xcc));
    expect(cpu.go('df 33')).toBe('ok');
    expect(cpu.memory(DATA, 1, 11)).toBe(`${digits.replaceAll(/\b0/g, '')} cc`);
    expect(cpu.get('ftw')).toBe(0n);
  });

  test('what has 19 digits is the indefinite', () => {
    const cpu = new FpuCpu('protected32').push(0x403a_de0b_6b3a_7640_0000n);
    expect(cpu.go('df 33')).toBe('ok');
    expect(cpu.memory(DATA, 2, 5)).toBe('0 0 0 c000 ffff');
    expect(cpu.fpu(0)).toBe('1 0');
  });
});
