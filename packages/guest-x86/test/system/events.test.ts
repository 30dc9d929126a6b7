/** What the machine around a processor does to it: interrupts and NMIs, the task priority, A20, saving and loading. */
import { describe, expect, it } from 'vitest';
import { MmuIndex, X86StateError } from '@wasm-tcg/guest-x86';
import { TestCpu } from './machine.ts';

/** Real mode with vectors 2 and 20h. */
function real(): TestCpu {
  return new TestCpu().flat('real16', 0x1000, 0x8000).u32(2 * 4, 0x5000).u32(0x20 * 4, 0x6000).set({ rflags: 0x202 });
}

describe('the interrupt window', () => {
  type Row = readonly [what: string, state: Parameters<TestCpu['set']>[0], open: boolean, nmiOpen: boolean];
  const rows: readonly Row[] = [
    ['IF set', { rflags: 0x202 }, true, true],
    ['IF clear', { rflags: 2 }, false, true],
    ['in a shadow', { rflags: 0x202, interrupt_shadow: 1 }, false, false],
    ['in an NMI handler', { rflags: 0x202, nmi_blocked: 1 }, true, false],
  ];
  it.each(rows)('%s', (_what, state, open, nmiOpen) => {
    const cpu = real().set(state);
    const window = cpu.x86.interruptWindow(0);
    expect([window.open, window.nmiOpen]).toEqual([open, nmiOpen]);
  });

  it('ends the budget when it opens for what waits', () => {
    const cpu = real().set({ rflags: 2 });
    const window = cpu.x86.interruptWindow(0);
    const popf = (): readonly number[] => {
      cpu.setContext('budget', 100);
      cpu.setContext('budgetHeld', 0);
      cpu.call('popf', 0x202n, 2);
      if (cpu.value !== 0) cpu.call('notice_interrupts');
      return [cpu.context('budget'), cpu.context('budgetHeld')];
    };
    expect(popf()).toEqual([100, 0]);
    window.wait(true, false);
    expect(popf()).toEqual([0, 100]);
    window.wait(false, true);
    expect(popf()).toEqual([0, 100]);
    cpu.set({ nmi_blocked: 1 });
    expect(popf()).toEqual([100, 0]);
  });
});

describe('NMI', () => {
  it('goes through vector 2 whatever IF says, and holds off others until IRET', () => {
    const cpu = real().set({ rflags: 2 });
    const window = cpu.x86.interruptWindow(0);
    cpu.x86.exports.nmi_deliver(cpu.env);
    expect([cpu.outcome(), cpu.dump('rip', 'cs', 'rsp', 'nmi_blocked'), window.nmiOpen]).toEqual(['ok', 'rip=5000 cs=0 rsp=7ffa nmi_blocked=1', false]);
    cpu.setContext('budget', 100);
    window.wait(false, true);
    expect(cpu.call('iret', 2)).toBe('ok');
    expect([cpu.dump('rip', 'nmi_blocked'), window.nmiOpen]).toEqual(['rip=1000 nmi_blocked=0', true]);
    expect(cpu.context('budget')).toBe(0);
  });

  it('is let in again by an IRET that faults', () => {
    const cpu = new TestCpu().flat('protected32').set({ nmi_blocked: 1, rsp: 0x8000 });
    expect(cpu.call('iret', 4)).toBe('#GP(0)');
    expect(cpu.get('nmi_blocked')).toBe(0n);
  });

  it('wakes nothing and pushes no error code; an interrupt does the same through its vector', () => {
    const cpu = real();
    cpu.x86.exports.interrupt_deliver(cpu.env, 0x20);
    expect(cpu.dump('rip', 'rsp', 'nmi_blocked', 'rflags')).toBe('rip=6000 rsp=7ffa nmi_blocked=0 rflags=2');
  });
});

describe('a third fault shuts the processor down', () => {
  it.each(['real16', 'protected16', 'protected32', 'long64'] as const)('%s', (mode) => {
    const cpu = new TestCpu().flat(mode).set({ 'idtr.limit': 0 });
    cpu.call('raise_exception', 13, 0);
    expect(cpu.deliver()).toBe('shutdown');
  });

  it('virtual-8086 mode, and an interrupt as the first event', () => {
    const cpu = new TestCpu().flat('protected32').set({ 'ss.access': 0xf300, rflags: 0x20202, 'idtr.limit': 0 });
    cpu.call('raise_exception', 6, -1);
    expect(cpu.deliver()).toBe('shutdown');
    const other = new TestCpu().flat('protected32').set({ 'idtr.limit': 0 });
    other.x86.exports.interrupt_deliver(other.env, 0x20);
    expect(other.outcome()).toBe('shutdown');
  });
});

