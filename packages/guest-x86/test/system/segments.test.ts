import { describe, expect, it } from 'vitest';
import { TestCpu, gate, segment } from './machine.ts';

const GDT = 0x3000;
const LDT = 0x3800;
const ES = 0;
const SS = 2;
const DS = 3;
const FS = 4;
const GS = 5;

/** Slots 1–… hold these descriptors. */
function withGdt(...descriptors: bigint[]): TestCpu {
  return new TestCpu().flat('protected32').u64(GDT, 0n, ...descriptors).set({ 'gdtr.base': GDT, 'gdtr.limit': descriptors.length * 8 + 7 });
}

function atLevel3(cpu: TestCpu): TestCpu {
  return cpu.set({ cs: 0x1b, 'cs.access': 0xc0fb00, ss: 0x23, 'ss.access': 0xc0f300 });
}

describe('loading segment registers', () => {
  type Row = readonly [what: string, level: 0 | 3, seg: number, selector: number, descriptor: bigint, expected: string];
  const rows: readonly Row[] = [
    ['data', 0, DS, 8, segment({ base: 0x12345678 }), 'ok'],
    ['read-only data', 0, DS, 8, segment({ type: 0x10 }), 'ok'],
    ['readable code', 0, DS, 8, segment({ type: 0x1a }), 'ok'],
    ['execute-only code', 0, DS, 8, segment({ type: 0x18 }), '#GP(8)'],
    ['system segment', 0, DS, 8, segment({ type: 9 }), '#GP(8)'],
    ['not present', 0, DS, 8, segment({ present: false }), '#NP(8)'],
    ['beyond the table', 0, DS, 0x10, segment(), '#GP(10)'],
    ['beyond the LDT', 0, DS, 0xc, segment(), '#GP(c)'],
    ['null', 0, DS, 3, segment(), 'ok'],
    ['inner data', 3, DS, 8, segment(), '#GP(8)'],
    ['RPL above DPL', 0, DS, 11, segment({ dpl: 2 }), '#GP(8)'],
    ['DPL 3 with RPL 3', 3, DS, 11, segment({ dpl: 3 }), 'ok'],
    ['conforming code of an inner level', 3, DS, 11, segment({ type: 0x1e }), 'ok'],
    ['stack', 0, SS, 8, segment(), 'ok'],
    ['stack: null', 0, SS, 0, segment(), '#GP(0)'],
    ['stack: read-only', 0, SS, 8, segment({ type: 0x10 }), '#GP(8)'],
    ['stack: code', 0, SS, 8, segment({ type: 0x1a }), '#GP(8)'],
    ['stack: RPL', 0, SS, 9, segment(), '#GP(8)'],
    ['stack: DPL', 3, SS, 11, segment(), '#GP(8)'],
    ['stack: not present', 0, SS, 8, segment({ present: false }), '#SS(8)'],
  ];
  it.each(rows)('%s, CPL %i', (_what, level, seg, selector, descriptor, expected) => {
    const cpu = withGdt(descriptor);
    if (level === 3) atLevel3(cpu);
    const name = (['es', 'cs', 'ss', 'ds', 'fs', 'gs'] as const)[seg]!;
    const before = cpu.dump(name, `${name}.base`, `${name}.access`);
    expect(cpu.call('load_seg', seg, selector)).toBe(expected);
    if (expected === 'ok') expect(cpu.get(name)).toBe(BigInt(selector));
    else expect(cpu.dump(name, `${name}.base`, `${name}.access`)).toBe(before);
  });

  it('takes base, limit and rights apart, and marks the descriptor accessed', () => {
    const cpu = withGdt(segment({ base: 0x89abcdef, limit: 0x12345, flags: 4 }));
    cpu.call('load_seg', ES, 8);
    expect(cpu.dump('es', 'es.base', 'es.limit', 'es.access')).toBe('es=8 es.base=89abcdef es.limit=12345 es.access=409300');
    expect(cpu.read(GDT + 13, 1)).toBe(0x93n);
    cpu.u64(GDT + 8, segment({ limit: 0x12345 }));
    cpu.call('load_seg', ES, 8);
    expect(cpu.dump('es.limit', 'es.access')).toBe('es.limit=12345fff es.access=c09300');
  });

  it('finds the LDT', () => {
    const cpu = withGdt(segment({ type: 2, base: LDT, limit: 0xf, flags: 0 })).u64(LDT + 8, segment({ base: 0x777 }));
    expect(cpu.call('lldt', 8)).toBe('ok');
    expect(cpu.call('load_seg', DS, 0xc)).toBe('ok');
    expect(cpu.get('ds.base')).toBe(0x777n);
    expect(cpu.call('load_seg', DS, 0x14)).toBe('#GP(14)');
  });

  it('says whether hflags have changed', () => {
    const cpu = withGdt(segment({ limit: 0xfffff, flags: 0xc }), segment({ base: 0x777 }));
    const loads = [8, 8, 16, 16, 8].map((selector) => [cpu.call('load_seg', ES, selector), cpu.value]);
    expect(loads).toEqual([['ok', 0], ['ok', 0], ['ok', 1], ['ok', 0], ['ok', 1]]);
  });

  it('never has by GS, whatever that is, since a kernel runs with the one of the user', () => {
    const cpu = withGdt(segment({ limit: 0xfffff, flags: 0xc }), segment({ base: 0x777 }));
    const loads = [0, 8, 16, 8, 0].map((selector) => [cpu.call('load_seg', GS, selector), cpu.value]);
    expect(loads).toEqual(loads.map(() => ['ok', 0]));
  });

  it('changes the base alone in real mode', () => {
    const cpu = new TestCpu().flat('real16').set({ 'ds.limit': 0xffffffff });
    expect(cpu.call('load_seg', DS, 0x1234)).toBe('ok');
    expect(cpu.dump('ds', 'ds.base', 'ds.limit')).toBe('ds=1234 ds.base=12340 ds.limit=ffffffff');
  });

  it('MOV SS casts a shadow, LSS does not', () => {
    const cpu = withGdt(segment());
    cpu.call('load_seg', SS, 8);
    expect(cpu.get('interrupt_shadow')).toBe(0n);
    cpu.call('mov_ss', 8);
    expect(cpu.get('interrupt_shadow')).toBe(2n);
    cpu.call('end_shadow');
    expect(cpu.get('interrupt_shadow')).toBe(0n);
  });

  it('64-bit code below level 3 may have a null SS of its own level', () => {
    const cpu = new TestCpu().flat('long64').set({ cr0: 0x11 });
    expect(cpu.call('load_seg', SS, 0)).toBe('ok');
    expect(cpu.call('load_seg', SS, 3)).toBe('#GP(0)');
    expect(cpu.call('load_seg', FS, 3)).toBe('ok');
  });
});

