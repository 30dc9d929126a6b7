/** RDRAND, RDSEED, MONITOR, MWAIT, INVPCID, and system instructions that no model offers. */
import { describe, expect, it } from 'vitest';
import { identityPageTables } from '@wasm-tcg/guest-x86';
import { EvalCpu } from './eval-cpu.ts';

const hex = (text: string): Uint8Array => Uint8Array.from(text.split(' '), (byte) => parseInt(byte, 16));

describe('RDRAND and RDSEED', () => {
  const numbers = [0x89abcdef, 0x01234567];
  const generator = (): { random32: () => number } => {
    let at = 0;
    return { random32: () => numbers[at++ % 2]! };
  };
  type Row = readonly [code: string, expected: string];
  const rows: readonly Row[] = [
    ['0f c7 f0', 'rax=89abcdef rflags=3'],
    ['48 0f c7 f0', 'rax=123456789abcdef rflags=3'],
    ['66 0f c7 f0', 'rax=ffffffffffffcdef rflags=3'],
    ['48 0f c7 f8', 'rax=123456789abcdef rflags=3'],
  ];
  it.each(rows)('%s gives bits of the machine and CF', (code, expected) => {
    const cpu = new EvalCpu('max', { host: generator() }).flat('long64').set({ rax: 0xffff_ffff_ffff_ffffn, rflags: 0x8d6 }) as EvalCpu;
    cpu.maxInsns = 1;
    cpu.run(hex(code), 0x1000);
    expect(cpu.dump('rax', 'rflags')).toBe(expected);
  });

  it('say that there is none where the machine has no generator', () => {
    const cpu = new EvalCpu().flat('protected32').set({ rax: 5, rflags: 0x8d7 }) as EvalCpu;
    cpu.maxInsns = 1;
    cpu.run(hex('0f c7 f0'), 0x1000);
    expect(cpu.dump('rax', 'rflags')).toBe('rax=0 rflags=2');
  });

  it('do not exist in older models', () => {
    expect(new EvalCpu('x86-64').flat('long64').run(hex('0f c7 f0'), 0x1000)).toMatch(/#UD/);
  });
});

describe('MONITOR and MWAIT', () => {
  const MONITOR = '0f 01 c8';
  const MWAIT = '0f 01 c9';
  const cpu = (): EvalCpu => new EvalCpu().flat('protected32').set({ rax: 0x4000 }) as EvalCpu;

  it('wait as HLT does, once', () => {
    const c = cpu();
    c.run(hex(`${MONITOR} ${MWAIT}`), 0x1000, 2);
    expect([c.outcome(), c.dump('rip')]).toEqual(['halt', 'rip=1006']);
    c.setContext('exitCode', 0);
    c.set({ rip: 0x1003 });
    expect([c.runBlock(), c.dump('rip')]).toEqual(['goto_ptr', 'rip=1006']);
  });

  it('do not wait when an event came in between', () => {
    const c = new EvalCpu().flat('real16').u32(0x20 * 4, 0x5000).set({ rax: 0x4000 }) as EvalCpu;
    c.run(hex(MONITOR), 0x1000);
    c.x86.exports.interrupt_deliver(c.env, 0x20);
    c.run(hex(MWAIT), 0x1003);
    expect([c.outcome(), c.dump('rip')]).toEqual(['ok', 'rip=1006']);
  });

  it.each([
    ['an extension', { rcx: 1 }, MONITOR, /#GP\(0\)/],
    ['an extension', { rcx: 1 }, MWAIT, /#GP\(0\)/],
    ['outside level 0', { 'ss.access': 0xc0f300, 'cs.access': 0xc0fb00 }, MONITOR, /#UD/],
    ['outside level 0', { 'ss.access': 0xc0f300, 'cs.access': 0xc0fb00 }, MWAIT, /#UD/],
    ['beyond the segment', { 'ds.limit': 0xfff }, MONITOR, /#GP\(0\)/],
  ] as const)('%s: %j', (_what, state, code, expected) => {
    expect((cpu().set(state) as EvalCpu).run(hex(code), 0x1000)).toMatch(expected);
  });

  it('do not exist in older models', () => {
    expect(new EvalCpu('x86-64').flat('protected32').run(hex(MONITOR), 0x1000)).toMatch(/#UD/);
  });
});

describe('INVPCID', () => {
  const INVPCID = '66 0f 38 82 03';
  type Row = readonly [what: string, type: bigint, pcid: bigint, address: bigint, expected: RegExp];
  const rows: readonly Row[] = [
    ['an address', 0n, 0n, 0x5000n, /^goto_ptr$/],
    ['a PCID', 1n, 0n, 0n, /^goto_ptr$/],
    ['all', 2n, 5n, 0n, /^goto_ptr$/],
    ['all but global pages', 3n, 0n, 0n, /^goto_ptr$/],
    ['another PCID without CR4.PCIDE', 0n, 1n, 0n, /#GP\(0\)/],
    ['another PCID without CR4.PCIDE', 1n, 1n, 0n, /#GP\(0\)/],
    ['reserved bits', 2n, 0x1000n, 0n, /#GP\(0\)/],
    ['an unknown type', 4n, 0n, 0n, /#GP\(0\)/],
    ['an address that is not canonical', 0n, 0n, 0x8000_0000_0000n, /#GP\(0\)/],
  ];
  it.each(rows)('%s', (_what, type, pcid, address, expected) => {
    const cpu = new EvalCpu().flat('long64').u64(0x4000, pcid, address).set({ rax: type, rbx: 0x4000n }) as EvalCpu;
    const before = cpu.context('mappingGeneration');
    expect(cpu.run(hex(INVPCID), 0x1000)).toMatch(expected);
    expect(cpu.context('mappingGeneration') === before).toBe(!expected.test('goto_ptr'));
  });

  it('faults over its operand first', () => {
    const cpu = new EvalCpu().flat('long64').write(0x10000, identityPageTables(0x10000)).set({ rax: 9, rbx: 0x1_0000_0000n }) as EvalCpu;
    expect(cpu.run(hex(INVPCID), 0x1000)).toMatch(/#PF/);
  });

  it('is of level 0, and of models that have it', () => {
    const cpu = new EvalCpu().flat('protected32').set({ 'ss.access': 0xc0f300, 'cs.access': 0xc0fb00 }) as EvalCpu;
    expect(cpu.run(hex(INVPCID), 0x1000)).toMatch(/#GP\(0\)/);
    expect(new EvalCpu('x86-64-v2').flat('long64').run(hex(INVPCID), 0x1000)).toMatch(/#UD/);
  });
});

describe('what no model offers is #UD', () => {
  it.each([
    ['RSM', '0f aa'], ['XGETBV', '0f 01 d0'], ['XSETBV', '0f 01 d1'], ['XSAVE', '0f ae 23'], ['XRSTOR', '0f ae 2b'], ['CLFLUSHOPT', '66 0f ae 3b'],
    ['CLWB', '66 0f ae 33'], ['UD0', '0f ff c0'], ['UD1', '0f b9 c0'], ['UD2', '0f 0b'], ['VMCALL', '0f 01 c1'], ['VMMCALL', '0f 01 d9'],
  ])('%s', (_name, code) => {
    expect((new EvalCpu().flat('long64').set({ rbx: 0x4000n }) as EvalCpu).run(hex(code), 0x1000)).toMatch(/#UD/);
  });
});
