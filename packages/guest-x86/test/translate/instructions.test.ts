/**
 * One instruction per row, with results worked out from the manual. The bulk of the proof is the recorded vectors (tooling/conformance); here is
 * what those cannot hold: 16-bit code, and orders of access.
 */
import { describe, expect, test } from 'vitest';
import type { FlatMode, RegisterName } from '@wasm-tcg/guest-x86';
import { EvalCpu } from './eval-cpu.ts';

const hex = (text: string): Uint8Array => Uint8Array.from(text.trim().split(/\s+/), (byte) => parseInt(byte, 16));

type Registers = Partial<Record<RegisterName, bigint | number>>;

/** Registers as text for `dump`, in the order of the expectation. */
function names(expected: string): RegisterName[] {
  return expected.split(' ').map((item) => item.split('=')[0] as RegisterName);
}

describe.each([[false], [true]])('optimised: %s', (optimize) => {
  const make = (mode: FlatMode): EvalCpu => {
    const cpu = new EvalCpu().flat(mode);
    cpu.optimize = optimize;
    cpu.maxInsns = 1;
    return cpu;
  };

  test.each<[string, FlatMode, string, Registers, string]>([
    ['mov ah, bl', 'long64', '88 dc', { rax: 0x1111_2222_3333_4444n, rbx: 0xff }, 'rax=111122223333ff44'],
    ['mov eax, ebx clears the upper half', 'long64', '89 d8', { rax: -1n, rbx: -2n }, 'rax=fffffffe'],
    ['mov ax, bx keeps the rest', 'long64', '66 89 d8', { rax: -1n, rbx: 0x1234 }, 'rax=ffffffffffff1234'],
    ['32-bit code zero-extends slots', 'protected32', '89 d8', { rax: -1n, rbx: 0x8000_0000 }, 'rax=80000000'],
    ['xchg al, ah', 'real16', '86 c4', { rax: 0x1234 }, 'rax=3412'],
    ['xadd with itself', 'protected32', '0f c1 c0', { rax: 5 }, 'rax=a'],
    ['cwd', 'real16', '99', { rax: 0x8000, rdx: 0x1_1111 }, 'rdx=1ffff'],
    ['cdqe', 'long64', '48 98', { rax: 0x8000_0000n }, 'rax=ffffffff80000000'],
    ['movsx from ah', 'protected32', '0f be c4', { rax: 0x8000 }, 'rax=ffffff80'],
    ['bswap r64', 'long64', '48 0f c8', { rax: 0x0102_0304_0506_0708n }, 'rax=807060504030201'],
    ['lea in 16-bit code wraps', 'real16', '8d 47 20', { rbx: 0xfff0 }, 'rax=10'],
    ['lea with 32-bit addresses keeps 16 bits', 'real16', '67 8d 43 20', { rax: 0xffff_0000n, rbx: 0x1_fff0 }, 'rax=ffff0010'],
    ['lea relative to rip', 'long64', '48 8d 05 10 00 00 00', {}, 'rax=1017'],
    ['mul bl', 'real16', 'f6 e3', { rax: 0x1280, rbx: 3 }, 'rax=180'],
    ['imul r32, r32 overflows', 'protected32', '0f af c3', { rax: 0x4000_0000, rbx: 2 }, 'rax=80000000 rflags=887'],
    ['mul r64', 'long64', '48 f7 e3', { rax: -1n, rbx: -1n }, 'rax=1 rdx=fffffffffffffffe'],
    ['div r64', 'long64', '48 f7 f3', { rax: 1, rdx: 1, rbx: 2 }, 'rax=8000000000000000 rdx=1'],
    ['idiv r32', 'long64', 'f7 fb', { rax: -7n, rdx: -1n, rbx: 2 }, 'rax=fffffffd rdx=ffffffff'],
    ['idiv r8', 'real16', 'f6 fb', { rax: 0xfff9, rbx: 2 }, 'rax=fffd'],
    ['aad', 'real16', 'd5 0a', { rax: 0x0307 }, 'rax=25'],
    ['aam', 'real16', 'd4 0a', { rax: 0x25 }, 'rax=307'],
    ['daa', 'protected32', '27', { rax: 0x9a, rflags: 2 }, 'rax=0 rflags=57'],
    ['aaa', 'protected32', '37', { rax: 0x0f, rflags: 2 }, 'rax=105 rflags=17'],
    ['rcl through carry by 9', 'protected32', 'c0 d0 09', { rax: 0xa5, rflags: 3 }, 'rax=a5 rflags=3'],
    ['shld by more than 16', 'protected32', '66 0f a4 d8 14', { rax: 0x1234, rbx: 0xabcd }, 'rax=bcd1'],
    ['shl by CL of zero changes no flags', 'protected32', 'd3 e0', { rax: 1, rcx: 32, rflags: 0x8d7 }, 'rax=1 rflags=8d7'],
    ['bsf of zero keeps the destination', 'long64', '0f bc c3', { rax: -1n, rbx: 0 }, 'rax=ffffffffffffffff rflags=46'],
    ['pdep', 'long64', 'c4 e2 fb f5 c1', { rax: 0xb, rcx: 0xf0f0 }, 'rax=b0'],
    ['pext', 'long64', 'c4 e2 fa f5 c1', { rax: 0xa5f0, rcx: 0xff00 }, 'rax=a5'],
    ['mulx, both destinations', 'long64', 'c4 e2 f3 f6 c3', { rdx: -1n, rbx: 2 }, 'rax=1 rcx=fffffffffffffffe'],
    ['crc32', 'long64', 'f2 0f 38 f1 c3', { rax: 0, rbx: 0x1 }, 'rax=dd45aab8'],
    ['adcx leaves OF, adox leaves CF', 'long64', '66 0f 38 f6 c3', { rax: -1n, rbx: 1, rflags: 0x802 }, 'rax=0 rflags=803'],
    ['jcxz looks at CX', 'real16', 'e3 10', { rcx: 0x1_0000 }, 'rip=1012'],
    ['loop counts ECX with a prefix', 'real16', '67 e2 10', { rcx: 0x1_0000 }, 'rip=1013 rcx=ffff'],
    ['lahf', 'protected32', '9f', { rax: 0, rflags: 0x8d7 }, 'rax=d700'],
    ['sahf keeps OF', 'protected32', '9e', { rax: 0xff00, rflags: 0x802 }, 'rflags=8d7'],
    ['salc', 'protected32', 'd6', { rax: 0x100, rflags: 3 }, 'rax=1ff'],
    ['cmpxchg, different: 64-bit halves', 'long64', '0f b1 d1', { rax: 0x1_0000_0001n, rcx: 0x1_0000_0002n, rdx: 7 }, 'rax=2 rcx=100000002'],
  ])('%s', (_, mode, code, registers, expected) => {
    const cpu = make(mode);
    cpu.set(registers);
    cpu.run(hex(code), 0x1000);
    expect(cpu.dump(...names(expected))).toBe(expected);
  });

  test.each<[string, FlatMode, string, Registers, string, string]>([
    ['push in 16-bit code', 'real16', '50', { rax: 0x1234, rsp: 0x8000 }, 'rsp=7ffe', '1234'],
    ['push sp', 'real16', '54', { rsp: 0x8000 }, 'rsp=7ffe', '8000'],
    ['pop sp', 'real16', '5c', { rsp: 0x7ffe }, 'rsp=5555', '5555'],
    ['call', 'real16', 'e8 10 00', { rsp: 0x8000 }, 'rsp=7ffe rip=1013', '1003'],
    ['pop [sp] uses the new pointer', 'protected32', '8f 04 24', { rsp: 0x7ffa }, 'rsp=7ffe', '0'],
    ['enter 8, 0', 'real16', 'c8 08 00 00', { rbp: 0xabcd, rsp: 0x8000 }, 'rsp=7ff6 rbp=7ffe', 'abcd'],
    ['leave', 'real16', 'c9', { rbp: 0x7ffe, rsp: 0x100 }, 'rsp=8000 rbp=5555', '5555'],
    ['push with a 32-bit operand', 'real16', '66 6a ff', { rsp: 0x8002 }, 'rsp=7ffe', 'ffff'],
  ])('stack: %s', (_, mode, code, registers, expected, word) => {
    const cpu = make(mode).u32(0x7ffc, 0x5555_5555);
    cpu.u32(0x8000, 0x5555_5555);
    cpu.set(registers);
    cpu.run(hex(code), 0x1000);
    expect(cpu.dump(...names(expected))).toBe(expected);
    expect(cpu.read(0x7ffe, 2).toString(16)).toBe(word);
  });

  test('PUSHA and POPA', () => {
    const cpu = make('real16');
    cpu.set({ rax: 1, rcx: 2, rdx: 3, rbx: 4, rsp: 0x8000, rbp: 6, rsi: 7, rdi: 8 });
    cpu.run(hex('60'), 0x1000);
    expect(cpu.words(0x7ff0, 2, 8)).toBe('8 7 6 8000 4 3 2 1');
    cpu.set({ rax: 0, rcx: 0, rdx: 0, rbx: 0, rbp: 0, rsi: 0, rdi: 0 });
    cpu.run(hex('61'), 0x1000);
    expect(cpu.dump('rax', 'rcx', 'rdx', 'rbx', 'rsp', 'rbp', 'rsi', 'rdi')).toBe('rax=1 rcx=2 rdx=3 rbx=4 rsp=8000 rbp=6 rsi=7 rdi=8');
  });

  test('ENTER with nesting copies frame pointers', () => {
    const cpu = make('protected32').u32(0x6ff8, 0x1111, 0x2222);
    cpu.set({ rbp: 0x7000, rsp: 0x8000 });
    cpu.run(hex('c8 10 00 03'), 0x1000);
    expect(cpu.words(0x7ff0, 4, 4)).toBe('7ffc 1111 2222 7000');
    expect(cpu.dump('rbp', 'rsp')).toBe('rbp=7ffc rsp=7fe0');
  });

  test.each<[string, string, string, string]>([
    ['rep movsb, one iteration at a time', 'f3 a4', 'rcx=2 rsi=3001 rdi=4001 rip=1000', '61'],
    ['rep stosw backwards', '66 f3 ab', 'rcx=2 rdi=4002 rip=1000', '55'],
    ['repne scasb goes on', 'f2 ae', 'rcx=2 rdi=4001 rip=1000', '0'],
    ['repe scasb stops', 'f3 ae', 'rcx=2 rdi=4001 rip=1002', '0'],
    ['lodsb', 'ac', 'rax=5561 rsi=3001 rip=1001', '0'],
  ])('%s', (name, code, expected, byte) => {
    const cpu = make('long64').write(0x3000, [0x61, 0x62, 0x63]);
    cpu.set({ rax: 0x5555, rcx: 3, rsi: 0x3000, rdi: 0x4000 });
    cpu.run(hex(code), 0x1000);
    expect(cpu.dump(...names(expected))).toBe(expected);
    expect([name, cpu.read(0x4000, 1).toString(16)]).toEqual([name, byte]);
  });

  test.each<[string, bigint, bigint, string, string]>([
    ['equal', 0x1122_3344_5566_7788n, 0x1122_3344_5566_7788n, 'rax=55667788 rdx=11223344 rflags=46', 'bbbbbbbbcccccccc'],
    ['different', 1n, 0x1122_3344_5566_7788n, 'rax=1 rdx=0 rflags=6', '1'],
  ])('CMPXCHG8B, %s', (_, memory, compared, expected, after) => {
    const cpu = make('protected32').u64(0x3000, memory);
    cpu.set({ rax: compared & 0xffff_ffffn, rdx: compared >> 32n, rbx: 0xcccc_cccc, rcx: 0xbbbb_bbbb, rdi: 0x3000, rflags: 6 });
    cpu.run(hex('0f c7 0f'), 0x1000);
    expect(cpu.dump(...names(expected))).toBe(expected);
    expect(cpu.read(0x3000, 8).toString(16)).toBe(after);
  });

  test('CMPXCHG16B: both halves, and #GP when misaligned', () => {
    const cpu = make('long64').u64(0x3000, 1n, 2n);
    cpu.set({ rax: 1, rdx: 2, rbx: 3, rcx: 4, rdi: 0x3000 });
    cpu.run(hex('48 0f c7 0f'), 0x1000);
    expect(cpu.words(0x3000, 8, 2)).toBe('3 4');
    cpu.set({ rdi: 0x3008 });
    expect(cpu.run(hex('48 0f c7 0f'), 0x1000)).toBe('#GP(0)');
  });

  test.each<[string, string, Registers, string]>([
    ['BOUND outside', '62 07', { rax: 0x11, rdi: 0x3000 }, '#BR(0)'],
    ['BOUND inside', '62 07', { rax: 0x10, rdi: 0x3000 }, 'goto_tb'],
    ['DIV by zero', 'f7 f3', { rbx: 0 }, '#DE(0)'],
    ['DIV overflow', 'f7 f3', { rdx: 2, rbx: 2 }, '#DE(0)'],
    ['IDIV of the least number by -1', 'f7 fb', { rax: 0, rdx: 0x8000_0000, rbx: -1n }, '#DE(0)'],
  ])('%s', (_, code, registers, outcome) => {
    const cpu = make('protected32').u32(0x3000, 5, 0x10);
    cpu.set(registers);
    expect(cpu.run(hex(code), 0x1000)).toBe(outcome);
  });

  test.each<[string, string, string]>([
    ['IN', 'e5 40', 'in 40 4'],
    ['OUT', 'ee', 'out 60 1 aa'],
    ['INSB', '6c', 'in 60 1'],
    ['OUTSW', '66 6f', 'out 60 2 2211'],
  ])('%s', (_, code, access) => {
    const cpu = make('protected32').u32(0x3000, 0x4433_2211);
    cpu.set({ rax: 0xaa, rdx: 0x60, rsi: 0x3000, rdi: 0x4000 });
    cpu.run(hex(code), 0x1000);
    expect(cpu.ports).toEqual([access]);
  });
});
