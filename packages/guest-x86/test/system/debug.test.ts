/** Debug exceptions, as far as recordings of whole programs (tooling/system-tests, debug.asm) do not have them. */
import { describe, expect, it } from 'vitest';
import { DebugTrap, HFlag, X86_LAYOUT, X86_STATE, type RegisterName } from '@wasm-tcg/guest-x86';
import { EvalCpu } from '../translate/eval-cpu.ts';
import { TestCpu } from './machine.ts';

const hflags = (cpu: TestCpu): number => cpu.machine.views().u32[(cpu.env + X86_LAYOUT.flagsOffset) >>> 2]!;
const pending = (cpu: TestCpu): number => cpu.machine.views().u32[(cpu.env + X86_LAYOUT.stateOffset + X86_STATE.offset.debugPending) >>> 2]!;

/** Real mode; #DB goes to 5000h, #UD to 6000h. */
const real = (values: Partial<Record<RegisterName, number>> = {}): TestCpu =>
  new TestCpu().flat('real16', 0x1000, 0x8000).u32(4, 0x5000).u32(6 * 4, 0x6000).set(values);

describe('debug_trap', () => {
  const STEP = DebugTrap.singleStep;
  const BTF = 2;
  type Row = readonly [what: string, state: Partial<Record<RegisterName, number>>, how: number, next: bigint, expected: string];
  const rows: readonly Row[] = [
    ['a step', { rip: 0x1007, rflags: 0x302 }, STEP, 0x1007n, 'rip=5000 dr6=ffff4ff0 rflags=2'],
    ['nothing hit', { rip: 0x1007, dr7: 0x401 }, 0, 0x1007n, 'rip=1007 dr6=ffff0ff0 rflags=2'],
    ['a step with branch steps on, no branch', { rip: 0x1007, rflags: 0x102, debugctl: BTF }, STEP, 0x1007n, 'rip=1007 dr6=ffff0ff0 rflags=102'],
    ['a step with branch steps on, over a branch', { rip: 0x1007, rflags: 0x102, debugctl: BTF }, STEP, 0x1002n, 'rip=5000 dr6=ffff4ff0 rflags=2'],
    ['a step of a repeated instruction, branch steps on', { rip: 0x1000, rflags: 0x102, debugctl: BTF }, STEP | DebugTrap.repeats, 0x1002n,
      'rip=1000 dr6=ffff0ff0 rflags=102'],
    ['the end of RF', { rip: 0x1007, rflags: 0x10002, dr7: 0x401 }, DebugTrap.endsRf, 0x1007n, 'rip=1007 dr6=ffff0ff0 rflags=2'],
    ['RF loaded by the instruction itself', { rip: 0x1007, rflags: 0x10002, dr7: 0x401 }, 0, 0x1007n, 'rip=1007 dr6=ffff0ff0 rflags=10002'],
  ];
  it.each(rows)('%s', (_what, state, how, next, expected) => {
    const cpu = real(state);
    expect(cpu.call('debug_trap', how, next)).toBe('ok');
    expect(cpu.dump('rip', 'dr6', 'rflags')).toBe(expected);
  });

  it('pushes RF between two iterations, and only there', () => {
    const frame = (how: number): string => {
      const cpu = new TestCpu().flat('protected32', 0x1000, 0x8000);
      cpu.u64(0x3000, 0n, 0x00cf9a000000ffffn).u64(0x2008, 0x00008e00_00085000n);
      cpu.set({ 'gdtr.base': 0x3000, 'gdtr.limit': 15, 'idtr.base': 0x2000, 'idtr.limit': 0xff, rflags: 0x102 });
      expect(cpu.call('debug_trap', how, 0x1002n)).toBe('ok');
      return cpu.words(0x7ff4, 4, 3);
    };
    expect(frame(STEP | DebugTrap.repeats)).toBe('1000 8 10102');
    expect(frame(STEP)).toBe('1000 8 102');
  });

  it('ends branch steps and general detect', () => {
    const cpu = real({ rflags: 0x102, debugctl: BTF, dr7: 0x2400 });
    cpu.call('debug_trap', STEP, 0n);
    expect(cpu.dump('debugctl', 'dr7')).toBe('debugctl=0 dr7=400');
  });
});

