/**
 * MMX and SSE where recorded vectors cannot look: 16- and 32-bit code, what CR0 and CR4 forbid, pending x87 exceptions, alignment, and the x87
 * state around MMX. Values of instructions in 64-bit code are proved by the recorded vectors (tooling/conformance).
 */
import { describe, expect, test } from 'vitest';
import type { FlatMode, RegisterName } from '@wasm-tcg/guest-x86';
import { EvalCpu } from './eval-cpu.ts';

const hex = (text: string): Uint8Array => Uint8Array.from(text.trim().split(/\s+/), (byte) => parseInt(byte, 16));

type Registers = Partial<Record<RegisterName, bigint | number>>;

const OSFXSR = 0x200;
const CR0 = { PE: 1, MP: 2, EM: 4, TS: 8, NE: 0x20 } as const;
const DATA = 0x3000;

/** Registers as text for `dump`, in the order of the expectation. */
function names(expected: string): RegisterName[] {
  return expected.split(' ').map((item) => item.split('=')[0] as RegisterName);
}

function make(mode: FlatMode, optimize = true): EvalCpu {
  const cpu = new EvalCpu().flat(mode);
  cpu.optimize = optimize;
  cpu.maxInsns = 1;
  cpu.set({ cr4: cpu.get('cr4') | BigInt(OSFXSR), rsi: DATA, rdi: DATA });
  return cpu;
}

const A = 0x0f0e0d0c_0b0a0908_07060504_03020100n;
const B = 0xffeeddcc_bbaa9988_77665544_33221100n;