describe('CR8', () => {
  it('is the task priority of the machine, and its write ends the budget', () => {
    const written: number[] = [];
    const host = { readTpr: () => 9, writeTpr: (_vcpu: number, cr8: number) => void written.push(cr8) };
    const cpu = new TestCpu('max', { host }).flat('long64');
    cpu.setContext('budget', 100);
    expect(cpu.call('mov_to_cr', 8, 5n)).toBe('ok');
    expect([written, cpu.context('budget'), cpu.context('budgetHeld')]).toEqual([[5], 0, 100]);
    expect(cpu.call('mov_from_cr', 8)).toBe('ok');
    expect(cpu.value).toBe(9n);
  });

  it('keeps what is written where the machine has none', () => {
    const cpu = new TestCpu().flat('long64');
    cpu.call('mov_to_cr', 8, 5n);
    cpu.call('mov_from_cr', 8);
    expect(cpu.value).toBe(5n);
  });
});

describe('A20', () => {
  it('closed, clears bit 20 of physical addresses at once', () => {
    const cpu = new TestCpu().flat('protected32').write(0x1234, [0x42]);
    const at = (): unknown => (cpu.access('ld', 0x101234n, MmuIndex.kernel), cpu.value);
    expect(at()).toBe(0xff);
    cpu.x86.setA20(0, false);
    expect(at()).toBe(0x42);
    cpu.x86.setA20(0, true);
    expect(at()).toBe(0xff);
  });
});

describe('a saved state', () => {
  const changed = (): TestCpu =>
    new TestCpu().flat('long64').set({
      rax: 0x1122334455667788n, rip: 0x1234, rflags: 0x8d7, xmm15: 5n, cr2: 0x77, lstar: 0x99, 'fs.base': 0x1000, st3: 7n, dr0: 0x44, nmi_blocked: 1, mtrr_def_type: 0xc06,
    });

  it('has all registers, and what derives from them follows', () => {
    const cpu = changed();
    const other = new TestCpu();
    other.x86.loadState(0, cpu.x86.saveState(0));
    const names = ['rax', 'rip', 'rflags', 'xmm15', 'cr0', 'cr2', 'cr3', 'efer', 'lstar', 'fs.base', 'cs.access', 'st3', 'dr0', 'nmi_blocked', 'mtrr_def_type'] as const;
    expect(other.dump(...names)).toBe(cpu.dump(...names));
    expect(other.x86.saveState(0)).toEqual(cpu.x86.saveState(0));
  });

  it('is the same bytes for the same state', () => {
    expect(changed().x86.saveState(0)).toEqual(changed().x86.saveState(0));
  });

  const saved = changed().x86.saveState(0);
  const with32 = (at: number, value: number): Uint8Array => {
    const bytes = saved.slice();
    new DataView(bytes.buffer).setUint32(at, value, true);
    return bytes;
  };
  type Row = readonly [what: string, bytes: Uint8Array, into: 'max' | 'pentium3', message: RegExp];
  const rows: readonly Row[] = [
    ['nothing', new Uint8Array(0), 'max', /it is none/],
    ['something else', with32(0, 0), 'max', /it is none/],
    ['of another version', with32(4, 99), 'max', /another version/],
    ['of another layout', with32(8, 99), 'max', /another version/],
    ['cut short', saved.subarray(0, 100), 'max', /100 bytes/],
    ['of another model', saved, 'pentium3', /another processor model/],
  ];
  it.each(rows)('is refused when it is %s', (_what, bytes, into, message) => {
    const cpu = new TestCpu(into);
    const before = cpu.x86.saveState(0);
    expect(() => cpu.x86.loadState(0, bytes)).toThrow(X86StateError);
    expect(() => cpu.x86.loadState(0, bytes)).toThrow(message);
    expect(cpu.x86.saveState(0)).toEqual(before);
  });
});
