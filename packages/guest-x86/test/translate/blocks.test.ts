/** Where blocks end, and how: pages, limits, traps, wrapping. Rows of code and what came of it. */
import { describe, expect, test } from 'vitest';
import { Op, opCode, opLength } from '@wasm-tcg/ir';
import { CcKind, HFlag, TranslateStatus, ccOp, type FlatMode } from '@wasm-tcg/guest-x86';
import { EvalCpu } from './eval-cpu.ts';

const hex = (text: string): Uint8Array => Uint8Array.from(text.trim().split(/\s+/), (byte) => parseInt(byte, 16));

function cpu(mode: FlatMode, optimize = false): EvalCpu {
  const c = new EvalCpu().flat(mode);
  c.optimize = optimize;
  return c;
}

/** Names of the ops that leave the block that was translated last. */
function exits(c: EvalCpu): string {
  const { code, length } = c.tb;
  const found: string[] = [];
  for (let at = 0; at < length; at += 1 + opLength(code[at]!)) {
    const op = opCode(code[at]!);
    if (op === Op.goto_tb) found.push(`${code[at + 1]}:${code[at + 2]!.toString(16)}`);
    if (op === Op.goto_ptr) found.push('ptr');
  }
  return found.join(' ');
}

describe('ends of blocks', () => {
  test.each<[string, FlatMode, number, string, string]>([
    ['a jump inside the page', 'long64', 0x1000, '90 eb 05', '1:8'],
    ['a conditional jump has two links', 'long64', 0x1000, '74 10', '0:2 1:12'],
    ['a jump to another page is a link too', 'protected32', 0x1000, 'e9 fb 2f 00 00', '1:3000'],
    ['backwards', 'protected32', 0x1800, 'eb fe', '1:800'],
    ['a computed jump', 'long64', 0x1000, 'ff e0', 'ptr'],
    ['the end of the page', 'long64', 0x1ffe, '90 90', '0:1000'],
    ['before an instruction that crosses pages', 'long64', 0x1ffe, '90 05 01 00 00 00', '0:fff'],
    ['a crossing instruction is alone', 'long64', 0x1fff, '05 01 00 00 00 90', '0:1004'],
    ['16-bit code checks at run time whether the target wraps', 'real16', 0x1000, 'eb fe', '1:0 ptr'],
    ['a port access is the last instruction', 'protected32', 0x1000, 'e4 60 90', '0:2'],
    ['so is RDTSC', 'protected32', 0x1000, '0f 31 90', '0:2'],
    ['a control register ends the block', 'protected32', 0x1000, '0f 22 c0 90', 'ptr'],
    ['an undefined opcode', 'long64', 0x1000, '90 0f 0b', 'ptr'],
    ['a repeated string instruction goes back to itself', 'long64', 0x1000, '90 f3 a4', '0:1 1:3'],
  ])('%s', (_, mode, at, code, expected) => {
    const c = cpu(mode);
    c.write(at, hex(code));
    c.set({ rip: at });
    expect(c.translate()).toBe(TranslateStatus.ok);
    expect(exits(c)).toBe(expected);
  });

  test('no more instructions than asked for', () => {
    const c = cpu('long64');
    c.maxInsns = 3;
    c.write(0x1000, hex('90 90 90 90 90'));
    c.set({ rip: 0x1000 });
    c.translate();
    expect(c.translator.block).toMatchObject({ size: 3, insns: 3, secondPage: false });
  });

  test.each<[string, string, [number, number]]>([
    ['a comparison', '39 d8 74 10', [ccOp(CcKind.sub, 4), ccOp(CcKind.sub, 4)]],
    ['flags from before', '74 10', [-1, -1]],
    ['one exit', '21 c0 eb 10', [-2, ccOp(CcKind.logic, 4)]],
    ['scanning stops early or finds nothing to do', 'f3 ae', [-1, -1]],
  ])('cc_op at the exits: %s', (_, code, expected) => {
    const c = cpu('long64');
    c.write(0x1000, hex(code));
    c.set({ rip: 0x1000 });
    c.translate();
    expect(c.translator.block.exitCcOp).toEqual(expected);
  });

  test('a long run of large instructions is cut', () => {
    const c = cpu('protected32');
    c.maxInsns = 4096;
    c.write(0x1000, new Uint8Array(4096).fill(0x60));
    c.set({ rip: 0x1000 });
    c.translate();
    expect(c.translator.block.insns).toBeLessThan(300);
    expect(c.tb.length).toBeLessThan(8000);
  });

  test('the second page of a crossing instruction may be missing: the fetch faults, and only then', () => {
    const c = cpu('protected32');
    const end = 0x100000;
    c.write(end - 3, hex('90 90 05'));
    c.set({ rip: end - 3 });
    expect(c.runBlock()).toBe('goto_tb');
    expect(c.get('rip')).toBe(BigInt(end - 1));
  });
});

