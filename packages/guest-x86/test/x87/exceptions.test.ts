/** Stack faults, unmasked exceptions, and what the next waiting instruction makes of them. Results of SDM vol. 1, 8.5–8.7, and of a processor. */
import { describe, expect, test } from 'vitest';
import { DATA, FpuCpu, ST } from './support.ts';

describe('stack faults', () => {
  test.each<[string, string, string]>([
    // IE and SF; C1 says overflow. Masked: the indefinite.
    ['fadd of an empty ST(0)', 'd8 c1', '41 1'],
    ['fld onto a full ST(7)', 'd9 e8', '3a41 ff'],
    ['fst of an empty ST(0)', 'dd d3', '41 8'],
  ])('%s', (name, code, state) => {
    const cpu = new FpuCpu('protected32');
    if (name.includes('full')) cpu.set({ ftw: 0xff });
    expect(cpu.go(code)).toBe('ok');
    expect(cpu.fpu(0)).toBe(state);
    expect(cpu.get(name.startsWith('fst') ? 'st3' : 'st0')).toBe(ST.indefinite);
  });

  test('unmasked, the operands stay', () => {
    const cpu = new FpuCpu('protected32').set({ fcw: 0x37e, st0: ST.one, st1: ST.two });
    expect(cpu.go('de c1')).toBe('ok');
    expect(cpu.fpu(2)).toBe(`80c1 0 ${ST.one.toString(16)} ${ST.two.toString(16)}`);
  });

  test('FSTP m64 of an empty register stores the indefinite', () => {
    const cpu = new FpuCpu('protected32');
    expect(cpu.go('dd 1b')).toBe('ok');
    expect(cpu.read(DATA, 8)).toBe(0xfff8_0000_0000_0000n);
    expect(cpu.fpu(0)).toBe('841 0');
  });

  test('FXCH fills both', () => {
    const cpu = new FpuCpu('protected32').push(ST.one);
    expect(cpu.go('d9 c9')).toBe('ok');
    expect(cpu.fpu(2)).toBe(`3841 81 ${ST.indefinite.toString(16)} ${ST.one.toString(16)}`);
  });

  test('FSINCOS with a full ST(7) gives the indefinite twice', () => {
    const cpu = new FpuCpu('protected32').set({ ftw: 0xff });
    expect(cpu.go('d9 fb')).toBe('ok');
    expect(cpu.fpu(2)).toBe(`3a41 ff ${ST.indefinite.toString(16)} ${ST.indefinite.toString(16)}`);
  });
});

describe('unmasked exceptions', () => {
  /** Control word with one exception not masked. */
  const only = (bit: number): number => 0x37f & ~(1 << bit);

  test.each<[string, number, readonly bigint[], string, string]>([
    ['division by zero leaves the operands', 2, [ST.zero, ST.one], 'd8 f1', `b084 c0 ${ST.one.toString(16)}`],
    ['a denormal operand leaves them', 1, [ST.denormal, ST.one], 'd8 c1', `b082 c0 ${ST.one.toString(16)}`],
    ['an invalid operand leaves them, and does not pop', 0, [ST.signaling, ST.one], 'de c1', `b081 c0 ${ST.one.toString(16)}`],
    ['overflow in a register: exponent less 24576, and pops', 3, [ST.greatest, ST.greatest], 'de c9', 'b8a8 80 5ffefffffffffffffffe'],
    ['underflow: exponent plus 24576', 4, [ST.least, ST.half], 'de c9', 'b890 80 60008000000000000000'],
    ['an inexact result is stored', 5, [ST.three, ST.one], 'd8 f1', 'b2a0 c0 3ffdaaaaaaaaaaaaaaab'],
  ])('%s', (_, bit, operands, code, state) => {
    const cpu = new FpuCpu('protected32').push(...operands).set({ fcw: only(bit) });
    expect(cpu.go(code)).toBe('ok');
    expect(cpu.fpu(1)).toBe(state);
  });

  test.each<[string, number, bigint, string, string]>([
    ['overflow stores nothing and does not pop', 3, ST.greatest, 'd9 1b', 'b888'],
    ['nor does underflow', 4, ST.least, 'dd 1b', 'b890'],
    ['nor an integer that does not fit', 0, ST.greatest, 'db 1b', 'b881'],
    ['nor packed decimal', 0, ST.infinity, 'df 33', 'b881'],
    ['an inexact number is stored, and pops', 5, 0x3fff_8000_0000_0000_0001n, 'd9 1b', 'a0'],
  ])('to memory: %s', (_, bit, value, code, status) => {
    const cpu = new FpuCpu('protected32').push(value).set({ fcw: only(bit) }).u64(DATA, 0x1122_3344_5566_7788n);
    expect(cpu.go(code)).toBe('ok');
    const stored = cpu.read(DATA, 4) !== 0x5566_7788n;
    expect([cpu.get('fsw').toString(16).replace(/^80/, ''), stored, cpu.get('ftw')]).toEqual([status, bit === 5, bit === 5 ? 0n : 0x80n]);
  });

  test('comparisons tell the order nevertheless', () => {
    const cpu = new FpuCpu('protected32').push(ST.signaling, ST.one).set({ fcw: 0x37e, rflags: 2 });
    expect(cpu.go('df f1')).toBe('ok');
    expect(cpu.get('rflags')).toBe(0x47n);
    expect(cpu.fpu(0)).toBe('b081 c0');
  });

  test('a page fault in a store changes nothing: flags, stack, pointers', () => {
    const cpu = new FpuCpu('long64').push(0x3fff_8000_0000_0000_0001n).set({ rbx: 0x2_0000_0000n, fip: 5, fop: 7 });
    const before = cpu.dump('fsw', 'ftw', 'st0', 'fip', 'fop', 'fdp');
    expect(cpu.go('d9 1b')).toBe('#PF(2)@200000000');
    expect(cpu.go('dd 33')).toBe('#PF(2)@200000000');
    expect(cpu.go('df 33')).toBe('#PF(2)@200000000');
    expect(cpu.dump('fsw', 'ftw', 'st0', 'fip', 'fop', 'fdp')).toBe(before);
  });
});