describe('LDTR and TR', () => {
  type Row = readonly [helper: 'lldt' | 'ltr', selector: number, descriptor: bigint, expected: string];
  const rows: readonly Row[] = [
    ['lldt', 8, segment({ type: 2 }), 'ok'],
    ['lldt', 0, segment({ type: 2 }), 'ok'],
    ['lldt', 8, segment({ type: 9 }), '#GP(8)'],
    ['lldt', 8, segment({ type: 2, present: false }), '#NP(8)'],
    ['lldt', 12, segment({ type: 2 }), '#GP(c)'],
    ['ltr', 8, segment({ type: 9 }), 'ok'],
    ['ltr', 8, segment({ type: 1 }), 'ok'],
    ['ltr', 8, segment({ type: 11 }), '#GP(8)'],
    ['ltr', 8, segment({ type: 9, present: false }), '#NP(8)'],
    ['ltr', 0, segment({ type: 9 }), '#GP(0)'],
  ];
  it.each(rows)('%s %i', (helper, selector, descriptor, expected) => {
    expect(withGdt(descriptor).call(helper, selector)).toBe(expected);
  });

  it('LTR sets the busy bit', () => {
    const cpu = withGdt(segment({ type: 9, base: 0x4000, limit: 0x67, flags: 0 }));
    cpu.call('ltr', 8);
    expect(cpu.read(GDT + 13, 1)).toBe(0x8bn);
    expect(cpu.dump('tr', 'tr.base', 'tr.limit', 'tr.access')).toBe('tr=8 tr.base=4000 tr.limit=67 tr.access=8b00');
  });

  it('are privileged', () => {
    for (const [helper, ...args] of [['lldt', 8], ['ltr', 8], ['lgdt', 7, 0n], ['lidt', 7, 0n], ['invlpg', 0n], ['clts'], ['hlt']] as const) {
      expect(atLevel3(withGdt()).call(helper, ...args)).toBe('#GP(0)');
    }
  });

  it('descriptors have 16 bytes in long mode', () => {
    const cpu = new TestCpu().flat('long64').set({ cr0: 0x11, 'gdtr.base': GDT, 'gdtr.limit': 0x17 });
    cpu.u64(GDT, 0n, segment({ type: 9, base: 0x89abcdef, limit: 0x67, flags: 0 }), 0xffffffffn);
    expect(cpu.call('ltr', 8)).toBe('ok');
    expect(cpu.get('tr.base')).toBe(0xffffffff89abcdefn);
    cpu.u64(GDT + 8, segment({ type: 9, base: 0x89abcdef }), 0x1ffffn);
    expect(cpu.call('ltr', 8)).toBe('#GP(8)');
    cpu.set({ 'gdtr.limit': 0x16 });
    expect(cpu.call('ltr', 8)).toBe('#GP(8)');
  });
});