describe.each([[false], [true]])('optimised: %s', (optimize) => {
  describe('segments', () => {
    test.each<[string, string, Record<string, number>, string, string]>([
      ['word at the limit', '8b 07', { rbx: 0xffff }, '#GP(0)', 'rip=1000'],
      ['word below it', '8b 07', { rbx: 0xfffe }, 'goto_tb', 'rip=1002'],
      ['byte at the limit', '8a 07', { rbx: 0xffff }, 'goto_tb', 'rip=1002'],
      ['store at the limit', '89 07', { rbx: 0xffff }, '#GP(0)', 'rip=1000'],
      ['stack at the limit', '50', { rsp: 1 }, '#SS(0)', 'rip=1000'],
      ['stack wraps below zero', '50', { rsp: 0 }, 'goto_tb', 'rip=1001'],
      ['stack operand', '8b 46 00', { rbp: 0xffff }, '#SS(0)', 'rip=1000'],
      ['32-bit address above the limit', '67 8b 03', { rbx: 0x10000 }, '#GP(0)', 'rip=1000'],
      ['16-bit addresses wrap', '8b 01', { rbx: 0xfff0, rdi: 0x20 }, 'goto_tb', 'rip=1002'],
      ['code segment override', '2e 8b 07', { rbx: 0x1000 }, 'goto_tb', 'rip=1003'],
    ])('real mode: %s', (_, code, registers, outcome, state) => {
      const c = cpu('real16', optimize);
      c.maxInsns = 1;
      // [BX] and [BX+DI] in 16-bit code.
      c.set(registers);
      expect(c.run(hex(code), 0x1000)).toBe(outcome);
      expect(c.dump('rip')).toBe(state);
    });

    test.each<[string, Record<string, number>, string]>([
      ['within', { 'ds.limit': 0x1fff, rbx: 0x1ffc }, 'goto_tb'],
      ['across the limit', { 'ds.limit': 0x1fff, rbx: 0x1ffd }, '#GP(0)'],
      ['wrapping at 4 GiB', { 'ds.limit': 0xfffffffe, rbx: 0xfffffffe }, '#GP(0)'],
      ['null selector', { 'ds.access': 0, rbx: 0 }, '#GP(0)'],
      ['expand-down, below', { 'ds.access': 0xc09600, 'ds.limit': 0xfff, rbx: 0xffe }, '#GP(0)'],
      ['expand-down, above', { 'ds.access': 0xc09600, 'ds.limit': 0xfff, rbx: 0x1000 }, 'goto_tb'],
      ['execute-only code', { 'ds.access': 0xc09800, 'ds.limit': 0xffff, rbx: 0x1000 }, '#GP(0)'],
      ['readable code', { 'ds.access': 0xc09a00, 'ds.limit': 0xffff, rbx: 0x1000 }, 'goto_tb'],
      ['base', { 'ds.base': 0x3000, 'ds.limit': 0xffff, rbx: 0x10 }, 'goto_tb'],
    ])('protected mode, load %s', (_, registers, outcome) => {
      const c = cpu('protected32', optimize).u32(0x3010, 0x11223344);
      c.maxInsns = 1;
      c.set(registers);
      expect(c.run(hex('8b 03'), 0x1000)).toBe(outcome);
      if ('ds.base' in registers) expect(c.get('rax')).toBe(0x11223344n);
    });

    test('a read-only segment is not written', () => {
      const c = cpu('protected32', optimize);
      c.set({ 'ds.access': 0xc09000, rbx: 0x3000 });
      c.maxInsns = 1;
      expect(c.run(hex('89 03'), 0x1000)).toBe('#GP(0)');
      expect(c.run(hex('01 03'), 0x1000)).toBe('#GP(0)');
      expect(c.run(hex('8b 03'), 0x1000)).toBe('goto_tb');
    });
  });

  describe('the limit of CS', () => {
    test.each<[string, number, string, string, string]>([
      ['an instruction that ends at the limit', 0x1001, '89 d8', 'goto_tb', 'rip=1002'],
      ['an instruction that crosses it', 0x1000, '89 d8', '#GP(0)', 'rip=1000'],
      ['a jump beyond', 0x1fff, 'e9 00 30 00 00', '#GP(0)', 'rip=1000'],
      ['a jump to the last byte', 0x1fff, 'e9 fa 0f 00 00', 'goto_tb', 'rip=1fff'],
    ])('%s', (_, limit, code, outcome, state) => {
      const c = cpu('protected32', optimize);
      c.maxInsns = 1;
      c.set({ 'cs.limit': limit });
      expect(c.run(hex(code), 0x1000)).toBe(outcome);
      expect(c.dump('rip')).toBe(state);
    });

    test('a block that was made under a larger limit is run instruction by instruction', () => {
      const c = cpu('protected32', optimize);
      c.set({ 'cs.limit': 0x1002, rax: 0 });
      c.write(0x1000, hex('40 40 40 40 eb fe'));
      c.set({ rip: 0x1000 });
      c.runBlock();
      expect(c.dump('rax', 'rip')).toBe('rax=3 rip=1003');
      expect(c.runBlock()).toBe('#GP(0)');
      expect(c.dump('rax', 'rip')).toBe('rax=3 rip=1003');
    });
  });

  describe('wrapping', () => {
    test('IP wraps at 64 KiB in 16-bit jumps', () => {
      const c = cpu('real16', optimize);
      c.write(0xfff0, hex('eb 20'));
      c.set({ rip: 0xfff0 });
      expect(c.runBlock()).toBe('goto_ptr');
      expect(c.dump('rip')).toBe('rip=12');
    });

    test('straight on beyond 64 KiB is #GP, as EIP does not wrap', () => {
      const c = cpu('real16', optimize);
      c.write(0xffff, hex('90'));
      c.set({ rip: 0xffff });
      expect(c.runBlock()).toBe('goto_tb');
      expect(c.dump('rip')).toBe('rip=10000');
      expect(c.runBlock()).toBe('#GP(0)');
    });

    test('an operand size prefix cuts EIP', () => {
      const c = cpu('protected32', optimize);
      c.write(0x20000, hex('66 eb 10'));
      c.set({ rip: 0x20000 });
      expect(c.runBlock()).toBe('goto_ptr');
      expect(c.dump('rip')).toBe('rip=13');
    });

    test('a non-canonical target faults at the branch', () => {
      const c = cpu('long64', optimize);
      c.set({ rax: 0x8000_0000_0000n });
      expect(c.run(hex('ff e0'), 0x1000)).toBe('#GP(0)');
      expect(c.dump('rip')).toBe('rip=1000');
    });
  });

  describe('after the instruction', () => {
    test('TF traps after one instruction', () => {
      const c = cpu('real16', optimize);
      c.u32(4, 0x5000);
      c.set({ rax: 1 });
      c.set({ rflags: 0x102n });
      expect(c.state('hflags') & HFlag.TF).not.toBe(0);
      c.run(hex('40 40'), 0x1000);
      expect(c.insns).toBe(1);
      expect(c.dump('rax', 'rip')).toBe('rax=2 rip=5000');
      expect(c.words(0x7ffa, 2, 2)).toBe('1001 0');
    });

    test('both ends of a conditional jump trap', () => {
      for (const [flags, ip] of [[0x102n, 0x1002n], [0x142n, 0x1012n]] as const) {
        const c = cpu('real16', optimize);
        c.u32(4, 0x5000);
        c.set({ rflags: flags });
        c.run(hex('74 10'), 0x1000);
        expect(c.get('rip')).toBe(0x5000n);
        expect(c.read(0x7ffa, 2)).toBe(ip);
      }
    });

    test('MOV SS holds off interrupts and the trap for one instruction', () => {
      const c = cpu('real16', optimize);
      c.u32(4, 0x5000);
      c.set({ rflags: 0x102n });
      c.run(hex('8e d0 40'), 0x1000);
      expect(c.dump('rip', 'interrupt_shadow')).toBe('rip=1002 interrupt_shadow=2');
      c.runBlock();
      expect(c.insns).toBe(1);
      expect(c.dump('rip', 'interrupt_shadow')).toBe('rip=5000 interrupt_shadow=0');
    });

    test('STI has a shadow of one instruction when something waits for it', () => {
      const c = cpu('real16', optimize);
      c.x86.interruptWindow(0).wait(true, false);
      c.set({ rflags: 2 });
      c.run(hex('fb 40 40'), 0x1000);
      expect(c.dump('rip', 'interrupt_shadow')).toBe('rip=1001 interrupt_shadow=1');
      c.setContext('budget', 100);
      c.runBlock();
      expect(c.dump('rip', 'interrupt_shadow')).toBe('rip=1002 interrupt_shadow=0');
      expect([c.context('budget'), c.context('budgetHeld')]).toEqual([0, 100]);
    });

    test('and when it is the last of its block', () => {
      for (const [maxInsns, rflags, shadow] of [[1, 2, 1], [2, 2, 0], [1, 0x202, 0]] as const) {
        const c = cpu('real16', optimize);
        c.maxInsns = maxInsns;
        c.set({ rflags });
        expect(c.run(hex('fb 40 40'), 0x1000)).toBe(shadow === 1 ? 'goto_ptr' : 'goto_tb');
        expect(c.dump('interrupt_shadow', 'rflags')).toBe(`interrupt_shadow=${shadow} rflags=202`);
      }
      // At the end of its page, too.
      const c = cpu('real16', optimize).set({ rflags: 2 });
      c.run(hex('fb 40'), 0x1fff);
      expect(c.dump('rip', 'interrupt_shadow')).toBe('rip=2000 interrupt_shadow=1');
    });

    test('a segment load and POPF end a block only where they change what it was made for', () => {
      const c = cpu('protected32', optimize).u64(0x3000, 0n, 0xcf93000000ffffn, 0x40930000000fffn).set({ 'gdtr.base': 0x3000, 'gdtr.limit': 0x17, rsp: 0x8000 });
      const load = (selector: number): [string, string] => {
        c.maxInsns = 2;
        c.set({ rax: selector });
        return [c.run(hex('8e c0 90'), 0x1000), c.dump('rip')];
      };
      expect([load(8), load(16), load(16), load(8)]).toEqual([
        ['goto_tb', 'rip=1003'], ['goto_ptr', 'rip=1002'], ['goto_tb', 'rip=1003'], ['goto_ptr', 'rip=1002'],
      ]);
      const pop = (image: number): [string, string] => {
        c.u32(0x7000, image).set({ rsp: 0x7000, rflags: 2 });
        return [c.run(hex('9d 90'), 0x1000), c.dump('rip', 'rsp')];
      };
      expect(pop(0x246)).toEqual(['goto_tb', 'rip=1002 rsp=7004']);
      expect(pop(0x3002)).toEqual(['goto_ptr', 'rip=1001 rsp=7004']);
      c.x86.interruptWindow(0).wait(true, false);
      c.setContext('budget', 100);
      expect([...pop(0x202), c.context('budget')]).toEqual(['goto_ptr', 'rip=1001 rsp=7004', 0]);
    });
  });

  describe('faults restore', () => {
    test('the flags of before, from the static cc_op', () => {
      const c = cpu('long64', optimize);
      c.set({ rax: 0, rcx: 5, rbx: 0x2_0000_0000 });
      // sub ecx, 5; mov eax, [rbx]: ZF and PF are set at the fault, and nothing else of the second instruction has happened.
      expect(c.run(hex('83 e9 05 8b 03'), 0x1000)).toMatch(/#PF/);
      expect(c.dump('rip', 'rax', 'rcx', 'rflags')).toBe('rip=1003 rax=0 rcx=0 rflags=46');
    });

    test('the flags of before, when they come from a shift by a count of zero', () => {
      const c = cpu('long64', optimize);
      c.set({ rax: 0x80, rcx: 0, rbx: 0x2_0000_0000, rflags: 0x8d7n });
      expect(c.run(hex('d3 e0 8b 03'), 0x1000)).toMatch(/#PF/);
      expect(c.dump('rip', 'rflags')).toBe('rip=1002 rflags=8d7');
    });
  });
});

describe('invalid code', () => {
  test.each<[string, FlatMode, string, string]>([
    ['UD2', 'long64', '0f 0b', '#UD(0)'],
    ['LOCK on a register', 'long64', 'f0 01 c0', '#UD(0)'],
    ['16 bytes', 'long64', '66 66 66 66 66 66 66 66 66 66 66 66 66 66 66 90', '#GP(0)'],
    ['HLT outside CPL 0 is for the helper', 'protected32', 'f4', 'halt'],
    ['AAM by zero', 'protected32', 'd4 00', '#DE(0)'],
    ['ARPL in real mode', 'real16', '63 c0', '#UD(0)'],
  ])('%s', (_, mode, code, outcome) => {
    expect(cpu(mode).run(hex(code), 0x1000)).toBe(outcome);
  });

  test('an older processor has no BMI1: TZCNT is BSF', () => {
    const run = (model: 'max' | 'pentium3'): bigint => {
      const c = new EvalCpu(model).flat('protected32');
      c.set({ rax: 77, rcx: 0 });
      c.run(hex('f3 0f bc c1'), 0x1000);
      return c.get('rax');
    };
    expect([run('max'), run('pentium3')]).toEqual([32n, 77n]);
  });
});