describe('HFlag.DR and HFlag.RF', () => {
  it.each([
    [{ dr7: 0x400, rflags: 0x10002 }, 0],
    [{ dr7: 0x401 }, HFlag.DR],
    [{ dr7: 0x480, rflags: 0x10002 }, HFlag.DR | HFlag.RF],
  ] as const)('%j', (state, expected) => {
    expect(hflags(real(state)) & (HFlag.DR | HFlag.RF)).toBe(expected);
  });
});

describe('a data breakpoint', () => {
  it('that is hit by an instruction which faults later is forgotten', () => {
    const cpu = real({ dr0: 0x4000, dr7: 0x10401 });
    cpu.access('st', 0x4000n, 0);
    expect(pending(cpu)).toBe(1);
    cpu.call('raise_exception', 6, -1);
    expect(cpu.deliver()).toBe('ok');
    expect([cpu.get('rip'), pending(cpu), cpu.get('dr6')]).toEqual([0x6000n, 0, 0xffff0ff0n]);
  });

  it('is looked for in the page that a register was set to while the page was in the TLB', () => {
    const cpu = real();
    cpu.access('st', 0x4000n, 0);
    cpu.call('mov_to_dr', 0, 0x4000n);
    cpu.call('mov_to_dr', 7, 0x10001n);
    cpu.access('st', 0x4000n, 0);
    expect(pending(cpu)).toBe(1);
    cpu.call('mov_to_dr', 0, 0x4001n);
    cpu.set({ dr6: 0xffff0ff0 });
    cpu.call('debug_trap', 0, 0n);
    cpu.access('st', 0x4000n, 0);
    expect(pending(cpu)).toBe(0);
  });

  it('counts accesses of 16 bytes', () => {
    const cpu = new EvalCpu().flat('long64');
    cpu.set({ dr3: 0x400c, dr7: 0xd0000440, rcx: 0x4000 });
    const oi = 4;
    (cpu.runtime.wasmExports['ld_slow128'] as (env: number, at: bigint, oi: number) => void)(cpu.env, 0x4000n, oi);
    expect(pending(cpu)).toBe(0);
    (cpu.runtime.wasmExports['st_slow128'] as (env: number, at: bigint, oi: number) => void)(cpu.env, 0x4000n, oi);
    expect(pending(cpu)).toBe(8);
  });
});

describe('blocks', () => {
  it('under HFlag.DR have one instruction, and no check of code breakpoints under HFlag.RF', () => {
    const cpu = new EvalCpu().flat('real16').u32(4, 0x5000).set({ dr0: 0x1000, dr7: 0x401 }) as EvalCpu;
    expect(cpu.run(Uint8Array.of(0x40, 0x40), 0x1000)).toMatch(/#DB/);
    expect([cpu.get('dr6'), cpu.get('rax')]).toEqual([0xffff0ff1n, 0n]);
    cpu.set({ rip: 0x1000, rflags: 0x10002 });
    cpu.run(Uint8Array.of(0x40, 0x40), 0x1000);
    expect([cpu.insns, cpu.dump('rip', 'rax', 'rflags')]).toEqual([1, 'rip=1001 rax=1 rflags=2']);
  });

  it('HLT under TF does not wait', () => {
    const cpu = new EvalCpu().flat('real16').u32(4, 0x5000).set({ rflags: 0x102 }) as EvalCpu;
    cpu.run(Uint8Array.of(0xf4), 0x1000);
    expect(cpu.dump('rip', 'dr6')).toBe('rip=5000 dr6=ffff4ff0');
  });
});

describe('IRET', () => {
  it('loads RF only where a breakpoint could ask for it: nothing else would end it', () => {
    const cpu = real({ rflags: 2 });
    cpu.write(0x8000 - 12, [0x34, 0x12, 0, 0, 0, 0, 0, 0, 0x02, 0, 0x01, 0]).set({ rsp: 0x8000 - 12 });
    expect(cpu.call('iret', 4)).toBe('ok');
    expect(cpu.get('rflags')).toBe(2n);
    cpu.set({ rsp: 0x8000 - 12, dr7: 0x401, dr0: 0x4000 });
    expect(cpu.call('iret', 4)).toBe('ok');
    expect(cpu.get('rflags')).toBe(0x10002n);
  });
});
