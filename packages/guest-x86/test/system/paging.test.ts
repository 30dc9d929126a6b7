import { describe, expect, it } from 'vitest';
import { MmuIndex } from '@wasm-tcg/guest-x86';
import { TestCpu } from './machine.ts';

const P = 1n;
const RW = 2n;
const US = 4n;
const A = 0x20n;
const D = 0x40n;
const PS = 0x80n;
const NX = 1n << 63n;
const ALL = P | RW | US;
const { kernel, user, kernelSmap } = MmuIndex;

/** CR0.PE, ET, WP, PG; CR4.PAE, PGE. */
const PAGING = 0x80000011;
const WP = 0x10000;
const PAE = 0x20;
const SMEP = 0x100000;
const SMAP = 0x200000;
const NXE = 0x800;
const LONG = 0x500;

/** Four levels of tables at 10000h–13fffh for linear 0–2 MiB; the leaf of linear page n is at 13000h + 8n. */
function longTables(cpu: TestCpu, leaf: bigint, upper = ALL): TestCpu {
  return cpu.u64(0x10000, 0x11000n | upper).u64(0x11000, 0x12000n | upper).u64(0x12000, 0x13000n | upper).u64(0x13000 + 5 * 8, leaf);
}

function long(options: { efer?: number; cr0?: number; cr4?: number } = {}): TestCpu {
  const { efer = LONG | NXE, cr0 = PAGING | WP, cr4 = PAE } = options;
  return new TestCpu().flat('long64').set({ efer, cr0, cr4, cr3: 0x10000 });
}