describe('LAR, LSL, VERR, VERW', () => {
  type Row = readonly [what: string, level: 0 | 3, selector: number, descriptor: bigint, lar: bigint, lsl: bigint, verr: number, verw: number];
  const rows: readonly Row[] = [
    ['data', 0, 8, segment({ limit: 0x12345, flags: 4 }), 0x419200n, 0x12345n, 1, 1],
    ['large code', 0, 8, segment({ type: 0x1a }), 0xcf9a00n, 0xffffffffn, 1, 0],
    ['execute-only', 0, 8, segment({ type: 0x18 }), 0xcf9800n, 0xffffffffn, 0, 0],
    ['inner data', 3, 8, segment(), -1n, -1n, 0, 0],
    ['inner conforming code', 3, 8, segment({ type: 0x1e }), 0xcf9e00n, 0xffffffffn, 1, 0],
    ['RPL', 0, 9, segment(), -1n, -1n, 0, 0],
    ['null', 0, 0, segment(), -1n, -1n, 0, 0],
    ['beyond', 0, 0x10, segment(), -1n, -1n, 0, 0],
    ['call gate', 0, 8, gate(12, 8, 0), 0x8c00n, -1n, 0, 0],
    ['interrupt gate', 0, 8, gate(14, 8, 0), -1n, -1n, 0, 0],
    ['TSS', 0, 8, segment({ type: 9, limit: 0x67, flags: 0 }), 0x8900n, 0x67n, 0, 0],
  ];
  it.each(rows)('%s, CPL %i', (_what, level, selector, descriptor, lar, lsl, verr, verw) => {
    const cpu = withGdt(descriptor);
    if (level === 3) atLevel3(cpu);
    const ask = (helper: string): number | bigint | undefined => (cpu.call(helper, selector), cpu.value);
    expect([ask('lar'), ask('lsl'), ask('verr'), ask('verw')]).toEqual([lar, lsl, verr, verw]);
  });
});

describe('FS and GS bases', () => {
  const long = (): TestCpu => new TestCpu().flat('long64').set({ cr0: 0x11, cr4: 0x10020 });
  it('RDFSBASE and WRFSBASE', () => {
    const cpu = long();
    expect(cpu.call('write_fs_gs_base', FS, 0xffff_8000_1234_5678n)).toBe('ok');
    expect(cpu.call('read_fs_gs_base', FS)).toBe('ok');
    expect(BigInt.asUintN(64, BigInt(cpu.value!))).toBe(0xffff_8000_1234_5678n);
    expect(cpu.call('write_fs_gs_base', FS, 0x8000_0000_0000n)).toBe('#GP(0)');
    expect(cpu.set({ cr4: 0x20 }).call('read_fs_gs_base', FS)).toBe('#UD(0)');
  });

  it('SWAPGS', () => {
    const cpu = long().set({ 'gs.base': 1, kernel_gs_base: 2 });
    expect(cpu.call('swapgs')).toBe('ok');
    expect(cpu.dump('gs.base', 'kernel_gs_base')).toBe('gs.base=2 kernel_gs_base=1');
    expect(new TestCpu().flat('protected32').call('swapgs')).toBe('#UD(0)');
  });
});