describe('the pending error', () => {
  const pending = (cr0 = 0x33, options = {}): FpuCpu => new FpuCpu('protected32', 'max', options).push(ST.one).set({ fcw: 0x340, fsw: 0xb884, cr0 });

  test.each<[string, string, string]>([
    ['waiting instructions raise it', 'd9 e8', '#MF(0)'],
    ['with a bad memory operand, too', 'dd 05 00 00 f0 ff', '#MF(0)'],
    ['WAIT raises it', '9b', '#MF(0)'],
    ['so do MMX instructions', '0f 6f c1', '#MF(0)'],
    ['FLDCW waits', 'd9 2b', '#MF(0)'],
    ['FRSTOR waits', 'dd 23', '#MF(0)'],
    ['FNSTSW does not', 'df e0', 'ok'],
    ['FNSTCW does not', 'd9 3b', 'ok'],
    ['FNSTENV does not, and masks it', 'd9 33', 'ok'],
    ['FNSAVE does not', 'dd 33', 'ok'],
    ['FNINIT does not', 'db e3', 'ok'],
    ['FXSAVE does not', '0f ae 03', 'ok'],
  ])('%s', (_, code, outcome) => {
    expect(pending().go(code)).toBe(outcome);
  });

  test.each<[string, string]>([['FNCLEX', 'db e2'], ['FNINIT', 'db e3'], ['FNSTENV', 'd9 33'], ['FNSAVE', 'dd 33']])('%s ends it', (_, code) => {
    const cpu = pending();
    expect(cpu.go(code)).toBe('ok');
    expect(cpu.get('fsw') & 0x8080n).toBe(0n);
  });

  test('FLDCW that unmasks a recorded exception makes it pending', () => {
    const cpu = new FpuCpu('protected32').set({ fsw: 4 }).write(DATA, [0x7b, 0x03]);
    expect(cpu.go('d9 2b')).toBe('ok');
    expect(cpu.go('d9 e8')).toBe('#MF(0)');
  });

  test('without CR0.NE: FERR#, and the processor waits before the instruction', () => {
    const told: boolean[] = [];
    const cpu = pending(0x13, { host: { ferr: (_: number, asserted: boolean) => (told.push(asserted), false) } }).set({ interrupt_shadow: 1 });
    expect(cpu.go('d9 e8')).toBe('#256(0)');
    expect(cpu.deliver()).toBe('halt');
    expect(cpu.dump('rip', 'interrupt_shadow')).toBe('rip=1000 interrupt_shadow=0');
    cpu.setContext('exitCode', 0);
    expect(cpu.go('db e2')).toBe('ok');
    expect(told).toEqual([true, false]);
  });

  test('with IGNNE# the instruction is executed', () => {
    const cpu = pending(0x13, { host: { ferr: () => true } });
    expect(cpu.go('d9 e8')).toBe('ok');
    expect(cpu.fpu(2)).toBe(`b084 c0 ${ST.one.toString(16)} ${ST.one.toString(16)}`);
  });
});

describe('#NM', () => {
  const EM = 4;
  const TS = 8;
  const MP = 2;
  test.each<[string, number, string, string]>([
    ['x87 under TS', TS, 'd9 e8', '#NM(0)'],
    ['x87 under EM', EM, 'd9 e8', '#NM(0)'],
    ['control instructions, too', TS, 'db e3', '#NM(0)'],
    ['FNSTSW AX, too', EM, 'df e0', '#NM(0)'],
    ['FXSAVE under TS', TS, '0f ae 03', '#NM(0)'],
    ['FXRSTOR under EM', EM, '0f ae 0b', '#NM(0)'],
    ['WAIT under TS alone', TS, '9b', 'ok'],
    ['WAIT under EM', EM | MP, '9b', 'ok'],
    ['WAIT under TS and MP', TS | MP, '9b', '#NM(0)'],
    ['before the memory operand', TS, 'dd 05 00 00 f0 ff', '#NM(0)'],
  ])('%s', (_, bits, code, outcome) => {
    expect(new FpuCpu('protected32').set({ cr0: 0x31 | bits }).go(code)).toBe(outcome);
  });
});