describe('4-level paging', () => {
  type Row = readonly [what: string, leaf: bigint, kind: 'ld' | 'st' | 'fetch', mmu: number, expected: string, cr?: { efer?: number; cr0?: number; cr4?: number }];
  const rows: readonly Row[] = [
    ['read', 0x20000n | ALL, 'ld', user, 'ok'],
    ['write', 0x20000n | ALL, 'st', user, 'ok'],
    ['fetch', 0x20000n | ALL, 'fetch', user, 'ok'],
    ['not present', 0x20000n, 'ld', user, '#PF(4)@5123'],
    ['not present, supervisor write', 0n, 'st', kernel, '#PF(2)@5123'],
    ['not present, fetch with NXE', 0n, 'fetch', kernel, '#PF(10)@5123'],
    ['not present, fetch without NXE', 0n, 'fetch', kernel, '#PF(0)@5123', { efer: LONG }],
    ['not present, fetch with SMEP only', 0n, 'fetch', kernel, '#PF(10)@5123', { efer: LONG, cr4: PAE | SMEP }],
    ['user read of a supervisor page', 0x20000n | P | RW, 'ld', user, '#PF(5)@5123'],
    ['user write of a read-only page', 0x20000n | P | US, 'st', user, '#PF(7)@5123'],
    ['supervisor write of a read-only page, WP', 0x20000n | P | US, 'st', kernel, '#PF(3)@5123'],
    ['supervisor write of a read-only page, no WP', 0x20000n | P | US, 'st', kernel, 'ok', { cr0: PAGING }],
    ['fetch from NX', 0x20000n | ALL | NX, 'fetch', user, '#PF(15)@5123'],
    ['read from NX', 0x20000n | ALL | NX, 'ld', user, 'ok'],
    ['NX is reserved without NXE', 0x20000n | ALL | NX, 'ld', user, '#PF(d)@5123', { efer: LONG }],
    ['SMEP', 0x20000n | ALL, 'fetch', kernel, '#PF(11)@5123', { cr4: PAE | SMEP }],
    ['no SMEP', 0x20000n | ALL, 'fetch', kernel, 'ok'],
    ['SMAP read', 0x20000n | ALL, 'ld', kernelSmap, '#PF(1)@5123', { cr4: PAE | SMAP }],
    ['SMAP write', 0x20000n | ALL, 'st', kernelSmap, '#PF(3)@5123', { cr4: PAE | SMAP }],
    ['SMAP does not concern supervisor pages', 0x20000n | P | RW, 'st', kernelSmap, 'ok', { cr4: PAE | SMAP }],
    ['address bits beyond the model', 0x20000n | ALL | (1n << 41n), 'ld', kernel, '#PF(9)@5123'],
    ['ignored bits', 0x20000n | ALL | (0x7ffn << 52n), 'ld', kernel, 'ok'],
  ];
  for (const [what, leaf, kind, mmu, expected, cr] of rows) {
    it(what, () => expect(longTables(long(cr), leaf).access(kind, 0x5123n, mmu)).toBe(expected));
  }

  it('reads and writes where the entry points', () => {
    const cpu = longTables(long(), 0x20000n | ALL).write(0x20123, [0x77]);
    expect(cpu.access('ld', 0x5123n, user)).toBe('ok');
    expect(cpu.value).toBe(0x77);
    cpu.access('st', 0x5123n, user);
    expect(cpu.read(0x20123, 1)).toBe(0x5an);
  });

  it('sets A on every level, and D with the first write only', () => {
    const cpu = longTables(long(), 0x20000n | ALL);
    cpu.access('ld', 0x5123n, user);
    expect([0x10000, 0x11000, 0x12000, 0x13028].map((at) => cpu.read(at, 8) & (A | D))).toEqual([A, A, A, A]);
    cpu.access('st', 0x5123n, user);
    expect(cpu.read(0x13028, 8) & (A | D)).toBe(A | D);
    expect(cpu.read(0x12000, 8) & D).toBe(0n);
  });

  it('leaves the leaf alone when the access is refused', () => {
    const cpu = longTables(long(), 0x20000n | P | US);
    expect(cpu.access('st', 0x5123n, user)).toBe('#PF(7)@5123');
    expect(cpu.read(0x13028, 8)).toBe(0x20000n | P | US);
  });

  it('combines permissions of all levels', () => {
    const cpu = longTables(long(), 0x20000n | ALL, P | RW);
    expect(cpu.access('ld', 0x5123n, user)).toBe('#PF(5)@5123');
    expect(cpu.access('ld', 0x5123n, kernel)).toBe('ok');
  });

  it('maps 2 MiB and 1 GiB pages and reserves their low address bits', () => {
    const cpu = long().u64(0x10000, 0x11000n | ALL).u64(0x11000, 0x12000n | ALL, 0n | ALL | PS, (1n << 20n) | ALL | PS)
      .u64(0x12000, 0n | ALL | PS, 0x2000n | ALL | PS);
    cpu.write(0x20123, [0x99]);
    for (const address of [0x20123n, 0x40020123n]) {
      expect(cpu.access('ld', address, user)).toBe('ok');
      expect(cpu.value).toBe(0x99);
    }
    expect(cpu.access('ld', 0x200000n, user)).toBe('#PF(d)@200000');
    expect(cpu.access('ld', 0x80000000n, user)).toBe('#PF(d)@80000000');
  });

  it('refuses 1 GiB pages where the model has none', () => {
    const cpu = new TestCpu('x86-64').flat('long64').set({ efer: LONG, cr0: PAGING, cr4: PAE, cr3: 0x10000 });
    cpu.u64(0x10000, 0x11000n | ALL).u64(0x11000, ALL | PS);
    expect(cpu.access('ld', 0x20123n, user)).toBe('#PF(d)@20123');
  });

  it('knows canonical addresses', () => {
    const cpu = longTables(long(), 0x20000n | ALL);
    expect(cpu.access('ld', 0x0000_8000_0000_0000n, kernel)).toBe('#GP(0)');
    expect(cpu.access('ld', 0xffff_8000_0000_0000n, kernel)).toBe('#PF(0)@ffff800000000000');
  });

  it('survives tables that point at themselves or nowhere', () => {
    const cpu = long().u64(0x10000, 0x10000n | ALL);
    expect(cpu.access('ld', 0x123n, user)).toBe('ok');
    cpu.set({ cr3: 0x7ffff000 });
    expect(cpu.access('ld', 0x123n, user)).toBe('#PF(d)@123');
    const lost = long().u64(0x10000, 0x40000000n | ALL);
    expect(lost.access('st', 0x123n, user)).toBe('#PF(f)@123');
  });
});