describe.each([[false], [true]])('optimised: %s', (optimize) => {
  test.each<[string, FlatMode, string, Registers, string]>([
    ['movd xmm, r32', 'protected32', '66 0f 6e c8', { rax: 0x8000_0001, xmm1: B }, 'xmm1=80000001'],
    ['movd r32, xmm', 'protected32', '66 0f 7e c8', { xmm1: B }, 'rax=33221100'],
    ['movd mm, r32 in 16-bit code', 'real16', '0f 6e c8', { rax: 0x8000_0001 }, 'mm1=80000001'],
    ['movd r32, mm', 'real16', '0f 7e c8', { mm1: B }, 'rax=33221100'],
    ['movq r64, xmm', 'long64', '66 48 0f 7e c8', { xmm1: B }, 'rax=7766554433221100'],
    ['movq mm, r64', 'long64', '48 0f 6e c8', { rax: -2n }, 'mm1=fffffffffffffffe'],
    ['movq2dq', 'protected32', 'f3 0f d6 ca', { mm2: A, xmm1: B }, 'xmm1=706050403020100'],
    ['movdq2q', 'protected32', 'f2 0f d6 ca', { xmm2: B }, 'mm1=7766554433221100'],
    ['pinsrw mm', 'protected32', '0f c4 c8 07', { rax: 0x1_abcd, mm1: 0 }, 'mm1=abcd000000000000'],
    ['pinsrd', 'protected32', '66 0f 3a 22 c8 05', { rax: 0x1234_5678, xmm1: 0 }, 'xmm1=1234567800000000'],
    ['pextrw r32, mm', 'protected32', '0f c5 c1 02', { rax: -1n, mm1: A }, 'rax=504'],
    ['pextrb r32, xmm', 'protected32', '66 0f 3a 14 c8 0f', { rax: -1n, xmm1: B }, 'rax=ff'],
    ['extractps', 'protected32', '66 0f 3a 17 c8 03', { xmm1: B }, 'rax=ffeeddcc'],
    ['pmovmskb r32, xmm', 'protected32', '66 0f d7 c1', { rax: -1n, xmm1: B }, 'rax=ff00'],
    ['pmovmskb r32, mm', 'protected32', '0f d7 c1', { rax: -1n, mm1: 0x80_00_ff_00_00_00_80_7fn }, 'rax=a2'],
    ['movmskps', 'protected32', '0f 50 c1', { xmm1: B }, 'rax=c'],
    ['psllw mm by a register', 'protected32', '0f f1 ca', { mm1: 0x0001_0001_0001_8001n, mm2: 15 }, 'mm1=8000800080008000'],
    ['psllw mm by 2^32', 'protected32', '0f f1 ca', { mm1: A, mm2: 1n << 32n }, 'mm1=0'],
    ['psrad by 2^63 is all sign', 'protected32', '66 0f e2 ca', { xmm1: B, xmm2: 1n << 63n }, 'xmm1=ffffffffffffffff0000000000000000'],
    ['psrlq by 64', 'protected32', '66 0f 73 d1 40', { xmm1: B }, 'xmm1=0'],
    ['palignr mm', 'protected32', '0f 3a 0f ca 0a', { mm1: B, mm2: A }, 'mm1=776655443322'],
    ['pshufb mm', 'protected32', '0f 38 00 ca', { mm1: A, mm2: 0x80_07_0f_00_01_02_03_84n }, 'mm1=7070001020300'],
    ['packuswb mm', 'protected32', '0f 67 ca', { mm1: 0x0100_00ff_8000_0001n, mm2: 0x0002_0003_0004_7fffn }, 'mm1=20304ffffff0001'],
    ['ptest, nothing common', 'protected32', '66 0f 38 17 ca', { xmm1: A, xmm2: 0, rflags: 0x8d7 }, 'rflags=43'],
    ['ptest, something beyond', 'protected32', '66 0f 38 17 ca', { xmm1: 1, xmm2: 2, rflags: 0x8d7 }, 'rflags=42'],
    ['pcmpistri: "c" in "abcd"', 'protected32', '66 0f 3a 63 ca 00', { xmm1: 0x63, xmm2: 0x64636261, rflags: 2 }, 'rcx=2 rflags=c3'],
    ['pcmpestri: nothing of length 0', 'protected32', '66 0f 3a 61 ca 00', { rax: 0, rdx: -3n, xmm1: A, xmm2: A, rcx: -1n, rflags: 2 }, 'rcx=10 rflags=c2'],
    ['pcmpistri: last match', 'protected32', '66 0f 3a 63 ca 40', { xmm1: 0x61, xmm2: 0x61626161 }, 'rcx=3'],
    ['pcmpistri: last match of none', 'protected32', '66 0f 3a 63 ca 41', { xmm1: 0x61, xmm2: 0 }, 'rcx=8'],
    ['pcmpistrm: words', 'protected32', '66 0f 3a 62 ca 41', { xmm1: 0x61, xmm2: 0x61_0062_0061n }, 'xmm0=ffff0000ffff'],
    ['pcmpestrm: lengths of 64 bits', 'long64', '66 48 0f 3a 60 ca 08', { rax: 1n << 32n, rdx: 1n << 40n, xmm1: A, xmm2: A }, 'xmm0=ffff'],
    ['pcmpestrm: lengths of 32 bits', 'long64', '66 0f 3a 60 ca 08', { rax: 1n << 32n, rdx: 3, xmm1: A, xmm2: A }, 'xmm0=fff8'],
    ['aesenc', 'protected32', '66 0f 38 dc ca', { xmm1: 0x7b5b5465_73745665_63746f72_5d53475dn, xmm2: 0x48692853_68617929_5b477565_726f6e5dn },
      'xmm1=a8311c2f9fdba3c58b104b58ded7e595'],
    ['pclmulqdq', 'protected32', '66 0f 3a 44 ca 11', { xmm1: 3n << 64n, xmm2: 7n << 64n }, 'xmm1=9'],
  ])('%s', (_, mode, code, registers, expected) => {
    const cpu = make(mode, optimize);
    cpu.set(registers);
    expect(cpu.run(hex(code), 0x1000)).not.toMatch(/^#/);
    expect(cpu.dump(...names(expected))).toBe(expected);
  });

  test.each<[string, string, Registers, string, string]>([
    ['movss load clears the rest', 'f3 0f 10 0e', { xmm1: B }, 'xmm1=3020100', '0'],
    ['movss between registers keeps it', 'f3 0f 10 ca', { xmm1: A, xmm2: B }, 'xmm1=f0e0d0c0b0a09080706050433221100', '0'],
    ['movhpd load', '66 0f 16 0e', { xmm1: B }, 'xmm1=7060504030201007766554433221100', '0'],
    ['movq load', 'f3 0f 7e 0e', { xmm1: B }, 'xmm1=706050403020100', '0'],
    ['pinsrb from memory', '66 0f 3a 20 4e 05 00', { xmm1: 0 }, 'xmm1=5', '0'],
    ['punpcklbw mm takes 4 bytes', '0f 60 0e', { mm1: 0 }, 'mm1=300020001000000', '0'],
    ['movq store of mm', '0f 7f 4e 20', { mm1: B }, 'rip=1004', '7766554433221100'],
    ['movhps store', '0f 17 4e 20', { xmm1: B }, 'rip=1004', 'ffeeddccbbaa9988'],
    ['movd store', '66 0f 7e 4e 20', { xmm1: B }, 'rip=1005', '33221100'],
    ['pextrw store', '66 0f 3a 15 4e 20 07', { xmm1: B }, 'rip=1007', 'ffee'],
    ['movdqu anywhere', 'f3 0f 6f 4e 01', { xmm1: 0 }, 'xmm1=f0e0d0c0b0a090807060504030201', '0'],
  ])('memory: %s', (_, code, registers, expected, stored) => {
    const cpu = make('protected32', optimize).u64(DATA, A & (2n ** 64n - 1n), A >> 64n, 0n, 0n, 0n, 0n);
    cpu.set(registers);
    expect(cpu.run(hex(code), 0x1000)).toBe('goto_tb');
    expect(cpu.dump(...names(expected))).toBe(expected);
    expect(cpu.read(DATA + 0x20, 8).toString(16)).toBe(stored);
  });

  test('maskmovdqu stores selected bytes only, in the segment of a prefix', () => {
    const cpu = make('protected32', optimize).u64(DATA + 0x10, -1n, -1n);
    cpu.set({ 'es.base': 0x10, 'es.limit': 0xffff_ffff, xmm1: A, xmm2: 0x80_00_00_00_00_00_00_ff_00_00_00_00_00_00_80_00n });
    cpu.run(hex('26 66 0f f7 ca'), 0x1000);
    expect(cpu.words(DATA + 0x10, 8, 2)).toBe('ffffffffffff01ff fffffffffffff08');
  });
});

const MM = '0f fc ca';
const XMM = '66 0f fc ca';

describe('what CR0, CR4 and the x87 forbid', () => {
  test.each<[string, string, Registers, string]>([
    ['MMX under EM', MM, { cr0: CR0.PE | CR0.EM }, '#UD(0)'],
    ['MMX under EM and TS', MM, { cr0: CR0.PE | CR0.EM | CR0.TS }, '#UD(0)'],
    ['MMX under TS', MM, { cr0: CR0.PE | CR0.TS }, '#NM(0)'],
    ['MMX without OSFXSR', MM, { cr4: 0 }, 'goto_tb'],
    ['MMX with a pending exception', MM, { cr0: CR0.PE | CR0.NE, fsw: 0x8081 }, '#MF(0)'],
    ['MMX with a masked exception', MM, { fsw: 1 }, 'goto_tb'],
    ['EMMS with a pending exception', '0f 77', { cr0: CR0.PE | CR0.NE, fsw: 0x8081 }, '#MF(0)'],
    ['EMMS under TS', '0f 77', { cr0: CR0.PE | CR0.TS }, '#NM(0)'],
    ['EMMS under EM', '0f 77', { cr0: CR0.PE | CR0.EM }, '#UD(0)'],
    ['XMM under EM', XMM, { cr0: CR0.PE | CR0.EM }, '#UD(0)'],
    ['XMM under TS', XMM, { cr0: CR0.PE | CR0.TS }, '#NM(0)'],
    ['XMM without OSFXSR', XMM, { cr4: 0 }, '#UD(0)'],
    ['XMM without OSFXSR under TS', XMM, { cr0: CR0.PE | CR0.TS, cr4: 0 }, '#UD(0)'],
    ['XMM with a pending exception', XMM, { fsw: 0x8081 }, 'goto_tb'],
    ['MOVQ2DQ without OSFXSR', 'f3 0f d6 ca', { cr4: 0 }, '#UD(0)'],
    ['MOVQ2DQ with a pending exception', 'f3 0f d6 ca', { cr0: CR0.PE | CR0.NE, fsw: 0x8081 }, '#MF(0)'],
    ['a pending exception comes before a page fault', '0f 6f 0d 00 00 00 ff', { cr0: CR0.PE | CR0.NE, fsw: 0x8081 }, '#MF(0)'],
  ])('%s', (_, code, registers, expected) => {
    const cpu = make('protected32');
    cpu.set(registers);
    expect(cpu.run(hex(code), 0x1000)).toBe(expected);
  });

  test.each<[string, string, string]>([
    ['movaps load', '0f 28 4e 08', '#GP(0)'],
    ['movdqa store', '66 0f 7f 4e 08', '#GP(0)'],
    ['movntps', '0f 2b 4e 01', '#GP(0)'],
    ['movntdqa', '66 0f 38 2a 4e 08', '#GP(0)'],
    ['paddb', '66 0f fc 4e 08', '#GP(0)'],
    ['psllw by memory', '66 0f f1 4e 08', '#GP(0)'],
    ['pshufd', '66 0f 70 4e 08 00', '#GP(0)'],
    ['movups', '0f 10 4e 01', 'goto_tb'],
    ['lddqu', 'f2 0f f0 4e 01', 'goto_tb'],
    ['pcmpistri', '66 0f 3a 63 4e 01 00', 'goto_tb'],
    ['movhps', '0f 16 4e 01', 'goto_tb'],
    ['pmovsxbw', '66 0f 38 20 4e 01', 'goto_tb'],
    ['paddb mm', '0f fc 4e 01', 'goto_tb'],
    ['movntq', '0f e7 4e 01', 'goto_tb'],
  ])('alignment: %s', (_, code, expected) => {
    const cpu = make('protected32');
    cpu.set({ xmm1: A });
    expect(cpu.run(hex(code), 0x1000)).toBe(expected);
    if (expected !== 'goto_tb') expect(cpu.get('xmm1')).toBe(A);
  });
});

describe('MMX in the x87 registers', () => {
  const STATE: Registers = { fsw: 0x2800, ftw: 0x55, mm1: A & 0xffff_ffff_ffff_ffffn, mm2: 0 };

  test('a write fills sign and exponent, clears TOP and makes all registers valid', () => {
    const cpu = make('protected32');
    cpu.set(STATE);
    cpu.run(hex(MM), 0x1000);
    expect(cpu.dump('fsw', 'ftw', 'st1', 'st2')).toBe('fsw=0 ftw=ff st1=ffff0706050403020100 st2=0');
  });

  test('so does an instruction that only reads; EMMS empties', () => {
    const cpu = make('protected32');
    cpu.set(STATE);
    cpu.run(hex('0f 7e c8'), 0x1000);
    expect(cpu.dump('fsw', 'ftw', 'st1')).toBe('fsw=0 ftw=ff st1=706050403020100');
    cpu.set({ fsw: 0x2800 });
    cpu.run(hex('0f 77'), 0x1000);
    expect(cpu.dump('fsw', 'ftw')).toBe('fsw=0 ftw=0');
  });

  test('each instruction of a block does, whatever stands between them', () => {
    const cpu = make('protected32');
    cpu.maxInsns = 4;
    cpu.set(STATE);
    cpu.run(hex('0f fc ca 0f 77 0f fc ca 0f fc ca'), 0x1000);
    expect(cpu.dump('fsw', 'ftw')).toBe('fsw=0 ftw=ff');
  });

  test('a load that faults leaves TOP and tags; a store has TOP cleared, as processors have', () => {
    const cpu = make('long64');
    const outside = 0x8000_0000_0000_0000n;
    cpu.set({ ...STATE, rsi: outside });
    expect(cpu.run(hex('0f fc 0e'), 0x1000)).toBe('#GP(0)');
    expect(cpu.dump('fsw', 'ftw', 'mm1')).toBe('fsw=2800 ftw=55 mm1=706050403020100');
    expect(cpu.run(hex('0f 7f 0e'), 0x1000)).toBe('#GP(0)');
    expect(cpu.dump('fsw', 'ftw')).toBe('fsw=0 ftw=55');
  });
});