describe('32-bit paging', () => {
  const legacy = (cr4 = 0x10, cr0 = PAGING | WP, model: 'max' | '486' = 'max'): TestCpu =>
    new TestCpu(model).flat('protected32').set({ cr0, cr4, cr3: 0x10000 });
  it.each([
    ['read', 0x20007, 'ld', user, 'ok'],
    ['not present', 0x20006, 'st', user, '#PF(6)@5123'],
    ['supervisor page', 0x20003, 'ld', user, '#PF(5)@5123'],
    ['read-only page', 0x20005, 'st', user, '#PF(7)@5123'],
    ['fetch says nothing of I', 0x20006, 'fetch', user, '#PF(4)@5123'],
  ] as const)('%s', (_what, pte, kind, mmu, expected) => {
    const cpu = legacy().u32(0x10000, 0x11007).u32(0x11000 + 20, pte);
    expect(cpu.access(kind, 0x5123n, mmu)).toBe(expected);
  });

  it('sets A and D in 32-bit entries', () => {
    const cpu = legacy().u32(0x10000, 0x11007).u32(0x11014, 0x20007);
    cpu.access('st', 0x5123n, user);
    expect([cpu.read(0x10000, 4), cpu.read(0x11014, 4)]).toEqual([0x11027n, 0x20067n]);
  });

  it('maps 4 MiB pages with PSE only', () => {
    const cpu = legacy().u32(0x10000, 0x87).write(0x20123, [0x42]);
    expect(cpu.access('ld', 0x20123n, user)).toBe('ok');
    expect(cpu.value).toBe(0x42);
    // Without PSE the entry is a table at 0; its entry 20h is zero there.
    cpu.set({ cr4: 0 });
    expect(cpu.access('ld', 0x20123n, user)).toBe('#PF(4)@20123');
  });

  it('PSE-36: high address bits in bits 20–13, bit 21 reserved', () => {
    const cpu = legacy().u32(0x10000, 0x200087);
    expect(cpu.access('ld', 0x123n, user)).toBe('#PF(d)@123');
    cpu.u32(0x10000, 0x2087).set({ cr3: 0x10000 });
    expect(cpu.access('ld', 0x123n, user)).toBe('ok');
    expect(cpu.value).toBe(0xff);
  });
});

describe('PAE', () => {
  const pae = (): TestCpu => new TestCpu().flat('protected32').set({ cr4: PAE, cr3: 0x10000 });

  it('takes PDPTEs from registers loaded with CR3', () => {
    const cpu = pae().u64(0x10000, 0x11001n, 0n, 0n, 0n).u64(0x11000, 0x12000n | ALL).u64(0x12000 + 40, 0x20000n | ALL);
    expect(cpu.call('mov_to_cr', 0, BigInt(PAGING))).toBe('ok');
    expect(cpu.access('st', 0x5123n, user)).toBe('ok');
    expect(cpu.read(0x20123, 1)).toBe(0x5an);
    // Memory behind CR3 changes nothing until it is loaded again.
    cpu.u64(0x10000, 0n);
    expect(cpu.call('invlpg', 0x5123n)).toBe('ok');
    expect(cpu.access('ld', 0x5123n, user)).toBe('ok');
    expect(cpu.call('mov_to_cr', 3, 0x10000n)).toBe('ok');
    expect(cpu.access('ld', 0x5123n, user)).toBe('#PF(4)@5123');
    expect(cpu.access('ld', 0x4000_0000n, user)).toBe('#PF(4)@40000000');
  });

  it('refuses PDPTEs with reserved bits', () => {
    const cpu = pae().u64(0x10000, 0x11001n, 0x12003n, 0n, 0n);
    expect(cpu.call('mov_to_cr', 0, BigInt(PAGING))).toBe('#GP(0)');
    expect(cpu.get('cr0')).toBe(0x11n);
  });

  it('reserves bits 62–52 of its entries', () => {
    const cpu = pae().u64(0x10000, 0x11001n, 0n, 0n, 0n).u64(0x11000, 0x12000n | ALL | (1n << 52n));
    cpu.call('mov_to_cr', 0, BigInt(PAGING));
    expect(cpu.access('ld', 0x5123n, user)).toBe('#PF(d)@5123');
  });
});

describe('A20', () => {
  it('clears bit 20 of physical addresses, with and without paging', () => {
    const cpu = new TestCpu().flat('real16').write(0x123, [0x11]);
    cpu.set({ a20_mask: 0xffefffff });
    cpu.access('ld', 0x100123n, kernel);
    expect(cpu.value).toBe(0x11);
    cpu.set({ a20_mask: 0xffffffff });
    cpu.access('ld', 0x100123n, kernel);
    expect(cpu.value).toBe(0xff);
  });
});
